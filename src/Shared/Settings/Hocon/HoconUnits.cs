using System.Collections.Frozen;
using System.Globalization;

namespace Mmm.Shared.Settings.Hocon;

/// <summary>Numbers with units (HOCON.md, "Duration format" and "Size in bytes format"). Unit names are case sensitive, as there.</summary>
public static class HoconUnits
{
    private static readonly FrozenDictionary<string, decimal> _ticksPer = Table(
        (0.01m, "ns nano nanos nanosecond nanoseconds"),
        (TimeSpan.TicksPerMicrosecond, "us micro micros microsecond microseconds"),
        (TimeSpan.TicksPerMillisecond, "ms milli millis millisecond milliseconds"),
        (TimeSpan.TicksPerSecond, "s second seconds"),
        (TimeSpan.TicksPerMinute, "m minute minutes"),
        (TimeSpan.TicksPerHour, "h hour hours"),
        (TimeSpan.TicksPerDay, "d day days"));

    private static readonly FrozenDictionary<string, decimal> _bytesPer = Table(
        (1m, "B b byte bytes"),
        (1e3m, "kB kilobyte kilobytes"),
        (1e6m, "MB megabyte megabytes"),
        (1e9m, "GB gigabyte gigabytes"),
        (1e12m, "TB terabyte terabytes"),
        (1e15m, "PB petabyte petabytes"),
        (1e18m, "EB exabyte exabytes"),
        (1024m, "K k Ki KiB kibibyte kibibytes"),
        (1048576m, "M m Mi MiB mebibyte mebibytes"),
        (1073741824m, "G g Gi GiB gibibyte gibibytes"),
        (1099511627776m, "T t Ti TiB tebibyte tebibytes"),
        (1125899906842624m, "P p Pi PiB pebibyte pebibytes"),
        (1152921504606846976m, "E e Ei EiB exbibyte exbibytes"));

    /// <summary>A duration such as <c>500ms</c> or <c>1.5 minutes</c>, to the 100 ns a <see cref="TimeSpan"/> can hold.</summary>
    /// <param name="text">Number and unit.</param>
    /// <param name="defaultUnit">Unit of a bare number; null = a bare number is none, except 0.</param>
    /// <param name="value">The duration.</param>
    /// <returns>False: not a number with a known unit, or out of range.</returns>
    public static bool TryDuration(string text, string? defaultUnit, out TimeSpan value)
    {
        bool ok = TryScale(text, defaultUnit, _ticksPer, out decimal ticks);
        ok &= ticks is >= long.MinValue and <= long.MaxValue;
        value = ok ? TimeSpan.FromTicks((long)decimal.Round(ticks)) : default;
        return ok;
    }

    /// <summary>A size in bytes such as <c>512K</c> (1024s) or <c>1 MB</c> (1000s); a bare number is bytes.</summary>
    /// <returns>False: not a number with a known unit, negative, or beyond 64 bits.</returns>
    public static bool TrySize(string text, out long bytes)
    {
        bool ok = TryScale(text, "B", _bytesPer, out decimal size) && size is >= 0 and <= long.MaxValue;
        bytes = ok ? (long)size : 0;
        return ok;
    }

    private static bool TryScale(string text, string? defaultUnit, FrozenDictionary<string, decimal> units, out decimal scaled)
    {
        scaled = 0;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int digits = HoconNumbers.LengthOfNumber(trimmed);
        if (digits == 0 || !decimal.TryParse(trimmed[..digits], NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
            return false;
        string unit = trimmed[digits..].Trim().ToString();
        if (unit.Length == 0)
        {
            if (defaultUnit is null && number != 0)
                return false;
            unit = defaultUnit ?? "s";
        }

        if (unit.Length == 0 || !units.TryGetValue(unit, out decimal factor) || decimal.Abs(number) > decimal.MaxValue / (factor + 1))
            return false;
        scaled = number * factor;
        return true;
    }

    private static FrozenDictionary<string, decimal> Table(params (decimal Factor, string Names)[] units) =>
        units.SelectMany(u => u.Names.Split(' ').Select(name => KeyValuePair.Create(name, u.Factor))).ToFrozenDictionary(StringComparer.Ordinal);
}
