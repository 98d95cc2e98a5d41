using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text.Json;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary><c>mmm cluster …</c>: the monitors as members of Akka's cluster.</summary>
public sealed class ClusterVerbTests : IAsyncLifetime
{
    private readonly Cli _cli = new();
    private FakeMonitor _monitor = null!;

    public async ValueTask InitializeAsync()
    {
        _monitor = await FakeMonitor.Start();
        _cli.Environment["MMM_MONITORS"] = _monitor.Address;
        See(up: [1, 2, 3]);
    }

    public ValueTask DisposeAsync() => _monitor.DisposeAsync();

    [Theory]
    [InlineData("mon2")]
    [InlineData("10.0.0.2:8551")]
    [InlineData("mmm@10.0.0.2:8551")]
    [InlineData("akka.tcp://mmm@10.0.0.2:8551")]
    public async Task A_monitor_is_downed_by_every_spelling_of_its_address(string address)
    {
        Ran ran = await _cli.Mmm("cluster", "down", "-a", address);
        Assert.Equal((0, "OK: Downing akka.tcp://mmm@10.0.0.2:8551 (mon2)\n", ""), (ran.Exit, ran.Out, ran.Error));
        Assert.Equal(["PUT akka.tcp://mmm@10.0.0.2:8551 operation=down"], _monitor.Changes);
    }

    [Theory]
    [InlineData("mon9")]
    [InlineData("10.0.0.2")]
    [InlineData("other@10.0.0.2:8551")]
    [InlineData("akka.tcp://other@10.0.0.2:8551")]
    [InlineData("MON2")]
    public async Task An_address_of_no_monitor_is_refused_with_those_there_are(string address)
    {
        foreach (string verb in new[] { "down", "leave", "join" })
        {
            Ran ran = await _cli.Mmm("cluster", verb, "--address", address);
            Assert.Equal(
                (ExitCodes.Refused, $"ERROR: Unknown monitor '{address}'! There are: mon1 (10.0.0.1:8551), mon2 (10.0.0.2:8551), mon3 (10.0.0.3:8551).\n"), (ran.Exit, ran.Error));
        }

        Assert.Empty(_monitor.Changes);
    }

    [Fact]
    public async Task What_would_take_the_quorum_away_is_refused_with_its_consequence_unless_forced()
    {
        See(up: [1, 2]);
        foreach (string verb in new[] { "down", "leave" })
        {
            Ran ran = await _cli.Mmm("cluster", verb, "-a", "mon2");
            Assert.Equal(
                (ExitCodes.Refused, "ERROR: That would leave 1 of 3 voting monitors up (mon1), and 2 must agree: nothing could be decided and no role moved until more of them are up again. Nothing is changed; --force does it all the same.\n"),
                (ran.Exit, ran.Out));
        }

        Assert.Empty(_monitor.Changes);
        Assert.Equal(0, (await _cli.Mmm("cluster", "down", "-a", "mon2", "--force")).Exit);
        Assert.Equal(["PUT akka.tcp://mmm@10.0.0.2:8551 operation=down"], _monitor.Changes);
    }

