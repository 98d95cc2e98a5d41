using System.Collections.Immutable;

namespace Mmm.Actors.Agents;

/// <summary>The machines on the network of the cluster interface.</summary>
public interface INeighbours
{
    /// <summary>
    /// Asks everybody on the link who has these addresses, three times within the window, and listens: who answers, and who announces one of them meanwhile. IPv4: ARP probe
    /// (RFC 5227: the sender's address is 0.0.0.0, so that nobody's cache changes); IPv6: the neighbour solicitation of duplicate address detection (RFC 4862).
    /// </summary>
    /// <param name="ips">Canonical texts.</param>
    /// <param name="window">How long it is listened.</param>
    /// <param name="first">True: ends as soon as somebody has answered for every address.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="AddressException">Nobody could be asked.</exception>
    Task<NeighbourAnswers> AskAsync(IReadOnlyCollection<string> ips, TimeSpan window, bool first, CancellationToken cancel);
}

/// <summary>Who is there.</summary>
/// <param name="OwnMacs">Hardware addresses of the host's own interfaces.</param>
/// <param name="Macs">By address that somebody answered for: hardware addresses, never the host's own, whichever interface they are of.</param>
public sealed record NeighbourAnswers(ImmutableSortedSet<string> OwnMacs, ImmutableSortedDictionary<string, ImmutableSortedSet<string>> Macs)
{
    public static readonly NeighbourAnswers Nobody = new([], ImmutableSortedDictionary.Create<string, ImmutableSortedSet<string>>(StringComparer.Ordinal));

    public ImmutableSortedSet<string> Of(string ip) => Macs.GetValueOrDefault(ip, []);
}
