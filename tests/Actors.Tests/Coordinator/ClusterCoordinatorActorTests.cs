using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using Mmm.Actors.Configuration;
using Mmm.Actors.Coordinator;
using Mmm.Actors.Ledger;
using Mmm.Actors.Serialization;
using Mmm.Shared.Decisions;
using Mmm.Shared.Hooks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Actors.Tests.Coordinator;

/// <summary>The order in which decisions, effects and answers leave a coordinator; the ledger and the agents are scripted.</summary>
public sealed class ClusterCoordinatorActorTests : TestKit
{
    private static readonly Config Remoting = ConfigurationFactory.ParseString(
        """
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp.hostname = "127.0.0.1"
        akka.remote.dot-netty.tcp.port = 0
        akka.stdout-loglevel = OFF
        akka.loglevel = OFF
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """).WithFallback(ConfigurationFactory.ParseString(WireSerialization.Hocon()));

    private readonly ActorSystem _agents;
    private readonly TestProbe _ledger;
    private readonly TestProbe _agent;
    private readonly TestProbe _board;
    private readonly TestProbe _vantage;
    private readonly TestProbe _hooks;
    private readonly IActorRef _coordinator;

    public ClusterCoordinatorActorTests()
        : base(Remoting, "mmm")
    {
        _agents = ActorSystem.Create("mmm-agent", Remoting);
        _ledger = CreateTestProbe();
        _agent = CreateTestProbe();
        _board = CreateTestProbe();
        _vantage = CreateTestProbe();
        _hooks = CreateTestProbe();
        Sys.ActorOf(Akka.Actor.Props.Create(() => new Forwarder(_board.Ref)), MonitorActors.StatusBoard);
        Sys.ActorOf(Akka.Actor.Props.Create(() => new Forwarder(_vantage.Ref)), MonitorActors.Vantage);
        _agents.ActorOf(Akka.Actor.Props.Create(() => new Forwarder(_agent.Ref)), "agent");
        var settings = OneMasterPair.Settings(PortOf(Sys), PortOf(_agents));
        var setup = new CoordinatorSetup(
            new ProcessIdentity("mon1", 1), TimeProvider.System, _ => Akka.Actor.Props.Create(() => new Forwarder(_ledger.Ref)), CreateTestProbe().Ref, new NoHook(), null, [_hooks.Ref]);
        _coordinator = Sys.ActorOf(CoordinatorActor.Props(settings, setup), "coordinator");
    }

    protected override void AfterAll()
    {
        _agents.Terminate().Wait(TimeSpan.FromSeconds(10), CancellationToken.None);
        base.AfterAll();
    }

    [Fact]
    public void Opens_the_ledger_before_it_serves_and_refuses_commands_until_then()
    {
        _ledger.ExpectMsg<LedgerMessages.Open>();

        _coordinator.Tell(Command("1", "set_passive"), TestActor);

        var answer = ExpectMsg<ControlProtocol.Answer>();
        Assert.False(answer.Ok);
        Assert.Contains("Nothing was changed", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Sends_every_agent_its_whole_order_when_the_reign_begins_and_the_monitors_can_see()
    {
        IActorRef ledger = Serve();

        _coordinator.Tell(OneMasterPair.AllWell(1));

        var orders = new[] { _agent.ExpectMsg<AgentProtocol.HostOrder>(), _agent.ExpectMsg<AgentProtocol.HostOrder>() }.OrderBy(o => o.Host).ToList();
        Assert.True(orders[0].Writable);
        Assert.Equal([OneMasterPair.Writer], orders[0].Roles);
        Assert.False(orders[1].Writable);
        Assert.All(orders, o => Assert.Equal(new DecisionId(OneMasterPair.Epoch(5), 7), o.Id));
        Assert.NotNull(ledger);
    }

    [Fact]
    public void Shows_that_it_can_decide_as_soon_as_the_monitors_see_and_not_with_the_next_regular_picture()
    {
        Serve();
        // Right after a regular picture: the next one is a second away.
        long first = _board.FishForMessage<StatusProtocol.ClusterSnapshot>(s => s.Phase == "no_quorum").Seq;
        _board.FishForMessage<StatusProtocol.ClusterSnapshot>(s => s.Seq > first);

        _coordinator.Tell(OneMasterPair.AllWell(1));

        Assert.Equal("serving", _board.ExpectMsg<StatusProtocol.ClusterSnapshot>(TimeSpan.FromMilliseconds(800)).Phase);
    }

    [Fact]
    public void Begins_a_new_reign_when_the_settings_of_its_cluster_change_and_not_for_anything_else()
    {
        Serve();
        MmmSettings settings = OneMasterPair.Settings(PortOf(Sys), PortOf(_agents));
        void Take(MmmSettings read) => Sys.EventStream.Publish(new SettingsTaken(SettingsChange.Between(settings, read, NodeKind.Monitor)));

        Take(settings with { Monitor = settings.Monitor with { HttpReadOnly = true } });
        _ledger.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        Take(settings with { Clusters = settings.Clusters.SetItem("C1", settings.Clusters["C1"] with { MaxBacklog = TimeSpan.FromSeconds(7) }) });

        _ledger.FishForMessage<LedgerMessages.Open>(_ => true);
        _coordinator.Tell(Command("1", "set_passive"), TestActor);
        Assert.False(ExpectMsg<ControlProtocol.Answer>().Ok);
    }

    [Fact]
    public void Sends_nothing_and_answers_nothing_before_a_quorum_has_stored_the_decision()
    {
        IActorRef ledger = Serve();
        MakeReachable("db1", "db2");
        _coordinator.Tell(Command("1", "move_role", "writer", "db2"), TestActor);
        var store = _ledger.FishForMessage<LedgerMessages.Store>(_ => true);
        Assert.Equal(8, store.Version);
        Assert.Equal("db2", DocumentJson.Read(store.Document).Move!.To);
        _agent.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));

        ledger.Tell(new LedgerMessages.Stored(new DecisionId(OneMasterPair.Epoch(5), 8)));

        Assert.True(ExpectMsg<ControlProtocol.Answer>().Ok);
        var release = _agent.FishForMessage<AgentProtocol.HostOrder>(o => o.Host == "db1");
        Assert.False(release.Writable);
        Assert.Equal(8, release.Id.Version);
    }

