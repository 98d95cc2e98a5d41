using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using Mmm.Actors.Probing;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Tests.Probing;

public sealed class ServerProbeActorTests : TestKit
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly ScriptedServers _servers = new();
    private readonly ManualTime _time = new();
    private readonly TestProbe _coordinator;

    public ServerProbeActorTests()
        : base("akka.loglevel = OFF\nakka.stdout-loglevel = OFF") => _coordinator = CreateTestProbe();

    [Fact]
    public void Reports_replication_with_source_lag_read_only_and_gtid()
    {
        _servers.Replication = Reading("Yes", "Yes", 7) with { Gtid = "0-1-42" };
        Start();
        ReplicationSight sight = Fish(_ => true);
        Assert.Equal(("C1", "db1", "127.0.0.2", 7L, true, "0-1-42"), (sight.Cluster, sight.Host, sight.SourceIp, sight.SecondsBehind!.Value, sight.ReadOnly!.Value, sight.Gtid));
        Assert.Equal((Outcome.Ok, Outcome.Ok), (sight.RepThreads.Outcome, sight.RepBacklog.Outcome));
    }

    [Fact]
    public void Connecting_counts_as_running_until_the_trap_period_and_then_as_failing_all_along()
    {
        _servers.Replication = Reading("Connecting", "Yes", null);
        Start();
        ReplicationSight first = Fish(_ => true);
        Assert.Equal((Outcome.Ok, Outcome.Unknown), (first.RepThreads.Outcome, first.RepBacklog.Outcome));
        ReplicationSight failing = Fish(s => s.RepThreads.Outcome == Outcome.Failing);
        Assert.InRange(failing.RepThreads.FailingForMs, 2000, 9000);
    }

    [Fact]
    public void An_unreachable_server_makes_both_checks_unknown()
    {
        _servers.Replication = Reading("No", "No", null);
        Start();
        Fish(s => s.RepThreads.Outcome == Outcome.Failing);
        _servers.Replication = ReplicationReading.NotRead("Connect error");
        ReplicationSight sight = Fish(s => s.RepThreads.Outcome == Outcome.Unknown);
        Assert.Equal((Outcome.Unknown, "Connect error", (string?)null), (sight.RepBacklog.Outcome, sight.RepBacklog.Message, sight.SourceIp));
    }

    [Fact]
    public void After_a_pause_the_failing_time_starts_anew()
    {
        _servers.Replication = Reading("No", "Yes", 0);
        Start();
        Fish(s => s.RepThreads.FailingForMs > 300);
        _time.Jump(TimeSpan.FromSeconds(30));
        Fish(s => s.RepThreads.FailingForMs < 300);
    }

    [Fact]
    public void A_stepped_wall_clock_makes_no_backlog_of_a_replica_that_keeps_up()
    {
        // An hour, in every look, as a busy replica reports it when its own or its source's clock has been stepped.
        _servers.Replication = Executed(100, behind: 3600);
        _servers.Source = new SourceReading(null, new BinlogPosition("b.000001", 100));
        Start();
        ReplicationSight sight = Fish(s => s.RepBacklog.Outcome == Outcome.Ok);
        Assert.InRange(sight.SecondsBehind!.Value, 0, 59);
        Assert.Matches("^Backlog is at most [0-9]+ s: the server reports 3600 s, but has executed what 127.0.0.2 had [0-9]+ s ago", sight.RepBacklog.Message);
        // And it stays so.
        for (int i = 0; i < 5; i++)
            Assert.Equal(Outcome.Ok, Fish(_ => true).RepBacklog.Outcome);
    }

    [Fact]
    public void What_the_source_had_before_the_step_counts()
    {
        // A replica that is some seconds late has not yet executed anything that its source wrote after the step.
        _servers.Replication = Executed(100, behind: 5);
        _servers.Source = new SourceReading(null, new BinlogPosition("b.000001", 100));
        Start();
        for (int i = 0; i < 3; i++)
            Fish(_ => true);
        _servers.Source = new SourceReading(null, new BinlogPosition("b.000001", 900));
        for (int i = 0; i < 3; i++)
            Fish(_ => true);
        _servers.Replication = Executed(200, behind: 3605);

        for (int i = 0; i < 10; i++)
            Assert.Equal(Outcome.Ok, Fish(_ => true).RepBacklog.Outcome);
    }

    [Fact]
    public void A_replica_that_does_not_keep_up_is_behind()
    {
        _servers.Replication = Executed(99, behind: 3600);
        _servers.Source = new SourceReading(null, new BinlogPosition("b.000001", 100));
        Start();
        for (int i = 0; i < 5; i++)
            Assert.Equal((Outcome.Failing, 3600L), Fish(_ => true) is var s ? (s.RepBacklog.Outcome, s.SecondsBehind!.Value) : default);
    }

    [Fact]
    public void A_source_that_cannot_be_asked_proves_nothing()
    {
        _servers.Replication = Executed(100, behind: 3600);
        _servers.Source = new SourceReading("Connect error", null);
        Start();
        for (int i = 0; i < 5; i++)
            Assert.Equal(Outcome.Failing, Fish(_ => true).RepBacklog.Outcome);
    }

    private static ReplicationReading Executed(long position, long behind) =>
        new(null, [new ReplicationChannel("", "127.0.0.2", "Yes", "Yes", behind, null, new BinlogPosition("b.000001", position))], true, null);

    private static ReplicationReading Reading(string io, string sql, long? behind) =>
        new(null, [new ReplicationChannel("", "127.0.0.2", io, sql, behind, null)], true, null);

    private void Start()
    {
        ClusterSettings cluster = PairSettings.Of(TimeSpan.FromMilliseconds(100)).Clusters["C1"];
        Sys.ActorOf(ServerProbeActor.Props(
            cluster, cluster.Topology.Hosts["db1"], new VantageActor.Setup(new ProcessIdentity("mon1", 1), _servers.Ports, _coordinator.Ref, _time, null)));
    }

    private ReplicationSight Fish(Func<ReplicationSight, bool> wanted) => _coordinator.FishForMessage<ReplicationSight>(s => wanted(s), Deadline);
}
