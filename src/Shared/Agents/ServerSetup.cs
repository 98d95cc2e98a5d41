using System.Collections.Immutable;

namespace Mmm.Shared.Agents;

/// <summary>How a server is set up, as far as the set-up check looks.</summary>
/// <param name="Values">Variables by name, of <see cref="Variables"/> those that the server has; switches as the server writes them.</param>
/// <param name="Privileges">Global rights of the agent's login, in capitals; <c>ALL PRIVILEGES</c> stands for all.</param>
/// <param name="Oldest">The client transaction that has been open longest; null = none, or it may not be asked.</param>
/// <param name="AtStart">What it would be started with, of <see cref="OptionFiles.Names"/> those that are set, as written; null = not known.</param>
public sealed record ServerSetup(ImmutableArray<ServerVariable> Values, ImmutableArray<string> Privileges, OpenTransaction? Oldest = null, ImmutableArray<ServerVariable>? AtStart = null)
{
    /// <summary>What is asked for. Older and newer names of the same thing stand together; a server has one of them, or both.</summary>
    public static readonly ImmutableArray<string> Variables =
    [
        "auto_increment_increment", "auto_increment_offset", "binlog_format", "enforce_gtid_consistency", "gtid_domain_id", "gtid_mode", "innodb_flush_log_at_trx_commit",
        "log_bin", "log_replica_updates", "log_slave_updates", "read_only", "replica_net_timeout", "server_id", "server_uuid", "slave_net_timeout", "sync_binlog",
    ];

    public bool Equals(ServerSetup? other) => other is not null && Values.AsSpan().SequenceEqual(other.Values.AsSpan()) && Privileges.AsSpan().SequenceEqual(other.Privileges.AsSpan()) && Oldest == other.Oldest
        && AtStart is null == other.AtStart is null && (AtStart ?? []).AsSpan().SequenceEqual((other.AtStart ?? []).AsSpan());

    public override int GetHashCode() => Values.Length;

    /// <summary>The value of the first of these variables that the server has; null = it has none of them.</summary>
    public string? Of(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            foreach (ServerVariable value in Values)
            {
                if (value.Name == name)
                    return value.Value;
            }
        }

        return null;
    }

    public bool IsOn(params ReadOnlySpan<string> names) => Of(names) is { } value && value is not ("" or "0" or "OFF");

    public long? Number(params ReadOnlySpan<string> names) =>
        long.TryParse(Of(names), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long number) ? number : null;
}

/// <param name="Name">In small letters.</param>
/// <param name="Value">As the server writes it.</param>
public sealed record ServerVariable(string Name, string Value);

/// <param name="User">Whose it is.</param>
/// <param name="Seconds">Since it began.</param>
/// <param name="Rows">That it has changed: so much there is to roll back.</param>
public sealed record OpenTransaction(string User, long Seconds, long Rows);
