using System.Collections.Immutable;

namespace Mmm.Actors.Agents;

/// <summary>The addresses on the host's network interfaces. Texts are canonical (System.Net.IPAddress).</summary>
public interface IAddresses
{
    /// <summary>Every address on every interface.</summary>
    Task<ImmutableArray<string>> ReadAsync(CancellationToken cancel);

    /// <summary>Puts an address on the cluster interface for so many seconds, after which the kernel takes it away; one that is there already is given that lifetime. Throws <see cref="AddressException"/>.</summary>
    Task AddAsync(string ip, int seconds, CancellationToken cancel);

    /// <summary>Takes an address off every interface it is on; one that is not there is no error. Throws <see cref="AddressException"/>.</summary>
    Task RemoveAsync(string ip, CancellationToken cancel);

    /// <summary>
    /// Gives addresses that are on the host a new lifetime; those that are not there are not added. For the lease's own thread: takes microseconds, and never
    /// waits for another thread's pool. Throws <see cref="AddressException"/>.
    /// </summary>
    void Extend(IReadOnlyDictionary<string, int> seconds);

    /// <summary>Takes addresses off the host at once, as <see cref="RemoveAsync"/>, on the calling thread. Throws <see cref="AddressException"/>.</summary>
    void Remove(IReadOnlyCollection<string> ips);

    /// <summary>Looks whether an address could be added, without adding one. Throws <see cref="AddressException"/>.</summary>
    Task CheckAsync(CancellationToken cancel);

    /// <summary>Completes when any address of the host changes.</summary>
    Task ChangedAsync(CancellationToken cancel);
}

/// <summary>Tells the neighbours on the network who has an address.</summary>
public interface IAnnouncer
{
    /// <summary>Sends one round of announcements (IPv4: gratuitous ARP request and reply; IPv6: unsolicited neighbour advertisement). Throws <see cref="AddressException"/>.</summary>
    Task AnnounceAsync(string ip, CancellationToken cancel);
}

/// <summary>The kernel did not do as told; the message is a sentence for operators.</summary>
public sealed class AddressException(string message) : Exception(message);
