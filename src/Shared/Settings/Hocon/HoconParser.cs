namespace Mmm.Shared.Settings.Hocon;

/// <summary>One file's tokens to its <see cref="SyntaxObject"/>. Strict: what the specification does not allow is an error with its place.</summary>
internal sealed class HoconParser
{
    private const string AfterMember = "the end of the line, ',' or '}' (a value that contains ':', '=' or other special characters must be in quotes)";

    private readonly List<Token> _tokens;
    private int _at;
    private int _depth;

    private HoconParser(List<Token> tokens) => _tokens = tokens;

    /// <exception cref="HoconException">The text is not HOCON, or its root is a list.</exception>
    public static SyntaxObject Parse(string file, string text)
    {
        var parser = new HoconParser(HoconTokenizer.Tokenize(file, text));
        return parser.ParseRoot();
    }

    private Token Current => _tokens[_at];

    private SyntaxObject ParseRoot()
    {
        SkipBlank();
        HoconOrigin origin = Current.Origin;
        if (Current.Kind == TokenKind.OpenBracket)
            throw new HoconException(origin, "the file holds a list", "keys and values, with or without { } around all of them");
        if (Current.Kind != TokenKind.OpenBrace)
            return new SyntaxObject(origin with { Line = 1, Column = 1 }, ParseMembers(TokenKind.End, origin));

        SyntaxObject root = ParseObject();
        SkipBlank();
        if (Current.Kind != TokenKind.End)
            throw new HoconException(Current.Origin, $"found {Current.Describe()} after the closing '}}' of the file", "nothing");
        return root;
    }

    private SyntaxObject ParseObject()
    {
        HoconOrigin origin = Current.Origin;
        Enter(origin);
        _at++;
        List<SyntaxMember> members = ParseMembers(TokenKind.CloseBrace, origin);
        _at++;
        _depth--;
        return new SyntaxObject(origin, members);
    }

    /// <summary>Fields and includes up to (not including) the closing token.</summary>
    private List<SyntaxMember> ParseMembers(TokenKind close, HoconOrigin opened)
    {
        var members = new List<SyntaxMember>();
        SkipBlank();
        while (Current.Kind != close)
        {
            switch (Current.Kind)
            {
                case TokenKind.End:
                    throw new HoconException(opened, "the '{' opened here is never closed", "a closing '}'");
                case TokenKind.CloseBrace:
                    throw new HoconException(Current.Origin, "found '}' without an open '{'", "a key, or the end of the file");
                case TokenKind.Comma:
                    throw new HoconException(Current.Origin, "found ',' where no value stands before it", "a key");
            }

            members.Add(IsInclude() ? ParseInclude() : ParseField());
            EndOfMember(close, AfterMember);
        }

        return members;
    }

    private SyntaxField ParseField()
    {
        HoconOrigin origin = Current.Origin;
        int start = _at;
        while (Current.Kind is TokenKind.Unquoted or TokenKind.Quoted or TokenKind.Space)
            _at++;
        List<Token> key = _tokens.GetRange(start, _at - start);
        Token after = Current;
        if (key.Count > 0 && after.Kind is TokenKind.End or TokenKind.Comma or TokenKind.CloseBrace or TokenKind.CloseBracket)
            throw new HoconException(after.Origin, $"found {after.Describe()} after a key", "'=', ':', '+=' or '{' and a value");
        IReadOnlyList<string> path = HoconPath.FromTokens(key, after);
        SkipBlank();
        Token separator = Current;
        switch (separator.Kind)
        {
            case TokenKind.OpenBrace:
                break;
            case TokenKind.Equal or TokenKind.Colon or TokenKind.PlusEqual:
                _at++;
                SkipBlank();
                break;
            default:
                throw new HoconException(
                    after.Kind == TokenKind.Newline ? after.Origin : separator.Origin,
                    $"found {(after.Kind == TokenKind.Newline ? after : separator).Describe()} after a key",
                    "'=', ':', '+=' or '{' and a value");
        }

        Syntax value = ParseValue($"a value for {HoconPath.Render(path)}");
        return new SyntaxField(origin, path, separator.Kind == TokenKind.PlusEqual, value);
    }

    /// <summary>One value: all the parts up to a newline, comma or closing bracket (HOCON.md, "Value concatenation").</summary>
    private Syntax ParseValue(string wanted)
    {
        HoconOrigin origin = Current.Origin;
        var parts = new List<Syntax>();
        while (true)
        {
            Token token = Current;
            switch (token.Kind)
            {
                case TokenKind.Space:
                    parts.Add(new SyntaxSpace(token.Origin, token.Text));
                    _at++;
                    break;
                case TokenKind.Unquoted:
                    parts.Add(new SyntaxText(token.Origin, token.Text, Quoted: false));
                    _at++;
                    break;
                case TokenKind.Quoted:
                    parts.Add(new SyntaxText(token.Origin, token.Text, Quoted: true));
                    _at++;
                    break;
                case TokenKind.OpenBrace:
                    parts.Add(ParseObject());
                    break;
                case TokenKind.OpenBracket:
                    parts.Add(ParseList());
                    break;
                case TokenKind.OpenSubstitution or TokenKind.OpenOptionalSubstitution:
                    parts.Add(ParseSubstitution());
                    break;
                default:
                    if (parts is [.., SyntaxSpace])
                        parts.RemoveAt(parts.Count - 1);
                    return parts.Count switch
                    {
                        0 => throw new HoconException(token.Origin, $"found {token.Describe()}", wanted),
                        1 => parts[0],
                        _ => new SyntaxConcatenation(origin, parts),
                    };
            }
        }
    }

