using System.Collections.Immutable;
using Mmm.Control.Monitors;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary>Keeps an operator from taking monitors away until those left can decide nothing any more.</summary>
internal static class QuorumGuard
{
    /// <summary>What would come of it; null when enough monitors are left.</summary>
    /// <param name="view">As one monitor sees the others.</param>
    /// <param name="gone">Akka addresses of those that would be taken away.</param>
    public static string? Objection(MembershipView view, IReadOnlyCollection<string> gone)
    {
        MonitorsReading monitors = view.Monitors;
        MonitorEntry[] voting = [.. monitors.Members.Where(m => Votes(m, monitors))];
        MonitorEntry[] up = [.. voting.Where(m => m is { Status: "Up", Reachable: true })];
        MonitorEntry[] left = [.. up.Where(m => !gone.Contains(view.NodeOf(m)))];
        if (left.Length >= monitors.Quorum)
            return null;
        string what = left.Length < up.Length
            ? $"That would leave {left.Length} of {voting.Length} voting monitors up{Named(left)}, and {monitors.Quorum} must agree: nothing could be decided and no role moved until more of them are up again."
            : $"Monitor {monitors.Monitor} sees {up.Length} of {voting.Length} voting monitors up{Named(up)}, and {monitors.Quorum} must agree: it may be cut off itself while the others are well and decide. "
              + "Whoever is downed from here stays away from it, and nothing can be decided here until more of them are up.";
        return $"ERROR: {what} Nothing is changed; --force does it all the same.";
    }

    private static bool Votes(MonitorEntry monitor, MonitorsReading monitors) =>
        monitors.Members.FirstOrDefault(m => m.Name == monitors.Monitor)?.Keeper?.Voters is { } voters ? voters.Contains(monitor.Name) : monitor.Configured;

    private static string Named(MonitorEntry[] monitors) => monitors.Length == 0 ? "" : $" ({string.Join(", ", monitors.Select(m => m.Name))})";
}
