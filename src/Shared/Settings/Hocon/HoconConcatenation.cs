using System.Globalization;
using System.Text;

namespace Mmm.Shared.Settings.Hocon;

/// <summary>Values side by side: simple ones make text, lists one list, objects one object (HOCON.md, "Value concatenation").</summary>
internal static class HoconConcatenation
{
    public static Shape Of(ConcatNode node, HoconResolver resolver, HoconBudget budget)
    {
        var parts = new List<(Node Node, Shape? Shape)>();
        foreach (Node part in node.Parts)
        {
            Shape? shape = part is SpaceNode ? null : resolver.Resolve(part);
            if (shape is not UndefinedShape)
                parts.Add((part, shape));
        }

        Shape[] values = [.. parts.Where(p => p.Shape is not null).Select(p => p.Shape!)];
        if (values.Length == 0)
            return Shape.Undefined;
        if (values.All(v => v is LeafShape))
            return Text(node, parts, budget);
        if (values.All(v => v is ObjectShape))
            return Objects(node, values, budget);
        if (values.Any(v => v is ListShape) && values.All(v => v is ListShape || (v is ObjectShape o && HasIndexes(o))))
            return Lists(node, values, budget);
        Node stranger = parts.First(p => p.Shape is not null && p.Shape.GetType() != values[0].GetType()).Node;
        throw new HoconException(stranger.Origin, $"{Describe(stranger, resolver)} stands beside {Describe(values[0])} in one value", "only text, only lists, or only sections");
    }

    /// <summary>Positions of an object that stands for a list, <c>{ "0" = a, "1" = b }</c>; keys that are no numbers are left out.</summary>
    public static IEnumerable<(int Index, string Key)> Indexes(IEnumerable<string> keys) =>
        keys.Select(k => (Index: int.TryParse(k, NumberStyles.None, CultureInfo.InvariantCulture, out int i) ? i : -1, Key: k))
            .Where(k => k.Index >= 0)
            .OrderBy(k => k.Index);

    private static bool HasIndexes(ObjectShape obj) => Indexes(obj.Keys).Any();

    private static LeafShape Text(ConcatNode node, List<(Node Node, Shape? Shape)> parts, HoconBudget budget)
    {
        var text = new StringBuilder();
        string? environment = null;
        for (int i = 0; i < parts.Count; i++)
        {
            TextNode? leaf = (parts[i].Shape as LeafShape)?.Node;
            environment ??= leaf?.Environment;
            string piece = leaf?.Text ?? ((SpaceNode)parts[i].Node).Text;
            budget.Spend(node.Origin, piece.Length / 8);
            text.Append(piece);
        }

        return new LeafShape(new TextNode(node.Origin, HoconScalarKind.Text, text.ToString(), environment));
    }

    private static ObjectShape Objects(ConcatNode node, Shape[] values, HoconBudget budget)
    {
        var objects = new List<ObjectNode>();
        foreach (ObjectShape value in values.Cast<ObjectShape>())
        {
            budget.Spend(node.Origin, value.Objects.Count);
            objects.AddRange(value.Objects);
        }

        return new ObjectShape(objects);
    }

    private static ListShape Lists(ConcatNode node, Shape[] values, HoconBudget budget)
    {
        var items = new List<Node>();
        foreach (Shape value in values)
        {
            IReadOnlyList<Node> more = value is ListShape list ? list.Items : ItemsOf((ObjectShape)value);
            budget.Spend(node.Origin, more.Count);
            items.AddRange(more);
        }

        return new ListShape(node.Origin, items);
    }

    private static List<Node> ItemsOf(ObjectShape obj) =>
        [.. Indexes(obj.Keys).Select(k => (Node)new LayersNode(obj.Origin, obj.LayersOf(k.Key)))];

    private static string Describe(Node node, HoconResolver resolver) => Describe(resolver.Resolve(node));

    private static string Describe(Shape shape) => shape switch
    {
        ListShape => "a list",
        ObjectShape => "a { … } section",
        _ => "text",
    };
}
