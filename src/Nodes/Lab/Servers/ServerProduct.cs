using Mmm.Lab.Network;
using Mmm.Lab.Processes;

namespace Mmm.Lab.Servers;

/// <summary>A database server that a lab can be made of: where it is, how it is set up, and the words it understands.</summary>
public abstract class ServerProduct
{
    /// <summary>By the names that <c>--server</c> takes; the first is the default.</summary>
    private static readonly ServerProduct[] s_all = [new MariaDbProduct("mariadb-10.11", fetched: false), new MariaDbProduct("mariadb-11.8", fetched: true), new MySqlProduct("mysql-9.7")];

    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(p => p.Name)];

    /// <summary>Name.</summary>
    public abstract string Name { get; }

    public static ServerProduct Of(string name) =>
        s_all.FirstOrDefault(p => p.Name == name) ?? throw new LabException($"'{name}' is no server for a lab: use {string.Join(", ", Names)}.");

    /// <summary>Of both threads, or of the one that is named behind it.</summary>
    public abstract string StopReplication { get; }

    public abstract string StartReplication { get; }

    public string StopReceiver => StopReplication + " IO_THREAD";

    public string StartReceiver => StartReplication + " IO_THREAD";

    /// <summary>Variable: how many seconds of silence make a receiver connect anew.</summary>
    public abstract string ReceiverPatience { get; }

    /// <summary>Keeps the session's statements out of the binary log.</summary>
    public static string Unlogged => "SET SESSION sql_log_bin = 0";

    /// <summary>How the server is started, but for its configuration.</summary>
    internal abstract string Program { get; }

    /// <summary>After the first start.</summary>
    internal virtual string? AfterFirstStart => null;

    internal abstract string ReplicaStatus { get; }

    internal abstract string BinlogEnd { get; }

    /// <summary>Status variable: commits wait for a replica.</summary>
    internal abstract string SemiSyncStatus { get; }

    /// <summary>my.cnf of a server.</summary>
    internal abstract string MyCnf(LabPlan plan, LabPaths paths, LabHost host);

    /// <summary>Users with the least privileges there are, and the writing client's table; kept out of the binary log, as every server runs it itself.</summary>
    internal abstract string InitFile(LabPlan plan, LabSecrets secrets);

    /// <summary>An empty data folder, made once per lab and copied for every server: four installations at once would take four times as long.</summary>
    internal abstract Task MakeTemplateAsync(LabPaths paths, Inside inside, CancellationToken ct);

    /// <summary>Points a fresh server at its source and starts.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="password">Of the replication user.</param>
    /// <param name="startAt">File and position; null = by GTID.</param>
    internal abstract string Follow(LabHost source, string password, (string File, string Position)? startAt);

    /// <summary>Has a stopped replica apply everything so many seconds late; 0 = at once.</summary>
    internal abstract string Delay(int seconds);

    internal abstract ReplicaStatus Read(IReadOnlyDictionary<string, string?> row);

    /// <summary>What the agent's login needs beside.</summary>
    private protected static string MoreRights(LabPlan plan) => plan.Options.Masters > 2 ? ", " + Mmm.Shared.Grants.LeastPrivileges.ForManyMasters : "";

    /// <summary>What all of them have.</summary>
    private protected static string CommonCnf(LabPlan plan, LabPaths paths, LabHost host)
    {
        // 1, 2 and so on for the masters, as MySQL-MMM asks for; slaves never write.
        string autoIncrement = host.Kind == LabHostKind.Master
            ? $"auto_increment_increment = {plan.Options.Masters}\nauto_increment_offset = {plan.Masters.TakeWhile(m => m.Name != host.Name).Count() + 1}"
            : "";
        return $"""
            datadir = {paths.DataDir(host.Name)}
            socket = {paths.MysqlSocket(host.Name)}
            pid_file = {paths.MysqlPidFile(host.Name)}
            tmpdir = {paths.HostDir(host.Name)}
            port = {LabPlan.MysqlPort}
            skip_name_resolve = 1
            server_id = {host.Number}
            report_host = {host.Ip}
            # A server comes up refusing writes: only MMM makes one writable.
            read_only = 1
            log_bin = binlog
            binlog_format = ROW
            {autoIncrement}
            # kill -9 of mysqld must lose nothing that was acknowledged.
            innodb_flush_log_at_trx_commit = 1
            sync_binlog = 1
            # A lab that is left running with its client must not fill the disk.
            max_binlog_size = 64M
            binlog_expire_logs_seconds = 3600
            # Small: four of these share one machine.
            innodb_buffer_pool_size = 24M
            innodb_log_buffer_size = 2M
            key_buffer_size = 1M
            performance_schema = 0
            max_connections = 100
            max_allowed_packet = 4M

            """;
    }

    private protected static async Task MakeAsync(IReadOnlyList<string> command, Inside inside, CancellationToken ct)
    {
        ToolResult result = await Tool.RunAsync([.. inside.OnSwitch, .. command], null, TimeSpan.FromMinutes(2), null, ct);
        if (result.ExitCode != 0)
            throw new LabException($"{Path.GetFileName(command[0])} failed ({result.ExitCode}): {result.Why}");
    }
}
