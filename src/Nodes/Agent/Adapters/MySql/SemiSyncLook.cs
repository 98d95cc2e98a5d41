using System.Globalization;
using Mmm.Shared.Agents;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>
/// Semi-sync's variables, which are called alike in all families, but that MySQL's plugins since 8.0.26 say source and replica (manuals: "Semisynchronous Replication").
/// </summary>
/// <param name="values">Variables and status variables, by their names in lower case.</param>
internal sealed class SemiSyncLook(IReadOnlyDictionary<string, string> values)
{
    /// <summary>Commits that no replica has acknowledged, since the server's start.</summary>
    public long Unacknowledged => Number("no_tx", "source", "master");

    /// <summary>Reads the two last results of a look.</summary>
    public static async Task<SemiSyncLook> ReadAsync(MySqlDataReader reader, CancellationToken cancel)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int result = 0; result < 2; result++)
        {
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
                values[reader.GetString(0).ToLowerInvariant()] = reader.GetString(1);
        }

        return new SemiSyncLook(values);
    }

    /// <param name="unacknowledged">Commits have gone on without an acknowledgement since the look before.</param>
    /// <param name="asked">See <see cref="SemiSyncReplica"/>.</param>
    /// <param name="trouble">See <see cref="FoundSemiSync"/>.</param>
    public FoundSemiSync Found(bool unacknowledged, bool asked, string? trouble)
    {
        SemiSyncSource? source = Named("enabled", "source", "master") is not { } side ? null : new SemiSyncSource(
            side.Name == "master",
            new SemiSyncTerms(
                MysqlDialect.IsOn(side.Value), Number("timeout", side.Name),
                MysqlDialect.IsOn(Value(side.Name, side.Name == "master" ? "wait_no_slave" : "wait_no_replica")), Value(side.Name, "wait_point") == "AFTER_SYNC"),
            Value(side.Name, "status") == "ON", (int)Number("clients", side.Name), unacknowledged);
        SemiSyncReplica? replica = Named("enabled", "replica", "slave") is not { } other ? null : new SemiSyncReplica(
            other.Name == "slave", MysqlDialect.IsOn(other.Value), Value(other.Name, "status") == "ON", asked);
        return new FoundSemiSync(source, replica, trouble);
    }

    public static string Set(AgentStep step) => step switch
    {
        AgentStep.SetSemiSyncSource { Terms.Enabled: false } s => $"SET GLOBAL rpl_semi_sync_{Source(s.OldNames)}_enabled=0",
        AgentStep.SetSemiSyncSource s => string.Create(
            CultureInfo.InvariantCulture,
            $"SET GLOBAL rpl_semi_sync_{Source(s.OldNames)}_timeout={s.Terms.TimeoutMs}, "
            + $"GLOBAL rpl_semi_sync_{Source(s.OldNames)}_wait_no_{(s.OldNames ? "slave" : "replica")}={(s.Terms.WaitsWithoutReplica ? 1 : 0)}, "
            + $"GLOBAL rpl_semi_sync_{Source(s.OldNames)}_wait_point={(s.Terms.AfterSync ? "AFTER_SYNC" : "AFTER_COMMIT")}, "
            + $"GLOBAL rpl_semi_sync_{Source(s.OldNames)}_enabled=1"),
        AgentStep.SetSemiSyncReplica s => $"SET GLOBAL rpl_semi_sync_{(s.OldNames ? "slave" : "replica")}_enabled=1",
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "not a step of semi-sync"),
    };

    private static string Source(bool oldNames) => oldNames ? "master" : "source";

    private (string Name, string Value)? Named(string variable, params string[] sides) =>
        sides.Select(s => (Name: s, Value: Value(s, variable))).Where(s => s.Value is not null).Select(s => ((string, string)?)(s.Name, s.Value!)).FirstOrDefault();

    private string? Value(string side, string variable) => values.GetValueOrDefault($"rpl_semi_sync_{side}_{variable}");

    private long Number(string variable, params string[] sides) =>
        Named(variable, sides) is { } found && long.TryParse(found.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
