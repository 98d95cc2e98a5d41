using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

public sealed class TimingsAndFingerprintTests
{
    private const string Second = """
        cluster C2 { hosts { a { ip = "10.1.0.1", mode = master, peer = b }, b { ip = "10.1.0.2", mode = master, peer = a } }
          roles.writer { mode = exclusive, hosts = [a, b], ips = ["10.1.0.9"] } }

        """;

    [Fact]
    public void The_worst_case_is_a_sum_of_the_settings() => Assert.Equal(
        """
        Cluster C1: longest write outage of a failover, with some 10 ms for disks and network on top:
          mysqld crashes: 550ms = local_watch_interval 50ms + mysql check_period 500ms
          mysqld hangs: 4.5s = mysql check_period 500ms + timeout 1s + trap_period 2s + fencing.timeout 1s
          host silent: 3.5s = the longer of ping check_period 500ms + timeout 1s + trap_period 2s, and lease.ttl 3.2s + 214ms
          each with up to 10s more (catch_up_timeout) while the next active master applies what it has received
        The deciding monitor's process dies: another decides after about 2s = heartbeat_interval 300ms + acceptable_heartbeat_pause 1.2s + 0.5s
        The deciding monitor's host is silent: another decides after at most 4s = heartbeat_interval 300ms + acceptable_heartbeat_pause 1.2s + stable_after 1s + down_removal_margin 1ms + 1.5s
        """,
        Timings.WorstCase(SettingsBase.Read(string.Empty).Settings));

    [Fact]
    public void A_silent_host_is_seen_by_the_quicker_of_two_checks()
    {
        string text = Timings.WorstCase(SettingsBase.Read("cluster C1.checks.ping.trap_period = 20s\n" + Second).Settings);

        Assert.Contains("host silent: 3.5s = the longer of mysql check_period", text, StringComparison.Ordinal);
        Assert.Contains("Cluster C2: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silent_host_is_waited_for_as_long_as_its_lease_when_that_is_longer_than_seeing_it() => Assert.Contains(
        "host silent: 10.554s = the longer of ping check_period 500ms + timeout 1s + trap_period 2s, and lease.ttl 10.2s + 354ms",
        Timings.WorstCase(SettingsBase.Read("cluster C1.lease.ttl = 10200ms, cluster C1.move_timeout = 30s").Settings),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("cluster C1.hosts.db3.ip = \"10.0.0.14\"")]
    [InlineData("cluster C1.hosts.db3.mysql_port = 1")]
    [InlineData("cluster C1.hosts.db3.agent_port = 1")]
    [InlineData("cluster C1.hosts.db3.cluster_interface = lo")]
    [InlineData("cluster C1.hosts.db3 { mode = master, peer = db4 }, cluster C1.hosts.db4 { mode = master, peer = db3, ip = \"10.0.0.14\" }")]
    [InlineData("cluster C1.hosts.db3 = null, cluster C1.roles.reader.hosts = [db1, db2]")]
    [InlineData("cluster C1.roles.reader.hosts = [db1]")]
    [InlineData("cluster C1.roles.reader.ips = [\"10.0.0.51\"]")]
    [InlineData("cluster C1.roles.reader { mode = exclusive, ips = [\"10.0.0.51\"] }")]
    [InlineData("cluster C1.roles.writer.prefer = db1")]
    [InlineData("cluster C1.roles.reader = null")]
    [InlineData("cluster C1 { roles.reader { mode = exclusive, ips = [\"10.0.0.51\"], hosts = [db1, db2] }, active_master_role = reader }")]
    public void The_fingerprint_changes_with_everything_nodes_must_agree_on(string line) =>
        Assert.NotEqual(SettingsFingerprint.Of(SettingsBase.Read(string.Empty).Settings), SettingsFingerprint.Of(SettingsBase.Read(line).Settings));

    [Theory]
    [InlineData("this = mon2")]
    [InlineData("monitors.mon4.address = \"10.0.0.4\"")]
    [InlineData("monitors { mon3 = null }")]
    [InlineData("cluster C1.monitor_password = other")]
    [InlineData("monitor.http.token = 0123456789abcdef")]
    [InlineData("monitor { hooks.command = /h, webhook.url = \"https://h\" }, agent.hooks.command = /h")]
    [InlineData("cluster C1.checks.ping.trap_period = 3s")]
    [InlineData("agent.state_dir = /elsewhere")]
    public void And_with_nothing_else(string line) =>
        Assert.Equal(SettingsFingerprint.Of(SettingsBase.Read(string.Empty).Settings), SettingsFingerprint.Of(SettingsBase.Read(line).Settings));

    [Fact]
    public void A_clusters_own_fingerprint_knows_nothing_of_other_clusters()
    {
        MmmSettings one = SettingsBase.Read(string.Empty).Settings;
        MmmSettings two = SettingsBase.Read(Second).Settings;

        Assert.NotEqual(SettingsFingerprint.Of(one), SettingsFingerprint.Of(two));
        Assert.Equal(SettingsFingerprint.Of(one.Clusters["C1"].Topology), SettingsFingerprint.Of(two.Clusters["C1"].Topology));
    }

    /// <summary>Stored and compared between versions: a change of the algorithm is a change that all nodes must make at once.</summary>
    [Fact]
    public void The_fingerprint_is_stable_over_versions()
    {
        string fingerprint = SettingsFingerprint.Of(SettingsBase.Read(string.Empty).Settings.Clusters["C1"].Topology);

        Assert.Matches("^[0-9a-f]{64}$", fingerprint);
        Assert.Equal("30aaebd5095f97038b13315d16b055e2eb99bcff918369b932bfea56e953aeb1", fingerprint);
    }

    [Theory]
    [InlineData("monitr", "monitor")]
    [InlineData("moniotr", "monitor")]
    [InlineData("check-period", "check_period")]
    [InlineData("checkPeriod", "check_period")]
    [InlineData("db33", "db3")]
    [InlineData("zzz", null)]
    [InlineData("xy", null)]
    public void A_suggestion_is_made_for_a_slip_only(string word, string? meant) =>
        Assert.Equal(meant, Suggestions.Nearest(word, ["monitor", "agent", "check_period", "db1", "db3"]));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(500, "500ms")]
    [InlineData(3700, "3.7s")]
    [InlineData(60_000, "1m")]
    [InlineData(90_000, "90s")]
    [InlineData(3_600_000, "1h")]
    [InlineData(172_800_000, "2d")]
    public void Durations_are_shown_as_they_would_be_written(int milliseconds, string text) =>
        Assert.Equal(text, DurationText.Of(TimeSpan.FromMilliseconds(milliseconds)));
}
