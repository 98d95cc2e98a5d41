using System.Text.Json;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary><c>mmm actor hierarchy</c>.</summary>
public sealed class ActorVerbTests
{
    private static readonly ActorsReading _tree = new(
        "mon1", false,
        [
            new("/user", 0, "GuardianActor", 2),
            new("/user/coordinator", 1, "ClusterSingletonManager", 1),
            new("/user/coordinator/coordinator", 2, "CoordinatorActor", 3),
            new("/user/keeper", 1, null, 0),
        ]);

    private readonly Cli _cli = new();

    [Fact]
    public async Task Each_actor_stands_below_its_parent()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        monitor.Actors = _tree;
        Ran ran = await _cli.Mmm("--monitors", monitor.Address, "actor", "hierarchy", "-d", "2");
        Assert.Equal(
            (0, "Actors of mon1\n/user (GuardianActor)\n  coordinator (ClusterSingletonManager)\n    coordinator (CoordinatorActor) with 3 children not shown\n  keeper\n"), (ran.Exit, ran.Out));
        Assert.Equal(_tree.Actors, JsonSerializer.Deserialize((await _cli.Mmm("--monitors", monitor.Address, "actor", "hierarchy", "--json")).Out, ApiFormat.Wire.ActorsReading)!.Actors);
        await _cli.Mmm("--monitors", monitor.Address, "actor", "hierarchy", "-s", "/user/a b%2F", "--depth", "0");
        Assert.Equal(["?path=%2Fuser&depth=2", "?path=%2Fuser&depth=32", "?path=%2Fuser%2Fa%20b%252F&depth=0"], monitor.Queries);
    }

    [Fact]
    public async Task A_list_that_is_cut_says_so()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        monitor.Actors = _tree with { Cut = true };
        Assert.EndsWith("\nThere are more than 4 actors; -s PATH shows a part of them.\n", (await _cli.Mmm("--monitors", monitor.Address, "actor", "hierarchy")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_of_no_actor_is_refused_in_the_monitors_words()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        Ran ran = await _cli.Mmm("--monitors", monitor.Address, "actor", "hierarchy", "-s", "/user/x");
        Assert.Equal((ExitCodes.Refused, "ERROR: Monitor mon1 has no actor /user/x.\n"), (ran.Exit, ran.Error));
    }

    [Fact]
    public async Task The_named_monitor_is_asked()
    {
        await using FakeMonitor mon1 = await FakeMonitor.Start(name: "mon1");
        await using FakeMonitor mon2 = await FakeMonitor.Start(name: "mon2");
        mon2.Actors = _tree with { Monitor = "mon2" };
        MonitorsReading monitors = mon1.Monitors;
        mon1.Monitors = monitors with { Members = [monitors.Members[0], monitors.Members[1] with { Address = "127.0.0.1:8551", HttpPort = mon2.Port }] };
        Assert.StartsWith("Actors of mon2\n", (await _cli.Mmm("--monitors", mon1.Address, "actor", "hierarchy", "-a", "mon2")).Out, StringComparison.Ordinal);
        Assert.StartsWith("Actors of mon2\n", (await _cli.Mmm("--monitors", mon1.Address, "actor", "hierarchy", "-a", "mmm@127.0.0.1:8551")).Out, StringComparison.Ordinal);
        Ran ran = await _cli.Mmm("--monitors", mon1.Address, "actor", "hierarchy", "-a", "mon7");
        Assert.Equal((ExitCodes.Refused, "ERROR: Unknown monitor 'mon7'! There are: mon1 (10.0.0.1:8551), mon2 (127.0.0.1:8551).\n"), (ran.Exit, ran.Error));
    }

    [Fact]
    public async Task Others_that_hang_cost_no_time_when_the_named_one_answers()
    {
        await using FakeMonitor mon1 = await FakeMonitor.Start(name: "mon1");
        await using FakeMonitor mon2 = await FakeMonitor.Start(name: "mon2");
        using System.Net.Sockets.TcpListener hanging = BadMonitors.Hanging();
        mon2.Actors = _tree with { Monitor = "mon2" };
        Ran ran = await _cli.Mmm("--monitors", $"{hanging.LocalEndpoint},{mon1.Address},{mon2.Address}", "--timeout", "60", "actor", "hierarchy", "-a", "mon2");
        Assert.StartsWith("Actors of mon2\n", ran.Out, StringComparison.Ordinal);
        Assert.InRange(ran.Took.TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task A_monitor_that_nobody_is_configured_with_is_asked_by_its_own_address()
    {
        await using FakeMonitor mon1 = await FakeMonitor.Start(name: "mon1");
        mon1.Monitors = mon1.Monitors with { Members = [new MonitorEntry("10.0.0.9:8551", "10.0.0.9:8551", null, "Up", true, false)] };
        Ran ran = await _cli.Mmm("--monitors", mon1.Address, "actor", "hierarchy", "-a", "10.0.0.9:8551");
        Assert.Equal((ExitCodes.Refused, "ERROR: Monitor 10.0.0.9:8551 is in nobody's configuration: it is not known where its API is. Ask it with --monitors HOST:PORT.\n"), (ran.Exit, ran.Error));
    }
}
