using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What an agent does when another machine is said to have vanished.</summary>
public sealed class AgentPeersTests : IAsyncLifetime
{
    private readonly ScriptedMysql _mysql = new();
    private readonly FakeConnections _connections = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        var addresses = new FakeAddresses();
        _agent = new TestAgent(
            new TestCluster(), "db1",
            new AgentPorts(_mysql, addresses, addresses, addresses, new NoWatch(), new FakeStore(), TimeProvider.System, new FakeTails(), new FakeDisk(), _connections));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task The_connections_of_mysqld_with_another_host_of_its_cluster_are_looked_at_and_nobody_elses()
    {
        _agent.Send(new AgentProtocol.PeerVanished("C2", "db3"));
        _agent.Send(new AgentProtocol.PeerVanished("C1", "db1"));
        _agent.Send(new AgentProtocol.PeerVanished("C1", "db9"));
        _agent.Send(new AgentProtocol.PeerVanished("C1", "db2"));

        await Eventually.TrueAsync("connections with db2 are looked at", () => !_connections.Asked.IsEmpty);
        var cluster = new TestCluster();
        Assert.Equal([(cluster.Topology.Hosts["db2"].Ip, cluster.Topology.Hosts["db2"].MysqlPort, cluster.Topology.Hosts["db1"].MysqlPort)], _connections.Asked);
    }
}
