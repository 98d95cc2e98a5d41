using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using Mmm.Shared.Messages;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>MariaDB 10.5 to 12.</summary>
public sealed class MariaDbDialect : MysqlDialect
{
    /// <summary>WARN_NO_MASTER_INFO: the named connection does not exist.</summary>
    private const int NoMasterInfo = 1617;

    /// <summary>Options that CHANGE MASTER keeps on some versions and resets on others; passed again they stay on all. Column, option, kind.</summary>
    private static readonly (string Column, string Option, ChannelOptionKind Kind)[] s_options =
    [
        ("Connect_Retry", "MASTER_CONNECT_RETRY", ChannelOptionKind.Number),
        ("Slave_heartbeat_period", "MASTER_HEARTBEAT_PERIOD", ChannelOptionKind.Number),
        ("SQL_Delay", "MASTER_DELAY", ChannelOptionKind.Number),
        ("Replicate_Ignore_Server_Ids", "IGNORE_SERVER_IDS", ChannelOptionKind.NumberList),
        ("Replicate_Do_Domain_Ids", "DO_DOMAIN_IDS", ChannelOptionKind.NumberList),
        ("Replicate_Ignore_Domain_Ids", "IGNORE_DOMAIN_IDS", ChannelOptionKind.NumberList),
        ("Master_SSL_CA_File", "MASTER_SSL_CA", ChannelOptionKind.Text),
        ("Master_SSL_CA_Path", "MASTER_SSL_CAPATH", ChannelOptionKind.Text),
        ("Master_SSL_Cert", "MASTER_SSL_CERT", ChannelOptionKind.Text),
        ("Master_SSL_Key", "MASTER_SSL_KEY", ChannelOptionKind.Text),
        ("Master_SSL_Cipher", "MASTER_SSL_CIPHER", ChannelOptionKind.Text),
        ("Master_SSL_Crl", "MASTER_SSL_CRL", ChannelOptionKind.Text),
        ("Master_SSL_Crlpath", "MASTER_SSL_CRLPATH", ChannelOptionKind.Text),
    ];

    public override string SessionSetUp => "SET SESSION sql_mode='', SESSION character_set_client=utf8mb4";

    public override string Look =>
        "SELECT @@global.read_only, @@version, @@global.pid_file, @@global.datadir, @@global.gtid_binlog_pos, @@global.gtid_slave_pos, @@global.log_bin_index, @@global.server_id, @@global.gtid_binlog_state; "
        + $"{BinlogEndOf}; SHOW ALL SLAVES STATUS";

    /// <summary>
    /// Where the last commit ended. SHOW MASTER STATUS waits for a lock that a commit holds while it waits for a replica's acknowledgement or the disk (seen with 10.11): the server would
    /// seem to hang, and every look would leave a connection behind. (The same from information_schema looks at all status variables, some of which wait for a replication thread that is
    /// just starting or stopping.)
    /// </summary>
    private const string BinlogEndOf = "SHOW GLOBAL STATUS LIKE 'binlog_snapshot_%'";

    public override string? ExactBinlogEnd => "SHOW MASTER STATUS";

    public override string Threads => "SELECT ID, USER, HOST, COMMAND, TIME FROM information_schema.PROCESSLIST";

    // The states are the server's own texts (stage names of the SQL thread and of the parallel workers), the same from 10.5 to 12.
    public override string BusyAppliers =>
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Slave_SQL', 'Slave_worker') "
        + "AND STATE NOT LIKE 'Slave has read all relay log%' AND STATE NOT LIKE 'Waiting for work from SQL thread%'";

    public override string ReadOnlyNow => "SELECT @@global.read_only";

    public override string SetReadOnly(int seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"SET SESSION lock_wait_timeout={seconds}, SESSION max_statement_time={seconds}; SET GLOBAL read_only=1");

    public override string SetWritable => "SET GLOBAL read_only=IF(UNIX_TIMESTAMP(SYSDATE(6)) < @expires, 0, @@global.read_only)";

