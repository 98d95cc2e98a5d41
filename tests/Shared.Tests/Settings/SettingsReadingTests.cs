using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Settings;
using Mmm.Shared.Settings.Hocon;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

/// <summary>That what is written arrives, with defaults at every level.</summary>
public sealed class SettingsReadingTests
{
    [Fact]
    public void A_key_is_looked_for_in_the_host_then_the_cluster_then_the_defaults()
    {
        ClusterTopology c1 = SettingsBase.Read(
            """
            cluster_defaults.host_defaults { mysql_port = 3307, agent_port = 9001, cluster_interface = bond0 }
            cluster C1.host_defaults { agent_port = 9002, cluster_interface = bond1 }
            cluster C1.hosts.db3.cluster_interface = vlan.7
            """).Settings.Clusters["C1"].Topology;

        Assert.Equal(new Host("db3", "10.0.0.13", HostMode.Slave, null, 3307, 9002, "vlan.7"), c1.Hosts["db3"]);
        Assert.Equal(new Host("db1", "10.0.0.11", HostMode.Master, "db2", 3307, 9002, "bond1"), c1.Hosts["db1"]);
    }

    [Fact]
    public void A_cluster_overrides_single_keys_of_nested_defaults()
    {
        ClusterSettings c1 = SettingsBase.Read("cluster C1 { checks.ping.trap_period = 7s, mode = PASSIVE, auto_set_online = 1m, agent_user = root }").Settings.Clusters["C1"];

        Assert.Equal(new CheckSettings(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(1)), c1.Checks[CheckKind.Ping]);
        Assert.Equal(ClusterMode.Passive, c1.Decisions.InitialMode);
        Assert.Equal(TimeSpan.FromMinutes(1), c1.Decisions.AutoSetOnline);
        Assert.Equal("root", c1.AgentUser.User);
        Assert.Equal("mmm_monitor", c1.MonitorUser.User);
    }

    [Fact]
    public void Everything_of_a_node_arrives()
    {
        MmmSettings settings = SettingsBase.Read(
            """
            monitor_defaults { port = 7001, http_port = 7002 }
            monitors.mon2 { address = mon2.example.org, port = 7003 }
            monitor {
              state_dir = /srv/mmm, http.read_only = on, ping_ips = ["10.0.0.254", "FD00::0:1"], ping_interval = 2s
              membership { heartbeat_interval = 250ms, acceptable_heartbeat_pause = 1s, stable_after = 1s, down_removal_margin = 5ms, gossip_interval = 100ms, seed_node_timeout = 3s }
              kill_host_bin = /usr/bin/kill-host, kill_host_timeout = 20s, history_events = 500, otlp_endpoint = "http://10.0.0.9:4318/v1/traces"
            }
            agent {
              state_dir = /srv/agent, bind_address = "0.0.0.0", mysql_socket = /run/x.sock, mysql_pid_file = /run/x.pid, heartbeat_interval = 200ms
              local_watch_interval = 20ms, statement_timeout = 1s, writer_grace = 0s, max_kill_retries = 5, kill_retry_interval = 50ms, announce_interval = 30s, binlog_port = 0
              http { port = 9991, bind = localhost }
            }
            """).Settings;

        Assert.Equal([new("mon1", "10.0.0.1", 7001, 7002), new("mon2", "mon2.example.org", 7003, 7002), new("mon3", "10.0.0.3", 7001, 7002)], settings.Monitors);
        Assert.Equal("/srv/mmm", settings.Monitor.StateDir);
        Assert.True(settings.Monitor.HttpReadOnly);
        Assert.Equal(["10.0.0.254", "fd00::1"], settings.Monitor.PingIps);
        Assert.Equal(TimeSpan.FromSeconds(2), settings.Monitor.PingInterval);
        Assert.Equal(new MembershipSettings(Ms(250), Ms(1000), Ms(1000), Ms(5), Ms(100), Ms(3000)), settings.Monitor.Membership);
        Assert.Equal("/usr/bin/kill-host", settings.Monitor.KillHostBin);
        Assert.Equal(TimeSpan.FromSeconds(20), settings.Monitor.KillHostTimeout);
        Assert.Equal((500, new Uri("http://10.0.0.9:4318/v1/traces")), (settings.Monitor.HistoryEvents, settings.Monitor.OtlpEndpoint));
        Assert.Equal(
            new AgentSettings("/srv/agent", "0.0.0.0", "/run/x.sock", "/run/x.pid", Ms(200), Ms(20), Ms(1000), Ms(0), 5, Ms(50), Ms(30_000), 0, new AgentHttpSettings("127.0.0.1", 9991)),
            settings.Agent);
    }

