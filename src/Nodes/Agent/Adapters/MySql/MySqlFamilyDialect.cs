using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using Mmm.Shared.Messages;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>MySQL 5.7, 8.0, 8.4 and 9. Words changed on the way: MySQL's reference manuals, "SQL Statements for Controlling Replica Servers".</summary>
/// <param name="version">Of the server.</param>
public sealed class MySqlFamilyDialect(Version version) : MysqlDialect
{
    /// <summary>ER_SLAVE_CHANNEL_DOES_NOT_EXIST, ER_BAD_SLAVE.</summary>
    private const int ChannelDoesNotExist = 3074;

    private static readonly Version s_oldest = new(5, 7);

    /// <summary>SHOW REPLICA STATUS, STOP and START REPLICA.</summary>
    private readonly bool _saysReplica = version >= new Version(8, 0, 22);

    /// <summary>CHANGE REPLICATION SOURCE TO SOURCE_…</summary>
    private readonly bool _saysSource = version >= new Version(8, 0, 23);

    private readonly bool _hasSourcePosWait = version >= new Version(8, 0, 26);

    private readonly bool _hasBinaryLogStatus = version >= new Version(8, 2);

    private readonly bool _hasPublicKey = version >= new Version(8, 0, 4);

    /// <summary>Options by the names they have where they are set, without MASTER_ or SOURCE_. Columns by their older names.</summary>
    private static readonly (string Column, string Option, ChannelOptionKind Kind)[] s_options =
    [
        ("Connect_Retry", "CONNECT_RETRY", ChannelOptionKind.Number),
        ("Master_Retry_Count", "RETRY_COUNT", ChannelOptionKind.Number),
        ("SQL_Delay", "DELAY", ChannelOptionKind.Number),
        ("Master_Bind", "BIND", ChannelOptionKind.Text),
        ("Master_SSL_CA_File", "SSL_CA", ChannelOptionKind.Text),
        ("Master_SSL_CA_Path", "SSL_CAPATH", ChannelOptionKind.Text),
        ("Master_SSL_Cert", "SSL_CERT", ChannelOptionKind.Text),
        ("Master_SSL_Key", "SSL_KEY", ChannelOptionKind.Text),
        ("Master_SSL_Cipher", "SSL_CIPHER", ChannelOptionKind.Text),
        ("Master_SSL_Crl", "SSL_CRL", ChannelOptionKind.Text),
        ("Master_SSL_Crlpath", "SSL_CRLPATH", ChannelOptionKind.Text),
        ("Master_TLS_Version", "TLS_VERSION", ChannelOptionKind.Text),
        ("Master_public_key_path", "PUBLIC_KEY_PATH", ChannelOptionKind.Text),
    ];

    public override string SessionSetUp => "SET SESSION sql_mode='', SESSION character_set_client=utf8mb4";