    [Fact]
    public async Task A_monitor_that_does_not_vote_is_not_counted()
    {
        See(up: [1, 2, 3]);
        MonitorEntry[] members = [.. _monitor.Monitors.Members];
        members[0] = members[0] with { Keeper = new KeeperEntry(true, "votes", ["mon1", "mon2", "mon4"]) };
        _monitor.Monitors = _monitor.Monitors with { Members = [.. members] };
        Assert.Equal(0, (await _cli.Mmm("cluster", "leave", "-a", "mon3")).Exit);
        Assert.Contains("That would leave 1 of 2 voting monitors up (mon1)", (await _cli.Mmm("cluster", "leave", "-a", "mon2")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_an_answer_in_JSON_too()
    {
        See(up: [1]);
        CommandAnswer answer = JsonSerializer.Deserialize((await _cli.Mmm("cluster", "leave", "--json")).Out, ApiFormat.Wire.CommandAnswer)!;
        Assert.False(answer.Ok);
        Assert.Contains("That would leave 0 of 3 voting monitors up, and 2 must agree", answer.Text, StringComparison.Ordinal);
        answer = JsonSerializer.Deserialize((await _cli.Mmm("cluster", "leave", "--force", "--json")).Out, ApiFormat.Wire.CommandAnswer)!;
        Assert.Equal((true, "OK: Leaving akka.tcp://mmm@10.0.0.1:8551 (mon1)"), (answer.Ok, answer.Text));
    }

    [Fact]
    public async Task Without_an_address_the_first_monitor_leaves_and_no_other_in_its_place()
    {
        Assert.Equal((0, "OK: Leaving akka.tcp://mmm@10.0.0.1:8551 (mon1)\n"), await Both(_cli.Mmm("cluster", "leave")));
        Assert.Equal(["PUT akka.tcp://mmm@10.0.0.1:8551 operation=leave"], _monitor.Changes);
        _monitor.Changes.Clear();
        Assert.Equal(ExitCodes.NoMonitor, (await _cli.Mmm("--monitors", $"{BadMonitors.Dead()},{_monitor.Address}", "cluster", "leave")).Exit);
        Assert.Empty(_monitor.Changes);
    }

    [Fact]
    public async Task An_unreachable_member_is_told_to_leave_with_a_warning()
    {
        See(up: [1, 2], unreachable: [3]);
        Ran ran = await _cli.Mmm("cluster", "leave", "-a", "mon3");
        Assert.Equal((0, "Warning: mon3 is unreachable: it leaves when it can be reached again, or by 'mmm cluster down'.\n"), (ran.Exit, ran.Error));
    }

    [Fact]
    public async Task Who_is_no_member_can_neither_leave_nor_be_downed()
    {
        See(up: [1, 2]);
        Ran ran = await _cli.Mmm("cluster", "down", "-a", "mon3");
        Assert.Equal((ExitCodes.Refused, "ERROR: mon3 is no member of the cluster that mon1 is in. Nothing is changed.\n"), (ran.Exit, ran.Out));
        Assert.Empty(_monitor.Changes);
    }

    [Fact]
    public async Task Unreachable_members_are_listed_and_downed()
    {
        Assert.Equal((0, "Count: 0 nodes\n"), await Both(_cli.Mmm("cluster", "list-unreachable")));
        Assert.Equal((0, "OK: Every member can be reached; nothing is changed.\n"), await Both(_cli.Mmm("cluster", "down-unreachable")));
        See(up: [1, 2], unreachable: [3]);
        Assert.Equal((0, "akka.tcp://mmm@10.0.0.3:8551 | [monitor] | up | UNREACHABLE\nCount: 1 nodes\n"), await Both(_cli.Mmm("cluster", "list-unreachable")));
        ManagementContracts.Members json = JsonSerializer.Deserialize((await _cli.Mmm("cluster", "list-unreachable", "--json")).Out, ApiFormat.Wire.Members)!;
        Assert.Equal(["akka.tcp://mmm@10.0.0.3:8551"], json.All.Select(m => m.Node));
        Assert.Equal((0, "OK: Downing akka.tcp://mmm@10.0.0.3:8551 (mon3)\n"), await Both(_cli.Mmm("cluster", "down-unreachable")));
        Assert.Equal(["PUT akka.tcp://mmm@10.0.0.3:8551 operation=down"], _monitor.Changes);
    }

    [Fact]
    public async Task The_side_of_the_minority_downs_the_others_only_by_force()
    {
        See(up: [1], unreachable: [2, 3]);
        Ran ran = await _cli.Mmm("cluster", "down-unreachable");
        Assert.Equal(ExitCodes.Refused, ran.Exit);
        Assert.StartsWith("ERROR: Monitor mon1 sees 1 of 3 voting monitors up (mon1), and 2 must agree: it may be cut off itself", ran.Out, StringComparison.Ordinal);
        Assert.Empty(_monitor.Changes);
        Assert.Equal(0, (await _cli.Mmm("cluster", "down-unreachable", "--force")).Exit);
        Assert.Equal(2, _monitor.Changes.Count);
    }

    [Fact]
    public async Task What_was_done_before_a_failure_is_told_with_it()
    {
        See(up: [1], unreachable: [2, 3]);
        _monitor.Changed = () => See(up: [1]);
        Assert.Equal(
            (ExitCodes.Refused, "OK: Downing akka.tcp://mmm@10.0.0.2:8551 (mon2)\nERROR: Member [akka.tcp://mmm@10.0.0.3:8551] not found\n"),
            await Both(_cli.Mmm("cluster", "down-unreachable", "--force")));
    }

    [Fact]
    public async Task A_read_only_monitor_is_passed_over_and_named_where_there_is_no_other()
    {
        await using FakeMonitor other = await FakeMonitor.Start();
        _monitor.ReadOnly = true;
        Assert.Equal(0, (await _cli.Mmm("--monitors", $"{_monitor.Address},{other.Address}", "cluster", "down", "-a", "mon2")).Exit);
        Assert.Single(other.Changes);
        Ran ran = await _cli.Mmm("cluster", "down", "-a", "mon2");
        Assert.Equal(
            (ExitCodes.Refused, $"ERROR: Monitor {_monitor.Address} does not take the command: Its configuration sets monitor.http_read_only; send commands to another monitor.\n"), (ran.Exit, ran.Error));
    }

    [Fact]
    public async Task Without_any_monitor_it_exits_3()
    {
        using TcpListener hanging = BadMonitors.Hanging();
        Ran ran = await _cli.Mmm("--timeout", "0.5", "--monitors", $"{BadMonitors.Dead()},{hanging.LocalEndpoint}", "cluster", "down-unreachable");
        Assert.Equal(ExitCodes.NoMonitor, ran.Exit);
        Assert.Contains("gave no answer in time", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_joins_who_is_a_member_already_or_joins_itself()
    {
        Assert.Equal((0, "OK: mon1 and mon2 are members of one cluster already.\n"), await Both(_cli.Mmm("cluster", "join", "-a", "mon2")));
        Assert.Equal((1, "ERROR: mon1 cannot join itself: that would begin a second cluster beside the others'. Nothing is changed.\n"), await Both(_cli.Mmm("cluster", "join", "-a", "mon1")));
        See(up: [1]);
        Assert.Equal(
            (1, "ERROR: mon1 is a member of a cluster already, and Akka lets nobody join a second one. Restart mon1: it joins the others by itself. Nothing is changed.\n"),
            await Both(_cli.Mmm("cluster", "join", "-a", "mon2")));
        Assert.Empty(_monitor.Changes);
        See(up: []);
        Assert.Equal((0, "OK: Joining akka.tcp://mmm@10.0.0.2:8551 (mon2)\n"), await Both(_cli.Mmm("cluster", "join", "-a", "mon2")));
        Assert.Equal(["POST address=akka.tcp://mmm@10.0.0.2:8551"], _monitor.Changes);
    }

    [Theory]
    [InlineData("cluster", "list-unreachable")]
    [InlineData("cluster", "leave")]
    [InlineData("cluster", "down", "-a", "mon2")]
    [InlineData("cluster-sharding", "list-regions")]
    [InlineData("cluster-sharding", "region-stats", "-r", "server-probe")]
    [InlineData("actor", "hierarchy")]
    [InlineData("log", "tail")]
    [InlineData("log", "tail", "--follow")]
    [InlineData("watch")]
    public async Task A_wrong_token_exits_5(params string[] args)
    {
        await using FakeMonitor closed = await FakeMonitor.Start(token: "sesame-sesame-sesame");
        Assert.Equal(ExitCodes.NotAuthorised, (await _cli.Mmm(["--monitors", closed.Address, .. args])).Exit);
        Assert.Empty(closed.Changes);
    }

    /// <summary>What mon1 sees of three monitors, all of which vote.</summary>
    private void See(int[] up, int[]? unreachable = null)
    {
        int[] away = unreachable ?? [];
        string[] names = ["mon1", "mon2", "mon3"];
        _monitor.Monitors = new MonitorsReading(
            "mon1", 2,
            [.. Enumerable.Range(1, 3).Select(i => new MonitorEntry(
                $"mon{i}", $"10.0.0.{i}:8551", 8558, up.Contains(i) || away.Contains(i) ? "Up" : "absent", up.Contains(i), true, i == 1 ? new KeeperEntry(true, "votes", [.. names]) : null))],
            "mon1", "mon1");
        ImmutableArray<ManagementContracts.Member> members = [.. up.Concat(away).Order().Select(i => new ManagementContracts.Member(Node(i), $"{i}", "Up", ["monitor"]))];
        _monitor.Members = new ManagementContracts.Members(
            Node(1), members, [.. away.Select(i => new ManagementContracts.UnreachableMember(Node(i), [Node(1)]))], Node(1), Node(1), ImmutableSortedDictionary<string, string>.Empty);

        static string Node(int i) => $"akka.tcp://mmm@10.0.0.{i}:8551";
    }

    private static async Task<(int, string)> Both(Task<Ran> ran) => ((await ran).Exit, (await ran).Out);
}