    [Theory]
    [InlineData("http://10.0.0.9:4318", "http://10.0.0.9:4318/v1/traces")]
    [InlineData("https://otel.example.org/", "https://otel.example.org/v1/traces")]
    [InlineData("http://10.0.0.9:4318/otlp", "http://10.0.0.9:4318/otlp")]
    public void Traces_go_to_the_usual_path_of_a_collector_unless_one_is_given(string given, string url) =>
        Assert.Equal(url, SettingsBase.Read($"monitor.otlp_endpoint = \"{given}\"").Settings.Monitor.OtlpEndpoint?.AbsoluteUri);

    [Fact]
    public void Decisions_arrive_each_at_its_place()
    {
        DecisionSettings decisions = SettingsBase.Read(
            """
            cluster C1 {
              mode = wait, auto_set_online = 11s, flap_count = 12, flap_duration = 13s, wait_for_other_master = 14s, careful_startup = off, master_connect_retry = 15s
              quick_recovery = 16s, agent_timeout = 17s, lease.ttl = 18200ms, catch_up_timeout = 19s, move_max_lag = 3s, move_timeout = 40s, startup_timeout = 21s, sight_timeout = 22s, max_backlog = 23s
            }
            """).Settings.Clusters["C1"].Decisions;

        Assert.Equal(
            new DecisionSettings(ClusterMode.Wait, S(11), 12, S(13), S(14), false, S(15), S(16), S(17), Ms(18_200), S(19), S(3), S(40), S(21), S(22), new FailoverPolicy(null, false), new DiskSettings(S(2), S(10), 16 << 20, new DiskPolicy(DiskReaction.Failover, DiskReaction.Failover, DiskReaction.Failover))),
            decisions);
    }

    [Theory]
    [InlineData("", 1000, true, true, true)]
    [InlineData("cluster C1 { fencing { timeout = 2s, kill_mysqld = off }, failsafe { enabled = off, balanced = drop } }", 2000, false, false, false)]
    [InlineData("cluster_defaults { fencing.kill_mysqld = off, failsafe.balanced = drop }", 1000, false, true, false)]
    public void What_a_host_does_without_a_lease_arrives_too(string line, int fencingMs, bool kill, bool failsafe, bool keep) =>
        Assert.Equal(new LeaseSettings(Ms(fencingMs), kill, failsafe, keep), SettingsBase.Read(line).Settings.Clusters["C1"].Lease);

    [Theory]
    [InlineData("", 60, false, 5000)]
    [InlineData("cluster C1.addresses { probe = 0, on_conflict = take, check_interval = 1m }", 0, true, 60_000)]
    [InlineData("cluster_defaults.addresses { probe = 20ms, check_interval = 0s }", 20, false, 0)]
    public void What_is_done_about_other_machines_that_answer_for_an_address_arrives_too(string line, int probeMs, bool take, int checkMs) =>
        Assert.Equal(new AddressSettings(Ms(probeMs), take, Ms(checkMs)), SettingsBase.Read(line).Settings.Clusters["C1"].Addresses);

