using System.Collections.Immutable;

namespace Mmm.Shared.Settings.Hocon;

/// <summary>Reads files and their includes into one <see cref="ObjectNode"/>, later definitions over earlier ones.</summary>
internal sealed class HoconLoader(IHoconSource source, string mainFile)
{
    private readonly Stack<string> _open = new();
    private readonly Dictionary<(string Path, string Prefix), HoconOrigin> _included = [];
    private readonly List<string> _warnings = [];
    private readonly HashSet<string> _readableByOthers = new(StringComparer.Ordinal);
    private int _includes;

    public ObjectNode Root { get; } = new(new HoconOrigin(mainFile, 1, 1));

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Paths of the files every user of the machine may read.</summary>
    public IReadOnlySet<string> ReadableByOthers => _readableByOthers;

    /// <exception cref="HoconException">The file is not there, cannot be read or is not HOCON.</exception>
    public void AddFile(string name)
    {
        var origin = new HoconOrigin(name, 1, 1);
        switch (source.Find(name, null))
        {
            case HoconLookup.Found found:
                _included[(found.Path, string.Empty)] = new HoconOrigin(found.Path, 1, 1);
                AddText(found, Root, []);
                break;
            case HoconLookup.Missing missing:
                throw new HoconException(origin, $"the configuration file {missing.Path} does not exist");
            case HoconLookup.Unreadable unreadable:
                throw new HoconException(origin, $"the configuration file {unreadable.Path} cannot be read: {unreadable.Reason}");
        }
    }

    /// <summary>Text that does not come from the source, for example the built-in defaults.</summary>
    public void AddText(string name, string text) => AddText(new HoconLookup.Found(name, text), Root, []);

    /// <summary>A single value over all that was read before.</summary>
    public void AddValue(string keyExpression, string value, string givenBy)
    {
        ImmutableArray<string> path = HoconPath.Parse(keyExpression, givenBy);
        var origin = new HoconOrigin(givenBy, 0, 0);
        ObjectNode target = Root;
        foreach (string key in path[..^1])
            target = target.ObjectAt(key, origin);
        target.Add(path[^1], new TextNode(origin, HoconScalarKind.Text, value));
    }

    private void AddText(HoconLookup.Found file, ObjectNode target, ImmutableArray<string> prefix)
    {
        if (file.ReadableByOthers)
            _readableByOthers.Add(file.Path);
        _open.Push(file.Path);
        AddMembers(HoconParser.Parse(file.Path, file.Text), target, new Scope(prefix, prefix, InList: false));
        _open.Pop();
    }

    /// <param name="Here">Path of the object being filled.</param>
    /// <param name="FileRoot">Path of the object this file is included in.</param>
    /// <param name="InList">Somewhere inside a list, which no path leads into.</param>
    private readonly record struct Scope(ImmutableArray<string> Here, ImmutableArray<string> FileRoot, bool InList);

    private void AddMembers(SyntaxObject syntax, ObjectNode target, Scope scope)
    {
        foreach (SyntaxMember member in syntax.Members)
        {
            if (member is SyntaxInclude include)
                AddInclude(include, target, scope);
            else
                AddField((SyntaxField)member, target, scope);
        }
    }

    private void AddField(SyntaxField field, ObjectNode target, Scope scope)
    {
        foreach (string key in field.Path.SkipLast(1))
        {
            target = target.ObjectAt(key, field.Origin);
            scope = scope with { Here = scope.Here.Add(key) };
        }

        string last = field.Path[^1];
        Scope inner = scope with { Here = scope.Here.Add(last) };
        if (inner.Here.Length > HoconLimits.Depth)
            throw new HoconException(field.Origin, "nested too deep", $"at most {HoconLimits.Depth} levels");
        if (field is { Append: false, Value: SyntaxObject literal })
        {
            AddMembers(literal, target.ObjectAt(last, literal.Origin), inner);
            return;
        }

        Node value = Build(field.Value, inner);
        if (field.Append)
            value = Appended(field, value, inner);
        WarnOfRepeated(target.Top(last), value, inner);
        target.Add(last, value);
    }

    /// <summary><c>a += b</c> is <c>a = ${?a} [b]</c>.</summary>
    private static ConcatNode Appended(SyntaxField field, Node value, Scope scope)
    {
        if (scope.InList)
            throw new HoconException(field.Origin, "found '+=' inside a list, where there is no earlier value to add to", "'=' or ':'");
        return new ConcatNode(field.Origin, [
            new SubstitutionNode(field.Origin, scope.Here, null, optional: true),
            new ListNode(field.Origin, [value]),
        ]);
    }

