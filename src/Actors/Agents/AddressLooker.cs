using System.Collections.Immutable;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>Asks the network who answers for role addresses, and which of the cluster's hosts that is.</summary>
/// <param name="neighbours">The network.</param>
/// <param name="topology">The cluster.</param>
/// <param name="host">This host.</param>
internal sealed class AddressLooker(INeighbours neighbours, ClusterTopology topology, string host)
{
    /// <param name="addresses">Not on this host.</param>
    /// <param name="window">How long it is listened.</param>
    /// <param name="first">The first answer for each address is enough.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="AddressException">Nobody could be asked.</exception>
    public async Task<AddressLooks> LookAsync(IReadOnlyCollection<RoleAddress> addresses, TimeSpan window, bool first, CancellationToken cancel)
    {
        NeighbourAnswers found = await neighbours.AskAsync([.. addresses.Select(a => a.Ip)], window, first, cancel);
        // Asked only when there is somebody to name: a takeover that meets nobody waits for nothing.
        Dictionary<string, string> names = found.Macs.Count == 0 ? [] : await HostsAsync(window, cancel);
        return new AddressLooks(found.OwnMacs, addresses.ToImmutableSortedDictionary(
            a => a, a => found.Of(a.Ip).Select(mac => new AgentProtocol.Answerer(mac, names.GetValueOrDefault(mac))).ToImmutableArray()));
    }

    private async Task<Dictionary<string, string>> HostsAsync(TimeSpan window, CancellationToken cancel)
    {
        Host[] others = [.. topology.Hosts.Values.Where(h => h.Name != host)];
        NeighbourAnswers found = await neighbours.AskAsync([.. others.Select(h => h.Ip)], window, first: true, cancel);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Host other in others)
        {
            foreach (string mac in found.Of(other.Ip))
                names.TryAdd(mac, other.Name);
        }

        return names;
    }
}

/// <summary>What one look at the network has found.</summary>
/// <param name="OwnMacs">Hardware addresses of this host's interfaces.</param>
/// <param name="Answers">Of every address that was asked for: who answers, never this host.</param>
internal sealed record AddressLooks(ImmutableSortedSet<string> OwnMacs, ImmutableSortedDictionary<RoleAddress, ImmutableArray<AgentProtocol.Answerer>> Answers);