    [Fact]
    public void What_is_done_about_a_disk_arrives_too()
    {
        ClusterSettings unsaid = SettingsBase.Read("").Settings.Clusters["C1"];
        ClusterSettings said = SettingsBase.Read("cluster C1.disk { check_interval = 3s, timeout = 4s, min_free_mb = 5, full = warn, read_only = failover, stalled = warn }").Settings.Clusters["C1"];

        Assert.Equal(new DiskSettings(S(2), S(10), 16 << 20, new DiskPolicy(DiskReaction.Failover, DiskReaction.Failover, DiskReaction.Failover)), unsaid.Disk);
        Assert.Equal(new DiskSettings(S(3), S(4), 5 << 20, new DiskPolicy(DiskReaction.Warn, DiskReaction.Failover, DiskReaction.Warn)), said.Disk);
        Assert.Equal(said.Disk, said.Decisions.Disk);
        Assert.Null(SettingsBase.Read("cluster C1.disk.check_interval = 0s").Settings.Clusters["C1"].Decisions.Disk);
    }

    [Theory]
    [InlineData("", null, false)]
    [InlineData("cluster C1.failover.maximum_loss = 0", 0L, false)]
    [InlineData("cluster_defaults { failover { maximum_loss = 12, require_semi_sync = on }, replication.semi_sync = prefer }", 12L, true)]
    public void What_a_failover_may_lose_arrives_too(string line, long? most, bool proof) =>
        Assert.Equal(new FailoverPolicy(most, proof), SettingsBase.Read(line).Settings.Clusters["C1"].Decisions.Failover);

    [Theory]
    [InlineData("", SemiSyncMode.Off, 1000)]
    [InlineData("cluster C1.replication { semi_sync = require }", SemiSyncMode.Require, 1000)]
    [InlineData("cluster_defaults.replication { semi_sync = prefer, semi_sync_timeout = 50ms }", SemiSyncMode.Prefer, 50)]
    public void Semi_sync_arrives_too(string line, SemiSyncMode mode, int timeoutMs) =>
        Assert.Equal(new SemiSyncSettings(mode, Ms(timeoutMs)), SettingsBase.Read(line).Settings.Clusters["C1"].SemiSync);

    [Theory]
    [InlineData("", false)]
    [InlineData("cluster C1.addresses.probe = 100ms", false)]
    [InlineData("cluster C1.addresses.probe = 101ms", true)]
    public void A_probe_that_delays_failovers_is_warned_of(string line, bool warned) =>
        Assert.Equal(warned, SettingsBase.Read(line).Warnings.Any(w => w.Contains("addresses.probe", StringComparison.Ordinal) && w.Contains("delays every failover", StringComparison.Ordinal)));

    [Theory]
    [InlineData("", 3200)]
    [InlineData("cluster_defaults.lease.ttl = 1200ms", 1200)]
    [InlineData("cluster_defaults.lease.ttl = 1200ms, cluster C1.lease.ttl = 60s, cluster C1.move_timeout = 90s", 60_000)]
    public void A_lease_runs_as_long_as_the_clusters_own_line_says_or_the_defaults(string line, int ms) =>
        Assert.Equal(Ms(ms), SettingsBase.Read(line).Settings.Clusters["C1"].Decisions.LeaseTtl);

    [Theory]
    [InlineData("cluster C1")]
    [InlineData("cluster \"C1\"")]
    [InlineData("\"cluster C1\"")]
    [InlineData("cluster.C1")]
    public void A_cluster_is_written_in_any_of_these_ways(string key)
    {
        MemorySource source = new MemorySource().Add("/mmm.conf", SettingsBase.Text.Replace("cluster C1", key, StringComparison.Ordinal));

        Assert.Equal(["C1"], SettingsBase.ReadFrom(source).Settings.Clusters.Keys);
    }

    [Fact]
    public void A_role_keeps_its_order_and_its_preferred_host()
    {
        ClusterTopology c1 = SettingsBase.Read("cluster C1.roles { writer { hosts = [db2, db1], prefer = db1 }, reader.ips = [\"10.0.0.52\", \"fd00::0:1\"] }").Settings.Clusters["C1"].Topology;

        Assert.Equal(["db2", "db1"], c1.Roles["writer"].Hosts);
        Assert.Equal("db1", c1.Roles["writer"].Prefer);
        Assert.Equal(["10.0.0.52", "fd00::1"], c1.Roles["reader"].Ips);
    }

