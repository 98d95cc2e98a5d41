using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>Two masters and a slave, with a writer and two reader addresses.</summary>
public sealed class TestCluster
{
    public static readonly RoleAddress Writer = new("writer", "10.9.0.50");
    public static readonly RoleAddress Reader1 = new("reader", "10.9.0.51");
    public static readonly RoleAddress Reader2 = new("reader", "10.9.0.52");

    private readonly Dictionary<string, (string Ip, int Port)> _servers = new()
    {
        ["db1"] = ("127.0.0.1", 3306),
        ["db2"] = ("127.0.0.2", 3306),
        ["db3"] = ("127.0.0.3", 3306),
    };

    public TestCluster With(string host, string ip, int port)
    {
        _servers[host] = (ip, port);
        return this;
    }

    public AddressSettings Addresses { get; init; } = new(Probe: TimeSpan.FromMilliseconds(50), TakeAnyway: false, CheckInterval: TimeSpan.Zero);

    public SemiSyncSettings SemiSync { get; init; } = SemiSyncSettings.Off;

    public DiskSettings Disk { get; init; } = DiskSettings.Off;

    public HookSettings? Hooks { get; init; }

    public TimeSpan StartWatch { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan LogServedFor { get; init; } = TimeSpan.FromSeconds(20);

    public bool Failsafe { get; init; }

    public int AgentPort { get; init; } = 9989;

    /// <summary>db3 may become the active master as well, so that all follow the one that is.</summary>
    public bool ManyMasters { get; init; }

    public ClusterTopology Topology => new(
        "C1",
        _servers.Select(s => new Host(s.Key, s.Value.Ip, s.Key == "db3" && !ManyMasters ? HostMode.Slave : HostMode.Master, null, s.Value.Port, AgentPort, "eth0"))
            .ToImmutableSortedDictionary(h => h.Name, h => h),
        new[]
        {
            new Role("writer", RoleMode.Exclusive, ManyMasters ? ["db1", "db2", "db3"] : ["db1", "db2"], [Writer.Ip], null),
            new Role("reader", RoleMode.Balanced, ["db1", "db2", "db3"], [Reader1.Ip, Reader2.Ip], null),
        }.ToImmutableSortedDictionary(r => r.Name, r => r),
        "writer");

    public static DecisionId Decision(long version) => new(new Epoch(1, "mon1", "a"), version);

    public AgentSetup Setup(string host, params string[] gateways) => new(
        Topology.Hosts[host],
        Topology,
        new AgentSettings(
            "/nowhere", null, null, null, HeartbeatInterval: TimeSpan.FromMilliseconds(200), LocalWatchInterval: TimeSpan.FromMilliseconds(20),
            StatementTimeout: TimeSpan.FromSeconds(1), WriterGrace: TimeSpan.FromMilliseconds(300), MaxKillRetries: 3,
            KillRetryInterval: TimeSpan.FromMilliseconds(300), AnnounceInterval: TimeSpan.FromSeconds(5), BinlogPort: 9990, Hooks: Hooks),
        CatchUpTimeout: TimeSpan.FromSeconds(5), [.. gateways.Select(g => new MonitorGateway("mon1", g, g))], Incarnation: 7, Fingerprint: null,
        LeaseTtl: TimeSpan.FromSeconds(1.2), new LeaseSettings(FencingTimeout: TimeSpan.FromMilliseconds(500), KillMysqld: true, Failsafe, KeepBalanced: false),
        Addresses, SemiSync, Disk)
    {
        StartWatch = StartWatch,
        LogServedFor = LogServedFor,
    };

    /// <summary>Holds the active master role.</summary>
    public static HostOrder Holds(string host, long version, CatchUpOrder? catchUp = null, params RoleAddress[] readers) =>
        new("C1", host, Decision(version), HostState.Online, [Writer, .. readers], true, ReplicationOrder.Leave, catchUp);

    /// <summary>Holds nothing but the given readers.</summary>
    public static HostOrder Standby(string host, long version, ReplicationOrder? replication = null, params RoleAddress[] readers) =>
        new("C1", host, Decision(version), HostState.Online, [.. readers], false, replication ?? ReplicationOrder.Leave, null);
}
