using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Grants;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Two masters and a slave, well set up; each case spoils one thing.</summary>
public sealed class SetupRulesTests
{
    private readonly Dictionary<string, Dictionary<string, string>> _values;
    private readonly Dictionary<string, ReplicationFacts?> _replication = [];
    private readonly Dictionary<string, string> _versions = [];
    private readonly Dictionary<string, string> _privileges = [];
    private int _adminPort;
    private bool _many;
    private ImmutableArray<ServerVariable>? _atStart;

    public SetupRulesTests()
    {
        _values = new() { ["db1"] = MariaDb(1), ["db2"] = MariaDb(2), ["db3"] = MariaDb(3) };
        foreach ((string host, string source) in new[] { ("db1", "db2"), ("db2", "db1"), ("db3", "db1") })
        {
            _replication[host] = new ReplicationFacts("ip", 3306, source, "Yes", true, 0, null, true);
            _versions[host] = "10.11.6-MariaDB-1";
            _privileges[host] = LeastPrivileges.MariaDb.Agent;
        }
    }

    [Fact]
    public void A_good_set_up_is_found_good() => Assert.Empty(Findings());

    [Theory]
    [InlineData("9.7.4", 33062, true)]
    [InlineData("9.7.4", 0, false)]
    [InlineData("10.11.6-MariaDB-1", 33062, false)]
    public void The_right_to_log_in_at_the_admin_port_is_missed_where_there_is_one(string version, int port, bool found)
    {
        _adminPort = port;
        foreach (string host in _values.Keys)
            (_versions[host], _privileges[host]) = (version, LeastPrivileges.For(version).Agent);
        Assert.Equal(found ? ["db1", "db2", "db3"] : [], Findings().Where(f => f.Code == "privileges").Select(f => f.Host));
        Assert.All(Findings().Where(f => f.Code == "privileges"), f => Assert.StartsWith("GRANT SERVICE_CONNECTION_ADMIN ON *.* TO", f.Statement, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("db2", "server_id", "1", "db2 ERROR server_id")]
    [InlineData("db2", "server_uuid", "u1", "db2 ERROR server_uuid")]
    [InlineData("db2", "log_bin", "OFF", "db2 ERROR log_bin")]
    [InlineData("db3", "log_bin", "OFF", "")]
    [InlineData("db2", "log_slave_updates", "OFF", "db2 ERROR log_slave_updates")]
    [InlineData("db1", "sync_binlog", "0", "db1 WARNING sync_binlog")]
    [InlineData("db3", "sync_binlog", "0", "")]
    [InlineData("db1", "innodb_flush_log_at_trx_commit", "2", "db1 WARNING innodb_flush_log_at_trx_commit")]
    [InlineData("db1", "binlog_format", "STATEMENT", "db1 WARNING binlog_format")]
    [InlineData("db3", "slave_net_timeout", "60", "db3 WARNING slave_net_timeout")]
    [InlineData("db1", "auto_increment_increment", "1", "db1 WARNING auto_increment_increment|db2 WARNING auto_increment_increment")]
    [InlineData("db1", "auto_increment_offset", "3", "db1 WARNING auto_increment_offset")]
    [InlineData("db2", "auto_increment_offset", "1", "db2 WARNING auto_increment_offset")]
    [InlineData("db2", "gtid_domain_id", "11", "db2 WARNING gtid_domain_id")]
    public void A_wrong_value_is_found(string host, string variable, string value, string found)
    {
        _values[host][variable] = value;
        Assert.Equal(found, Codes());
    }

    [Theory]
    [InlineData("10.11.6-MariaDB-1", "read_only=1 sync_binlog=1", "")]
    [InlineData("10.11.6-MariaDB-1", "sync_binlog=1", "db1 ERROR my_cnf_read_only|db2 ERROR my_cnf_read_only|db3 WARNING my_cnf_read_only")]
    [InlineData("10.11.6-MariaDB-1", "read_only=off sync_binlog=1", "db1 ERROR my_cnf_read_only|db2 ERROR my_cnf_read_only|db3 WARNING my_cnf_read_only")]
    [InlineData("10.11.6-MariaDB-1", "read_only=NO_LOCK_NO_ADMIN", "db1 WARNING my_cnf_sync_binlog|db2 WARNING my_cnf_sync_binlog")]
    [InlineData("9.7.4", "super_read_only=1", "")]
    [InlineData("9.7.4", "read_only=1", "db1 WARNING my_cnf_super_read_only|db2 WARNING my_cnf_super_read_only|db3 WARNING my_cnf_super_read_only")]
    [InlineData("9.7.4", "super_read_only=ON sync_binlog=100 innodb_flush_log_at_trx_commit=2", "db1 WARNING my_cnf_sync_binlog|db1 WARNING my_cnf_innodb_flush_log_at_trx_commit|db2 WARNING my_cnf_sync_binlog|db2 WARNING my_cnf_innodb_flush_log_at_trx_commit")]
    public void What_a_server_would_be_started_with_is_looked_at(string version, string options, string found)
    {
        foreach (string host in _values.Keys)
            (_versions[host], _privileges[host]) = (version, LeastPrivileges.For(version).Agent);
        _atStart = [.. options.Split(' ').Select(o => o.Split('=')).Select(o => new ServerVariable(o[0], o[1]))];
        Assert.Equal(found, string.Join('|', Findings().Where(f => f.Code.StartsWith("my_cnf", StringComparison.Ordinal)).Select(f => $"{f.Host} {(f.IsError ? "ERROR" : "WARNING")} {f.Code}")));
    }

    [Fact]
    public void Replication_from_the_wrong_server_from_nobody_and_by_positions_is_found()
    {
        _replication["db1"] = null;
        _replication["db2"] = _replication["db2"]! with { SourceHost = "db3" };
        _replication["db3"] = _replication["db3"]! with { UsesGtid = false };
        Assert.Equal("db1 ERROR replication|db2 ERROR replication|db3 WARNING gtid", Codes());
        Assert.Contains(Findings(), f => f.Statement!.Contains("MASTER_USE_GTID = slave_pos", StringComparison.Ordinal));
    }

    [Fact]
    public void A_right_that_the_agent_lacks_is_named_with_its_statement()
    {
        _privileges["db2"] = _privileges["db2"].Replace(", READ_ONLY ADMIN", "", StringComparison.Ordinal);
        SetupFinding finding = Assert.Single(Findings());
        Assert.Equal(("db2", true, "privileges"), (finding.Host, finding.IsError, finding.Code));
        Assert.StartsWith("GRANT READ_ONLY ADMIN ON *.* TO", finding.Statement, StringComparison.Ordinal);
    }

    /// <summary>SUPER, which stands for all the others on an old MariaDB, does not include it.</summary>
    [Theory]
    [InlineData("10.11.6-MariaDB-1", null, false)]
    [InlineData("10.11.6-MariaDB-1", "RELOAD", true)]
    [InlineData("10.6.4-MariaDB", "SUPER", false)]
    [InlineData("10.6.4-MariaDB", "SUPER, RELOAD", true)]
    public void With_more_than_two_masters_the_agent_needs_RELOAD_and_replication_GTIDs(string version, string? rights, bool enough)
    {
        _many = true;
        foreach (string host in _versions.Keys)
            _versions[host] = version;
        _replication["db1"] = null;
        _replication["db2"] = _replication["db2"]! with { UsesGtid = false };
        _privileges["db2"] = rights?.StartsWith("SUPER", StringComparison.Ordinal) == true ? rights : string.Join(", ", new[] { LeastPrivileges.MariaDb.Agent, rights }.OfType<string>());
        foreach (string host in new[] { "db1", "db3" })
            _privileges[host] = "ALL PRIVILEGES";

        Assert.Equal(enough ? "db2 ERROR gtid" : "db2 ERROR privileges|db2 ERROR gtid", Codes());
        if (!enough)
            Assert.StartsWith("GRANT RELOAD ON *.* TO", Findings()[0].Statement, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SemiSyncMode.Off, 0)]
    [InlineData(SemiSyncMode.Prefer, 1)]
    public void The_right_for_semi_sync_is_missed_only_where_semi_sync_is_looked_after(SemiSyncMode mode, int findings)
    {
        _privileges["db2"] = _privileges["db2"].Replace(", REPLICATION MASTER ADMIN", "", StringComparison.Ordinal);
        Assert.Equal(findings, SetupRules.Of(State() with { SemiSync = new SemiSyncSettings(mode, TimeSpan.FromSeconds(1)) }).Length);
    }

    [Theory]
    [InlineData("10.6.4-MariaDB", "SUPER", true)]
    [InlineData("11.4.2-MariaDB", "SUPER", false)]
    [InlineData("11.4.2-MariaDB", "ALL PRIVILEGES", true)]
    public void What_stands_for_all_is_enough(string version, string privileges, bool enough)
    {
        foreach (string host in _versions.Keys)
            (_versions[host], _privileges[host]) = (version, privileges);
        Assert.Equal(enough ? 0 : 3, Findings().Count(f => f.Code == "privileges"));
    }

    [Fact]
    public void MySQLs_names_are_understood()
    {
        foreach ((string host, int i) in _versions.Keys.Select((h, i) => (h, i + 1)).ToArray())
        {
            _versions[host] = "9.7.4";
            _privileges[host] = LeastPrivileges.MySql.Agent;
            _values[host] = new()
            {
                ["server_id"] = $"{i}",
                ["server_uuid"] = $"u{i}",
                ["log_bin"] = "ON",
                ["log_replica_updates"] = "ON",
                ["gtid_mode"] = "ON",
                ["sync_binlog"] = "1",
                ["innodb_flush_log_at_trx_commit"] = "1",
                ["replica_net_timeout"] = "5",
                ["auto_increment_increment"] = "2",
                ["auto_increment_offset"] = $"{i}",
            };
        }

        Assert.Empty(Findings());
        _values["db3"]["gtid_mode"] = "OFF";
        _values["db2"]["log_replica_updates"] = "OFF";
        _values["db1"]["replica_net_timeout"] = "60";
        Assert.Equal("db1 WARNING replica_net_timeout|db2 ERROR log_replica_updates|db3 ERROR gtid_mode", Codes());
    }

    [Fact]
    public void A_replica_that_is_older_than_the_master_or_of_another_family_is_found()
    {
        _versions["db1"] = "11.4.2-MariaDB";
        _versions["db3"] = "9.7.4";
        _privileges["db3"] = LeastPrivileges.MySql.Agent;
        Assert.Equal("db2 WARNING version|db3 ERROR version", Codes());
    }

    [Fact]
    public void Errors_are_warned_of_in_show_and_lesser_things_and_passing_ones_are_not()
    {
        _values["db2"]["log_bin"] = "OFF";
        _values["db1"]["sync_binlog"] = "0";
        _replication["db3"] = null;
        Assert.Equal(
            ["host db2 may become the active master and writes no binary log: nobody could replicate from it; see 'mmm check-setup'"], Snapshots.Of(State(), 1, null).Warnings.Where(w => w.Contains("check-setup", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_could_not_be_looked_at_is_said()
    {
        ClusterState state = State();
        state = state with { Sights = state.Sights.SetItem("db2", state.Sights["db2"] with { HeardAt = state.At - TimeSpan.FromMinutes(1) }) };
        SetupFinding finding = Assert.Single(SetupRules.Of(state));
        Assert.Equal(("db2", "not_checked"), (finding.Host, finding.Code));
    }

    private static Dictionary<string, string> MariaDb(int number) => new()
    {
        ["server_id"] = $"{number}",
        ["server_uuid"] = $"u{number}",
        ["log_bin"] = "ON",
        ["log_slave_updates"] = "ON",
        ["binlog_format"] = "ROW",
        ["sync_binlog"] = "1",
        ["innodb_flush_log_at_trx_commit"] = "1",
        ["slave_net_timeout"] = "5",
        ["auto_increment_increment"] = "2",
        ["auto_increment_offset"] = $"{Math.Min(number, 2)}",
        ["gtid_domain_id"] = $"{10 + number}",
    };

    private string Codes() => string.Join('|', Findings().Select(f => $"{f.Host} {(f.IsError ? "ERROR" : "WARNING")} {f.Code}"));

    private ImmutableArray<SetupFinding> Findings() => SetupRules.Of(State());

    private ClusterState State()
    {
        ClusterState state = new Still().State();
        state = state with { Topology = state.Topology with { Hosts = state.Topology.Hosts.ToImmutableSortedDictionary(h => h.Key, h => h.Value with { AdminPort = _adminPort }, StringComparer.Ordinal) } };
        if (_many)
            state = state with { Topology = state.Topology with { Hosts = state.Topology.Hosts.ToImmutableSortedDictionary(h => h.Key, h => h.Value with { Peer = null }, StringComparer.Ordinal) } };
        foreach (string host in _values.Keys)
        {
            HostSight sight = state.Sights[host];
            HostFacts facts = sight.Agent!.Facts with
            {
                ServerVersion = _versions[host],
                Replication = _replication[host],
                Setup = new ServerSetup([.. _values[host].Select(v => new ServerVariable(v.Key, v.Value))], [.. _privileges[host].Split(", ")], AtStart: _atStart),
            };
            state = state with { Sights = state.Sights.SetItem(host, sight with { Agent = sight.Agent with { Facts = facts } }) };
        }

        return state;
    }
}
