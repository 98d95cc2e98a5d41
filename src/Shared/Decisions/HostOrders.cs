using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>What each host is told: a function of the document alone, so that every coordinator tells the same.</summary>
public static class HostOrders
{
    /// <summary>The whole wanted state of <paramref name="host"/>.</summary>
    public static HostOrder For(ClusterTopology topology, DecisionSettings settings, ClusterDocument document, string host, DecisionId id)
    {
        ImmutableArray<RoleAddress> roles = LeaseHoldings.Of(document, host);
        bool writable = roles.Contains(topology.WriterAddress);
        return new HostOrder(
            topology.Name, host, id, document.Hosts[host].State, roles, writable,
            Replication(topology, document, host, writable),
            writable ? CatchUp(topology, settings, document, host) : null,
            document.Voters?.Settled);
    }

    private static ReplicationOrder Replication(ClusterTopology topology, ClusterDocument document, string host, bool writable)
    {
        // One that takes over needs its replication for catching up.
        PendingRejoin? rejoin = document.Hosts[host].Rejoin;
        if (document.Hosts[host].State == HostState.AdminOffline || (rejoin is not null && !writable))
            return ReplicationOrder.Stop with { Check = rejoin?.Check };
        if (topology.Hosts[host].Peer is { } peer && document.Hosts[peer].Rejoin is not null && document.Move?.To != host)
            return ReplicationOrder.Hold;
        // The masters of a pair replicate from each other, always (MMM): only who follows the active master changes its source.
        if (!topology.Hosts[host].FollowsActiveMaster || document.ActiveMaster is not { } master || !topology.Hosts.TryGetValue(master.Host, out Host? source))
            return ReplicationOrder.Leave;
        // What a server wrote that it followed once must not reach it when that returns.
        if (master.Host == host)
            return writable ? ReplicationOrder.Drop : ReplicationOrder.Leave;
        return new ReplicationOrder(ReplicationAction.Follow, new SourceServer(source.Name, source.Ip, source.MysqlPort, master.StartAt), Before(topology, master),
            document.Move is { Phase: MovePhase.TakingOver } move && move.To != master.Host ? move.UpTo : null);
    }

    private static PreviousLog? Before(ClusterTopology topology, MasterRecord master) =>
        master.Before is { } before && topology.Hosts.TryGetValue(before.Host, out Host? host) ? new PreviousLog(before.Host, host.Ip, before.Rest) : null;

    private static CatchUpOrder? CatchUp(ClusterTopology topology, DecisionSettings settings, ClusterDocument document, string host)
    {
        if (document.Move is not { Phase: MovePhase.TakingOver } move || move.To != host)
            return null;
        // Whoever holds the role and was the last to complete a takeover has all there is.
        if (document.ActiveMaster is not { } master || master.Host == host || !topology.Hosts.TryGetValue(master.Host, out Host? from))
            return null;
        return new CatchUpOrder(master.Host, from.Ip, move.UpTo, (int)settings.CatchUpTimeout.TotalMilliseconds, move.Force, move.Rest, move.Ahead, move.LastWord,
            move.UpTo is null ? settings.Failover : null);
    }
}
