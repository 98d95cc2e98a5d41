using System.Text;
using System.Text.RegularExpressions;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary><c>GET /metrics</c> of a monitor: what it knows, and nothing of what it does not.</summary>
public sealed partial class MonitorMetricsTests : IAsyncLifetime
{
    private EndpointNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await EndpointNode.Start();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    /// <summary>Zeros of states and modes are left out here: <see cref="Of_a_state_one_is_true"/>.</summary>
    [Fact]
    public async Task A_picture_is_told_whole()
    {
        Shows(Pictures.WithReports(), 0.18);
        string[] lines = [.. (await Scraped()).Where(l => !(StateSet().IsMatch(l) && l.EndsWith(" 0", StringComparison.Ordinal)))];
        Assert.Equal(
            """
            mmm_monitor_info{version="0.1.0",monitor="mon1"} 1
            mmm_monitor_quorum{monitor="mon1"} 2
            mmm_monitor_member_up{member="mon1",monitor="mon1"} 1
            mmm_monitor_member_up{member="mon2",monitor="mon1"} 0
            mmm_monitor_member_up{member="mon3",monitor="mon1"} 0
            mmm_monitor_member_votes{member="mon1",monitor="mon1"} 1
            mmm_cluster_serving{cluster="C1",monitor="mon1"} 1
            mmm_cluster_picture_age_seconds{cluster="C1",monitor="mon1"} 0.18
            mmm_cluster_coordinator{cluster="C1",coordinator="mon2",monitor="mon1"} 1
            mmm_cluster_warnings{cluster="C1",monitor="mon1"} 2
            mmm_cluster_mode{cluster="C1",mode="ACTIVE",monitor="mon1"} 1
            mmm_cluster_move_running{cluster="C1",monitor="mon1"} 0
            mmm_cluster_active_master{cluster="C1",host="db1",monitor="mon1"} 1
            mmm_cluster_writers{cluster="C1",monitor="mon1"} 1
            mmm_role_address_owned{cluster="C1",role="reader",ip="127.0.1.51",monitor="mon1"} 1
            mmm_role_address_owned{cluster="C1",role="reader",ip="127.0.1.52",monitor="mon1"} 0
            mmm_role_address_owned{cluster="C1",role="writer",ip="127.0.1.50",monitor="mon1"} 1
            mmm_role_address_owner{cluster="C1",role="reader",ip="127.0.1.51",host="db2",monitor="mon1"} 1
            mmm_role_address_owner{cluster="C1",role="writer",ip="127.0.1.50",host="db1",monitor="mon1"} 1
            mmm_host_state{cluster="C1",host="db1",state="ONLINE",monitor="mon1"} 1
            mmm_host_state{cluster="C1",host="db2",state="ONLINE",monitor="mon1"} 1
            mmm_host_state{cluster="C1",host="db3",state="HARD_OFFLINE",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db1",check="ping",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db1",check="mysql",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db1",check="rep_threads",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db1",check="rep_backlog",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db2",check="ping",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db2",check="mysql",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db2",check="rep_threads",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db2",check="rep_backlog",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db3",check="ping",monitor="mon1"} 1
            mmm_host_check_ok{cluster="C1",host="db3",check="mysql",monitor="mon1"} 0
            mmm_host_flapping{cluster="C1",host="db1",monitor="mon1"} 0
            mmm_host_flapping{cluster="C1",host="db2",monitor="mon1"} 0
            mmm_host_flapping{cluster="C1",host="db3",monitor="mon1"} 1
            mmm_host_replication_lag_seconds{cluster="C1",host="db1",monitor="mon1"} 0
            mmm_host_replication_lag_seconds{cluster="C1",host="db2",monitor="mon1"} 3
            mmm_host_agent_reachable{cluster="C1",host="db1",monitor="mon1"} 1
            mmm_host_agent_reachable{cluster="C1",host="db2",monitor="mon1"} 1
            mmm_host_agent_reachable{cluster="C1",host="db3",monitor="mon1"} 0
            mmm_host_mysqld_up{cluster="C1",host="db1",monitor="mon1"} 1
            mmm_host_mysqld_up{cluster="C1",host="db2",monitor="mon1"} 1
            mmm_host_read_only{cluster="C1",host="db1",monitor="mon1"} 0
            mmm_host_read_only{cluster="C1",host="db2",monitor="mon1"} 1
            mmm_host_lease_left_seconds{cluster="C1",host="db1",monitor="mon1"} 2.57
            mmm_host_lease_left_seconds{cluster="C1",host="db2",monitor="mon1"} 3.1
            mmm_host_disk_ok{cluster="C1",host="db1",monitor="mon1"} 1
            mmm_host_disk_ok{cluster="C1",host="db2",monitor="mon1"} 1
            mmm_host_disk_free_bytes{cluster="C1",host="db1",monitor="mon1"} 5000000000
            mmm_host_disk_free_bytes{cluster="C1",host="db2",monitor="mon1"} 5000000000
            mmm_host_setup_findings{cluster="C1",host="db1",severity="error",monitor="mon1"} 0
            mmm_host_setup_findings{cluster="C1",host="db1",severity="warning",monitor="mon1"} 0
            mmm_host_setup_findings{cluster="C1",host="db2",severity="error",monitor="mon1"} 0
            mmm_host_setup_findings{cluster="C1",host="db2",severity="warning",monitor="mon1"} 1
            mmm_host_setup_findings{cluster="C1",host="db3",severity="error",monitor="mon1"} 0
            mmm_host_setup_findings{cluster="C1",host="db3",severity="warning",monitor="mon1"} 0
            """,
            string.Join('\n', lines));
    }

