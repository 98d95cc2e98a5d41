using System.Globalization;

namespace Mmm.Shared.Topology;

/// <summary>Hardware addresses (EUI-48) as text: <c>02:00:5e:10:00:01</c>, lower case.</summary>
public static class Mac
{
    /// <summary>In octets.</summary>
    public const int Length = 6;

    public static string Text(ReadOnlySpan<byte> mac) =>
        string.Create(CultureInfo.InvariantCulture, $"{mac[0]:x2}:{mac[1]:x2}:{mac[2]:x2}:{mac[3]:x2}:{mac[4]:x2}:{mac[5]:x2}");

    /// <summary>True for the text of one machine's hardware address, exactly as <see cref="Text"/> writes it.</summary>
    public static bool IsMac(string text)
    {
        if (text.Length != (3 * Length) - 1)
            return false;
        for (int i = 0; i < text.Length; i++)
        {
            if (i % 3 == 2 ? text[i] != ':' : !char.IsAsciiHexDigitLower(text[i]))
                return false;
        }

        // Odd first octet: a group address, which no machine has for itself; all zero: none.
        return int.Parse(text.AsSpan(1, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) % 2 == 0 && text != "00:00:00:00:00:00";
    }

    /// <summary>The same of octets from the network.</summary>
    public static bool IsMac(ReadOnlySpan<byte> mac) => mac.Length == Length && mac[0] % 2 == 0 && mac.ContainsAnyExcept((byte)0);
}
