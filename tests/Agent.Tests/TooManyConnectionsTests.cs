using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.MySql;
using Mmm.Agent.Tests.Actors;
using Mmm.Cluster.Tests.Adapters;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Agent.Tests;

/// <summary>A mysqld that is full answers: its agent must not take it for one that hangs, which would be ended.</summary>
public sealed class TooManyConnectionsTests
{
    private static readonly MysqlLogin s_login = new("mmm_agent", new Secret("agent"));

    [Fact]
    public async Task Whatever_its_admin_port_does_it_is_known_to_live()
    {
        await using var full = new FullServer();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        foreach (int admin in new[] { 0, full.Port, ((IPEndPoint)silent.LocalEndpoint).Port })
        {
            await using var mysqld = new LocalMysqlServer(
                new MysqlEndpoint("127.0.0.1", full.Port, null, s_login, admin), s_login, ImmutableHashSet<string>.Empty, TimeSpan.FromSeconds(1),
                new ChannelChoice(new TestCluster().Topology, TimeProvider.System), TimeProvider.System, false);

            FoundMysqld found = await mysqld.LookAsync(TestContext.Current.CancellationToken);

            Assert.Equal(AgentProtocol.MysqldState.Unknown, found.State);
            Assert.Contains("says 1040", found.Message, StringComparison.Ordinal);
        }
    }
}
