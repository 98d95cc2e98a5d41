using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// A replica may have received more of a master that has vanished than the host that takes over. What it has is saved by having the candidate catch up with it first; and without that the
/// replica could not follow the candidate (error 1236: it would be ahead of its source).
/// </summary>
public static class AheadReplicas
{
    /// <summary>The replica of <paramref name="master"/> that is furthest ahead of <paramref name="candidate"/>; null when none is known to be.</summary>
    public static AheadReplica? Of(ClusterState state, string master, string candidate)
    {
        if (FactsOf(state, candidate, master) is not { Replication: { Received: { } received } replication } own)
            return null;
        (Host Host, HostFacts Facts)? furthest = null;
        foreach (Host host in state.Topology.Hosts.Values.Where(h => h.Name != candidate && h.Name != master))
        {
            if (FactsOf(state, host.Name, master) is { Replication.Received: { } more } facts && BinlogPositions.Passes(more, furthest?.Facts.Replication!.Received ?? received))
                furthest = (host, facts);
        }

        if (furthest is not { } found)
            return null;
        (Host at, HostFacts seen) = found;
        var ahead = new AheadReplica(at.Name, at.Ip, at.MysqlPort, seen.Replication!.Received!, null, null);
        if (!replication.UsesGtid || !seen.Replication.UsesGtid || seen.Gtid is null)
            return ahead with { Why = "replication by positions cannot go on at another replica" };
        string? writesAs = state.Sights[master].Agent?.Facts.WritesAs;
        string[] strange = [.. Origins(seen.Gtid).Except(Origins(own.Gtid)).Where(o => writesAs is null || (o != writesAs && !o.EndsWith("-" + writesAs, StringComparison.Ordinal)))];
        return strange.Length > 0 ? ahead with { Why = $"'{at.Name}' has transactions of its own ({string.Join(", ", strange)}), which must not spread" }
            // A delayed replica, say: waiting for it would only cost time.
            : !BinlogPositions.Reaches(seen.Replication.Applied, ahead.Received)
                ? seen.Replication.SecondsBehind > state.Settings.CatchUpTimeout.TotalSeconds ? ahead with { Why = $"'{at.Name}' is {seen.Replication.SecondsBehind} s behind in applying it" } : ahead
            : ahead with { Gtid = seen.Gtid };
    }

    /// <summary>It is known what to fetch, or that it cannot be: until then it is still applying what it has received.</summary>
    public static bool IsReady(AheadReplica? ahead) => ahead is not { Gtid: null, Why: null };

    /// <summary>Who wrote the transactions of a GTID position or set: <c>domain-server</c> of MariaDB, the server's UUID of MySQL.</summary>
    public static ImmutableHashSet<string> Origins(string? gtids) =>
    [
        .. (gtids ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(g => g.Contains(':', StringComparison.Ordinal) ? g[..g.IndexOf(':', StringComparison.Ordinal)] : string.Join('-', g.Split('-').Take(2))),
    ];

    private static HostFacts? FactsOf(ClusterState state, string host, string master) =>
        state.AgentReachable(host) && state.Sights[host].Agent is { Facts: { Mysqld: MysqldState.Up, Replication: { } r } facts } && r.SourceHost == master ? facts : null;
}
