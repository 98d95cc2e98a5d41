using System.Collections.Immutable;

namespace Mmm.Shared.Grants;

/// <summary>One account of a server.</summary>
/// <param name="User">Name.</param>
/// <param name="Host">From where it may log in.</param>
/// <param name="Rights">On everything, in capitals.</param>
public sealed record ServerAccount(string User, string Host, ImmutableSortedSet<string> Rights)
{
    public override string ToString() => $"'{User.Replace("'", "''", StringComparison.Ordinal)}'@'{Host.Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <summary>The accounts of a server, as an administrator sees them.</summary>
/// <param name="Version">@@version.</param>
/// <param name="ReadOnly">@@read_only.</param>
/// <param name="SuperReadOnly">@@super_read_only; false where there is none.</param>
/// <param name="Accounts">Without roles and locked accounts.</param>
public sealed record ServerLogins(string Version, bool ReadOnly, bool SuperReadOnly, ImmutableArray<ServerAccount> Accounts)
{
    public bool IsMariaDb => Version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);
}