    /// <summary>The same simple value set twice in one file is legal, and nearly always a slip.</summary>
    private void WarnOfRepeated(Node? before, Node value, Scope scope)
    {
        if (before is TextNode or ListNode && value is TextNode or ListNode && before.Origin.File == value.Origin.File && !scope.InList)
            _warnings.Add($"{value.Origin.FileAndLine}: {HoconPath.Render(scope.Here)}: is set a second time; the value of line {before.Origin.Line} is ignored");
    }

    private Node Build(Syntax syntax, Scope scope)
    {
        switch (syntax)
        {
            case SyntaxText text:
                return new TextNode(text.Origin, KindOf(text), text.Text);
            case SyntaxSpace space:
                return new SpaceNode(space.Origin, space.Text);
            case SyntaxSubstitution substitution:
                IReadOnlyList<string>? prefixed = scope.FileRoot.IsEmpty ? null : scope.FileRoot.AddRange(substitution.Path);
                return new SubstitutionNode(substitution.Origin, substitution.Path, prefixed, substitution.Optional);
            case SyntaxConcatenation concatenation:
                return new ConcatNode(concatenation.Origin, [.. concatenation.Parts.Select(p => Build(p, scope))]);
            case SyntaxList list:
                Scope inList = scope with { InList = true };
                return new ListNode(list.Origin, [.. list.Items.Select(i => Build(i, inList))]);
            case SyntaxObject literal:
                var node = new ObjectNode(literal.Origin);
                AddMembers(literal, node, scope);
                return node;
            default:
                throw new InvalidOperationException($"unknown syntax {syntax.GetType().Name}");
        }
    }

    private static HoconScalarKind KindOf(SyntaxText text) => text switch
    {
        { Quoted: true } => HoconScalarKind.Text,
        { Text: "true" or "false" } => HoconScalarKind.Boolean,
        { Text: "null" } => HoconScalarKind.Null,
        _ => HoconNumbers.IsNumber(text.Text) ? HoconScalarKind.Number : HoconScalarKind.Text,
    };

    private void AddInclude(SyntaxInclude include, ObjectNode target, Scope scope)
    {
        if (scope.InList)
            throw new HoconException(include.Origin, "found an include inside a list", "an include directly in an object");
        if (++_includes > HoconLimits.Includes)
            throw new HoconException(include.Origin, "too many includes", $"at most {HoconLimits.Includes}");
        switch (Find(include))
        {
            case HoconLookup.Found found:
                AddFound(include, found, target, scope);
                break;
            case HoconLookup.Missing missing when include.Required:
                throw new HoconException(include.Origin, $"the included file {missing.Path} does not exist");
            case HoconLookup.Missing missing:
                _warnings.Add($"{include.Origin.FileAndLine}: include: {missing.Path} does not exist and is left out (write include required(\"…\") if it must be there)");
                break;
            case HoconLookup.Unreadable unreadable:
                throw new HoconException(include.Origin, $"the included file {unreadable.Path} cannot be read: {unreadable.Reason}");
        }
    }

    /// <summary>A name without an extension may stand for the one with <c>.conf</c> (HOCON.md, "file formats and extensions").</summary>
    private HoconLookup Find(SyntaxInclude include)
    {
        HoconLookup exact = source.Find(include.Name, _open.Peek());
        bool bare = !include.Name[(include.Name.LastIndexOfAny(['/', '\\']) + 1)..].Contains('.', StringComparison.Ordinal);
        if (exact is not HoconLookup.Missing || !bare)
            return exact;
        HoconLookup extended = source.Find(include.Name + ".conf", _open.Peek());
        return extended is HoconLookup.Missing ? exact : extended;
    }

    private void AddFound(SyntaxInclude include, HoconLookup.Found found, ObjectNode target, Scope scope)
    {
        if (_open.Contains(found.Path))
            throw new HoconException(include.Origin, $"includes go round in a circle: {string.Join(" -> ", _open.Reverse().Append(found.Path))}");
        string prefix = HoconPath.Render(scope.Here);
        if (_included.TryGetValue((found.Path, prefix), out HoconOrigin earlier))
        {
            throw new HoconException(
                include.Origin,
                $"{found.Path} was already read at the same place by {earlier.FileAndLine}; a second time it would undo what was set since",
                "one include of a file per section");
        }

        _included[(found.Path, prefix)] = include.Origin;
        AddText(found, target, scope.Here);
    }
}
