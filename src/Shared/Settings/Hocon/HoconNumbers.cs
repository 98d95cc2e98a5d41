namespace Mmm.Shared.Settings.Hocon;

/// <summary>JSON's number grammar.</summary>
internal static class HoconNumbers
{
    /// <summary>Length of the JSON number the text starts with; 0 when it starts with none.</summary>
    public static int LengthOfNumber(ReadOnlySpan<char> text)
    {
        int at = text is ['-', ..] ? 1 : 0;
        int digits = Digits(text[at..]);
        if (digits == 0)
            return 0;
        at += text[at] == '0' ? 1 : digits;
        if (at < text.Length && text[at] == '.' && Digits(text[(at + 1)..]) is var fraction and > 0)
            at += 1 + fraction;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            int exponent = at + 1;
            if (exponent < text.Length && text[exponent] is '+' or '-')
                exponent++;
            if (exponent < text.Length && Digits(text[exponent..]) is var power and > 0)
                at = exponent + power;
        }

        return at;
    }

    /// <summary>The whole text is one JSON number.</summary>
    public static bool IsNumber(ReadOnlySpan<char> text) => text.Length > 0 && LengthOfNumber(text) == text.Length;

    private static int Digits(ReadOnlySpan<char> text)
    {
        int n = 0;
        while (n < text.Length && char.IsAsciiDigit(text[n]))
            n++;
        return n;
    }
}
