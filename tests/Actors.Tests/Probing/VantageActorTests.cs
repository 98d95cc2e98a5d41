using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using Mmm.Actors.Probing;
using Xunit;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Tests.Probing;

public sealed class VantageActorTests : TestKit
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly ScriptedServers _servers = new();
    private readonly ManualTime _time = new();
    private readonly TestProbe _coordinator;

    public VantageActorTests()
        : base("akka.loglevel = OFF\nakka.stdout-loglevel = OFF") => _coordinator = CreateTestProbe();

    [Fact]
    public void Reports_every_server_of_the_cluster_with_its_identity()
    {
        Start(Quick);
        VantageReport report = Fish(r => r.Servers.All(s => s.Mysql.Outcome == Outcome.Ok && s.Ping.Outcome == Outcome.Ok));
        Assert.Equal(["db1", "db2"], report.Servers.Select(s => s.Host));
        Assert.Equal(("C1", "mon1", 77L, true, "print"), (report.Cluster, report.Monitor, report.Incarnation, report.NetworkOk, report.Fingerprint));
        VantageReport next = _coordinator.ExpectMsg<VantageReport>(Deadline);
        Assert.True(next.Seq > report.Seq);
    }

    [Fact]
    public void A_refused_connection_is_reported_at_once_and_its_failing_time_grows()
    {
        Start(TimeSpan.FromSeconds(1));
        Fish(r => r.Servers[0].Mysql.Outcome == Outcome.Ok);
        _servers.Mysql("db1", CheckReading.Failing("Connection refused") with { Refused = true });
        VantageReport first = Fish(r => r.Servers[0].Mysql.Refused);
        Assert.InRange(first.Servers[0].Mysql.FailingForMs, 0, 500);
        Assert.Equal(Outcome.Ok, first.Servers[1].Mysql.Outcome);
        Fish(r => r.Servers[0].Mysql.FailingForMs >= 1000);
    }

    [Fact]
    public void Unknown_is_neither_ok_nor_failing()
    {
        _servers.Mysql("db1", CheckReading.Unknown("Too many connections"));
        Start(Quick);
        VantageReport report = Fish(r => r.Servers[0].Mysql.Message == "Too many connections");
        Assert.Equal((Outcome.Unknown, 0L), (report.Servers[0].Mysql.Outcome, report.Servers[0].Mysql.FailingForMs));
    }

    [Fact]
    public void LookNow_checks_without_waiting_for_the_period()
    {
        // Long enough that no check is due while the test runs, whatever its spread.
        IActorRef vantage = Start(Never);
        vantage.Tell(new LookNow("C1", "db1"));
        VantageReport report = Fish(r => r.Servers[0].Mysql.Outcome == Outcome.Ok && r.Servers[0].Ping.Outcome == Outcome.Ok);
        Assert.Equal(Outcome.Unknown, report.Servers[1].Mysql.Outcome);

        // And it reports even when nothing changed.
        vantage.Tell(new LookNow("C1", "db1"));
        Assert.True(_coordinator.ExpectMsg<VantageReport>(Deadline).Seq > report.Seq);
    }

    [Fact]
    public async Task LookNow_during_a_look_begun_earlier_looks_again()
    {
        TaskCompletionSource<CheckReading> slow = new();
        _servers.MysqlLater("db1", slow.Task);
        IActorRef vantage = Start(Never);
        vantage.Tell(new LookNow("C1", "db1"));
        await AwaitConditionAsync(() => Task.FromResult(_servers.Looks("db1") == 1), Deadline, cancellationToken: TestContext.Current.CancellationToken);
        vantage.Tell(new LookNow("C1", "db1"));
        _servers.Mysql("db1", CheckReading.Failing("Connection refused") with { Refused = true });
        slow.SetResult(CheckReading.Fine);
        Fish(r => r.Servers[0].Mysql.Refused);
        Assert.Equal(2, _servers.Looks("db1"));
    }

    [Fact]
    public void After_a_pause_of_the_process_nothing_counts_until_it_is_measured_again()
    {
        _servers.Mysql("db1", CheckReading.TimedOut);
        Start(Quick);
        Fish(r => r.Servers[0].Mysql.FailingForMs > 200);
        _time.Jump(TimeSpan.FromSeconds(30));
        VantageReport abstaining = Fish(r => r.Servers[0].Mysql.Outcome == Outcome.Unknown);
        Assert.Contains("stood still", abstaining.Servers[0].Mysql.Message, StringComparison.Ordinal);
        VantageReport again = Fish(r => r.Servers[0].Mysql.Outcome == Outcome.Failing);
        Assert.InRange(again.Servers[0].Mysql.FailingForMs, 0, 5000);
    }

    [Fact]
    public async Task What_was_measured_across_a_pause_is_discarded()
    {
        TaskCompletionSource<CheckReading> across = new();
        _servers.MysqlLater("db1", across.Task);
        Start(Quick);
        await AwaitConditionAsync(() => Task.FromResult(_servers.Looks("db1") == 1), Deadline, cancellationToken: TestContext.Current.CancellationToken);
        _time.Jump(TimeSpan.FromSeconds(30));
        _servers.Mysql("db1", CheckReading.Fine);
        across.SetResult(CheckReading.TimedOut);

        // No report on the way to the next, real measurement may call the server failing.
        _coordinator.FishForMessage<VantageReport>(
            r =>
            {
                Assert.NotEqual(Outcome.Failing, r.Servers[0].Mysql.Outcome);
                return r.Servers[0].Mysql.Outcome == Outcome.Ok;
            },
            Deadline);
    }

    [Fact]
    public void Without_its_own_network_a_monitor_abstains_and_its_failing_times_restart_when_it_is_back()
    {
        const string Gateway = "127.0.0.9";
        Start(Quick, Gateway);
        Fish(r => r.NetworkOk && r.Servers[0].Mysql.Outcome == Outcome.Ok);
        _servers.Ping(Gateway, CheckReading.Failing("Could not ping"));
        _servers.Mysql("db1", CheckReading.TimedOut);
        Fish(r => !r.NetworkOk);
        Fish(r => !r.NetworkOk && r.Servers[0].Mysql.FailingForMs > 600);
        _servers.Ping(Gateway, CheckReading.Fine);
        VantageReport back = Fish(r => r.NetworkOk);
        Assert.True(back.Servers[0].Mysql.FailingForMs < 600, $"failing for {back.Servers[0].Mysql.FailingForMs} ms");
    }

    [Fact]
    public void A_network_never_seen_working_does_not_count()
    {
        _servers.Ping("127.0.0.9", CheckReading.Failing("Could not ping"));
        Start(Quick, "127.0.0.9");
        for (int i = 0; i < 5; i++)
            Assert.False(_coordinator.ExpectMsg<VantageReport>(Deadline).NetworkOk);
    }

    private IActorRef Start(TimeSpan period, params string[] pingIps) => Sys.ActorOf(VantageActor.Props(
        PairSettings.Of(period, pingIps),
        new VantageActor.Setup(new ProcessIdentity("mon1", 77), _servers.Ports, _coordinator.Ref, _time, "print")));

    private VantageReport Fish(Func<VantageReport, bool> wanted) => _coordinator.FishForMessage<VantageReport>(r => wanted(r), Deadline);
}
