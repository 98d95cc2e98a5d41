using System.Collections.Immutable;

namespace Mmm.Shared.Decisions;

/// <summary>Counts a host's departures from ONLINE (MMM's flap_count and flap_duration).</summary>
public static class FlapDetector
{
    /// <summary>Records a departure and tells whether the host is flapping now: more than flap_count departures within flap_duration.</summary>
    public static HostRecord Departed(HostRecord record, DateTimeOffset at, DecisionSettings settings)
    {
        ImmutableArray<DateTimeOffset> recent = [.. record.Departures.Where(d => at - d < settings.FlapDuration), at];
        // Bounded: more than flap_count + 1 entries change nothing.
        if (recent.Length > settings.FlapCount + 1)
            recent = recent[^(settings.FlapCount + 1)..];
        return record with { Departures = recent, Flapping = record.Flapping || recent.Length > settings.FlapCount };
    }

    /// <summary>Forgets (an operator's set_online, or flap_duration without failure).</summary>
    public static HostRecord Cleared(HostRecord record) => record with { Departures = [], Flapping = false };
}