    public override ImmutableArray<int> NoSuchChannel => [NoMasterInfo];

    public override string EndConnection(long id) => string.Create(CultureInfo.InvariantCulture, $"KILL HARD CONNECTION {id}");

    public override string WaitApplied(bool defaultChannel) =>
        $"SELECT MASTER_POS_WAIT(@file, @position, @seconds{(defaultChannel ? "" : ", @channel")})";

    public override string WaitGtid => "SELECT MASTER_GTID_WAIT(@gtid, @seconds)";

    /// <summary>
    /// A semi-sync replica that stops its receiver logs in to the source to end its connection there, and holds up every SHOW … STATUS meanwhile: 5 s for a source that has vanished, unless it
    /// is told otherwise.
    /// </summary>
    private const string Impatient = "SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout=1; ";

    public override string StopReplication(bool defaultChannel) => $"{Impatient}STOP SLAVE{Channel(defaultChannel)}";

    public override string StartReplication(bool defaultChannel, StoppedThreads threads) => (threads.Io, threads.Sql) switch
    {
        (true, false) => $"START SLAVE{Channel(defaultChannel)} IO_THREAD",
        (false, true) => $"START SLAVE{Channel(defaultChannel)} SQL_THREAD",
        _ => $"START SLAVE{Channel(defaultChannel)}",
    };

    public override string DropChannel(bool defaultChannel) => $"RESET SLAVE{Channel(defaultChannel)} ALL";

    /// <summary>gtid_current_pos (MariaDB's manual, "Global Transaction ID"): of each domain what was applied last, or written here after that. As MASTER_DEMOTE_TO_SLAVE, which 10.10 is the first to have.</summary>
    public override string Demote => "SET GLOBAL gtid_slave_pos = @@global.gtid_current_pos";

    public override string StopReceiver(bool defaultChannel) => $"{Impatient}STOP SLAVE{Channel(defaultChannel)} IO_THREAD";

    public override string StopApplier(bool defaultChannel) => $"STOP SLAVE{Channel(defaultChannel)} SQL_THREAD";

    public override string StartApplierUntil(bool defaultChannel) => $"START SLAVE{Channel(defaultChannel)} SQL_THREAD UNTIL MASTER_LOG_FILE=@file, MASTER_LOG_POS=@position";

    public override string ChangeSource(bool defaultChannel, bool byGtid, ChannelOptions options)
    {
        var parts = new List<string> { "MASTER_HOST=@host", "MASTER_PORT=@port", "MASTER_USER=@user", "MASTER_PASSWORD=@password" };
        for (int i = 0; i < options.All.Length; i++)
        {
            ChannelOption option = options.All[i];
            parts.Add($"{option.Name}={(option.Kind == ChannelOptionKind.NumberList ? Numbers(option.Value) : OptionParameter(i))}");
        }

        parts.Add(byGtid ? "MASTER_USE_GTID=slave_pos" : "MASTER_USE_GTID=no, MASTER_LOG_FILE=@file, MASTER_LOG_POS=@position");
        return $"CHANGE MASTER{Channel(defaultChannel)} TO {string.Join(", ", parts)}";
    }

    public override ChannelOptions TowardsAgent(ChannelOptions options) =>
        new([.. options.All.Select(o => o.Name switch
        {
            "MASTER_SSL_VERIFY_SERVER_CERT" => o with { Value = "0" },
            // With any of these the client checks against it, whatever the switch above says.
            "MASTER_SSL_CA" or "MASTER_SSL_CAPATH" or "MASTER_SSL_CRL" or "MASTER_SSL_CRLPATH" => o with { Value = "" },
            _ => o,
        })]);

