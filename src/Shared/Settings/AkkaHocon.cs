using System.Collections;
using System.Globalization;
using System.Text;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>
/// Writes settings for Akka's own parser, one key per line with its whole path: that parser stumbles over some nested one-liners, and
/// takes much that is wrong without a word, so nothing but this reaches it.
/// </summary>
public static class AkkaHocon
{
    /// <summary>Renders keys and values in key order.</summary>
    /// <param name="settings">
    /// Keys are full paths (<c>akka.remote.dot-netty.tcp.port</c>; parts with special characters in quotes). Values: text, whole or decimal number,
    /// boolean, <see cref="TimeSpan"/>, or a list of those.
    /// </param>
    /// <exception cref="ArgumentException">A key is none, one key is a part of another's path, or a value is of another type: a bug of the caller.</exception>
    public static string Render(IReadOnlyDictionary<string, object> settings)
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, object value) in settings)
            lines.Add(RenderKey(key), RenderValue(key, value));
        foreach (string key in lines.Keys)
        {
            if (lines.Keys.FirstOrDefault(k => k.StartsWith(key + ".", StringComparison.Ordinal)) is { } below)
                throw new ArgumentException($"{key} has a value, so {below} cannot have one");
        }

        var text = new StringBuilder();
        foreach ((string key, string value) in lines)
            text.Append(key).Append(" = ").Append(value).Append('\n');
        return text.ToString();
    }

    private static string RenderKey(string key)
    {
        try
        {
            return string.Join('.', HoconPath.Parse(key, "key").Select(part => part.Length > 0 && part.All(IsPlain) ? part : Quote(part)));
        }
        catch (HoconException e)
        {
            throw new ArgumentException($"'{key}' is no key: {e.Problem}", e);
        }
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';

    private static string RenderValue(string key, object value) => value switch
    {
        string text => Quote(text),
        bool flag => flag ? "on" : "off",
        int or long => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        double number when double.IsFinite(number) => number.ToString("0.################", CultureInfo.InvariantCulture),
        TimeSpan time => Duration(key, time),
        IEnumerable list => "[" + string.Join(", ", list.Cast<object>().Select(v => RenderValue(key, v))) + "]",
        _ => throw new ArgumentException($"the value of '{key}' is a {value?.GetType().Name ?? "null"}, which Akka's configuration cannot hold"),
    };

    /// <summary>Akka counts in milliseconds; less would silently become 0, which often means "off" to it.</summary>
    private static string Duration(string key, TimeSpan time) =>
        time.Ticks >= 0 && time.Ticks % TimeSpan.TicksPerMillisecond == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / TimeSpan.TicksPerMillisecond}ms")
            : throw new ArgumentException($"the duration of '{key}' is {time}: not a whole number of milliseconds");

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
