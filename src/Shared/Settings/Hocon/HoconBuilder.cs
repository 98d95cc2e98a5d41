namespace Mmm.Shared.Settings.Hocon;

/// <summary>Turns the resolved nodes into the final tree of <see cref="HoconValue"/>s.</summary>
internal sealed class HoconBuilder(HoconResolver resolver)
{
    private readonly HoconBudget _budget = new();

    /// <summary>Substitutions whose value is being built: one met inside its own value contains itself.</summary>
    private readonly HashSet<Node> _building = new(ReferenceEqualityComparer.Instance);

    public HoconObject Build(ObjectNode root) => BuildObject(new ObjectShape([root]), string.Empty, 0);

    private HoconValue? BuildLayers(IReadOnlyList<Node> layers, string path, int depth)
    {
        Shape shape = resolver.ResolveLayers(layers);
        HoconOrigin origin = layers[^1].Origin;
        _budget.Spend(origin);
        if (depth > HoconLimits.Depth)
            throw new HoconException(origin, "nested too deep", $"at most {HoconLimits.Depth} levels");
        if (shape is UndefinedShape)
            return null;
        if (shape is LeafShape { Node: var leaf })
            return new HoconScalar(leaf.Origin, path, leaf.Kind, leaf.Text, leaf.Environment);

        List<Node> entered = EnterSubstituted(layers);
        HoconValue value = shape is ListShape list ? BuildList(list, path, depth) : BuildObject((ObjectShape)shape, path, depth);
        entered.ForEach(n => _building.Remove(n));
        return value;
    }

    /// <summary>Notes the substitutions that make up the value; hidden ones are never looked at.</summary>
    private List<Node> EnterSubstituted(IReadOnlyList<Node> layers)
    {
        List<Node> entered = [];
        for (int i = layers.Count - 1; i >= 0; i--)
        {
            Shape shape = resolver.Resolve(layers[i]);
            if (shape is UndefinedShape)
                continue;
            if (shape is LeafShape || (shape is ListShape && entered.Count > 0))
                break;
            if (layers[i] is SubstitutionNode or ConcatNode)
            {
                if (!_building.Add(layers[i]))
                    throw new HoconException(layers[i].Origin, "this value contains itself", "a substitution of something that does not lead back here");
                entered.Add(layers[i]);
            }

            if (shape is ListShape)
                break;
        }

        return entered;
    }

    private HoconObject BuildObject(ObjectShape shape, string path, int depth)
    {
        var fields = new List<HoconField>();
        foreach (string key in shape.Keys)
        {
            string below = path.Length == 0 ? HoconPath.Render([key]) : path + "." + HoconPath.Render([key]);
            if (BuildLayers(shape.LayersOf(key), below, depth + 1) is { } value)
                fields.Add(new HoconField(key, value));
        }

        return new HoconObject(shape.Origin, path, [.. fields]);
    }

    private HoconList BuildList(ListShape shape, string path, int depth)
    {
        var items = new List<HoconValue>();
        foreach (Node item in shape.Items)
        {
            if (BuildLayers([item], $"{path}[{items.Count}]", depth + 1) is { } value)
                items.Add(value);
        }

        return new HoconList(shape.Origin, path, [.. items]);
    }
}