    public override string Look =>
        "SELECT @@global.read_only, @@version, @@global.pid_file, @@global.datadir, @@global.gtid_executed, @@global.gtid_mode, @@global.log_bin_index, @@global.server_id, @@global.server_uuid; "
        + $"{(_hasBinaryLogStatus ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS")}; SHOW {Replica} STATUS";

    public override string Threads => "SELECT ID, USER, IFNULL(HOST, ''), COMMAND, TIME FROM information_schema.PROCESSLIST";

    // The states are the server's own texts: stage names of the coordinator and of its workers when they have nothing to do, and those of the receiver.
    public override string BusyAppliers =>
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='system user' AND STATE IS NOT NULL AND STATE <> '' "
        + "AND STATE NOT LIKE '% has read all relay log%' AND STATE NOT LIKE 'Waiting for an event from Coordinator%' AND STATE NOT LIKE 'Waiting for % to send event%' "
        + "AND STATE NOT LIKE 'Connecting to %' AND STATE NOT LIKE 'Reconnecting after %' AND STATE NOT LIKE 'Waiting to reconnect after %' AND STATE NOT LIKE 'Queueing %' "
        + "AND STATE NOT LIKE 'Checking %version%' AND STATE NOT LIKE 'Registering % on %' AND STATE NOT LIKE 'Requesting binlog dump%' AND STATE NOT LIKE 'Waiting for next activation%'";

    public override string ReadOnlyNow => "SELECT @@global.read_only";

    // super_read_only brings read_only with it, and holds for those with SUPER as well.
    public override string SetReadOnly(int seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"SET SESSION lock_wait_timeout={seconds}; SET GLOBAL super_read_only=1");

    // read_only off takes super_read_only with it; read_only on, as it is, changes nothing.
    public override string SetWritable => "SET GLOBAL read_only=IF(UNIX_TIMESTAMP(SYSDATE(6)) < @expires, 0, @@global.read_only)";

    public override ImmutableArray<int> NoSuchChannel => [ChannelDoesNotExist];

    public override string EndConnection(long id) => string.Create(CultureInfo.InvariantCulture, $"KILL CONNECTION {id}");

    public override string WaitApplied(bool defaultChannel) =>
        $"SELECT {(_hasSourcePosWait ? "SOURCE" : "MASTER")}_POS_WAIT(@file, @position, @seconds{(defaultChannel ? "" : ", @channel")})";

    // 1 = timed out.
    public override string WaitGtid => "SELECT -WAIT_FOR_EXECUTED_GTID_SET(@gtid, @seconds)";

    public override string StopReplication(bool defaultChannel) => $"STOP {Replica}{Channel(defaultChannel)}";

    public override string StartReplication(bool defaultChannel, StoppedThreads threads) => (threads.Io, threads.Sql) switch
    {
        (true, false) => $"START {Replica} IO_THREAD{Channel(defaultChannel)}",
        (false, true) => $"START {Replica} SQL_THREAD{Channel(defaultChannel)}",
        _ => $"START {Replica}{Channel(defaultChannel)}",
    };

    public override string DropChannel(bool defaultChannel) => $"RESET {Replica} ALL{Channel(defaultChannel)}";

    public override string? WaitingApplierTransactions =>
        "SELECT t.trx_mysql_thread_id, t.trx_rows_modified FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID=t.trx_mysql_thread_id "
        + "WHERE p.USER='system user' AND p.STATE LIKE 'Waiting for an event from Coordinator%'";

    public override string Appliers =>
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='system user' AND (STATE LIKE 'Waiting for an event from Coordinator%' OR STATE LIKE '% has read all relay log%')";

    public override string StopReceiver(bool defaultChannel) => $"STOP {Replica} IO_THREAD{Channel(defaultChannel)}";

    public override string StopApplier(bool defaultChannel) => $"STOP {Replica} SQL_THREAD{Channel(defaultChannel)}";

    public override string StartApplierUntil(bool defaultChannel)
    {
        string source = _saysSource ? "SOURCE" : "MASTER";
        return $"START {Replica} SQL_THREAD UNTIL {source}_LOG_FILE=@file, {source}_LOG_POS=@position{Channel(defaultChannel)}";
    }

    public override string ChangeSource(bool defaultChannel, bool byGtid, ChannelOptions options)
    {
        string source = _saysSource ? "SOURCE" : "MASTER";
        var parts = new List<string> { $"{source}_HOST=@host", $"{source}_PORT=@port", $"{source}_USER=@user", $"{source}_PASSWORD=@password" };
        for (int i = 0; i < options.All.Length; i++)
        {
            ChannelOption option = options.All[i];
            string name = option.Name switch
            {
                IgnoreServerIds => IgnoreServerIds,
                GetPublicKey => _saysSource ? "GET_SOURCE_PUBLIC_KEY" : "GET_MASTER_PUBLIC_KEY",
                _ => $"{source}_{option.Name}",
            };
            parts.Add($"{name}={(option.Kind == ChannelOptionKind.NumberList ? Numbers(option.Value) : OptionParameter(i))}");
        }

        // A channel that MMM makes has no TLS: without it the login of today's default kind needs the source's key once.
        if (options.All.IsEmpty && _hasPublicKey)
            parts.Add($"GET_{source}_PUBLIC_KEY=1");
        parts.Add(byGtid ? $"{source}_AUTO_POSITION=1" : $"{source}_AUTO_POSITION=0, {source}_LOG_FILE=@file, {source}_LOG_POS=@position");
        return $"CHANGE {(_saysSource ? "REPLICATION SOURCE" : "MASTER")} TO {string.Join(", ", parts)}{Channel(defaultChannel)}";
    }

    public override ChannelOptions TowardsAgent(ChannelOptions options) =>
        new([.. options.All.Select(o => o.Name switch
        {
            "SSL_VERIFY_SERVER_CERT" => o with { Value = "0" },
            // With any of these the client checks against it, whatever the switch above says.
            "SSL_CA" or "SSL_CAPATH" or "SSL_CRL" or "SSL_CRLPATH" => o with { Value = "" },
            _ => o,
        })]);

    public override async Task<ServerLook> ReadLookAsync(MySqlDataReader reader, CancellationToken cancel)
    {
        await reader.ReadAsync(cancel);
        bool readOnly = IsOn(reader.GetValue(0));
        string server = reader.GetString(1);
        string folder = Text(reader.GetValue(3)) ?? "/";
        string? pidFile = Text(reader.GetValue(2)) is { Length: > 0 } file ? Path.Combine(folder, file) : null;
        // A set of many sources is sent on several lines.
        string? gtid = Text(reader.GetValue(4))?.Replace("\n", "", StringComparison.Ordinal);
        string? gtidMode = Text(reader.GetValue(5));
        BinlogFiles? files = null;
        if (Text(reader.GetValue(6)) is { Length: > 0 } index)
            files = new BinlogFiles(Path.Combine(folder, index), folder, Convert.ToInt64(reader.GetValue(7), CultureInfo.InvariantCulture), Text(reader.GetValue(8)), server, gtidMode);
        await reader.NextResultAsync(cancel);
        AgentProtocol.BinlogPosition? binlog = null;
        if (await reader.ReadAsync(cancel))
            binlog = new AgentProtocol.BinlogPosition(reader.GetString(0), Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture));
        await reader.NextResultAsync(cancel);
        var channels = ImmutableArray.CreateBuilder<FoundChannel>();
        while (await reader.ReadAsync(cancel))
            channels.Add(ReadChannel(new StatusRow(reader)));
        // With OFF_PERMISSIVE what it writes has no GTID: a comparison by GTIDs would find nothing, whatever there is.
        GtidHistory? history = gtidMode is "ON" or "ON_PERMISSIVE" && gtid is not null ? new GtidHistory(gtid, null) : null;
        return new ServerLook(readOnly, binlog, gtid, gtidMode == "ON", server, pidFile, files, history, channels.ToImmutable(), folder);
    }

    /// <summary>Reads what <see cref="Version"/> @@version or a handshake begins with. Throws <see cref="Mmm.Actors.Agents.MysqlServerException"/> for what is not supported.</summary>
    internal static MySqlFamilyDialect Of(string server) =>
        ServerVersion.Parse(server).Number is { } version && version >= s_oldest
            ? new MySqlFamilyDialect(version)
            : throw new Mmm.Actors.Agents.MysqlServerException($"this server is version {server}, which this agent cannot handle: it handles MySQL from {s_oldest} on and MariaDB 10.5 to 12");

    private const string GetPublicKey = "GET_PUBLIC_KEY";
    private const string IgnoreServerIds = "IGNORE_SERVER_IDS";

    private string Replica => _saysReplica ? "REPLICA" : "SLAVE";

    private FoundChannel ReadChannel(StatusRow row)
    {
        string receivedFile = row.Text(Column("Master_Log_File"));
        string error = row.Text("Last_SQL_Error") is { Length: > 0 } sql ? sql : row.Text("Last_IO_Error");
        return new FoundChannel(
            row.Text("Channel_Name"),
            row.Text(Column("Master_Host")),
            (int)(row.Number(Column("Master_Port")) ?? 0),
            row.Text(Column("Slave_IO_Running")),
            row.Text(Column("Slave_SQL_Running")) == "Yes",
            (int)(row.Number("Last_IO_Errno") ?? 0),
            (int)(row.Number("Last_SQL_Errno") ?? 0),
            error.Length == 0 ? null : error,
            row.Text("Auto_Position") == "1",
            receivedFile.Length == 0 ? null : new AgentProtocol.BinlogPosition(receivedFile, row.Number(Column("Read_Master_Log_Pos")) ?? 0),
            row.Number(Column("Seconds_Behind_Master")),
            new ChannelOptions(ReadOptions(row)),
            row.Text(Column("Relay_Master_Log_File")) is { Length: > 0 } applied ? new AgentProtocol.BinlogPosition(applied, row.Number(Column("Exec_Master_Log_Pos")) ?? 0) : null,
            row.Text("Until_Condition") is "Master" or "Source" ? new AgentProtocol.BinlogPosition(row.Text("Until_Log_File"), row.Number("Until_Log_Pos") ?? 0) : null);
    }

    private ImmutableArray<ChannelOption> ReadOptions(StatusRow row)
    {
        var options = ImmutableArray.CreateBuilder<ChannelOption>();
        foreach ((string column, string option, ChannelOptionKind kind) in s_options)
        {
            string value = row.Text(Column(column));
            if (value.Length > 0)
                options.Add(new ChannelOption(option, value, kind));
        }

        if (row.Text("Replicate_Ignore_Server_Ids") is { Length: > 0 } ids)
            options.Add(new ChannelOption(IgnoreServerIds, ids, ChannelOptionKind.NumberList));
        // Both states are passed on.
        if (row.Has(Column("Master_SSL_Allowed")))
            options.Add(new ChannelOption("SSL", row.Text(Column("Master_SSL_Allowed")) is "Yes" or "Ignored" ? "1" : "0", ChannelOptionKind.Number));
        if (row.Has(Column("Master_SSL_Verify_Server_Cert")))
            options.Add(new ChannelOption("SSL_VERIFY_SERVER_CERT", row.Text(Column("Master_SSL_Verify_Server_Cert")) == "Yes" ? "1" : "0", ChannelOptionKind.Number));
        if (row.Has(Column("Get_master_public_key")))
            options.Add(new ChannelOption(GetPublicKey, row.Text(Column("Get_master_public_key")) == "1" ? "1" : "0", ChannelOptionKind.Number));
        return options.ToImmutable();
    }

    /// <summary>SHOW REPLICA STATUS has its own names for most of the columns of SHOW SLAVE STATUS.</summary>
    private string Column(string old) => _saysReplica
        ? old.Replace("Master", "Source", StringComparison.Ordinal).Replace("master", "Source", StringComparison.Ordinal).Replace("Slave", "Replica", StringComparison.Ordinal)
        : old;

    private static string Channel(bool defaultChannel) => defaultChannel ? "" : " FOR CHANNEL @channel";
}
