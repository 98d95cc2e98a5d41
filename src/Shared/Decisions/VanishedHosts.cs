using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Decisions;

/// <summary>
/// Machines that are off or cut off: the agents of the others are told, and end the connections of their mysqld on which that machine answers nothing. A MariaDB server whose dump thread
/// has filled such a connection answers nobody from the moment when the replica connects anew until the kernel notices, which takes as long again as the machine was away.
/// </summary>
internal static class VanishedHosts
{
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    public static ClusterState Tell(ClusterState state, ImmutableArray<Effect>.Builder effects)
    {
        ImmutableSortedDictionary<string, DateTimeOffset> told = state.VanishedTold;
        foreach (string host in state.Topology.Hosts.Keys)
        {
            if (!state.AgentLost(host) || state.Verdict(host, CheckKind.Ping) != CheckVerdict.Failed)
            {
                told = told.Remove(host);
                continue;
            }

            if (told.TryGetValue(host, out DateTimeOffset last) && state.At - last < s_again)
                continue;
            told = told.SetItem(host, state.At);
            var vanished = new AgentProtocol.PeerVanished(state.Topology.Name, host);
            effects.AddRange(state.Topology.Hosts.Keys.Where(h => h != host).Select(h => new TellVanished(h, vanished)));
        }

        return ReferenceEquals(told, state.VanishedTold) ? state : state with { VanishedTold = told };
    }
}
