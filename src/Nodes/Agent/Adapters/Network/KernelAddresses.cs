using System.Collections.Immutable;
using System.Net;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;

namespace Mmm.Agent.Adapters.Network;

/// <summary>The host's addresses, read and changed through the kernel directly.</summary>
/// <param name="poller">Waits for the kernel's word that an address changed.</param>
/// <param name="clusterInterface">Interface new addresses go on.</param>
public sealed class KernelAddresses(Poller poller, string clusterInterface) : IAddresses
{
    /// <summary>
    /// Giving an address that is there another lifetime would add it when it has just gone: the kernel has one call for both. So looking and
    /// changing are one step, whichever thread does it.
    /// </summary>
    private readonly Lock _changing = new();

    public Task<ImmutableArray<string>> ReadAsync(CancellationToken cancel) =>
        Task.Run(() => Netlink.Addresses().Select(a => a.Ip.ToString()).Distinct().ToImmutableArray(), cancel);

    public Task AddAsync(string ip, int seconds, CancellationToken cancel) => Task.Run(
        () =>
        {
            IPAddress address = IPAddress.Parse(ip);
            lock (_changing)
            {
                if (!Extend(address, seconds))
                    Netlink.Add(address, Link().Index, seconds);
            }
        },
        cancel);

    public Task RemoveAsync(string ip, CancellationToken cancel) => Task.Run(() => Remove([ip]), cancel);

    public void Extend(IReadOnlyDictionary<string, int> seconds)
    {
        lock (_changing)
        {
            foreach ((string ip, int lifetime) in seconds)
                Extend(IPAddress.Parse(ip), lifetime);
        }
    }

    public void Remove(IReadOnlyCollection<string> ips)
    {
        HashSet<IPAddress> wanted = [.. ips.Select(IPAddress.Parse)];
        lock (_changing)
        {
            foreach (KernelAddress found in Netlink.Addresses().Where(a => wanted.Contains(a.Ip)))
                Netlink.Remove(found);
        }
    }

    private static bool Extend(IPAddress address, int seconds)
    {
        List<KernelAddress> found = [.. Netlink.Addresses().Where(a => a.Ip.Equals(address))];
        foreach (KernelAddress there in found)
            Netlink.Extend(there, seconds);
        return found.Count > 0;
    }

    public Task CheckAsync(CancellationToken cancel) => Task.Run(Link, cancel);

    public async Task ChangedAsync(CancellationToken cancel)
    {
        int fd = Netlink.OpenChanges();
        try
        {
            await poller.WaitReadableAsync(fd, cancel);
            Netlink.Drain(fd);
        }
        finally
        {
            _ = LibC.Close(fd);
        }
    }

    private KernelLink Link() =>
        Netlink.Links().FirstOrDefault(l => l.Name == clusterInterface)
        ?? throw new AddressException($"role addresses cannot be added: this host has no interface '{clusterInterface}' (cluster_interface)");
}
