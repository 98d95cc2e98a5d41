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

    public RealAgent(TestCluster cluster, string host, DisposableMariaDb server)
    {
        _mysql = Mysql(cluster, host, server);
        var watch = new ProcessWatch(_poller, null, TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Agent = new TestAgent(cluster, host, new AgentPorts(_mysql, Addresses, Addresses, Addresses, watch, Store, TimeProvider.System));
    }

    public TestAgent Agent { get; }

    public FakeAddresses Addresses { get; } = new();

    public FakeStore Store { get; } = new();

    public static LocalMysqlServer Mysql(TestCluster cluster, string host, DisposableMariaDb server)
    {
        AgentSetup setup = cluster.Setup(host);
        return new LocalMysqlServer(
            new MysqlEndpoint(server.Ip, server.Port, server.Socket, new MysqlLogin(DisposableMariaDb.AgentUser, new Secret(DisposableMariaDb.AgentPassword))),
            new MysqlLogin(DisposableMariaDb.ReplicationUser, new Secret(DisposableMariaDb.ReplicationPassword)),
            ImmutableHashSet.Create(DisposableMariaDb.AgentUser, DisposableMariaDb.MonitorUser, DisposableMariaDb.ReplicationUser),
            setup.Agent.StatementTimeout, new ChannelChoice(setup.Topology, TimeProvider.System), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        await _mysql.DisposeAsync();
        _poller.Dispose();
    }
}
