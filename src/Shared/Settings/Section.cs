using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>
/// One <c>{ … }</c> section read key by key with the wanted type. Problems are collected, and a stand-in is returned, so that reading goes
/// on. The keys that were asked for are the keys that are allowed.
/// </summary>
internal sealed class Section(HoconObject obj, SettingsProblems problems)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public HoconObject Object { get; } = obj;

    public HoconOrigin Origin => Object.Origin;

    /// <summary>Already reported as no section at all: what is missing in it is not reported too.</summary>
    public bool Broken { get; init; }

    /// <summary>This section over defaults.</summary>
    public Section WithFallback(Section defaults, SettingsProblems collector) => new(Object.WithFallback(defaults.Object), collector) { Broken = Broken };

    public string Path => Object.Path;

    /// <summary>The value of a key; null when it is not there or set to null.</summary>
    public HoconValue? Take(string key)
    {
        _asked.Add(key);
        return Object[key] is HoconScalar { IsNull: true } ? null : Object[key];
    }

    /// <summary>Reports every key that nobody asked for.</summary>
    public void RefuseUnknown()
    {
        foreach (HoconField field in Object.Fields.Where(f => !_asked.Contains(f.Key)))
            RefuseKey(field, _asked);
    }

    /// <summary>Reports one key, and which would be known.</summary>
    public void RefuseKey(HoconField field, IReadOnlyCollection<string> allowed) =>
        problems.Error(
            field.Value.Origin,
            field.Value.Path,
            "unknown key",
            allowed.Count <= 12 ? string.Join(", ", allowed.Order(StringComparer.Ordinal)) : "see mmm.reference.conf",
            Suggestions.Hint(field.Key, allowed));

    public Setting<TimeSpan> Duration(string key, TimeSpan min, TimeSpan max) =>
        Scalar(key, $"a duration with unit, {DurationText.Of(min)} to {DurationText.Of(max)}", TimeSpan.Zero, (HoconScalar s, out TimeSpan value, out string hint) =>
        {
            hint = string.Empty;
            if (!HoconUnits.TryDuration(s.Text, null, out value))
            {
                if (HoconUnits.TryDuration(s.Text, "s", out TimeSpan seconds))
                    hint = $"; the unit is missing: did you mean '{s.Text.Trim()}s'{(seconds.Ticks % TimeSpan.TicksPerSecond == 0 ? " (MySQL-MMM's numbers are seconds)" : string.Empty)}?";
                return false;
            }

            return value >= min && value <= max;
        });

    public Setting<int> Int(string key, int min, int max) =>
        Scalar(key, $"a whole number, {min} to {max}", min, (HoconScalar s, out int value, out string hint) =>
        {
            hint = string.Empty;
            return int.TryParse(s.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;
        });

    public Setting<int> Port(string key) => Int(key, 1, 65535);

    public Setting<bool> Bool(string key) =>
        Scalar(key, "on, off (or true, false, yes, no)", false, (HoconScalar s, out bool value, out string hint) =>
        {
            hint = string.Empty;
            value = s.Text is "true" or "yes" or "on";
            return value || s.Text is "false" or "no" or "off";
        });

    /// <summary>One of a few words, in any case: MMM prints its modes in capitals.</summary>
    public Setting<T> Choice<T>(string key, params (string Word, T Value)[] choices) =>
        Scalar(key, string.Join(" | ", choices.Select(c => c.Word)), choices[0].Value, (HoconScalar s, out T value, out string hint) =>
        {
            (string word, value) = choices.FirstOrDefault(c => string.Equals(c.Word, s.Text, StringComparison.OrdinalIgnoreCase));
            hint = word is null ? Suggestions.Hint(s.Text, choices.Select(c => c.Word)) : string.Empty;
            return word is not null;
        });

    public Setting<string> Text(string key, string allowed, Func<string, bool> isValid) =>
        Scalar(key, allowed, string.Empty, (HoconScalar s, out string value, out string hint) =>
        {
            hint = string.Empty;
            value = s.Text;
            return isValid(s.Text);
        });

    /// <summary>An address a machine can have, in canonical text.</summary>
    public Setting<string> Ip(string key) => Scalar<string>(key, IpAllowed, string.Empty, TryIp);

    /// <summary>An address to listen on: any address of this machine, or all of them.</summary>
    public Setting<string> BindAddress(string key) => Text(key, "an IP address", t => IpText.TryParse(t, out _));

    /// <summary>Null when not set.</summary>
    public Setting<string>? Optional(string key, Func<string, Setting<string>> read) => Take(key) is null ? null : read(key);

    /// <summary>An absolute path.</summary>
    public Setting<string> AbsolutePath(string key) => Text(key, "an absolute path", System.IO.Path.IsPathFullyQualified);

    /// <summary>A list of addresses.</summary>
    public Setting<ImmutableArray<Setting<string>>> Ips(string key) => List<string>(key, IpAllowed, string.Empty, TryIp);

    /// <summary>A list of names that are looked up elsewhere.</summary>
    public Setting<ImmutableArray<Setting<string>>> Names(string key) =>
        List(key, "a name", string.Empty, (HoconScalar s, out string value, out string hint) =>
        {
            hint = string.Empty;
            value = s.Text;
            return value.Length > 0;
        });

    /// <summary>A section below this one; an empty one when it is missing.</summary>
    public Section Sub(string key)
    {
        HoconValue? value = Take(key);
        if (value is HoconObject inner)
            return new Section(inner, problems);
        if (value is not null)
            problems.Error(value.Origin, value.Path, $"is {value.Kind}", $"a section: {key} {{ … }}");
        return new Section(new HoconObject(value?.Origin ?? MissingAt(key), PathOf(key), []), problems) { Broken = Broken || value is not null };
    }

    /// <summary>Where an operator would look for a missing key: where he set it to null, else the section.</summary>
    public HoconOrigin MissingAt(string key) => Object[key] is { } cleared && cleared.Origin.File != ReferenceConfiguration.Name ? cleared.Origin : Origin;

    public string PathOf(string key) => Path.Length == 0 ? HoconPath.Render([key]) : Path + "." + HoconPath.Render([key]);

    private const string IpAllowed = "an IPv4 or IPv6 address such as \"192.168.0.10\" or \"fd00::10\"";

    private delegate bool Reader<T>(HoconScalar scalar, out T value, out string hint);

    private static bool TryIp(HoconScalar s, out string value, out string hint)
    {
        hint = string.Empty;
        value = string.Empty;
        if (!IpText.TryParse(s.Text, out System.Net.IPAddress? address))
            return false;
        if (IpText.WhyNotAHostAddress(address) is { } reason)
        {
            hint = $" ({s.Text} {reason})";
            return false;
        }

        value = address.ToString();
        return true;
    }

    private Setting<T> Scalar<T>(string key, string allowed, T standIn, Reader<T> read)
    {
        HoconValue? value = Take(key);
        if (value is not null)
            return ReadOne(value, allowed, standIn, read);
        if (!Broken)
            problems.Error(MissingAt(key), PathOf(key), "is missing", allowed);
        return new Setting<T>(standIn, Origin, PathOf(key), Valid: false);
    }

    private Setting<T> ReadOne<T>(HoconValue value, string allowed, T standIn, Reader<T> read)
    {
        string hint = string.Empty;
        if (value is HoconScalar { IsNull: false } scalar && read(scalar, out T result, out hint))
            return new Setting<T>(result, value.Origin, value.Path, Valid: true);
        problems.Error(value.Origin, value.Path, $"is {Show(value)}", allowed, hint);
        return new Setting<T>(standIn, value.Origin, value.Path, Valid: false);
    }

    private Setting<ImmutableArray<Setting<T>>> List<T>(string key, string allowedItem, T standIn, Reader<T> read)
    {
        HoconValue? value = Take(key);
        IEnumerable<HoconValue>? items = value switch
        {
            HoconList list => list.Items,
            HoconObject indexed when HoconConcatenation.Indexes(indexed.Fields.Select(f => f.Key)).Any() =>
                HoconConcatenation.Indexes(indexed.Fields.Select(f => f.Key)).Select(i => indexed[i.Key]!),
            _ => null,
        };
        if (value is not null && items is not null)
            return new([.. items.Select(i => ReadOne(i, allowedItem, standIn, read))], value.Origin, value.Path, Valid: true);
        if (!Broken || value is not null)
            problems.Error(value?.Origin ?? MissingAt(key), value?.Path ?? PathOf(key), value is null ? "is missing" : $"is {Show(value)}", $"a list [ … ] of {allowedItem}");
        return new([], Origin, PathOf(key), Valid: false);
    }

    private static string Show(HoconValue value) => value switch
    {
        HoconScalar { IsNull: false } scalar => $"'{(scalar.Text.Length > 60 ? scalar.Text[..60] + "…" : scalar.Text)}'"
            + (scalar.Environment is null ? string.Empty : $" (from the environment variable {scalar.Environment})"),
        _ => value.Kind,
    };
}
