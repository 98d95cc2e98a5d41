namespace Mmm.Shared.Settings;

/// <summary>Names of clusters, hosts, roles and monitors.</summary>
public static class NameText
{
    public const string Allowed = "a letter, then letters, digits, '_', '-' and '.', at most 64 characters";

    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
