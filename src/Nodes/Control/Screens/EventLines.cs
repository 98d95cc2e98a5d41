using System.Collections.Immutable;
using Mmm.Shared.Api;

namespace Mmm.Control.Screens;

/// <summary>Events for people, one per line: time to the millisecond, code, host, sentence.</summary>
internal static class EventLines
{
    /// <summary>Of the longest codes; so that lines which are printed one by one stand below each other.</summary>
    private const int CodeWidth = 19;

    private const int HostWidth = 8;

    public static string Of(ImmutableArray<EventEntry> events, TimeZoneInfo zone)
    {
        int host = events.Select(e => (e.Host ?? "-").Length).Append(HostWidth).Max();
        return string.Concat(events.Select(e => $"{Ages.LocalMs(e.AtUtc, zone)}  {e.Code.PadRight(CodeWidth)}  {(e.Host ?? "-").PadRight(host)}  {e.Sentence.ReplaceLineEndings(" ")}\n"));
    }
}
