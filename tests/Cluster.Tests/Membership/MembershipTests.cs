using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Mmm.Actors;
using Mmm.Actors.Membership;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using AkkaCluster = Akka.Cluster.Cluster;

namespace Mmm.Cluster.Tests.Membership;

public sealed class MembershipTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Three_monitors_run_one_coordinator_that_hears_every_vantage_and_probe()
    {
        await using Installation installation = new(3);
        var watch = Stopwatch.StartNew();
        await installation.StartAsync("mon1", "mon2", "mon3");
        await Eventually.True(() => UpMembers(installation, "mon1") == 3, "three members up");
        output.WriteLine($"three members up after {watch.ElapsedMilliseconds} ms");
        await Eventually.True(
            () => Reporters(installation).Count() == 3 && ProbedHosts(installation).Count() == 3,
            "reports of three vantages and of three probes");
        Assert.Single(installation.Coordinators);
        ControlProtocol.Answer answer = await installation.Registry("mon3").Get<CoordinatorProxyKey>()
            .Ask<ControlProtocol.Answer>(new ControlProtocol.Ping("1"), TimeSpan.FromSeconds(5));
        Assert.Equal($"OK: pong from {installation.Coordinators.Keys.Single()}", answer.Text);
    }

    /// <summary>Akka's proxy keeps what it cannot deliver; the operator has been told long since that nothing was changed.</summary>
    [Fact]
    public async Task A_command_that_no_coordinator_was_there_for_is_not_carried_out_when_there_is_one()
    {
        await using Installation installation = new(3);
        await installation.StartAsync("mon3");
        var commands = new CoordinatorCommands(new TheProxy(installation.Registry("mon3")));

        Assert.Equal((null, false), await commands.Send(new ControlProtocol.Command("early", "C1", "set_passive", [], "test"), TestContext.Current.CancellationToken));

        await installation.StartAsync("mon1", "mon2");
        await Eventually.True(() => !installation.Coordinators.IsEmpty, "a coordinator");
        // Behind what the proxy may have kept, on the same way.
        Assert.NotNull(await commands.Ping(new ControlProtocol.Ping("later"), TestContext.Current.CancellationToken));
        Assert.Equal(["early", "later"], installation.Received.Select(r => r.Message).OfType<ControlProtocol.Ping>().Select(p => p.Id));
        Assert.DoesNotContain(installation.Received, r => r.Message is ControlProtocol.Command);
    }

    [Fact]
    public async Task Killed_coordinator_node_hands_singleton_and_probes_to_the_others()
    {
        await using Installation installation = new(3);
        await AllUpAsync(installation);
        await Eventually.True(() => ProbedHosts(installation).Count() == 3, "three probes");
        string first = installation.Coordinators.Keys.Single();

        var watch = Stopwatch.StartNew();
        await installation.KillAsync(first);
        installation.Received.Clear();
        await Eventually.True(() => !installation.Coordinators.IsEmpty, "another coordinator");
        output.WriteLine($"another coordinator after {watch.ElapsedMilliseconds} ms");
        await Eventually.True(
            () => Reporters(installation).Count() == 2 && ProbedHosts(installation).Count() == 3,
            "reports of the two vantages left and of all three probes");
        output.WriteLine($"all reports after {watch.ElapsedMilliseconds} ms");
        Assert.DoesNotContain(first, installation.Coordinators.Keys);

        // And the node comes back as a new process at the same address.
        await installation.StartAsync(first);
        await Eventually.True(() => UpMembers(installation, first) == 3, "the killed node is a member again");
    }

    [Fact]
    public async Task Stopped_coordinator_node_hands_over_without_waiting_for_the_failure_detector()
    {
        await using Installation installation = new(3);
        await AllUpAsync(installation);
        await Eventually.True(() => Reporters(installation).Count() == 3, "reports of three vantages");
        string first = installation.Coordinators.Keys.Single();

        var watch = Stopwatch.StartNew();
        Task stopped = installation.StopAsync(first);
        await Eventually.True(() => installation.Coordinators.Keys.Any(k => k != first), "another coordinator");
        long elapsed = watch.ElapsedMilliseconds;
        await stopped;
        output.WriteLine($"another coordinator after {elapsed} ms; the node had stopped after {watch.ElapsedMilliseconds} ms");
        Assert.InRange(elapsed, 0, 2500);
    }

    [Fact]
    public async Task Cluster_forms_without_the_first_configured_monitor_and_takes_it_in_later()
    {
        await using Installation installation = new(3);
        await installation.StartAsync("mon2", "mon3");
        await Eventually.True(() => UpMembers(installation, "mon3") == 2 && !installation.Coordinators.IsEmpty, "two members up and a coordinator");
        await installation.StartAsync("mon1");
        await Eventually.True(() => UpMembers(installation, "mon1") == 3, "the first configured monitor joined");
        Assert.Single(installation.Coordinators);
    }

    [Fact]
    public async Task A_lone_node_of_three_forms_nothing_and_runs_no_coordinator()
    {
        await using Installation installation = new(3);
        await installation.StartAsync("mon1");
        AkkaCluster cluster = AkkaCluster.Get(installation.System("mon1"));

        // Far longer than three nodes need; a coordinator that starts at any moment of it fails the test.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (!deadline.IsCancellationRequested)
        {
            Assert.Empty(installation.Coordinators);
            Assert.Empty(cluster.State.Members);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Five_monitors_lose_two_at_once_and_go_on()
    {
        await using Installation installation = new(5);
        await AllUpAsync(installation);
        await Eventually.True(() => Reporters(installation).Count() == 5 && ProbedHosts(installation).Count() == 3, "five vantages and three probes", 40);
        string first = installation.Coordinators.Keys.Single();
        string second = installation.Monitors.Select(m => m.Name).First(m => m != first);
        await Task.WhenAll(installation.KillAsync(first), installation.KillAsync(second));
        installation.Received.Clear();
        await Eventually.True(() => Reporters(installation).Count() == 3 && ProbedHosts(installation).Count() == 3, "three vantages and three probes under another coordinator", 40);
        Assert.DoesNotContain(installation.Coordinators.Keys, k => k == first || k == second);
    }

    [Fact]
    public async Task A_coordinator_whose_process_is_gone_is_succeeded_without_the_wait_for_a_stable_picture()
    {
        MembershipSettings patient = TestSettings.Of("mon1", TestSettings.Monitors(3)).Monitor.Membership with { StableAfter = TimeSpan.FromMinutes(5) };
        await using Installation installation = new(3, patient);
        await AllUpAsync(installation);
        string first = installation.Coordinators.Keys.Single();

        await installation.KillAsync(first);

        await Eventually.True(() => installation.Coordinators.Keys.Any(k => k != first), "another coordinator", 30);
    }

    [Fact]
    public async Task A_single_configured_monitor_is_a_cluster()
    {
        await using Installation installation = new(1);
        await installation.StartAsync("mon1");
        await Eventually.True(() => ProbedHosts(installation).Count() == 3, "reports of three probes");
        Assert.Equal(["mon1"], installation.Coordinators.Keys);
    }

    [Fact]
    public async Task Survivor_of_three_that_lost_both_others_stops_itself()
    {
        await using Installation installation = new(3);
        await AllUpAsync(installation);
        ActorSystem survivor = installation.System("mon1");
        await Task.WhenAll(installation.KillAsync("mon2"), installation.KillAsync("mon3"));
        await survivor.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.IsType<CoordinatedShutdown.ClusterDowningReason>(CoordinatedShutdown.Get(survivor).ShutdownReason);
        Assert.Empty(installation.Coordinators);
    }

    [Fact]
    public async Task A_node_that_should_run_the_coordinator_and_does_not_makes_room_for_the_others()
    {
        await using Installation installation = new(3);
        await AllUpAsync(installation);
        await Eventually.True(() => Reporters(installation).Count() == 3, "reports of three vantages");
        string first = installation.Coordinators.Keys.Single();
        ActorSystem broken = installation.System(first);
        broken.ActorSelection("/user/coordinator").Tell(PoisonPill.Instance);
        await Eventually.True(() => installation.Coordinators.Keys.Any(k => k != first), "another coordinator", 40);
        await broken.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Same(RestartReason.NoCoordinator, CoordinatedShutdown.Get(broken).ShutdownReason);
    }

    /// <summary>Nodes that judge at the same moment may down one of the others each, and both are gone before the resolver, which waits, looks.</summary>
    [Fact]
    public async Task Survivor_whose_others_were_downed_one_by_one_stops_itself()
    {
        MembershipSettings patient = TestSettings.Of("mon1", TestSettings.Monitors(3)).Monitor.Membership with { StableAfter = TimeSpan.FromMinutes(5) };
        await using Installation installation = new(3, patient);
        await AllUpAsync(installation);
        ActorSystem survivor = installation.System("mon1");
        var cluster = AkkaCluster.Get(survivor);
        cluster.Down(AkkaCluster.Get(installation.System("mon2")).SelfAddress);
        cluster.Down(AkkaCluster.Get(installation.System("mon3")).SelfAddress);
        await survivor.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.IsType<CoordinatedShutdown.ClusterDowningReason>(CoordinatedShutdown.Get(survivor).ShutdownReason);
    }

    [Fact]
    public async Task A_monitor_whose_two_others_are_stopped_in_order_goes_on()
    {
        await using Installation installation = new(3);
        await AllUpAsync(installation);
        ActorSystem survivor = installation.System("mon1");
        await installation.StopAsync("mon2");
        await installation.StopAsync("mon3");
        await Eventually.True(() => UpMembers(installation, "mon1") == 1, "one member");
        await installation.StartAsync("mon2", "mon3");
        await Eventually.True(() => UpMembers(installation, "mon2") == 3, "three members again", 40);
        Assert.False(survivor.WhenTerminated.IsCompleted);
    }

    [Theory]
    [InlineData("mon1", "mon2")]
    [InlineData("mon2", "mon1")]
    public async Task Survivor_of_two_of_three_stops_itself_whatever_its_address(string survivor, string other)
    {
        await using Installation installation = new(3);
        await installation.StartAsync(survivor, other);
        await Eventually.True(() => UpMembers(installation, survivor) == 2, "two members up");
        ActorSystem left = installation.System(survivor);
        await installation.KillAsync(other);
        await left.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.IsType<CoordinatedShutdown.ClusterDowningReason>(CoordinatedShutdown.Get(left).ShutdownReason);
    }

    /// <summary>Starts every configured monitor; a majority of members that are not up yet could not go on without the others.</summary>
    private static async Task AllUpAsync(Installation installation)
    {
        string[] names = [.. installation.Monitors.Select(m => m.Name)];
        await installation.StartAsync(names);
        await Eventually.True(() => names.All(n => UpMembers(installation, n) == names.Length), "every member up in every member's view", 40);
    }

    private static int UpMembers(Installation installation, string name) =>
        AkkaCluster.Get(installation.System(name)).State.Members.Count(m => m.Status == MemberStatus.Up);

    private static IEnumerable<string> Reporters(Installation installation) =>
        installation.Received.Select(r => r.Message).OfType<SightProtocol.VantageReport>().Select(r => r.Monitor).Distinct();

    private static IEnumerable<string> ProbedHosts(Installation installation) =>
        installation.Received.Select(r => r.Message).OfType<SightProtocol.ReplicationSight>().Where(s => s.RepThreads.Outcome == SightProtocol.Outcome.Ok).Select(s => s.Host).Distinct();

    private sealed class TheProxy(IReadOnlyActorRegistry registry) : IRequiredActor<CoordinatorProxyKey>
    {
        public IActorRef ActorRef => registry.Get<CoordinatorProxyKey>();

        public Task<IActorRef> GetAsync(CancellationToken cancellationToken = default) => Task.FromResult(ActorRef);
    }
}
