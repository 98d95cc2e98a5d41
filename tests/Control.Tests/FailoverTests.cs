using System.Net.Sockets;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary>One reachable monitor suffices, and the others cost no time.</summary>
public sealed class FailoverTests
{
    private readonly Cli _cli = new();

    [Fact]
    public async Task A_dead_and_a_hanging_monitor_in_front_cost_far_less_than_the_timeout()
    {
        await using FakeMonitor good = await FakeMonitor.Start();
        using TcpListener hanging = BadMonitors.Hanging();
        Ran ran = await _cli.Mmm("--monitors", $"{BadMonitors.Dead()},{hanging.LocalEndpoint},{good.Address}", "show");
        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        Assert.StartsWith("  db1(192.168.0.31) master/ONLINE.", ran.Out, StringComparison.Ordinal);
        Assert.InRange(ran.Took.TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task Without_any_monitor_it_says_what_is_wrong_with_each()
    {
        string first = BadMonitors.Dead();
        using TcpListener hanging = BadMonitors.Hanging();
        Ran ran = await _cli.Mmm("--timeout", "0.5", "--monitors", $"{first},{hanging.LocalEndpoint}", "show");
        Assert.Equal(ExitCodes.NoMonitor, ran.Exit);
        Assert.Contains($"{first} refuses the connection", ran.Error, StringComparison.Ordinal);
        Assert.Contains($"{hanging.LocalEndpoint} gave no answer in time", ran.Error, StringComparison.Ordinal);
        Assert.Empty(ran.Out);
    }

    [Fact]
    public async Task A_fresh_picture_is_preferred_to_an_old_one()
    {
        await using FakeMonitor old = await FakeMonitor.Start([Sample.Cluster() with { Mode = "MANUAL" }], ageMs: 60_000);
        await using FakeMonitor fresh = await FakeMonitor.Start();
        Ran ran = await _cli.Mmm("--monitors", $"{old.Address},{fresh.Address}", "mode");
        Assert.Equal((0, "ACTIVE\n"), (ran.Exit, ran.Out));
    }

    [Fact]
    public async Task The_youngest_of_old_pictures_is_shown_with_a_warning_and_an_exit_code()
    {
        await using FakeMonitor older = await FakeMonitor.Start([Sample.Cluster() with { Mode = "MANUAL" }], ageMs: 60_000);
        await using FakeMonitor old = await FakeMonitor.Start(ageMs: 12_000, name: "mon2");
        Ran ran = await _cli.Mmm("--monitors", $"{older.Address},{old.Address}", "show");
        Assert.Equal(ExitCodes.NoCoordinator, ran.Exit);
        Assert.StartsWith("# Warning: this picture of C1 is 12 s old: monitor mon2 hears no coordinator, see 'mmm status'\n  db1(", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitor_that_knows_nothing_yet_is_passed_over()
    {
        await using FakeMonitor starting = await FakeMonitor.Start([], silentClusters: ["C1"]);
        await using FakeMonitor good = await FakeMonitor.Start();
        Ran ran = await _cli.Mmm("--monitors", $"{starting.Address},{good.Address}", "mode");
        Assert.Equal((0, "ACTIVE\n"), (ran.Exit, ran.Out));
        ran = await _cli.Mmm("--monitors", starting.Address, "mode");
        Assert.Equal(ExitCodes.NoCoordinator, ran.Exit);
    }

    [Fact]
    public async Task A_command_goes_on_to_the_next_monitor_with_the_same_id()
    {
        await using FakeMonitor cutOff = await FakeMonitor.Start();
        await using FakeMonitor good = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, true, "OK: Switched into manual mode."));
        Ran ran = await _cli.Mmm("--monitors", $"{cutOff.Address},{good.Address}", "set_manual");
        Assert.Equal((0, "OK: Switched into manual mode.\n"), (ran.Exit, ran.Out));
        Assert.Equal([.. cutOff.Commands.Select(c => c.Id)], good.Commands.Select(c => c.Id));
        Assert.Equal("root@desk", good.Commands.Single().By);
    }

    [Fact]
    public async Task Two_commands_have_two_ids()
    {
        await using FakeMonitor good = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, true, "OK: Switched into manual mode."));
        await _cli.Mmm("--monitors", good.Address, "set_manual");
        await _cli.Mmm("--monitors", good.Address, "set_manual");
        Assert.Equal(2, good.Commands.Select(c => c.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_command_no_coordinator_answers_exits_4()
    {
        await using FakeMonitor cutOff = await FakeMonitor.Start();
        Ran ran = await _cli.Mmm("--monitors", $"{BadMonitors.Dead()},{cutOff.Address}", "set_manual");
        Assert.Equal(ExitCodes.NoCoordinator, ran.Exit);
        Assert.StartsWith("ERROR: No coordinator: ", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_whose_answer_is_lost_says_that_it_may_have_been_carried_out()
    {
        using TcpListener hanging = BadMonitors.Hanging();
        Ran ran = await _cli.Mmm("--timeout", "0.5", "--monitors", $"{hanging.LocalEndpoint}", "@C1", "set_manual");
        Assert.Equal(ExitCodes.NoMonitor, ran.Exit);
        Assert.Contains("It is not known whether the command was carried out", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_else_that_speaks_HTTP_is_not_taken_for_a_monitor()
    {
        await using FakeMonitor good = await FakeMonitor.Start();
        await using FakeMonitor other = await FakeMonitor.Start(body: """{"hello":"world"}""");
        Ran ran = await _cli.Mmm("--monitors", other.Address, "show");
        Assert.Equal(ExitCodes.NoMonitor, ran.Exit);
        Assert.Contains("does not understand", ran.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _cli.Mmm("--monitors", $"{other.Address},{good.Address}", "show")).Exit);
    }
}