    [Fact]
    public async Task Of_a_state_one_is_true()
    {
        Shows(Pictures.WithReports());
        string[] db3 = Of("mmm_host_state{cluster=\"C1\",host=\"db3\"", await Scraped());
        Assert.Equal(6, db3.Length);
        Assert.EndsWith("state=\"HARD_OFFLINE\",monitor=\"mon1\"} 1", Assert.Single(db3, l => l.EndsWith(" 1", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(4, Of("mmm_cluster_mode{", await Scraped()).Length);
    }

    [Fact]
    public async Task Its_media_type_is_what_Prometheus_asks_for()
    {
        using HttpResponseMessage response = await _node.Http.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Prometheus_sends_the_token()
    {
        await using EndpointNode node = await EndpointNode.Start(m => m with { HttpToken = new Secret("a-token-of-sixteen") });
        await node.Http.Refuses(401, "unauthorized", HttpMethod.Get, "/metrics", header: "WWW-Authenticate");
        node.UseToken("a-token-of-sixteen");
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, "/metrics")).Status);
    }

    [Fact]
    public async Task Without_a_picture_nobody_is_known_to_decide_and_nothing_else_is_known() =>
        Assert.Equal(["mmm_cluster_serving{cluster=\"C1\",monitor=\"mon1\"} 0"], OfClusters(await Scraped()));

    [Fact]
    public async Task Of_a_stale_picture_only_the_age_is_told()
    {
        Shows(Pictures.WithReports(), 5.1);
        Assert.Equal(
            ["mmm_cluster_serving{cluster=\"C1\",monitor=\"mon1\"} 0", "mmm_cluster_picture_age_seconds{cluster=\"C1\",monitor=\"mon1\"} 5.1"], OfClusters(await Scraped()));
    }

    /// <summary>The picture has the mode and states of a first start in it then.</summary>
    [Fact]
    public async Task Before_the_decisions_have_been_read_nothing_is_told_of_hosts_and_roles()
    {
        Shows(Pictures.WithReports() with { Decision = DecisionId.None, Phase = "starting", ActiveMaster = null });
        Assert.Equal(
            ["mmm_cluster_coordinator", "mmm_cluster_picture_age_seconds", "mmm_cluster_serving", "mmm_cluster_warnings"],
            OfClusters(await Scraped()).Select(l => l.Split('{')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Without_a_quorum_what_was_decided_is_still_told()
    {
        Shows(Pictures.WithReports() with { Phase = "no_quorum" });
        string[] lines = await Scraped();
        Assert.Contains("mmm_cluster_serving{cluster=\"C1\",monitor=\"mon1\"} 0", lines);
        Assert.Contains("mmm_cluster_active_master{cluster=\"C1\",host=\"db1\",monitor=\"mon1\"} 1", lines);
    }

    [Fact]
    public async Task Nothing_is_left_of_the_scrape_before()
    {
        Shows(Pictures.WithReports());
        await Scraped();
        ClusterSnapshot quiet = Pictures.Snapshot("mon3");
        Shows(quiet with { Hosts = [quiet.Hosts[0] with { SecondsBehind = null }], Roles = [quiet.Roles[0] with { Owner = null }], ActiveMaster = null, Setup = null });
        string text = string.Join('\n', await Scraped());
        foreach (string gone in new[] { "db2", "db3", "coordinator=\"mon2\"", "_active_master", "_owner", "_lag", "_lease", "_mysqld", "_read_only", "_disk", "_setup" })
            Assert.DoesNotContain(gone, text, StringComparison.Ordinal);
        Assert.Contains("mmm_cluster_coordinator{cluster=\"C1\",coordinator=\"mon3\",monitor=\"mon1\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("mmm_role_address_owned{cluster=\"C1\",role=\"writer\",ip=\"127.0.1.50\",monitor=\"mon1\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("mmm_cluster_writers{cluster=\"C1\",monitor=\"mon1\"} 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hosts_that_take_writes_are_counted_and_one_without_the_address_is_not()
    {
        ClusterSnapshot picture = Pictures.WithReports();
        HostView db1 = picture.Hosts[0], db2 = picture.Hosts[1];
        Report report = Assert.IsType<Report>(db2.Agent);
        Shows(picture with { Hosts = [db1, db2 with { Agent = report with { Facts = report.Facts with { ReadOnly = false } } }] });
        Assert.Contains("mmm_cluster_writers{cluster=\"C1\",monitor=\"mon1\"} 1", await Scraped());
        Shows(picture with { Hosts = [db1, db2 with { Agent = db1.Agent }] });
        Assert.Contains("mmm_cluster_writers{cluster=\"C1\",monitor=\"mon1\"} 2", await Scraped());
    }

    [Theory]
    [InlineData(MysqldState.Down, "0")]
    [InlineData(MysqldState.NotAnswering, "0")]
    [InlineData(MysqldState.Unknown, null)]
    public async Task What_the_agent_does_not_know_has_no_value(MysqldState mysqld, string? up)
    {
        ClusterSnapshot picture = Pictures.WithReports();
        Report report = Assert.IsType<Report>(picture.Hosts[0].Agent);
        HostFacts facts = report.Facts with { Mysqld = mysqld, ReadOnly = null, Disk = new DiskFacts(DiskState.Unknown, "/var/lib/mysql", "no right to write there", null) };
        Shows(picture with { Hosts = [picture.Hosts[0] with { Agent = report with { Facts = facts, Lease = null } }] });
        string[] lines = await Scraped();
        Assert.Equal(up is null ? [] : [$"mmm_host_mysqld_up{{cluster=\"C1\",host=\"db1\",monitor=\"mon1\"}} {up}"], Of("mmm_host_mysqld_up{", lines));
        Assert.DoesNotContain(lines, l => l.Contains("_disk_", StringComparison.Ordinal) || l.Contains("_read_only", StringComparison.Ordinal) || l.Contains("_lease_", StringComparison.Ordinal));
        Assert.Contains("mmm_cluster_writers{cluster=\"C1\",monitor=\"mon1\"} 0", lines);
    }

    [Fact]
    public async Task A_monitor_that_is_missing_and_one_that_does_not_vote_are_told_apart()
    {
        KeeperEntry votes = new(true, "votes", ["mon1", "mon2", "mon3"]);
        MonitorsReading monitors = new(
            "mon1", 2,
            [
                new MonitorEntry("mon1", "10.0.0.1:8551", 8558, "Up", true, true, votes),
                new MonitorEntry("mon2", "10.0.0.2:8551", 8558, "Up", true, true, votes with { Voting = false }),
                new MonitorEntry("mon3", "10.0.0.3:8551", 8558, "Up", false, true),
                new MonitorEntry("10.0.0.9:8551", "10.0.0.9:8551", null, "Up", true, false),
            ],
            "mon1", null);
        string text = Encoding.UTF8.GetString(await MonitorMetrics.TextOf(monitors, [], [], TestContext.Current.CancellationToken));
        Assert.Equal(
            """
            mmm_monitor_info{version="0.1.0",monitor="mon1"} 1
            mmm_monitor_quorum{monitor="mon1"} 2
            mmm_monitor_member_up{member="mon1",monitor="mon1"} 1
            mmm_monitor_member_up{member="mon2",monitor="mon1"} 1
            mmm_monitor_member_up{member="mon3",monitor="mon1"} 0
            mmm_monitor_member_votes{member="mon1",monitor="mon1"} 1
            mmm_monitor_member_votes{member="mon2",monitor="mon1"} 0
            """,
            string.Join('\n', Samples(text)));
    }

    [Fact]
    public async Task Clusters_are_told_side_by_side()
    {
        ClusterSnapshot c1 = Pictures.WithReports();
        HeardSnapshot[] heard = [new(c1, TimeSpan.Zero), new(c1 with { Cluster = "C2", ActiveMaster = "db2" }, TimeSpan.Zero)];
        byte[] text = await MonitorMetrics.TextOf(new MonitorsReading("mon1", 2, [], null, null), ["C1", "C2", "C3"], [.. heard], TestContext.Current.CancellationToken);
        string[] lines = Samples(Encoding.UTF8.GetString(text));
        Assert.Equal(
            ["mmm_cluster_active_master{cluster=\"C1\",host=\"db1\",monitor=\"mon1\"} 1", "mmm_cluster_active_master{cluster=\"C2\",host=\"db2\",monitor=\"mon1\"} 1"],
            Of("mmm_cluster_active_master{", lines));
        Assert.Equal("mmm_cluster_serving{cluster=\"C3\",monitor=\"mon1\"} 0", Assert.Single(lines, l => l.Contains("\"C3\"", StringComparison.Ordinal)));
    }

    /// <summary>Prometheus then says that the monitor is down, which is as well as it is.</summary>
    [Fact]
    public async Task A_status_board_that_does_not_answer_is_a_503()
    {
        _node.BoardIsDead = true;
        await _node.Http.Refuses(503, "monitor-starting", HttpMethod.Get, "/metrics", header: "Retry-After");
    }

    private void Shows(ClusterSnapshot picture, double ageSeconds = 0.2) => _node.Heard = [new HeardSnapshot(picture, TimeSpan.FromSeconds(ageSeconds))];

    private async Task<string[]> Scraped()
    {
        (int status, string body) = await _node.Http.Sends(HttpMethod.Get, "/metrics");
        Assert.Equal(200, status);
        return Samples(body);
    }

    private static string[] Samples(string text) => [.. text.Split('\n').Where(l => l.Length > 0 && l[0] != '#')];

    private static string[] Of(string beginning, string[] lines) => [.. lines.Where(l => l.StartsWith(beginning, StringComparison.Ordinal))];

    private static string[] OfClusters(string[] lines) => [.. lines.Where(l => !l.StartsWith("mmm_monitor_", StringComparison.Ordinal))];

    [GeneratedRegex("^mmm_(host_state|cluster_mode){")]
    private static partial Regex StateSet();
}
