using System.Globalization;

namespace Mmm.Control.Screens;

/// <summary>Durations and times as people read them.</summary>
internal static class Ages
{
    /// <summary><c>850 ms</c>, <c>12 s</c>, <c>5 min</c>, <c>3 h 20 min</c>, <c>4 d 2 h</c>; never negative (clocks of two machines differ).</summary>
    public static string Text(TimeSpan age)
    {
        if (age < TimeSpan.Zero)
            age = TimeSpan.Zero;
        return age switch
        {
            { TotalSeconds: < 1 } => Format($"{(int)age.TotalMilliseconds} ms"),
            { TotalMinutes: < 2 } => Format($"{(int)age.TotalSeconds} s"),
            { TotalHours: < 2 } => Format($"{(int)age.TotalMinutes} min"),
            { TotalDays: < 2 } => Format($"{(int)age.TotalHours} h {age.Minutes} min"),
            _ => Format($"{(int)age.TotalDays} d {age.Hours} h"),
        };
    }

    /// <summary><c>2010/02/11 12:43:16</c>, as in <c>checks</c>.</summary>
    public static string Local(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy/MM/dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary><c>2010/02/11 12:43:16.250</c>.</summary>
    public static string LocalMs(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy/MM/dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
