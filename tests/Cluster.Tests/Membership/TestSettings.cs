using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Cluster.Tests.Membership;

/// <summary>Settings of an installation on loopback, with the default membership timings.</summary>
internal static class TestSettings
{
    /// <summary>Ports nobody listens on now; taken together so that they differ.</summary>
    public static ImmutableArray<int> FreePorts(int count)
    {
        List<TcpListener> listeners = [];
        try
        {
            for (int i = 0; i < count; i++)
            {
                TcpListener listener = new(IPAddress.Loopback, 0);
                listener.Start();
                listeners.Add(listener);
            }

            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (TcpListener listener in listeners)
                listener.Dispose();
        }
    }

    public static ImmutableArray<MonitorMember> Monitors(int count) =>
        [.. FreePorts(count).Select((port, i) => new MonitorMember($"mon{i + 1}", "127.0.0.1", port, 0))];

    public static MmmSettings Of(string self, ImmutableArray<MonitorMember> monitors, int mysqlPort = 3306) => new(
        self,
        null,
        monitors,
        new MonitorSettings(
            "/nonexistent", "127.0.0.1", null, false, [], TimeSpan.FromSeconds(1),
            new MembershipSettings(
                TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(1200), TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1),
                TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)),
            null, TimeSpan.FromSeconds(10)),
        new AgentSettings(
            "/nonexistent", null, null, null, TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(1), 10, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), 0),
        ImmutableSortedDictionary<string, ClusterSettings>.Empty.Add("C1", Cluster(mysqlPort)));

    public static ClusterSettings Cluster(int mysqlPort)
    {
        Host Db(int n, HostMode mode, string? peer) => new($"db{n}", $"127.0.0.{n}", mode, peer, mysqlPort, 9989, "lo");
        ImmutableSortedDictionary<string, Host> hosts = new[] { Db(1, HostMode.Master, "db2"), Db(2, HostMode.Master, "db1"), Db(3, HostMode.Slave, null) }
            .ToImmutableSortedDictionary(h => h.Name, h => h);
        Role writer = new("writer", RoleMode.Exclusive, ["db1", "db2"], ["127.0.1.50"], null);
        TimeSpan second = TimeSpan.FromSeconds(1);
        CheckSettings check = new(TimeSpan.FromMilliseconds(500), second * 2, second);
        return new ClusterSettings(
            new ClusterTopology("C1", hosts, ImmutableSortedDictionary<string, Role>.Empty.Add("writer", writer), "writer"),
            new DecisionSettings(
                ClusterMode.Active, TimeSpan.Zero, 3, second * 3600, second * 120, true, second * 60, second * 60, second * 3, second * 5, second * 10, second * 2, second * 30,
                second * 10, second * 3),
            CheckNames.All.ToImmutableSortedDictionary(k => k, _ => check),
            new LeaseSettings(second, true, true, true),
            new AddressSettings(TimeSpan.Zero, false, TimeSpan.Zero),
            second * 60,
            new MysqlLogin("mmm_monitor", new Secret("monitor-secret")),
            new MysqlLogin("mmm_agent", new Secret("agent-secret")),
            new MysqlLogin("replication", new Secret("replication-secret")),
            SemiSyncSettings.Off,
            DiskSettings.Off);
    }
}