    public override async Task<ServerLook> ReadLookAsync(MySqlDataReader reader, CancellationToken cancel)
    {
        await reader.ReadAsync(cancel);
        bool readOnly = IsOn(reader.GetValue(0));
        string version = reader.GetString(1);
        string folder = Text(reader.GetValue(3)) ?? "/";
        string? pidFile = Text(reader.GetValue(2)) is { Length: > 0 } file ? Path.Combine(folder, file) : null;
        string? gtid = Text(reader.GetValue(4));
        bool canFollowByGtid = Text(reader.GetValue(5)) is { Length: > 0 };
        BinlogFiles? files = null;
        if (Text(reader.GetValue(6)) is { Length: > 0 } index)
            files = new BinlogFiles(Path.Combine(folder, index), folder, Convert.ToInt64(reader.GetValue(7), CultureInfo.InvariantCulture), null, version, null);
        var history = new GtidHistory(Text(reader.GetValue(8)) ?? "", Text(reader.GetValue(5)) ?? "");
        await reader.NextResultAsync(cancel);
        AgentProtocol.BinlogPosition? binlog = null;
        var end = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadAsync(cancel))
            end[reader.GetString(0)] = Text(reader.GetValue(1)) ?? "";
        if (end.GetValueOrDefault("binlog_snapshot_file") is { Length: > 0 } logFile)
            binlog = new AgentProtocol.BinlogPosition(logFile, long.Parse(end["binlog_snapshot_position"], CultureInfo.InvariantCulture));
        await reader.NextResultAsync(cancel);
        var channels = ImmutableArray.CreateBuilder<FoundChannel>();
        while (await reader.ReadAsync(cancel))
            channels.Add(ReadChannel(new StatusRow(reader)));
        return new ServerLook(readOnly, binlog, gtid, canFollowByGtid, version, pidFile, files, history, channels.ToImmutable(), folder);
    }

    private static FoundChannel ReadChannel(StatusRow row)
    {
        string receivedFile = row.Text("Master_Log_File");
        string error = row.Text("Last_SQL_Error") is { Length: > 0 } sql ? sql : row.Text("Last_IO_Error");
        return new FoundChannel(
            row.Text("Connection_name"),
            row.Text("Master_Host"),
            (int)(row.Number("Master_Port") ?? 0),
            row.Text("Slave_IO_Running"),
            row.Text("Slave_SQL_Running") == "Yes",
            (int)(row.Number("Last_IO_Errno") ?? 0),
            (int)(row.Number("Last_SQL_Errno") ?? 0),
            error.Length == 0 ? null : error,
            row.Text("Using_Gtid") is "Slave_Pos" or "Current_Pos",
            receivedFile.Length == 0 ? null : new AgentProtocol.BinlogPosition(receivedFile, row.Number("Read_Master_Log_Pos") ?? 0),
            row.Number("Seconds_Behind_Master"),
            new ChannelOptions(ReadOptions(row)),
            row.Text("Relay_Master_Log_File") is { Length: > 0 } applied ? new AgentProtocol.BinlogPosition(applied, row.Number("Exec_Master_Log_Pos") ?? 0) : null,
            row.Text("Until_Condition") == "Master" ? new AgentProtocol.BinlogPosition(row.Text("Until_Log_File"), row.Number("Until_Log_Pos") ?? 0) : null);
    }

    private static ImmutableArray<ChannelOption> ReadOptions(StatusRow row)
    {
        var options = ImmutableArray.CreateBuilder<ChannelOption>();
        foreach ((string column, string option, ChannelOptionKind kind) in s_options)
        {
            string value = row.Text(column);
            if (value.Length > 0)
                options.Add(new ChannelOption(option, value, kind));
        }

        // Both states are passed on: newer versions switch them on by default.
        if (row.Has("Master_SSL_Allowed"))
            options.Add(new ChannelOption("MASTER_SSL", row.Text("Master_SSL_Allowed") is "Yes" or "Ignored" ? "1" : "0", ChannelOptionKind.Number));
        if (row.Has("Master_SSL_Verify_Server_Cert"))
            options.Add(new ChannelOption("MASTER_SSL_VERIFY_SERVER_CERT", row.Text("Master_SSL_Verify_Server_Cert") == "Yes" ? "1" : "0", ChannelOptionKind.Number));
        return options.ToImmutable();
    }

    private static string Channel(bool defaultChannel) => defaultChannel ? "" : " @channel";
}
