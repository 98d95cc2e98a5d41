using System.Text.RegularExpressions;

namespace Mmm.Shared.Grants;

/// <summary>Reads SHOW GRANTS.</summary>
public static partial class GrantLines
{
    /// <summary>The rights of a line that holds for everything (<c>ON *.*</c>), in capitals; none when it does not. The line may hold the hash of a password, which is left out.</summary>
    public static IEnumerable<string> Global(string line) =>
        GrantOnAll().Match(line) is { Success: true } match ? match.Groups["rights"].Value.Split(',', StringSplitOptions.TrimEntries).Select(r => r.ToUpperInvariant()) : [];

    [GeneratedRegex(@"^GRANT (?<rights>.+?) ON \*\.\* TO ", RegexOptions.CultureInvariant)]
    private static partial Regex GrantOnAll();
}