    private SyntaxList ParseList()
    {
        HoconOrigin origin = Current.Origin;
        Enter(origin);
        _at++;
        var items = new List<Syntax>();
        SkipBlank();
        while (Current.Kind != TokenKind.CloseBracket)
        {
            if (Current.Kind == TokenKind.End)
                throw new HoconException(origin, "the '[' opened here is never closed", "a closing ']'");
            items.Add(ParseValue("a value or ']'"));
            if (Current.Kind == TokenKind.End)
                throw new HoconException(origin, "the '[' opened here is never closed", "a closing ']'");
            EndOfMember(TokenKind.CloseBracket, "the end of the line, ',' or ']'");
        }

        _at++;
        _depth--;
        return new SyntaxList(origin, items);
    }

    private SyntaxSubstitution ParseSubstitution()
    {
        Token open = Current;
        _at++;
        int start = _at;
        while (Current.Kind is TokenKind.Unquoted or TokenKind.Quoted or TokenKind.Space)
            _at++;
        if (Current.Kind is TokenKind.End or TokenKind.Newline)
            throw new HoconException(open.Origin, $"the '{open.Text}' opened here is not closed on its line", "a closing '}'");
        if (Current.Kind != TokenKind.CloseBrace)
            throw new HoconException(Current.Origin, $"found {Current.Describe()} in a substitution", "a key and '}'");
        IReadOnlyList<string> path = HoconPath.FromTokens(_tokens.GetRange(start, _at - start), Current);
        _at++;
        return new SyntaxSubstitution(open.Origin, path, open.Kind == TokenKind.OpenOptionalSubstitution);
    }

    /// <summary>Only the bare word at the start of a key; <c>"include"</c>, <c>a include</c> and <c>include.b</c> are keys.</summary>
    private bool IsInclude() => Current is { Kind: TokenKind.Unquoted, Text: "include" };

    private SyntaxInclude ParseInclude()
    {
        const string allowed = "include \"file\", include file(\"file\"), include required(\"file\") or include required(file(\"file\"))";
        HoconOrigin origin = Current.Origin;
        _at++;
        string before = TakeText(skipNewlines: true);
        Token name = Current;
        if (before.Contains("url(", StringComparison.Ordinal) || before.Contains("classpath(", StringComparison.Ordinal))
            throw new HoconException(origin, "only files can be included", allowed);
        if (name.Kind != TokenKind.Quoted || before is not ("" or "file(" or "required(" or "required(file("))
            throw new HoconException(origin, "this include is not understood (a key of this name must be quoted: \"include\")", allowed);
        if (name.Text.Length == 0)
            throw new HoconException(name.Origin, "the name of the file to include is empty", allowed);
        _at++;
        string closing = before.Length == 0 ? string.Empty : TakeText(skipNewlines: false);
        if (closing.Length != before.Count(c => c == '(') || closing.Any(c => c != ')'))
            throw new HoconException(Current.Origin, "the ( ) of this include do not match", allowed);
        return new SyntaxInclude(origin, name.Text, before.StartsWith("required", StringComparison.Ordinal));
    }

    /// <summary>Unquoted text with its whitespace left out.</summary>
    private string TakeText(bool skipNewlines)
    {
        string text = string.Empty;
        while (Current.Kind is TokenKind.Space or TokenKind.Unquoted || (skipNewlines && Current.Kind == TokenKind.Newline))
        {
            if (Current.Kind == TokenKind.Unquoted)
                text += Current.Text;
            _at++;
            if (text.Length > 100)
                break;
        }

        return text;
    }

    /// <summary>At least one newline, or one comma, or the closing token (HOCON.md, "Commas").</summary>
    private void EndOfMember(TokenKind close, string allowed)
    {
        bool separated = SkipBlank();
        if (Current.Kind == TokenKind.Comma)
        {
            _at++;
            SkipBlank();
            if (Current.Kind == TokenKind.Comma)
                throw new HoconException(Current.Origin, "found ',' twice in a row", close == TokenKind.CloseBracket ? "a value or ']'" : "a key or '}'");
            return;
        }

        if (!separated && Current.Kind != close && Current.Kind != TokenKind.End)
            throw new HoconException(Current.Origin, $"found {Current.Describe()} after a value", allowed);
    }

    /// <returns>True when a newline was among what was skipped.</returns>
    private bool SkipBlank()
    {
        bool newline = false;
        while (Current.Kind is TokenKind.Space or TokenKind.Newline)
        {
            newline |= Current.Kind == TokenKind.Newline;
            _at++;
        }

        return newline;
    }

    private void Enter(HoconOrigin origin)
    {
        if (++_depth > HoconLimits.Depth)
            throw new HoconException(origin, "nested too deep", $"at most {HoconLimits.Depth} levels");
    }
}
