namespace Mmm.Shared.Settings.Hocon;

internal enum TokenKind
{
    End,
    Newline,

    /// <summary>Whitespace other than a newline; kept, because concatenations preserve it.</summary>
    Space,
    Comma,
    Colon,
    Equal,
    PlusEqual,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,

    /// <summary><c>${</c></summary>
    OpenSubstitution,

    /// <summary><c>${?</c></summary>
    OpenOptionalSubstitution,

    /// <summary>Unquoted characters, numbers and booleans included.</summary>
    Unquoted,

    /// <summary>Quoted or triple-quoted; the text is unescaped.</summary>
    Quoted,
}

internal readonly record struct Token(TokenKind Kind, string Text, HoconOrigin Origin)
{
    /// <summary>For messages. Names the kind of text, never the text: it may be a password.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.End => "the end of the file",
        TokenKind.Newline => "the end of the line",
        TokenKind.Space => "a space",
        TokenKind.Unquoted => "unquoted text",
        TokenKind.Quoted => "a quoted string",
        _ => $"'{Text}'",
    };
}
