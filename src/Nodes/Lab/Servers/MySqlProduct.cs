using System.Globalization;
using Mmm.Lab.Network;
using Mmm.Shared.Grants;

namespace Mmm.Lab.Servers;

/// <summary>MySQL 8.4 and later.</summary>
/// <param name="name">Its name.</param>
internal sealed class MySqlProduct(string name) : ServerProduct
{
    public override string Name => name;

    public override string StopReplication => "STOP REPLICA";

    public override string ReceiverPatience => "replica_net_timeout";

    public override string StartReplication => "START REPLICA";

    internal override string Program => Path.Combine(FetchedServers.Root(name), "usr/sbin/mysqld");

    internal override string? AfterFirstStart => "SET GLOBAL super_read_only = 1";

    internal override string ReplicaStatus => "SHOW REPLICA STATUS";

    internal override string BinlogEnd => "SHOW BINARY LOG STATUS";

    internal override string SemiSyncStatus => "Rpl_semi_sync_source_status";

    internal override string MyCnf(LabPlan plan, LabPaths paths, LabHost host) => $"""
        [mysqld]
        {CommonCnf(plan, paths, host)}
        super_read_only = 1
        {(plan.Options.Positions ? "gtid_mode = OFF\nenforce_gtid_consistency = OFF" : "gtid_mode = ON\nenforce_gtid_consistency = ON")}
        {(plan.Options.SemiSync ? SemiSync(plan.Options.Bare && host.Kind == LabHostKind.Master) : "")}
        # A replica whose source fell silent asks again within seconds instead of a minute.
        replica_net_timeout = 5
        innodb_redo_log_capacity = 16M
        mysqlx = 0
        admin_address = {host.Ip}
        admin_port = {LabPlan.AdminPort}
        secure_file_priv = NULL

        """;

    // super_read_only would refuse the statements of the file too.
    internal override string InitFile(LabPlan plan, LabSecrets s) => $"""
        SET GLOBAL super_read_only = 0;
        {Unlogged};
        ALTER USER 'root'@'localhost' IDENTIFIED BY '{s.Root}';
        CREATE USER '{LabSecrets.MonitorUser}'@'%' IDENTIFIED BY '{s.Monitor}';
        GRANT {LeastPrivileges.MySql.Monitor}, {LeastPrivileges.ForAdminPort} ON *.* TO '{LabSecrets.MonitorUser}'@'%';
        CREATE USER '{LabSecrets.AgentUser}'@'%' IDENTIFIED BY '{s.Agent}';
        GRANT {LeastPrivileges.MySql.Agent}, {LeastPrivileges.ForAdminPort}{MoreRights(plan)} ON *.* TO '{LabSecrets.AgentUser}'@'%';
        CREATE USER '{LabSecrets.ReplicationUser}'@'%' IDENTIFIED BY '{s.Replication}';
        GRANT {LeastPrivileges.Replication} ON *.* TO '{LabSecrets.ReplicationUser}'@'%';
        CREATE DATABASE lab;
        CREATE TABLE lab.writes (run BIGINT NOT NULL, id BIGINT NOT NULL, server INT NOT NULL, PRIMARY KEY (run, id)) ENGINE=InnoDB;
        CREATE USER '{LabSecrets.AppUser}'@'%' IDENTIFIED BY '{s.App}';
        GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON lab.* TO '{LabSecrets.AppUser}'@'%';

        """;

    internal override async Task MakeTemplateAsync(LabPaths paths, Inside inside, CancellationToken ct)
    {
        await MakeAsync(
            [Program, "--no-defaults", "--initialize-insecure", "--datadir=" + paths.Template, "--user=root", "--innodb-buffer-pool-size=24M", "--innodb-redo-log-capacity=16M",
                "--innodb-flush-log-at-trx-commit=0", "--performance-schema=0", "--secure-file-priv=NULL"],
            inside, ct);
        // Each server makes a UUID of its own.
        File.Delete(Path.Combine(paths.Template, "auto.cnf"));
    }

    internal override string Follow(LabHost source, string password, (string File, string Position)? startAt) =>
        $"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{source.Ip}', SOURCE_PORT={LabPlan.MysqlPort}, SOURCE_USER='{LabSecrets.ReplicationUser}', SOURCE_PASSWORD='{password}', "
        + "GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1, SOURCE_HEARTBEAT_PERIOD=1, "
        + (startAt is { } at ? $"SOURCE_LOG_FILE='{at.File}', SOURCE_LOG_POS={at.Position}" : "SOURCE_AUTO_POSITION=1") + "; START REPLICA";

    internal override string Delay(int seconds) => string.Create(CultureInfo.InvariantCulture, $"CHANGE REPLICATION SOURCE TO SOURCE_DELAY={seconds}");

    internal override ReplicaStatus Read(IReadOnlyDictionary<string, string?> row) => new(
        row["Source_Host"] ?? "",
        row["Replica_IO_Running"] == "Yes",
        row["Replica_SQL_Running"] == "Yes",
        row["Replica_IO_Running"] == "No" || row["Replica_SQL_Running"] == "No",
        row["Seconds_Behind_Source"] is { } s ? long.Parse(s, CultureInfo.InvariantCulture) : null,
        string.Join(' ', new[] { row["Last_IO_Error"], row["Last_SQL_Error"] }.Where(e => !string.IsNullOrEmpty(e))),
        row["Auto_Position"] == "1",
        row["SQL_Delay"] is not (null or "0"));

    /// <summary>As <see cref="MariaDbProduct"/>'s.</summary>
    private static string SemiSync(bool byHand) => Plugins + (byHand
        ? """

          rpl_semi_sync_source_enabled = 1
          rpl_semi_sync_replica_enabled = 1
          rpl_semi_sync_source_wait_point = AFTER_SYNC
          rpl_semi_sync_source_timeout = 1000
          rpl_semi_sync_source_wait_no_replica = 0
          """
        : "");

    private const string Plugins =
        """
        plugin_load_add = semisync_source.so
        plugin_load_add = semisync_replica.so
        """;
}
