using System.Globalization;

namespace Mmm.Shared.Settings;

/// <summary>Durations as the configuration writes them.</summary>
public static class DurationText
{
    /// <summary>The shortest exact spelling in ms, s, m, h or d: <c>500ms</c>, <c>3.7s</c>, <c>60s</c> is <c>1m</c>.</summary>
    public static string Of(TimeSpan duration)
    {
        (long Ticks, string Unit)[] units =
        [
            (TimeSpan.TicksPerDay, "d"), (TimeSpan.TicksPerHour, "h"), (TimeSpan.TicksPerMinute, "m"), (TimeSpan.TicksPerSecond, "s"),
        ];
        if (duration == TimeSpan.Zero)
            return "0s";
        foreach ((long ticks, string unit) in units)
        {
            if (duration.Ticks % ticks == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / ticks}{unit}");
        }

        return duration.Ticks > TimeSpan.TicksPerSecond && duration.Ticks < TimeSpan.TicksPerMinute
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#######}s")
            : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.####}ms");
    }
}
