using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>Whether a host has let go of a role address, so that another may show it.</summary>
/// <param name="Done">It has, or may be taken to have.</param>
/// <param name="Proven">Its agent said so; otherwise only time says it.</param>
/// <param name="Why">For people.</param>
public sealed record Release(bool Done, bool Proven, string Why)
{
    public static Release Of(ClusterState state, RoleSlot slot)
    {
        string from = slot.ReleasingFrom!;
        HostSight sight = state.Sights[from];
        // Only what the agent says of the order that no longer contains the address counts: an older "Done" was about having it.
        if (state.Orders.TryGetValue(from, out IssuedOrder? issued) && !issued.Order.Roles.Contains(slot.Address)
            && sight.Agent is { } report && report.Progress.Id == issued.Order.Id)
        {
            if (report.Progress.Status == OrderStatus.Done)
                return new Release(true, true, "its agent confirms it");
            if (!report.Facts.Addresses.Contains(slot.Address) && (slot.Address != state.Writer || NotWritable(report)))
                return new Release(true, true, "the address is gone");
        }

        bool down = state.Document!.Hosts[from].State == HostState.HardOffline;
        bool silent = !state.AgentReachable(from);
        TimeSpan waited = slot.ReleasingSince is { } since ? state.At - since : TimeSpan.Zero;
        return down && waited >= state.Settings.ReleaseTimeout
            ? new Release(true, false, silent
                ? $"it is down and its agent has not answered for {waited.TotalSeconds:0.0} s (release_timeout)"
                : $"it is down and could not be made to let go within {waited.TotalSeconds:0.0} s (release_timeout)")
            : new Release(false, false, silent ? $"waiting for the agent on '{from}', which is not reachable" : $"waiting for '{from}' to let go: {sight.Agent?.Progress.Sentence ?? "no answer yet"}");
    }

    private static bool NotWritable(Report report) => report.Facts.Mysqld == MysqldState.Down || (report.Facts.Mysqld == MysqldState.Up && report.Facts.ReadOnly == true);
}
