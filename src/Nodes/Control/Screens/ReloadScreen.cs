using System.Text;
using Mmm.Shared.Api;

namespace Mmm.Control.Screens;

/// <summary><c>mmm config reload</c>: per monitor what is in effect, what is not yet, and what is wrong.</summary>
internal static class ReloadScreen
{
    private const string Agents = "# Agents read theirs when their machines are told: 'systemctl reload mmm-agent' on each database host.\n";

    public static string Render(ReloadsReading reading)
    {
        int width = reading.Monitors.Select(m => m.Monitor.Length).DefaultIfEmpty(0).Max();
        StringBuilder text = new();
        foreach (ReloadEntry monitor in reading.Monitors)
        {
            foreach (string line in Lines(monitor))
                text.Append(monitor.Monitor.PadRight(width)).Append("  ").Append(line).Append('\n');
        }

        if (reading.Monitors.Any(m => m.Reloaded is { Changed.IsEmpty: false }))
            text.Append(Agents);
        return text.ToString();
    }

    private static IEnumerable<string> Lines(ReloadEntry monitor)
    {
        if (monitor.Reloaded is not { } reloaded)
        {
            foreach (string line in (monitor.Problem ?? "").Split('\n'))
                yield return $"! {line}";
            yield break;
        }

        if (!reloaded.Changed.IsEmpty)
            yield return $"OK: in effect: {string.Join(", ", reloaded.Changed)}";
        else
            yield return reloaded.NeedRestart.IsEmpty ? "OK: nothing has changed" : "OK: nothing else has changed";
        if (!reloaded.NeedRestart.IsEmpty)
            yield return $"needs a restart: {string.Join(", ", reloaded.NeedRestart)}";
        foreach (string warning in reloaded.Warnings)
            yield return $"warning: {warning}";
    }
}
