using Mmm.Shared.Agents;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>What is wrong with how a server will be when it is started the next time, by its option files and command line. Nothing is said where the agent could not read them.</summary>
internal static class StartRules
{
    /// <param name="host">Whose server.</param>
    /// <param name="setup">How it runs, and how it will be started.</param>
    /// <param name="isMariaDb">Its family.</param>
    /// <param name="mayWrite">It may become the active master.</param>
    /// <param name="semiSync">What the agents do about semi-sync.</param>
    public static IEnumerable<SetupFinding> Of(Host host, ServerSetup setup, bool isMariaDb, bool mayWrite, SemiSyncMode semiSync)
    {
        if (setup.AtStart is not { } atStart)
            yield break;
        string? Of(string name) => atStart.FirstOrDefault(v => v.Name == name)?.Value;
        bool IsOn(string name) => Of(name) is { } value && value.ToUpperInvariant() is not ("0" or "OFF" or "FALSE" or "NO");
        string group = isMariaDb ? "[mariadbd]" : "[mysqld]";
        SetupFinding Finding(bool error, string code, string sentence, string line) => new(host.Name, error, code, sentence, $"-- in my.cnf, {group}: {line}");

        // MySQL's super_read_only brings read_only with it.
        if (!IsOn("read_only") && !IsOn("super_read_only"))
            yield return Finding(mayWrite, "my_cnf_read_only", "takes writes as soon as it is started: read_only is not in its option files, and only MMM should make a server writable", isMariaDb ? "read_only = 1" : "read_only = 1 and super_read_only = 1");
        else if (!isMariaDb && !IsOn("super_read_only"))
            yield return Finding(false, "my_cnf_super_read_only", "lets administrators' logins write when it is started: super_read_only is not in its option files", "super_read_only = 1");
        if (semiSync != SemiSyncMode.Off && Names("rpl_semi_sync_master_enabled", "rpl_semi_sync_source_enabled").FirstOrDefault(IsOn) is { } enabled)
            yield return Finding(false, "my_cnf_semi_sync", $"waits for replicas as soon as it is started, also where it has none: {enabled} is in its option files, and the agents switch it (replication.semi_sync)", $"no {enabled}");
        if (!mayWrite)
            yield break;
        // Where it is not set, the next start has the default; MySQL's is 1, MariaDB's 0.
        if (setup.Number("sync_binlog") == 1 && (Of("sync_binlog") ?? (isMariaDb ? "0" : "1")) is var sync && sync != "1")
            yield return Finding(false, "my_cnf_sync_binlog", $"has sync_binlog = 1 now, and {sync} after its next start", "sync_binlog = 1");
        if (setup.Number("innodb_flush_log_at_trx_commit") == 1 && (Of("innodb_flush_log_at_trx_commit") ?? "1") is var flush && flush != "1")
            yield return Finding(false, "my_cnf_innodb_flush_log_at_trx_commit", $"has innodb_flush_log_at_trx_commit = 1 now, and {flush} after its next start", "innodb_flush_log_at_trx_commit = 1");
    }

    private static string[] Names(params string[] names) => names;
}
