namespace Mmm.Shared.Settings.Hocon;

/// <summary>
/// Replaces substitutions and concatenations by values. The rules are those of HOCON.md, "Self-Referential Substitutions": a
/// substitution sees the final value of its path; where that would be itself, it sees the definitions before its own.
/// </summary>
internal sealed class HoconResolver(ObjectNode root, Func<string, string?> environment)
{
    private readonly Dictionary<Node, Shape> _known = new(ReferenceEqualityComparer.Instance);

    /// <summary>Substitutions and concatenations being resolved: met again, they and what overrides them are left out.</summary>
    private readonly HashSet<Node> _resolving = new(ReferenceEqualityComparer.Instance);
    private readonly HoconBudget _budget = new();
    private bool _metItself;

    /// <summary>The value of a node.</summary>
    public Shape Resolve(Node node)
    {
        _budget.Spend(node.Origin);
        switch (node)
        {
            case TextNode text:
                return new LeafShape(text);
            case ListNode list:
                return new ListShape(list.Origin, list.Items);
            case ObjectNode obj:
                return new ObjectShape([obj]);
            case LayersNode layers:
                return ResolveLayers(layers.Layers);
            case SubstitutionNode or ConcatNode:
                return ResolveOnce(node);
            default:
                throw new InvalidOperationException($"unknown node {node.GetType().Name}");
        }
    }

    /// <summary>The value of a key that has several definitions: the last one, or the last ones merged when they are objects.</summary>
    public Shape ResolveLayers(IReadOnlyList<Node> layers)
    {
        int end = layers.Count;
        for (int i = 0; i < end; i++)
        {
            if (_resolving.Contains(layers[i]))
            {
                end = i;
                _metItself = true;
            }
        }

        var objects = new List<ObjectNode>();
        for (int i = end - 1; i >= 0; i--)
        {
            Shape shape = Resolve(layers[i]);
            if (shape is ObjectShape obj)
            {
                _budget.Spend(layers[i].Origin, obj.Objects.Count);
                objects.InsertRange(0, obj.Objects);
            }
            else if (shape is not UndefinedShape)
            {
                if (objects.Count == 0)
                    return shape;
                break;
            }
        }

        return objects.Count == 0 ? Shape.Undefined : new ObjectShape(objects);
    }

    private Shape ResolveOnce(Node node)
    {
        if (_known.TryGetValue(node, out Shape? known))
            return known;
        if (!_resolving.Add(node))
        {
            _metItself = true;
            return Shape.Undefined;
        }

        _budget.Enter(node.Origin);
        Shape shape = node is SubstitutionNode substitution ? Substitute(substitution) : HoconConcatenation.Of((ConcatNode)node, this, _budget);
        _budget.Leave();
        _resolving.Remove(node);
        _known[node] = shape;
        return shape;
    }

    private Shape Substitute(SubstitutionNode node)
    {
        _metItself = false;
        Shape shape = node.Prefixed is null ? Shape.Undefined : LookUp(node.Prefixed, node.Origin);
        if (shape is UndefinedShape)
            shape = LookUp(node.Path, node.Origin);
        if (shape is not UndefinedShape)
            return shape;
        string name = string.Join('.', node.Path);
        if (environment(name) is { } value)
            return new LeafShape(new TextNode(node.Origin, HoconScalarKind.Text, value, name));
        if (node.Optional)
            return Shape.Undefined;
        string written = HoconPath.Render(node.Path);
        throw new HoconException(
            node.Origin,
            _metItself ? $"${{{written}}} refers to itself in a circle" : $"${{{written}}} is neither a key of the configuration nor an environment variable",
            "a key that is defined, or ${?…} for one that may be missing");
    }

    private Shape LookUp(IReadOnlyList<string> path, HoconOrigin origin)
    {
        Shape shape = new ObjectShape([root]);
        foreach (string key in path)
        {
            if (shape is not ObjectShape obj)
                return Shape.Undefined;
            IReadOnlyList<Node> layers = obj.LayersOf(key);
            _budget.Spend(origin, layers.Count + obj.Objects.Count);
            shape = ResolveLayers(layers);
        }

        return shape;
    }
}
