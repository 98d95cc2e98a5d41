using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Grants;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// What is wrong with how the servers are set up, each with the statement that mends it: MySQL-MMM's checks of the master-master set-up at its start (lib/Monitor/Monitor.pm, 2.2.1), and what
/// else a failover depends on. <c>mmm check-setup</c> prints it.
/// </summary>
public static class SetupRules
{
    /// <summary>A replica that notices a silent source later than this delays whatever waits for it.</summary>
    private const long LongestNetTimeout = 30;

    public static ImmutableArray<SetupFinding> Of(ClusterState state)
    {
        var findings = ImmutableArray.CreateBuilder<SetupFinding>();
        var known = new List<Server>();
        foreach (Host host in state.Topology.Hosts.Values)
        {
            if (!state.AgentReachable(host.Name) || state.Sights[host.Name].Agent is not { } report)
                findings.Add(Error(host, "not_checked", $"is not checked: its agent is not reachable", null));
            else if (report.Facts is not { Mysqld: MysqldState.Up, Setup: { } setup } facts)
                findings.Add(Error(host, "not_checked", $"is not checked: {report.Facts.MysqldMessage ?? "its agent has not told yet"}", null));
            else
                known.Add(new Server(host, facts, setup, state.Topology.MayBeActiveMaster(host.Name)));
        }

        foreach (Server server in known)
        {
            findings.AddRange(Identity(server, known));
            findings.AddRange(BinaryLog(server));
            findings.AddRange(StartRules.Of(server.Host, server.Setup, server.IsMariaDb, server.MayWrite, state.SemiSync.Mode));
            findings.AddRange(Rights(server, state.SemiSync.Mode, state.Topology.IsOneOfMany(server.Host.Name)));
            findings.AddRange(Replication(server, state));
        }

        findings.AddRange(MasterMaster([.. known.Where(s => s.Host.Mode == HostMode.Master)]));
        findings.AddRange(Families(known, state));
        return [.. findings.OrderBy(f => f.Host, StringComparer.Ordinal).ThenBy(f => !f.IsError)];
    }

    private static IEnumerable<SetupFinding> Identity(Server s, List<Server> all)
    {
        foreach (Server other in all.Where(o => string.CompareOrdinal(o.Host.Name, s.Host.Name) < 0))
        {
            if (s.Setup.Number("server_id") is { } id && id == other.Setup.Number("server_id"))
                yield return Error(s.Host, "server_id", $"has the server_id of {other.Host.Name} ({id}): replication between them drops each other's events", "SET GLOBAL server_id = …;  -- and in my.cnf, a number that no other server has");
            if (s.Setup.Of("server_uuid") is { } uuid && uuid == other.Setup.Of("server_uuid"))
                yield return Error(s.Host, "server_uuid", $"has the server_uuid of {other.Host.Name}: a copy of its data folder", "-- stop mysqld, delete auto.cnf in its data folder, start it");
        }
    }

    private static IEnumerable<SetupFinding> BinaryLog(Server s)
    {
        if (!s.MayWrite)
            yield break;
        if (!s.Setup.IsOn("log_bin"))
        {
            yield return Error(s.Host, "log_bin", "may become the active master and writes no binary log: nobody could replicate from it", "-- in my.cnf: log_bin, and restart mysqld");
            yield break;
        }

        if (!s.Setup.IsOn("log_replica_updates", "log_slave_updates"))
        {
            string name = s.Setup.Of("log_replica_updates") is null ? "log_slave_updates" : "log_replica_updates";
            yield return Error(s.Host, name, "does not log what it replicates: what it has received of another master never reaches its slaves", $"-- in my.cnf: {name} = 1, and restart mysqld");
        }

        if (s.Setup.Number("sync_binlog") is not (null or 1))
            yield return Warning(s.Host, "sync_binlog", "may lose acknowledged writes when its machine fails", "SET GLOBAL sync_binlog = 1;  -- and in my.cnf");
        if (s.Setup.Number("innodb_flush_log_at_trx_commit") is not (null or 1))
            yield return Warning(s.Host, "innodb_flush_log_at_trx_commit", "may lose acknowledged writes when its machine fails", "SET GLOBAL innodb_flush_log_at_trx_commit = 1;  -- and in my.cnf");
        if (s.Setup.Of("binlog_format") == "STATEMENT")
            yield return Warning(s.Host, "binlog_format", "logs statements: some of them have another effect on a replica", "SET GLOBAL binlog_format = 'ROW';  -- and in my.cnf");
    }

