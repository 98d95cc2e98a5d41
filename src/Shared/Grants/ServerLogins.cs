using System.Collections.Immutable;
using Mmm.Shared.Agents;

namespace Mmm.Shared.Grants;

/// <summary>One account of a server.</summary>
/// <param name="User">Name.</param>
/// <param name="Host">From where it may log in.</param>
/// <param name="Rights">On everything, in capitals.</param>
public sealed record ServerAccount(string User, string Host, ImmutableSortedSet<string> Rights)
{
    /// <summary>As SQL has it, where a backslash escapes (the servers' usual sql_mode).</summary>
    public override string ToString() => $"{Quoted(User)}@{Quoted(Host)}";

    private static string Quoted(string name) => $"'{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <summary>The accounts of a server, as an administrator sees them.</summary>
/// <param name="Version">@@version.</param>
/// <param name="ReadOnly">@@read_only.</param>
/// <param name="SuperReadOnly">@@super_read_only; false where there is none.</param>
/// <param name="Accounts">Without roles and locked accounts.</param>
public sealed record ServerLogins(string Version, bool ReadOnly, bool SuperReadOnly, ImmutableArray<ServerAccount> Accounts)
{
    public ServerVersion Is { get; } = ServerVersion.Parse(Version);
}
