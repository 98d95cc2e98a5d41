using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using Mmm.Actors.Probing;
using Mmm.Shared.Settings;
using Xunit;
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