    [Fact]
    public void More_than_two_masters_have_no_peers_and_may_have_a_priority_and_a_site()
    {
        ClusterTopology c1 = SettingsBase.Read(
            "cluster C1 { host_defaults { site = east, priority = 20 }, hosts { db1.peer = null, db2 { peer = null, priority = 80 }, db4 { ip = \"10.0.0.14\", mode = master, site = west } }, roles.writer.hosts = [db1, db2, db4] }").Settings.Clusters["C1"].Topology;

        Assert.Equal([(20, "east"), (80, "east"), (20, "west")], new[] { "db1", "db2", "db4" }.Select(h => (c1.Hosts[h].Priority, c1.Hosts[h].Site)));
        Assert.All(new[] { "db1", "db2", "db4" }, h => Assert.True(c1.IsOneOfMany(h)));
        Assert.False(c1.IsOneOfMany("db3"));
        Assert.Equal((50, null), (SettingsBase.Read("").Settings.Clusters["C1"].Topology.Hosts["db1"].Priority, SettingsBase.Read("").Settings.Clusters["C1"].Topology.Hosts["db1"].Site));
    }

    [Fact]
    public void MMMs_own_protocol_is_served_only_where_a_port_is_given()
    {
        Assert.Null(SettingsBase.Read("monitor.mmm_control.cluster = C1").Settings.Monitor.MmmControl);
        Assert.Equal(new ControlSocketSettings("127.0.0.1", 9988, null, null), SettingsBase.Read("monitor.mmm_control.port = 9988").Settings.Monitor.MmmControl);
        Assert.Equal(
            new ControlSocketSettings("10.0.0.1", 9988, "C1", new ControlSocketTls("/c", "/k", "/a")),
            SettingsBase.Read("monitor.mmm_control { port = 9988, bind = \"10.0.0.1\", cluster = C1, cert_file = /c, key_file = /k, ca_file = /a }").Settings.Monitor.MmmControl);
    }

    [Fact]
    public void A_list_may_be_given_by_index() =>
        Assert.Equal(["db1", "db3"], SettingsBase.Read("cluster C1.roles.reader.hosts { \"0\" = db1, \"1\" = db3 }").Settings.Clusters["C1"].Topology.Roles["reader"].Hosts);

    [Fact]
    public void A_host_role_or_monitor_set_to_null_is_gone()
    {
        MmmSettings settings = SettingsBase.Read("cluster C1 { hosts.db3 = null, roles.reader = null }\nmonitors { mon2 = null, mon3 = null }").Settings;

        Assert.Equal(["db1", "db2"], settings.Clusters["C1"].Topology.Hosts.Keys);
        Assert.Equal(["writer"], settings.Clusters["C1"].Topology.Roles.Keys);
        Assert.Equal(["mon1"], settings.Monitors.Select(m => m.Name));
    }