    [Fact]
    public void Hooks_are_told_what_was_decided_once_a_quorum_has_it()
    {
        IActorRef ledger = Serve();
        MakeReachable("db1", "db2");
        HookEvent first = _hooks.ExpectMsg<HookEvent>();
        Assert.Equal(("coordinator", "C1", "mon1"), (first.Event, first.Cluster, first.Monitor));
        _coordinator.Tell(Command("1", "move_role", "writer", "db2"), TestActor);
        _ledger.FishForMessage<LedgerMessages.Store>(_ => true);
        _hooks.ExpectNoMsg(TimeSpan.FromMilliseconds(300));

        ledger.Tell(new LedgerMessages.Stored(new DecisionId(OneMasterPair.Epoch(5), 8)));

        Assert.Equal(["admin_move_role", "writer_move_started", "move_started"], new[] { _hooks.ExpectMsg<HookEvent>(), _hooks.ExpectMsg<HookEvent>(), _hooks.ExpectMsg<HookEvent>() }.Select(h => h.Event));
    }

    [Fact]
    public void A_refusal_by_a_keeper_ends_the_reign_and_drops_the_undecided_effects()
    {
        IActorRef ledger = Serve();
        MakeReachable("db1", "db2");
        _coordinator.Tell(Command("1", "move_role", "writer", "db2"), TestActor);
        _ledger.FishForMessage<LedgerMessages.Store>(_ => true);

        ledger.Tell(new LedgerMessages.SteppedDown(OneMasterPair.Epoch(9)));

        Assert.False(ExpectMsg<ControlProtocol.Answer>().Ok);
        Assert.Equal(9, _ledger.FishForMessage<LedgerMessages.Open>(_ => true).AboveCounter);
        _agent.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void An_agent_that_obeys_a_newer_coordinator_ends_the_reign()
    {
        Serve();

        _coordinator.Tell(new AgentProtocol.Refused("C1", "db1", new DecisionId(OneMasterPair.Epoch(5), 7), new DecisionId(OneMasterPair.Epoch(12), 30), "older than what it has seen"));

        Assert.Equal(12, _ledger.FishForMessage<LedgerMessages.Open>(o => o.AboveCounter > 0).AboveCounter);
    }

    [Fact]
    public void Without_a_quorum_of_keepers_it_answers_instead_of_waiting_and_says_so_in_the_picture()
    {
        IActorRef ledger = Serve();
        MakeReachable("db1", "db2");
        _coordinator.Tell(Command("1", "set_manual"), TestActor);
        _ledger.FishForMessage<LedgerMessages.Store>(_ => true);
        _coordinator.Tell(Command("2", "set_passive"), TestActor);

        ledger.Tell(new LedgerMessages.NoQuorum("only keeper mon1 answers"));

        var answer = FishForMessage<ControlProtocol.Answer>(a => a.Id == "2");
        Assert.False(answer.Ok);
        Assert.Contains("only keeper mon1 answers", answer.Text, StringComparison.Ordinal);
        var picture = _board.FishForMessage<StatusProtocol.ClusterSnapshot>(s => s.Phase == "no_quorum");
        Assert.Equal("ACTIVE", picture.Mode);
        Assert.Contains("only keeper mon1 answers", picture.Warnings);
    }

    [Fact]
    public void A_stored_document_that_cannot_be_read_is_never_replaced_by_a_fresh_start()
    {
        _ledger.ExpectMsg<LedgerMessages.Open>();
        IActorRef ledger = _ledger.LastSender;

        ledger.Tell(new LedgerMessages.Opened(new DecisionId(OneMasterPair.Epoch(5), 7), "{\"from\":\"the future\"}", OneMasterPair.Voters));
        _coordinator.Tell(OneMasterPair.AllWell(1));

        _board.FishForMessage<StatusProtocol.ClusterSnapshot>(s => s.Warnings.Any(w => w.Contains("cannot be read", StringComparison.Ordinal)));
        _agent.ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void A_command_for_an_unknown_cluster_names_the_known_ones()
    {
        _coordinator.Tell(Command("1", "set_passive") with { Cluster = "C9" }, TestActor);

        Assert.Equal("ERROR: Unknown cluster 'C9'! Configured: C1", ExpectMsg<ControlProtocol.Answer>().Text);
    }

    [Fact]
    public void An_agent_that_says_its_mysqld_died_makes_every_monitor_look_at_once()
    {
        Serve();
        MakeReachable("db1");
        _vantage.FishForMessage<SightProtocol.LookNow>(l => l.Host == "db2");

        _coordinator.Tell(Report("db1", 2, AgentProtocol.HostFacts.Nothing with { Mysqld = AgentProtocol.MysqldState.Down }));

        _vantage.FishForMessage<SightProtocol.LookNow>(l => l.Host == "db1");
    }

    private IActorRef Serve()
    {
        _ledger.ExpectMsg<LedgerMessages.Open>();
        IActorRef ledger = _ledger.LastSender;
        ledger.Tell(new LedgerMessages.Opened(new DecisionId(OneMasterPair.Epoch(5), 7), DocumentJson.Write(OneMasterPair.Document(DateTimeOffset.UnixEpoch)), OneMasterPair.Voters));
        _board.FishForMessage<StatusProtocol.ClusterSnapshot>(s => s.Decision.Version == 7);
        return ledger;
    }

    /// <summary>Monitors that see, agents that have taken up their first order.</summary>
    private void MakeReachable(params string[] hosts)
    {
        _coordinator.Tell(OneMasterPair.AllWell(1));
        _agent.ExpectMsg<AgentProtocol.HostOrder>();
        _agent.ExpectMsg<AgentProtocol.HostOrder>();
        foreach (string host in hosts)
            _coordinator.Tell(Report(host, 1, AgentProtocol.HostFacts.Nothing with
            {
                Mysqld = AgentProtocol.MysqldState.Up,
                Replication = new AgentProtocol.ReplicationFacts("127.0.0.1", 3306, host == "db1" ? "db2" : "db1", "Yes", true, 0, null, true),
            }));
    }

    private static AgentProtocol.Report Report(string host, long seq, AgentProtocol.HostFacts facts)
    {
        var id = new DecisionId(OneMasterPair.Epoch(5), 7);
        return new AgentProtocol.Report("C1", host, 1, seq, id, new AgentProtocol.OrderProgress(id, AgentProtocol.OrderStatus.Done, null, null, []), facts, null);
    }

    private static ControlProtocol.Command Command(string id, string verb, params string[] arguments) => new(id, "C1", verb, [.. arguments], "test");

    private static int PortOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress.Port!.Value;

    /// <summary>Stands where a real actor would and hands everything to a probe, which then answers through it.</summary>
    private sealed class Forwarder : ReceiveActor
    {
        public Forwarder(IActorRef probe)
        {
            ReceiveAny(m =>
            {
                if (m is LedgerMessages.Opened or LedgerMessages.Stored or LedgerMessages.SteppedDown or LedgerMessages.NoQuorum or LedgerMessages.Unavailable)
                    Context.Parent.Tell(m);
                else
                    probe.Tell(m, Self);
            });
        }
    }

    private sealed class NoHook : IKillHost
    {
        public Task<string?> RunAsync(string host, bool pingOk, CancellationToken cancellation) => Task.FromResult<string?>(null);
    }
}
