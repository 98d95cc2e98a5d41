namespace Mmm.Lab.Servers;

/// <summary>my.cnf of a lab server, and the statements it runs at its first start.</summary>
internal static class MariaDbConfig
{
    public static string MyCnf(LabPlan plan, LabPaths paths, LabHost host)
    {
        // 1 and 2 for the masters, as MySQL-MMM asks for; slaves never write.
        string autoIncrement = host.Kind == LabHostKind.Master
            ? $"auto_increment_increment = 2\nauto_increment_offset = {host.Number - 10}"
            : "";
        string semiSync = plan.Options.SemiSync ? SemiSync(host) : "";
        return $"""
            [mariadbd]
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
            log_slave_updates = 1
            # One stream of GTIDs per writer: see docs/lab.md.
            gtid_domain_id = {GtidDomain(host)}
            {autoIncrement}
            {semiSync}
            # kill -9 of mysqld must lose nothing that was acknowledged.
            innodb_flush_log_at_trx_commit = 1
            sync_binlog = 1
            # A lab that is left running with its client must not fill the disk.
            max_binlog_size = 64M
            binlog_expire_logs_seconds = 3600
            # A replica whose master fell silent asks again within seconds instead of a minute.
            slave_net_timeout = 5
            # Small: four of these share one machine.
            innodb_buffer_pool_size = 24M
            innodb_log_file_size = 8M
            innodb_log_buffer_size = 2M
            key_buffer_size = 1M
            aria_pagecache_buffer_size = 1M
            performance_schema = 0
            max_connections = 100
            max_allowed_packet = 4M

            """;
    }

    /// <summary>
    /// Only the other master's word counts, as it is the one that takes over: a slave that alone had a row could not give it to the new active master. Without a
    /// replica nothing is waited for, so that the first writes after a failover do not stand still for a peer whose connection has ended.
    /// </summary>
    private static string SemiSync(LabHost host) => host.Kind == LabHostKind.Master
        ? """
          rpl_semi_sync_master_enabled = 1
          rpl_semi_sync_slave_enabled = 1
          rpl_semi_sync_master_wait_point = AFTER_SYNC
          rpl_semi_sync_master_timeout = 1000
          rpl_semi_sync_master_wait_no_slave = 0
          """
        : "";

    /// <summary>
    /// Within a domain MariaDB takes a replica's position for one number, so a commit that only a killed master had would, when it comes back,
    /// move everybody's position to before what the other master has written since. Each master has a domain of its own; slaves never write.
    /// </summary>
    private static int GtidDomain(LabHost host) => host.Kind == LabHostKind.Master ? host.Number : 0;

    /// <summary>Users with the least privileges MariaDB 10.5+ offers, and the writing client's table; kept out of the binary log, as every server runs it itself.</summary>
    public static string InitFile(LabSecrets s) => $"""
        SET SESSION sql_log_bin = 0;
        ALTER USER 'root'@'localhost' IDENTIFIED BY '{s.Root}';
        CREATE USER '{LabSecrets.MonitorUser}'@'%' IDENTIFIED BY '{s.Monitor}';
        GRANT SLAVE MONITOR, BINLOG MONITOR ON *.* TO '{LabSecrets.MonitorUser}'@'%';
        CREATE USER '{LabSecrets.AgentUser}'@'%' IDENTIFIED BY '{s.Agent}';
        GRANT SLAVE MONITOR, BINLOG MONITOR, PROCESS, RELOAD, REPLICATION SLAVE ADMIN, READ_ONLY ADMIN, CONNECTION ADMIN ON *.* TO '{LabSecrets.AgentUser}'@'%';
        CREATE USER '{LabSecrets.ReplicationUser}'@'%' IDENTIFIED BY '{s.Replication}';
        GRANT REPLICATION SLAVE ON *.* TO '{LabSecrets.ReplicationUser}'@'%';
        CREATE DATABASE lab;
        CREATE TABLE lab.writes (run BIGINT NOT NULL, id BIGINT NOT NULL, server INT NOT NULL, PRIMARY KEY (run, id)) ENGINE=InnoDB;
        CREATE USER '{LabSecrets.AppUser}'@'%' IDENTIFIED BY '{s.App}';
        GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON lab.* TO '{LabSecrets.AppUser}'@'%';
        FLUSH PRIVILEGES;

        """;
}
