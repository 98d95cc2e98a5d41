namespace Mmm.Shared.Agents;

/// <summary>What a server says of itself in @@version or in its handshake.</summary>
/// <param name="IsMariaDb">Its family: MariaDB, or MySQL.</param>
/// <param name="Number">What it begins with; null when that is no number.</param>
public sealed record ServerVersion(bool IsMariaDb, Version? Number)
{
    /// <summary>MariaDB 10 puts this in front in its handshake, for old replicas.</summary>
    private const string ReplicationPrefix = "5.5.5-";

    /// <summary>Major and minor version; 0.0 when there is no number.</summary>
    public Version Series => Number is null ? new Version(0, 0) : new Version(Number.Major, Number.Minor);

    /// <param name="text">For example <c>8.4.2</c>, <c>10.11.6-MariaDB-1</c>, <c>5.5.5-10.11.6-MariaDB-1</c>; null = not known.</param>
    public static ServerVersion Parse(string? text)
    {
        bool mariaDb = text?.Contains("MariaDB", StringComparison.OrdinalIgnoreCase) == true;
        string numbered = mariaDb && text!.StartsWith(ReplicationPrefix, StringComparison.Ordinal) ? text[ReplicationPrefix.Length..] : text ?? "";
        string number = new([.. numbered.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        return new ServerVersion(mariaDb, Version.TryParse(number.TrimEnd('.'), out Version? version) ? version : null);
    }
}
