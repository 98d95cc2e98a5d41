using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using Mmm.Actors.Agents;
using Mmm.Actors.Configuration;
using Mmm.Actors.Tests.Coordinator;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Actors.Tests.Agents;

public sealed class AgentGatewayActorTests : TestKit
{
    private readonly TestProbe _coordinator;
    private readonly TestProbe _agent;
    private readonly IActorRef _gateway;

    public AgentGatewayActorTests()
        : base("akka.loglevel = WARNING\nakka.stdout-loglevel = OFF")
    {
        _coordinator = CreateTestProbe();
        _agent = CreateTestProbe();
        _gateway = Sys.ActorOf(AgentGatewayActor.Props(OneMasterPair.Settings(0, 0), _coordinator.Ref));
    }

    [Fact]
    public void Acknowledges_and_forwards_a_report_with_its_sender()
    {
        AgentProtocol.Report report = Report("C1", "db1", 5);
        _gateway.Tell(report, _agent.Ref);
        Assert.Same(report, _coordinator.ExpectMsg<AgentProtocol.Report>());
        Assert.Equal(_agent.Ref, _coordinator.LastSender);
        Assert.Equal(new AgentProtocol.Heard("mon1", 5), _agent.ExpectMsg<AgentProtocol.Heard>());
    }

    [Theory]
    [InlineData("C1", "db9")]
    [InlineData("C9", "db1")]
    public void Strangers_are_neither_acknowledged_nor_forwarded_and_logged_once(string cluster, string host)
    {
        EventFilter.Warning(contains: $"'{host}' of cluster '{cluster}'").Expect(1, () =>
        {
            for (int i = 1; i <= 3; i++)
                _gateway.Tell(Report(cluster, host, i), _agent.Ref);
            _gateway.Tell(Report("C1", "db1", 4), _agent.Ref);
            Assert.Equal(4, _agent.ExpectMsg<AgentProtocol.Heard>().Seq);
        });
        Assert.Equal("db1", _coordinator.ExpectMsg<AgentProtocol.Report>().Host);
    }

    [Fact]
    public void Goes_by_the_new_settings_and_still_knows_what_it_heard()
    {
        AgentProtocol.Report up = Report("C1", "db1", 5) with { Facts = AgentProtocol.HostFacts.Nothing with { Mysqld = AgentProtocol.MysqldState.Up } };
        _gateway.Tell(up, _agent.Ref);
        _agent.ExpectMsg<AgentProtocol.Heard>();
        MmmSettings settings = OneMasterPair.Settings(0, 0);
        ClusterSettings c1 = settings.Clusters["C1"];
        ClusterTopology wider = c1.Topology with { Hosts = c1.Topology.Hosts.Add("db3", c1.Topology.Hosts["db1"] with { Name = "db3" }) };

        _gateway.Tell(new SettingsTaken(SettingsChange.Between(settings, settings with { Clusters = settings.Clusters.SetItem("C1", c1 with { Topology = wider }) }, NodeKind.Monitor)));

        _gateway.Tell(Report("C1", "db3", 1), _agent.Ref);
        Assert.Equal(1, _agent.ExpectMsg<AgentProtocol.Heard>().Seq);
        _gateway.Tell(new AgentProtocol.AskLastUp("C1"), TestActor);
        Assert.Same(up, ExpectMsg<AgentProtocol.LastUp>().Report);
    }

    [Fact]
    public void Tells_a_coordinator_that_begins_what_was_last_heard_of_each_server_while_it_was_up()
    {
        AgentProtocol.Report up = Report("C1", "db1", 5) with { Facts = AgentProtocol.HostFacts.Nothing with { Mysqld = AgentProtocol.MysqldState.Up } };
        _gateway.Tell(up with { Seq = 4 }, _agent.Ref);
        _gateway.Tell(up, _agent.Ref);
        _gateway.Tell(up with { Seq = 6, Facts = AgentProtocol.HostFacts.Nothing with { Mysqld = AgentProtocol.MysqldState.Down } }, _agent.Ref);
        _gateway.Tell(Report("C1", "db2", 1), _agent.Ref);

        _gateway.Tell(new AgentProtocol.AskLastUp("C9"), TestActor);
        _gateway.Tell(new AgentProtocol.AskLastUp("C1"), TestActor);

        Assert.Same(up, ExpectMsg<AgentProtocol.LastUp>().Report);
        ExpectNoMsg(TimeSpan.Zero);
    }

    private static AgentProtocol.Report Report(string cluster, string host, long seq) =>
        new(cluster, host, 1, seq, DecisionId.None, AgentProtocol.OrderProgress.None, AgentProtocol.HostFacts.Nothing, null);
}
