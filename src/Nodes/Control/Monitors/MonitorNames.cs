using Mmm.Shared.Api;

namespace Mmm.Control.Monitors;

/// <summary>The ways to name a monitor: <c>mon2</c>, <c>10.0.0.2:8551</c>, <c>mmm@10.0.0.2:8551</c>, <c>akka.tcp://mmm@10.0.0.2:8551</c>.</summary>
internal static class MonitorNames
{
    /// <summary>Name of the monitors' actor system.</summary>
    private const string System = "mmm";

    /// <exception cref="CliFailure">There is no such monitor.</exception>
    public static MonitorEntry Find(string text, MonitorsReading monitors) =>
        monitors.Members.FirstOrDefault(m => m.Name == text || m.Address.Equals(PlaceIn(text), StringComparison.OrdinalIgnoreCase))
        ?? throw new CliFailure(
            ExitCodes.Refused, "unknown-monitor", $"ERROR: Unknown monitor '{text}'! There are: {string.Join(", ", monitors.Members.Select(Shown))}.");

    /// <summary><c>mon2 (10.0.0.2:8551)</c>.</summary>
    private static string Shown(MonitorEntry monitor) => monitor.Name == monitor.Address ? monitor.Name : $"{monitor.Name} ({monitor.Address})";

    /// <summary>The <c>host:port</c> of an Akka address of the monitors' system.</summary>
    private static string PlaceIn(string text) => text.Split('@') switch
    {
        [System, var place] => place,
        [var system, var place] when system.EndsWith($"://{System}", StringComparison.Ordinal) => place,
        _ => text,
    };
}
