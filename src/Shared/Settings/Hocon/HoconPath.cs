using System.Collections.Immutable;
using System.Text;

namespace Mmm.Shared.Settings.Hocon;

/// <summary>Path expressions: <c>a.b."c.d"</c>.</summary>
public static class HoconPath
{
    /// <summary>Reads a path expression that stands alone, for example from a command line.</summary>
    /// <exception cref="HoconException">It is none.</exception>
    public static ImmutableArray<string> Parse(string expression, string file)
    {
        List<Token> tokens = HoconTokenizer.Tokenize(file, expression);
        Token last = tokens[^1];
        return [.. FromTokens(tokens.GetRange(0, tokens.Count - 1), last)];
    }

    /// <summary>As an operator would write it: elements with unusual characters in quotes, but <c>cluster C1</c> bare.</summary>
    public static string Render(IEnumerable<string> elements) => string.Join('.', elements.Select(RenderElement));

    /// <summary>Splits at the dots outside quotes; whitespace inside is kept, around it dropped (HOCON.md, "Path expressions").</summary>
    internal static IReadOnlyList<string> FromTokens(IReadOnlyList<Token> tokens, Token after)
    {
        var elements = new List<string>();
        var element = new StringBuilder();
        bool quoted = false;
        string pendingSpace = string.Empty;
        bool started = false;
        foreach (Token token in tokens)
        {
            if (token.Kind == TokenKind.Space)
            {
                pendingSpace = started ? token.Text : string.Empty;
                continue;
            }

            if (token.Kind is not (TokenKind.Unquoted or TokenKind.Quoted))
                throw new HoconException(token.Origin, $"found {token.Describe()} in a key", "letters, digits, '_', '-' and '.', or a quoted string");
            element.Append(pendingSpace);
            pendingSpace = string.Empty;
            started = true;
            if (token.Kind == TokenKind.Quoted)
            {
                element.Append(token.Text);
                quoted = true;
                continue;
            }

            foreach (char c in token.Text)
            {
                if (c != '.')
                {
                    element.Append(c);
                    continue;
                }

                EndElement(token.Origin);
            }
        }

        EndElement(started ? tokens[0].Origin : after.Origin);
        return elements;

        void EndElement(HoconOrigin origin)
        {
            if (element.Length == 0 && !quoted)
                throw new HoconException(origin, started ? "a key has an empty part (it starts or ends with '.', or has '..')" : $"found {after.Describe()}", "a key");
            elements.Add(element.ToString());
            element.Clear();
            quoted = false;
            if (elements.Count > HoconLimits.Depth)
                throw new HoconException(origin, "a key has too many parts", $"at most {HoconLimits.Depth}");
        }
    }

    private static string RenderElement(string element)
    {
        bool plain = element.Length > 0
            && element[0] != ' '
            && element[^1] != ' '
            && element.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or ' ');
        return plain ? element : "\"" + element.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
    }
}
