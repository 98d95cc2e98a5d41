using System.Collections.Immutable;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>What is believed of what an agent says of its network: nothing at all when a part of it cannot be meant.</summary>
public static class NetworkFactsRule
{
    /// <summary>Far above what a machine has: bridges, bonds, VLANs and containers each have an interface.</summary>
    private const int MostMacs = 4096;

    /// <summary>An agent keeps no more answers for one address than this.</summary>
    private const int MostAnswers = 8;

    /// <summary>Same report; without its network when that is no possible one.</summary>
    public static Report Sound(Report report, ClusterTopology topology) =>
        report.Network is { } n && !IsSound(n, topology) ? report with { Network = null } : report;

    private static bool IsSound(NetworkFacts network, ClusterTopology topology)
    {
        ImmutableArray<RoleAddress> addresses = [.. topology.Addresses];
        return network.Macs.Length <= MostMacs && network.Macs.All(Mac.IsMac)
            && network.Looks.Length <= addresses.Length
            && network.Looks.Select(l => l.Address).Distinct().Count() == network.Looks.Length
            && network.Looks.All(l => addresses.Contains(l.Address) && l.AgeMs is >= 0 and <= int.MaxValue && l.Answers.Length <= MostAnswers
                && l.Answers.All(a => Mac.IsMac(a.Mac) && (a.Host is null || topology.Hosts.ContainsKey(a.Host))));
    }
}
