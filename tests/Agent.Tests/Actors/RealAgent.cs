using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;
using Mmm.Agent.Adapters.MySql;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Settings;

namespace Mmm.Agent.Tests.Actors;

/// <summary>The agent actor over a real server and a real process watch; only the addresses and the disk are in memory.</summary>
public sealed class RealAgent : IAsyncDisposable
{
    private readonly Poller _poller = new();
    private readonly LocalMysqlServer _mysql;

    public RealAgent(TestCluster cluster, string host, DisposableServer server)
    {
        _mysql = Mysql(cluster, host, server);
        var watch = new ProcessWatch(_poller, null, TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Agent = new TestAgent(cluster, host, new AgentPorts(_mysql, Addresses, Addresses, Addresses, watch, Store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()));
    }

    public TestAgent Agent { get; }

    public FakeAddresses Addresses { get; } = new();

    public FakeStore Store { get; } = new();

    public static LocalMysqlServer Mysql(TestCluster cluster, string host, DisposableServer server)
    {
        AgentSetup setup = cluster.Setup(host);
        return new LocalMysqlServer(
            new MysqlEndpoint(server.Ip, server.Port, server.Socket, new MysqlLogin(DisposableServer.AgentUser, new Secret(DisposableServer.AgentPassword))),
            new MysqlLogin(DisposableServer.ReplicationUser, new Secret(DisposableServer.ReplicationPassword)),
            ImmutableHashSet.Create(DisposableServer.AgentUser, DisposableServer.MonitorUser, DisposableServer.ReplicationUser),
            setup.Agent.StatementTimeout, new ChannelChoice(setup.Topology, TimeProvider.System), TimeProvider.System,
            cluster.SemiSync.Mode != SemiSyncMode.Off);
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        await _mysql.DisposeAsync();
        _poller.Dispose();
    }
}
