using System.Collections.Immutable;

namespace Mmm.Shared.Settings.Hocon;

/// <summary>A value of the merged and resolved configuration; it knows where it was written and which key it stands under.</summary>
/// <param name="Origin">Where it was written; for a value from the environment, where the substitution was.</param>
/// <param name="Path">Full key, for example <c>cluster C1.hosts.db1.ip</c>.</param>
public abstract record HoconValue(HoconOrigin Origin, string Path)
{
    /// <summary>For messages: "a list", "a number", …; never the value itself.</summary>
    public abstract string Kind { get; }
}

/// <summary>What a simple value was written as.</summary>
public enum HoconScalarKind
{
    Text,
    Number,
    Boolean,
    Null,
}

/// <summary>String, number, boolean or null, with the text it was written as.</summary>
/// <param name="Origin">See <see cref="HoconValue"/>.</param>
/// <param name="Path">See <see cref="HoconValue"/>.</param>
/// <param name="ScalarKind">What it was written as.</param>
/// <param name="Text">Its characters, unescaped; numbers keep their spelling.</param>
/// <param name="Environment">Name of the environment variable it came from, else null.</param>
public sealed record HoconScalar(HoconOrigin Origin, string Path, HoconScalarKind ScalarKind, string Text, string? Environment = null)
    : HoconValue(Origin, Path)
{
    public override string Kind => ScalarKind switch
    {
        HoconScalarKind.Number => "a number",
        HoconScalarKind.Boolean => "true or false",
        HoconScalarKind.Null => "null",
        _ => "text",
    };

    public bool IsNull => ScalarKind == HoconScalarKind.Null;
}

/// <summary>A list.</summary>
public sealed record HoconList(HoconOrigin Origin, string Path, ImmutableArray<HoconValue> Items) : HoconValue(Origin, Path)
{
    public override string Kind => "a list";
}

/// <summary>One key of an object and its value.</summary>
public sealed record HoconField(string Key, HoconValue Value);

/// <summary>An object; its fields stand in the order in which their keys were first written.</summary>
public sealed record HoconObject(HoconOrigin Origin, string Path, ImmutableArray<HoconField> Fields) : HoconValue(Origin, Path)
{
    private readonly Dictionary<string, HoconValue> _byKey = Fields.ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);

    public override string Kind => "a { … } section";

    /// <summary>The value of a key, or null when there is none. A key that was set to null gives a <see cref="HoconScalar"/> of that kind.</summary>
    public HoconValue? this[string key] => _byKey.GetValueOrDefault(key);

    /// <summary>This object over another: keys of this one win, objects are merged. Values keep their origins and paths.</summary>
    public HoconObject WithFallback(HoconObject fallback)
    {
        var fields = new List<HoconField>();
        foreach (HoconField below in fallback.Fields)
        {
            HoconValue value = this[below.Key] switch
            {
                null => below.Value,
                HoconObject mine when below.Value is HoconObject theirs => mine.WithFallback(theirs),
                { } mine => mine,
            };
            fields.Add(new HoconField(below.Key, value));
        }

        fields.AddRange(Fields.Where(f => fallback[f.Key] is null));
        return new HoconObject(Origin, Path, [.. fields]);
    }
}
