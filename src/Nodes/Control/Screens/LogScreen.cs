using System.Collections.Immutable;
using System.Text;
using Mmm.Shared.Api;

namespace Mmm.Control.Screens;

/// <summary><c>mmm log tail</c>: a line per entry.</summary>
internal static class LogScreen
{
    /// <summary><c>2010/02/11 12:43:16.250  warn   Mmm.Actors.Vantage  the message  [the exception]</c>.</summary>
    public static string Render(ImmutableArray<LogEntry> entries, TimeZoneInfo zone)
    {
        StringBuilder text = new();
        foreach (LogEntry entry in entries)
        {
            string cause = entry.Exception is { } exception ? $"  [{exception}]" : "";
            text.Append($"{Ages.LocalMs(entry.AtUtc, zone)}  {Short(entry.Level),-5}  {OneLine($"{entry.Category}  {entry.Message}{cause}")}\n");
        }

        return text.ToString();
    }

    private static string Short(string level) => level switch
    {
        "information" => "info",
        "warning" => "warn",
        "critical" => "crit",
        _ => level,
    };

    /// <summary>What others wrote into the log must not command the terminal, nor look like a line of its own.</summary>
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
