using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>Whether a host has let go of a role address, so that another may show it.</summary>
/// <param name="Done">It has, or may be taken to have.</param>
/// <param name="Why">For people.</param>
public sealed record Release(bool Done, string Why)
{
    public static Release Of(ClusterState state, RoleSlot slot)
    {
        string from = slot.ReleasingFrom!;
        if (!state.Topology.Hosts.ContainsKey(from))
            return OfRemoved(state, slot, from);
        // Only what the agent says of the order that no longer contains the address counts: an older "Done" was about having it.
        Report? report = OrderReports.OfIssued(state, from);
        // An agent that knows other addresses does not see one that it has forgotten, although it is on its host until the lease has run out.
        bool differs = report is not null && !state.Agrees(report.Fingerprint);
        if (report is not null && !differs && !state.Orders[from].Order.Roles.Contains(slot.Address))
        {
            if (report.LetGo || report.Progress.Status == OrderStatus.Done)
                return new Release(true, "its agent confirms it");
            // Bounded by the agent, whose word it is; without that word the lease decides as ever.
            if (report.Progress is { Status: OrderStatus.Working, Step: AgentStep.HookCode } && state.AgentReachable(from))
                return new Release(false, $"'{from}' has not let go yet: {report.Progress.Sentence}");
            // Facts may be a moment older than the order. For a reader address that is good enough: a host whose replication cannot be
            // put in order, or that cannot be made read-only, must not keep it from the others.
            if (slot.Address != state.Writer && Looked(report) && !report.Facts.Addresses.Contains(slot.Address))
                return new Release(true, "the address is gone");
        }

        bool silent = !state.AgentReachable(from);
        string sofar = silent ? $"the agent on '{from}' is not reachable" : differs ? $"the agent on '{from}' runs with a different configuration" : $"'{from}' has not let go yet: {report?.Progress.Sentence ?? "no answer yet"}";
        if (!state.Withdrawals.TryGetValue(from, out Withdrawal? withdrawal) || withdrawal.Request.Allowed.Contains(slot.Address))
            return new Release(false, sofar);
        if (!state.Document!.Hosts[from].UnderLease)
            return new Release(false, $"{sofar}, and has never carried an order out: nothing else takes the address away there; start the agent on '{from}'");
        if (StillLeased(state, from, withdrawal, sofar) is { } still)
            return still;
        // The lease says that this cannot be. Should it be all the same, waiting is better than two hosts that take writes.
        if (!silent && slot.Address == state.Writer && state.Sights[from].Agent is { Facts: { Mysqld: MysqldState.Up, ReadOnly: false } facts } && facts.Addresses.Contains(slot.Address))
            return new Release(false, $"the lease of '{from}' has run out, but its agent says that it still takes writes");
        return new Release(true, "its lease has run out");
    }

    /// <summary>A host that is no longer configured is told nothing; its agent may know nothing of that yet.</summary>
    private static Release OfRemoved(ClusterState state, RoleSlot slot, string from)
    {
        string sofar = $"'{from}' is no longer configured";
        if (!state.Withdrawals.TryGetValue(from, out Withdrawal? withdrawal) || withdrawal.Request.Allowed.Contains(slot.Address))
            return new Release(false, sofar);
        return StillLeased(state, from, withdrawal, sofar) ?? new Release(true, "its lease has run out");
    }

    private static Release? StillLeased(ClusterState state, string from, Withdrawal withdrawal, string sofar)
    {
        if (Leases.OverAt(state, from) is not { } over)
            return new Release(false, $"{sofar}; {state.Voters.Count(withdrawal.OverAt.Keys)} of {state.Monitors} monitors have withdrawn its lease, {state.Quorum} are needed");
        return state.At < over ? new Release(false, $"{sofar}; its lease runs out in {(over - state.At).TotalSeconds:0.0} s") : null;
    }

    /// <summary>An agent that has just started, or just taken the order, has found no address because it has not looked.</summary>
    private static bool Looked(Report report) => report.Facts.Mysqld != MysqldState.Unknown && report.Progress.Step is not null;
}
