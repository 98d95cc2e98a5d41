namespace Mmm.Shared.Settings.Hocon;

/// <summary>
/// The merged but unresolved configuration. Nodes are compared by identity: the resolver remembers results per node, so that a
/// substitution has one value however often it is looked at (HOCON.md, "Self-Referential Substitutions").
/// </summary>
internal abstract class Node(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;
}

internal sealed class TextNode(HoconOrigin origin, HoconScalarKind kind, string text, string? environment = null) : Node(origin)
{
    public HoconScalarKind Kind { get; } = kind;

    public string Text { get; } = text;

    public string? Environment { get; } = environment;
}

/// <summary>Unquoted whitespace between the parts of a concatenation.</summary>
internal sealed class SpaceNode(HoconOrigin origin, string text) : Node(origin)
{
    public string Text { get; } = text;
}

internal sealed class ListNode(HoconOrigin origin, IReadOnlyList<Node> items) : Node(origin)
{
    public IReadOnlyList<Node> Items { get; } = items;
}

internal sealed class ConcatNode(HoconOrigin origin, IReadOnlyList<Node> parts) : Node(origin)
{
    public IReadOnlyList<Node> Parts { get; } = parts;
}

/// <param name="origin">Where it is written.</param>
/// <param name="path">As written.</param>
/// <param name="prefixed">In a file included inside an object: the path below that object, tried first; else null.</param>
/// <param name="optional"><c>${?…}</c></param>
internal sealed class SubstitutionNode(HoconOrigin origin, IReadOnlyList<string> path, IReadOnlyList<string>? prefixed, bool optional) : Node(origin)
{
    public IReadOnlyList<string> Path { get; } = path;

    public IReadOnlyList<string>? Prefixed { get; } = prefixed;

    public bool Optional { get; } = optional;
}

/// <summary>Several definitions of one key, the later over the earlier, seen as one value.</summary>
internal sealed class LayersNode(HoconOrigin origin, IReadOnlyList<Node> layers) : Node(origin)
{
    public IReadOnlyList<Node> Layers { get; } = layers;
}

/// <summary>Every definition of every key, in the order they were read: what is hidden may still be what a self-reference looks back to.</summary>
internal sealed class ObjectNode(HoconOrigin origin) : Node(origin)
{
    private readonly Dictionary<string, List<Node>> _layers = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];

    /// <summary>In the order in which they were first written.</summary>
    public IReadOnlyList<string> Keys => _keys;

    public IReadOnlyList<Node>? LayersOf(string key) => _layers.GetValueOrDefault(key);

    public Node? Top(string key) => _layers.TryGetValue(key, out List<Node>? layers) ? layers[^1] : null;

    public void Add(string key, Node value)
    {
        if (!_layers.TryGetValue(key, out List<Node>? layers))
        {
            _layers[key] = layers = [];
            _keys.Add(key);
        }

        layers.Add(value);
    }

    /// <summary>The object under a key that a further object is merged into: an object directly below is taken as it is.</summary>
    public ObjectNode ObjectAt(string key, HoconOrigin origin)
    {
        if (Top(key) is ObjectNode top)
            return top;
        var created = new ObjectNode(origin);
        Add(key, created);
        return created;
    }
}
