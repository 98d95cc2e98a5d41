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
            Replication(topology, document, host),
            writable ? CatchUp(topology, settings, document, host) : null,
            document.Voters?.Settled);
    }

    private static ReplicationOrder Replication(ClusterTopology topology, ClusterDocument document, string host)
    {
        if (document.Hosts[host].State == HostState.AdminOffline)
            return ReplicationOrder.Stop;
        // Masters replicate from their peer, always (MMM): only slaves change their source.
        if (topology.Hosts[host].Mode != HostMode.Slave || document.ActiveMaster is not { } master || !topology.Hosts.TryGetValue(master.Host, out Host? source))
            return ReplicationOrder.Leave;
        return new ReplicationOrder(ReplicationAction.Follow, new SourceServer(source.Name, source.Ip, source.MysqlPort, master.StartAt));
    }

    private static CatchUpOrder? CatchUp(ClusterTopology topology, DecisionSettings settings, ClusterDocument document, string host)
    {
        if (document.Move is not { Phase: MovePhase.TakingOver } move || move.To != host)
            return null;
        // Whoever holds the role and was the last to complete a takeover has all there is.
        if (document.ActiveMaster is not { } master || master.Host == host || !topology.Hosts.TryGetValue(master.Host, out Host? from))
            return null;
        return new CatchUpOrder(master.Host, from.Ip, move.UpTo, (int)settings.CatchUpTimeout.TotalMilliseconds, move.Force);
    }
}
