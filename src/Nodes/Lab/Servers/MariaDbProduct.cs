using System.Globalization;
using Mmm.Lab.Network;
using Mmm.Shared.Grants;

namespace Mmm.Lab.Servers;

/// <summary>MariaDB.</summary>
/// <param name="name">Its name.</param>
/// <param name="fetched">False: this machine's own package.</param>
internal sealed class MariaDbProduct(string name, bool fetched) : ServerProduct
{
    public override string Name => name;

    public override string StopReplication => "STOP SLAVE";

    public override string ReceiverPatience => "slave_net_timeout";

    public override string StartReplication => "START SLAVE";

    internal override string Program => fetched ? Path.Combine(FetchedServers.Root(name), "usr/sbin/mariadbd") : "mariadbd";

    internal override string ReplicaStatus => "SHOW SLAVE STATUS";

    internal override string BinlogEnd => "SHOW MASTER STATUS";

    internal override string SemiSyncStatus => "Rpl_semi_sync_master_status";

    internal override string MyCnf(LabPlan plan, LabPaths paths, LabHost host) => $"""
        [mariadbd]
        {CommonCnf(plan, paths, host)}
        log_slave_updates = 1
        # One stream of GTIDs per writer: see docs/lab.md.
        gtid_domain_id = {GtidDomain(host)}
        {(plan.Options is { SemiSync: true, Bare: true } && host.Kind == LabHostKind.Master ? SemiSync : "")}
        # A replica whose master fell silent asks again within seconds instead of a minute.
        slave_net_timeout = 5
        extra_port = {LabPlan.AdminPort}
        extra_max_connections = 8
        innodb_log_file_size = 8M
        aria_pagecache_buffer_size = 1M

        """;

    internal override string InitFile(LabPlan plan, LabSecrets s) => $"""
        {Unlogged};
        ALTER USER 'root'@'localhost' IDENTIFIED BY '{s.Root}';
        CREATE USER '{LabSecrets.MonitorUser}'@'%' IDENTIFIED BY '{s.Monitor}';
        GRANT {LeastPrivileges.MariaDb.Monitor} ON *.* TO '{LabSecrets.MonitorUser}'@'%';
        CREATE USER '{LabSecrets.AgentUser}'@'%' IDENTIFIED BY '{s.Agent}';
        GRANT {LeastPrivileges.MariaDb.Agent}{MoreRights(plan)} ON *.* TO '{LabSecrets.AgentUser}'@'%';
        CREATE USER '{LabSecrets.ReplicationUser}'@'%' IDENTIFIED BY '{s.Replication}';
        GRANT {LeastPrivileges.Replication} ON *.* TO '{LabSecrets.ReplicationUser}'@'%';
        CREATE DATABASE lab;
        CREATE TABLE lab.writes (run BIGINT NOT NULL, id BIGINT NOT NULL, server INT NOT NULL, PRIMARY KEY (run, id)) ENGINE=InnoDB;
        CREATE USER '{LabSecrets.AppUser}'@'%' IDENTIFIED BY '{s.App}';
        GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON lab.* TO '{LabSecrets.AppUser}'@'%';
        FLUSH PRIVILEGES;

        """;

    internal override Task MakeTemplateAsync(LabPaths paths, Inside inside, CancellationToken ct)
    {
        string[] install = fetched
            ? [Path.Combine(FetchedServers.Root(name), "usr/bin/mariadb-install-db"), "--no-defaults", "--basedir=" + Path.Combine(FetchedServers.Root(name), "usr")]
            : ["mariadb-install-db", "--no-defaults"];
        return MakeAsync(
            [.. install, "--datadir=" + paths.Template, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                "--user=root", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=24M", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"],
            inside, ct);
    }

    internal override string Follow(LabHost source, string password, (string File, string Position)? startAt) =>
        $"CHANGE MASTER TO MASTER_HOST='{source.Ip}', MASTER_PORT={LabPlan.MysqlPort}, MASTER_USER='{LabSecrets.ReplicationUser}', MASTER_PASSWORD='{password}', "
        + "MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1, "
        + (startAt is { } at ? $"MASTER_LOG_FILE='{at.File}', MASTER_LOG_POS={at.Position}, MASTER_USE_GTID=no" : "MASTER_USE_GTID=slave_pos") + "; START SLAVE";

    internal override string Delay(int seconds) => string.Create(CultureInfo.InvariantCulture, $"CHANGE MASTER TO MASTER_DELAY={seconds}");

    internal override ReplicaStatus Read(IReadOnlyDictionary<string, string?> row) => new(
        row["Master_Host"] ?? "",
        row["Slave_IO_Running"] == "Yes",
        row["Slave_SQL_Running"] == "Yes",
        row["Slave_IO_Running"] == "No" || row["Slave_SQL_Running"] == "No",
        row["Seconds_Behind_Master"] is { } s ? long.Parse(s, CultureInfo.InvariantCulture) : null,
        string.Join(' ', new[] { row["Last_IO_Error"], row["Last_SQL_Error"] }.Where(e => !string.IsNullOrEmpty(e))),
        row["Using_Gtid"] != "No",
        row["SQL_Delay"] is not (null or "0"));

    /// <summary>
    /// By hand, where no agent does it. Only the other master's word counts, as it is the one that takes over: a slave that alone had a row could not give it to the new active master. Without a
    /// replica nothing is waited for, so that the first writes after a failover do not stand still for a peer whose connection has ended.
    /// </summary>
    private const string SemiSync =
          """
          rpl_semi_sync_master_enabled = 1
          rpl_semi_sync_slave_enabled = 1
          rpl_semi_sync_master_wait_point = AFTER_SYNC
          rpl_semi_sync_master_timeout = 1000
          rpl_semi_sync_master_wait_no_slave = 0
          """;

    /// <summary>
    /// Within a domain MariaDB takes a replica's position for one number, so a commit that only a killed master had would, when it comes back,
    /// move everybody's position to before what the other master has written since. Each master has a domain of its own; slaves never write.
    /// </summary>
    private static int GtidDomain(LabHost host) => host.Kind == LabHostKind.Master ? host.Number : 0;
}