    private static IEnumerable<SetupFinding> Rights(Server s, SemiSyncMode semiSync, bool manyMasters)
    {
        bool superIsAll = s.Setup.Privileges.Contains("SUPER") && s.SuperIsAll;
        string[] missing = s.Setup.Privileges.Contains("ALL PRIVILEGES") ? []
            : [.. LeastPrivileges.For(s.Facts.ServerVersion ?? "").Logins("", "", "", s.Host.AdminPort > 0, manyMasters)[1].Rights.Split(", ").Except(s.Setup.Privileges)
                .Where(p => (semiSync != SemiSyncMode.Off || p != LeastPrivileges.ForSemiSync) && (!superIsAll || p == LeastPrivileges.ForManyMasters))];
        if (missing.Length > 0)
            yield return Error(s.Host, "privileges", $"does not give the agent's login what it needs: {string.Join(", ", missing)}", $"GRANT {string.Join(", ", missing)} ON *.* TO 'mmm_agent'@'…';  -- the login as in agent_user; see 'mmm grants'");
    }

    private static IEnumerable<SetupFinding> Replication(Server s, ClusterState state)
    {
        string? source = s.Host.Peer ?? state.Document?.ActiveMaster?.Host;
        if (source is null || source == s.Host.Name)
            yield break;
        if (s.Facts.Replication is not { } replication)
            yield return Error(s.Host, "replication", $"replicates from nobody, and should from {source}", $"-- {(s.IsMariaDb ? "CHANGE MASTER TO MASTER_HOST" : "CHANGE REPLICATION SOURCE TO SOURCE_HOST")} = '{state.Topology.Hosts[source].Ip}', …");
        else if (replication.SourceHost != source)
            yield return Error(s.Host, "replication", $"replicates from {replication.SourceHost ?? $"{replication.SourceIp}:{replication.SourcePort}"}, and should from {source}", s.Host.FollowsActiveMaster ? null : $"-- {(s.IsMariaDb ? "CHANGE MASTER TO MASTER_HOST" : "CHANGE REPLICATION SOURCE TO SOURCE_HOST")} = '{state.Topology.Hosts[source].Ip}', …");
        else if (!replication.UsesGtid && state.Topology.IsOneOfMany(s.Host.Name))
            yield return Error(s.Host, "gtid", "replicates by positions: with more than two masters each has to be able to follow any other, which takes GTIDs", s.IsMariaDb ? "STOP SLAVE; CHANGE MASTER TO MASTER_USE_GTID = slave_pos; START SLAVE;" : "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1; START REPLICA;  -- with gtid_mode = ON");
        else if (!replication.UsesGtid && (s.IsMariaDb || s.Setup.Of("gtid_mode") == "ON"))
            yield return Warning(s.Host, "gtid", "replicates by positions although it could by GTID, with which nothing is left out when a machine vanishes", s.IsMariaDb ? "STOP SLAVE; CHANGE MASTER TO MASTER_USE_GTID = slave_pos; START SLAVE;" : "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1; START REPLICA;");
        string timeout = s.Setup.Of("replica_net_timeout") is null || s.IsMariaDb ? "slave_net_timeout" : "replica_net_timeout";
        if (s.Setup.Number(timeout) > LongestNetTimeout)
            yield return Warning(s.Host, timeout, $"notices a source that has fallen silent only after {s.Setup.Number(timeout)} s", $"SET GLOBAL {timeout} = 5;  -- and in my.cnf");
    }