    [Fact]
    public void An_agent_finds_its_cluster_and_a_tool_needs_no_name()
    {
        Assert.Equal("C1", SettingsBase.Read(string.Empty, NodeKind.Agent, null, "db3").Settings.ThisCluster);
        Assert.Equal(string.Empty, SettingsBase.Read("this = null", NodeKind.Tool).Settings.This);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("monitors { mon2 = null, mon3 = null }", "/mmm.conf:2: monitors: a single monitor is a single point of failure")]
    [InlineData("monitors.mon3 = null", "/mmm.conf:2: monitors: 2 monitors survive the loss of 0, no more than 1 would: configure an odd number")]
    [InlineData("monitors.mon4.address = \"10.0.0.4\"", "/mmm.conf:2: monitors: 4 monitors survive the loss of 1, no more than 3 would")]
    [InlineData("agent.local_watch_interval = 101ms", "/mmm.conf:16: agent.local_watch_interval: '101ms' delays every failover after a crash")]
    [InlineData("agent.local_watch_interval = 100ms", null)]
    [InlineData("cluster C1.lease.ttl = 3s", "/mmm.conf:16: cluster C1.lease.ttl: '3s' leaves the kernel 2 s: it counts whole seconds, and the monitors' answer takes some of them; add 200ms")]
    [InlineData("cluster C1.lease.ttl = 4099ms", "/mmm.conf:16: cluster C1.lease.ttl: '4.099s' leaves the kernel 3 s")]
    [InlineData("cluster_defaults.lease.ttl = 2s", "/mmm.conf:16: cluster_defaults.lease.ttl: '2s' leaves the kernel 1 s")]
    [InlineData("cluster C1.lease.ttl = 4100ms", null)]
    [InlineData("cluster C1.lease.ttl = 1200ms", null)]
    [InlineData("cluster C1.roles.writer.hosts = [db1]", "/mmm.conf:16: cluster C1.roles.writer.hosts: only 'db1' may be the active master")]
    [InlineData("cluster C1.roles.writer.ips = [\"127.0.0.9\"]", "/mmm.conf:16: cluster C1.roles.writer.ips[0]: 127.0.0.9 is a loopback address")]
    [InlineData("cluster C1.hosts.db3 { mysql_port = 9990 }", "/mmm.conf:8: cluster C1.hosts.db3.ip: agent.binlog_port: 10.0.0.13 port 9990 is already mysqld of host db3 of cluster C1")]
    [InlineData("cluster C1.hosts.db3 { ip = \"10.0.0.12\", mysql_port = 3307, agent_port = 9991 }", "/mmm.conf:16: cluster C1.hosts.db3.ip: the hosts db2, db3 are on one machine")]
    [InlineData("include \"none.conf\"", "/mmm.conf:16: include: /none.conf does not exist")]
    public void Warnings(string line, string? warning)
    {
        // The added line sets again what the file had: that warning has its own test.
        IEnumerable<string> found = SettingsBase.Read(line).Warnings.Where(w => !w.Contains("is set a second time", StringComparison.Ordinal));
        if (warning is null)
            Assert.Empty(found);
        else
            Assert.StartsWith(warning, Assert.Single(found), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_of_the_reference_is_explained_by_a_comment_above_it()
    {
        string[] lines = ReferenceConfiguration.Text().Split('\n');
        var bare = new List<string>();
        for (int i = 1; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            bool key = line.Contains(" = ", StringComparison.Ordinal) && !line.StartsWith('#');
            if (key && !IsExplained(lines, i))
                bare.Add($"{i + 1}: {line}");
        }

        Assert.Empty(bare);
    }

    [Fact]
    public void The_reference_is_valid_and_holds_no_password()
    {
        HoconObject root = HoconReader.ReadText(ReferenceConfiguration.Name, ReferenceConfiguration.Text()).Root;

        var defaults = (HoconObject)root["cluster_defaults"]!;
        foreach (HoconField field in defaults.Fields.Where(f => f.Key.Contains("password", StringComparison.Ordinal)))
            Assert.True(((HoconScalar)field.Value).IsNull, field.Key);
    }

    /// <summary>A comment right above, or above the group of keys it stands in; the three values of a check are explained above the checks.</summary>
    private static bool IsExplained(string[] lines, int index)
    {
        string key = lines[index].Trim().Split(' ')[0];
        if (key is "check_period" or "trap_period" or "timeout")
            return lines.Any(l => l.Contains("#   " + key, StringComparison.Ordinal));
        while (index > 0 && lines[index - 1].Contains(" = ", StringComparison.Ordinal) && !lines[index - 1].TrimStart().StartsWith('#'))
            index--;
        return lines[index - 1].TrimStart().StartsWith('#');
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static TimeSpan S(int seconds) => TimeSpan.FromSeconds(seconds);
}
