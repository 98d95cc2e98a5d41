using Mmm.Shared.Agents;
using MySqlConnector;

namespace Mmm.Monitor.Adapters;

/// <summary>The monitor's statements, by family and version of the server. Every SQL text of the monitor is here.</summary>
/// <param name="Trivial">For the mysql check; asks for nothing a busy server has to think about.</param>
/// <param name="ReplicaStatus">One row per channel.</param>
/// <param name="Position">read_only and the GTID position.</param>
/// <param name="IoRunning">Column of <paramref name="ReplicaStatus"/>, as are those that follow.</param>
/// <param name="SqlRunning">State of the applier.</param>
/// <param name="SourceHost">What replication is configured with.</param>
/// <param name="SecondsBehind">NULL when the server does not know.</param>
/// <param name="ExecutedFile">The source's binary log file up to which is executed.</param>
/// <param name="ExecutedPosition">The place in it.</param>
/// <param name="ChannelName">Name of the channel; null = this server has only one.</param>
/// <param name="Privilege">What <paramref name="ReplicaStatus"/> needs, for the operator.</param>
/// <param name="BinlogEnd">File and position of the end of the server's own binary log, as a row, or as one named row each; no row, or an empty file, when it writes none.</param>
/// <param name="BinlogPrivilege">What <paramref name="BinlogEnd"/> needs, for the operator.</param>
internal sealed record ReplicaStatusDialect(
    string Trivial,
    string ReplicaStatus,
    string Position,
    string IoRunning,
    string SqlRunning,
    string SourceHost,
    string SecondsBehind,
    string ExecutedFile,
    string ExecutedPosition,
    string? ChannelName,
    string Privilege,
    string BinlogEnd,
    string BinlogPrivilege)
{
    public const string AnyTrivial = "SELECT 1";

    // SHOW ALL SLAVES STATUS also lists named connections. Documented to need SLAVE MONITOR (or SUPER) from 10.5.
    private static readonly ReplicaStatusDialect _mariaDb = new(
        AnyTrivial, "SHOW ALL SLAVES STATUS", "SELECT @@global.read_only, @@global.gtid_binlog_pos",
        "Slave_IO_Running", "Slave_SQL_Running", "Master_Host", "Seconds_Behind_Master", "Relay_Master_Log_File", "Exec_Master_Log_Pos", "Connection_name", "SLAVE MONITOR",
        // SHOW MASTER STATUS waits for a lock that a commit holds while it waits for a replica's acknowledgement or the disk (seen with 10.11), and would leave a connection behind each time.
        // (information_schema's view of the same looks at all status variables, some of which wait for a replication thread that is just starting or stopping.)
        "SHOW GLOBAL STATUS LIKE 'binlog_snapshot_%'",
        "SLAVE MONITOR");

    private static readonly ReplicaStatusDialect _mysqlOld = new(
        AnyTrivial, "SHOW SLAVE STATUS", "SELECT @@global.read_only, @@global.gtid_executed",
        "Slave_IO_Running", "Slave_SQL_Running", "Master_Host", "Seconds_Behind_Master", "Relay_Master_Log_File", "Exec_Master_Log_Pos", "Channel_Name", "REPLICATION CLIENT",
        "SHOW MASTER STATUS", "REPLICATION CLIENT");

    private static readonly ReplicaStatusDialect _mysqlNew = new(
        AnyTrivial, "SHOW REPLICA STATUS", "SELECT @@global.read_only, @@global.gtid_executed",
        "Replica_IO_Running", "Replica_SQL_Running", "Source_Host", "Seconds_Behind_Source", "Relay_Source_Log_File", "Exec_Source_Log_Pos", "Channel_Name", "REPLICATION CLIENT",
        "SHOW MASTER STATUS", "REPLICATION CLIENT");

    /// <summary>From 8.2 on SHOW MASTER STATUS has this name; from 8.4 on it is the only one.</summary>
    private static readonly ReplicaStatusDialect _mysqlNewest = _mysqlNew with { BinlogEnd = "SHOW BINARY LOG STATUS" };

    /// <summary>SHOW REPLICA STATUS and its new column names came with MySQL 8.0.22; from 8.4 on they are the only ones.</summary>
    private static readonly Version _replicaStatusSince = new(8, 0, 22);

    private static readonly Version _binaryLogStatusSince = new(8, 2);

    /// <param name="serverVersion">As the handshake says: <c>8.4.2</c>, <c>5.5.5-10.11.6-MariaDB-1</c>.</param>
    public static ReplicaStatusDialect Of(string serverVersion)
    {
        var version = ServerVersion.Parse(serverVersion);
        return version.IsMariaDb ? _mariaDb
            : version.Number is not { } number || number >= _binaryLogStatusSince ? _mysqlNewest
            : number < _replicaStatusSince ? _mysqlOld : _mysqlNew;
    }

    public static ReplicaStatusDialect Of(MySqlConnection connection) => Of(connection.ServerVersion);
}
