using System.Globalization;
using System.Text;

namespace Mmm.Shared.Settings.Hocon;

/// <summary>Cuts a file into tokens. The rules are those of the HOCON specification (lightbend/config, HOCON.md): its whitespace, forbidden characters, JSON strings and numbers.</summary>
internal sealed class HoconTokenizer
{
    /// <summary>Characters that may not stand outside quotes (HOCON.md, "Unquoted strings").</summary>
    private const string Forbidden = "$\"{}[]:=,+#`^?!@*&\\";

    private readonly string _file;
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _lineStart;

    private HoconTokenizer(string file, string text)
    {
        _file = file;
        _text = text;
    }

    public static List<Token> Tokenize(string file, string text)
    {
        if (text.Length > HoconLimits.FileLength)
            throw new HoconException(new HoconOrigin(file, 1, 1), $"the file has {text.Length} characters", $"at most {HoconLimits.FileLength}");
        var tokenizer = new HoconTokenizer(file, text);
        tokenizer.Run();
        return tokenizer._tokens;
    }

    private HoconOrigin Here => new(_file, _line, _at - _lineStart + 1);

    private char Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private bool StartsWith(string s) => string.CompareOrdinal(_text, _at, s, 0, s.Length) == 0;

    private void Run()
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == '\n')
                TakeNewline();
            else if (IsSpace(c))
                TakeSpace();
            else if (c == '#' || StartsWith("//"))
                SkipComment();
            else if (c == '"')
                TakeQuoted();
            else if (StartsWith("${?"))
                TakePunctuation(TokenKind.OpenOptionalSubstitution, 3);
            else if (StartsWith("${"))
                TakePunctuation(TokenKind.OpenSubstitution, 2);
            else if (StartsWith("+="))
                TakePunctuation(TokenKind.PlusEqual, 2);
            else if (PunctuationOf(c) is { } kind)
                TakePunctuation(kind, 1);
            else
                TakeUnquoted();
        }

        _tokens.Add(new Token(TokenKind.End, string.Empty, Here));
    }

    private static TokenKind? PunctuationOf(char c) => c switch
    {
        '{' => TokenKind.OpenBrace,
        '}' => TokenKind.CloseBrace,
        '[' => TokenKind.OpenBracket,
        ']' => TokenKind.CloseBracket,
        ':' => TokenKind.Colon,
        '=' => TokenKind.Equal,
        ',' => TokenKind.Comma,
        _ => null,
    };

    private void TakePunctuation(TokenKind kind, int length)
    {
        _tokens.Add(new Token(kind, _text.Substring(_at, length), Here));
        _at += length;
    }

    private void TakeNewline()
    {
        _tokens.Add(new Token(TokenKind.Newline, "\n", Here));
        _at++;
        _line++;
        _lineStart = _at;
    }

    private void TakeSpace()
    {
        HoconOrigin origin = Here;
        int start = _at;
        while (_at < _text.Length && _text[_at] != '\n' && IsSpace(_text[_at]))
            _at++;
        _tokens.Add(new Token(TokenKind.Space, _text[start.._at], origin));
    }

    private void SkipComment()
    {
        int end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end;
    }

    /// <summary>Zs, Zl, Zp, the byte order mark, and the ASCII whitespace and separator controls (HOCON.md, "Whitespace").</summary>
    private static bool IsSpace(char c) => c switch
    {
        ' ' or '\t' or '\n' or '\v' or '\f' or '\r' or '\uFEFF' => true,
        >= '\u001C' and <= '\u001F' => true,
        < '\u0080' => false,
        _ => char.GetUnicodeCategory(c) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };

    private void TakeUnquoted()
    {
        HoconOrigin origin = Here;
        int start = _at;

        // A number's exponent may hold a '+', which is forbidden in any other unquoted text.
        _at += HoconNumbers.LengthOfNumber(_text.AsSpan(_at));
        while (_at < _text.Length && !Forbidden.Contains(_text[_at]) && !IsSpace(_text[_at]) && !StartsWith("//"))
            _at++;
        if (_at == start)
        {
            throw new HoconException(
                origin, $"found the character '{_text[_at]}' outside quotes", $"put the whole value in quotes; unquoted text holds none of {Forbidden}");
        }

        _tokens.Add(new Token(TokenKind.Unquoted, _text[start.._at], origin));
    }

    private void TakeQuoted()
    {
        if (StartsWith("\"\"\""))
            TakeTripleQuoted();
        else
            TakeSingleQuoted();
    }

    private void TakeTripleQuoted()
    {
        HoconOrigin origin = Here;
        int close = _text.IndexOf("\"\"\"", _at + 3, StringComparison.Ordinal);
        if (close < 0)
            throw new HoconException(origin, "the \"\"\" opened here is never closed", "a closing \"\"\"");
        int contentStart = _at + 3;

        // More than three quotes close the string too; the extra ones belong to it (HOCON.md, "Multi-line strings").
        int end = close + 3;
        while (end < _text.Length && _text[end] == '"')
            end++;
        string content = _text[contentStart..(end - 3)];
        _tokens.Add(new Token(TokenKind.Quoted, content, origin));
        for (int i = _at; i < end; i++)
        {
            if (_text[i] == '\n')
            {
                _line++;
                _lineStart = i + 1;
            }
        }

        _at = end;
    }

    private void TakeSingleQuoted()
    {
        HoconOrigin opened = Here;
        var content = new StringBuilder();
        _at++;
        while (true)
        {
            if (_at >= _text.Length || _text[_at] == '\n')
                throw new HoconException(opened, "the quote opened here is not closed on its line", "a closing \", or \"\"\" for text of several lines");
            char c = _text[_at];
            if (c == '"')
                break;
            if (c == '\\')
            {
                content.Append(TakeEscape());
                continue;
            }

            if (c < ' ')
                throw new HoconException(Here, $"found the control character U+{(int)c:X4} in a quoted string", "an escape such as \\t or \\u0009");
            content.Append(c);
            _at++;
        }

        _at++;
        _tokens.Add(new Token(TokenKind.Quoted, content.ToString(), opened));
    }

    private char TakeEscape()
    {
        HoconOrigin origin = Here;
        char kind = Peek(1);
        _at += 2;
        switch (kind)
        {
            case '"' or '\\' or '/':
                return kind;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when _at + 4 <= _text.Length
                && ushort.TryParse(_text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code):
                _at += 4;
                return (char)code;
            default:
                throw new HoconException(origin, "found an unknown escape after '\\'", "\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX (four hexadecimal digits)");
        }
    }
}