    /// <summary>MMM's own checks.</summary>
    private static IEnumerable<SetupFinding> MasterMaster(Server[] masters)
    {
        if (masters.Length < 2)
            yield break;
        foreach (Server s in masters)
        {
            long increment = s.Setup.Number("auto_increment_increment") ?? 1;
            long offset = s.Setup.Number("auto_increment_offset") ?? 1;
            if (increment < masters.Length)
                yield return Warning(s.Host, "auto_increment_increment", $"is {increment} with {masters.Length} masters: what two of them write at once can get the same key", $"SET GLOBAL auto_increment_increment = {masters.Length};  -- and in my.cnf, on all masters the same");
            else if (masters.Any(o => o.Setup.Number("auto_increment_increment") is { } theirs && theirs != increment))
                yield return Warning(s.Host, "auto_increment_increment", "differs between the masters", $"SET GLOBAL auto_increment_increment = {masters.Max(o => o.Setup.Number("auto_increment_increment") ?? 1)};  -- and in my.cnf");
            if (increment > 1 && offset > increment)
                yield return Warning(s.Host, "auto_increment_offset", $"is {offset}, and must not be greater than auto_increment_increment ({increment})", "SET GLOBAL auto_increment_offset = …;  -- and in my.cnf, another number on each master");
            else if (increment > 1 && masters.FirstOrDefault(o => string.CompareOrdinal(o.Host.Name, s.Host.Name) < 0 && o.Setup.Number("auto_increment_offset") == offset) is { } twin)
                yield return Warning(s.Host, "auto_increment_offset", $"is {offset}, as on {twin.Host.Name}: what both write at once can get the same key", "SET GLOBAL auto_increment_offset = …;  -- and in my.cnf, another number on each master");
            if (s.IsMariaDb && masters.FirstOrDefault(o => string.CompareOrdinal(o.Host.Name, s.Host.Name) < 0 && o.Setup.Of("gtid_domain_id") == s.Setup.Of("gtid_domain_id")) is { } same)
                yield return Warning(s.Host, "gtid_domain_id", $"is that of {same.Host.Name}: a commit that only one of them had moves everybody's position back when it returns", "SET GLOBAL gtid_domain_id = …;  -- and in my.cnf, another number on each master");
        }
    }

    private static IEnumerable<SetupFinding> Families(List<Server> all, ClusterState state)
    {
        if (state.Document?.ActiveMaster?.Host is not { } master || all.FirstOrDefault(s => s.Host.Name == master) is not { } source)
            yield break;
        foreach (Server s in all.Where(s => s != source))
        {
            if (s.IsMariaDb != source.IsMariaDb)
                yield return Error(s.Host, "version", $"is {s.Facts.ServerVersion}, and the active master {source.Facts.ServerVersion}: MySQL and MariaDB cannot take each other's roles", null);
            else if (s.Number < source.Number)
                yield return Warning(s.Host, "version", $"is {s.Facts.ServerVersion}, older than the active master ({source.Facts.ServerVersion}): replication from a newer server to an older one is not supported", null);
            if (!s.IsMariaDb && !source.IsMariaDb && s.Setup.Of("gtid_mode") != source.Setup.Of("gtid_mode"))
                yield return Error(s.Host, "gtid_mode", $"is {s.Setup.Of("gtid_mode")}, and {source.Setup.Of("gtid_mode")} on {master}", $"SET GLOBAL gtid_mode = …;  -- step by step: OFF, OFF_PERMISSIVE, ON_PERMISSIVE, ON; the same on all");
        }
    }

    private static SetupFinding Error(Host host, string code, string sentence, string? statement) => new(host.Name, true, code, sentence, statement);

    private static SetupFinding Warning(Host host, string code, string sentence, string? statement) => new(host.Name, false, code, sentence, statement);

    private sealed record Server(Host Host, HostFacts Facts, ServerSetup Setup, bool MayWrite)
    {
        private readonly ServerVersion _version = ServerVersion.Parse(Facts.ServerVersion);

        public bool IsMariaDb => _version.IsMariaDb;

        /// <summary>MySQL, and MariaDB before 11.0.1 (its release notes), let SUPER stand for the rights that were split from it.</summary>
        public bool SuperIsAll => !IsMariaDb || Number < new Version(11, 0);

        /// <summary>Major and minor version.</summary>
        public Version Number => _version.Series;
    }
}
