using Mmm.Shared.Checks;
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
        // Only what the agent says of the order that no longer contains the address counts: an older "Done" was about having it.
        Report? report = OrderReports.OfIssued(state, from);
        if (report is not null && !state.Orders[from].Order.Roles.Contains(slot.Address))
        {
            if (report.LetGo || report.Progress.Status == OrderStatus.Done)
                return new Release(true, "its agent confirms it");
            // Facts may be a moment older than the order. For a reader address that is good enough: a host whose replication cannot be
            // put in order, or that cannot be made read-only, must not keep it from the others.
            if (slot.Address != state.Writer && Looked(report) && !report.Facts.Addresses.Contains(slot.Address))
                return new Release(true, "the address is gone");
        }

        bool silent = !state.AgentReachable(from);
        if (!Down(state, from))
            return new Release(false, silent ? $"the agent on '{from}' is not reachable" : $"'{from}' has not let go yet: {report?.Progress.Sentence ?? "no answer yet"}");
        // A host that says itself that clients can still write to it is not given up on, however long it takes.
        if (!silent && slot.Address == state.Writer && state.Sights[from].Agent is { Facts: { Mysqld: MysqldState.Up, ReadOnly: false } facts } && facts.Addresses.Contains(slot.Address))
            return new Release(false, $"'{from}' is down for the monitors, but its agent says that it still takes writes");
        // Counted from when it was down, and from when this coordinator could have told it: what its predecessor decided may never have been sent.
        DateTimeOffset since = new[] { slot.ReleasingSince ?? state.At, state.WatchingSince, DownSince(state, from) }.Max();
        double waited = (state.At - since).TotalSeconds;
        if (state.At - since < state.Settings.ReleaseTimeout)
            return new Release(false, silent ? $"the agent on '{from}' is not reachable" : $"'{from}' has not let go yet");
        return new Release(true, silent
            ? $"it is down and its agent has not answered for {waited:0.0} s (release_timeout)"
            : $"it is down and could not be made to let go within {waited:0.0} s (release_timeout)");
    }

    /// <summary>Down for a quorum. An ADMIN_OFFLINE host keeps its state whatever its checks say, but its machine may die like any other.</summary>
    private static bool Down(ClusterState state, string host) =>
        state.Document!.Hosts[host].State == HostState.HardOffline
        || (state.Document.Hosts[host].State == HostState.AdminOffline
            && (state.Verdict(host, CheckKind.Ping) == CheckVerdict.Failed || state.Verdict(host, CheckKind.Mysql) == CheckVerdict.Failed));

    private static DateTimeOffset DownSince(ClusterState state, string host) =>
        state.Document!.Hosts[host].State == HostState.HardOffline
            ? state.Document.Hosts[host].Since
            : new[] { CheckKind.Ping, CheckKind.Mysql }.Select(k => state.Sights[host].Checks[k]).Where(c => c.Verdict == CheckVerdict.Failed).Min(c => c.Since);

    /// <summary>An agent that has just started, or just taken the order, has found no address because it has not looked.</summary>
    private static bool Looked(Report report) => report.Facts.Mysqld != MysqldState.Unknown && report.Progress.Step is not null;
}
