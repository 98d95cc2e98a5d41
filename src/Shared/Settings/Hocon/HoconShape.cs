namespace Mmm.Shared.Settings.Hocon;

/// <summary>
/// What a node turns out to be, looked at no deeper than needed: the insides of objects and lists stay unresolved, so that an object
/// may refer to parts of itself.
/// </summary>
internal abstract class Shape
{
    public static readonly Shape Undefined = new UndefinedShape();
}

/// <summary>No value: an optional substitution that found nothing.</summary>
internal sealed class UndefinedShape : Shape;

internal sealed class LeafShape(TextNode node) : Shape
{
    public TextNode Node { get; } = node;
}

internal sealed class ListShape(HoconOrigin origin, IReadOnlyList<Node> items) : Shape
{
    public HoconOrigin Origin { get; } = origin;

    public IReadOnlyList<Node> Items { get; } = items;
}

/// <summary>An object made of several merged ones, the later over the earlier.</summary>
internal sealed class ObjectShape(IReadOnlyList<ObjectNode> objects) : Shape
{
    public IReadOnlyList<ObjectNode> Objects { get; } = objects;

    /// <summary>Where its last part is written.</summary>
    public HoconOrigin Origin => Objects[^1].Origin;

    public IReadOnlyList<string> Keys => Objects.Count == 1 ? Objects[0].Keys : [.. Objects.SelectMany(o => o.Keys).Distinct()];

    /// <summary>Every definition of a key in all the merged objects; empty when there is none.</summary>
    public IReadOnlyList<Node> LayersOf(string key) =>
        Objects.Count == 1 ? Objects[0].LayersOf(key) ?? [] : [.. Objects.SelectMany(o => o.LayersOf(key) ?? [])];
}
