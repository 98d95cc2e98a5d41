using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Agents;

/// <summary>The words of the plan's tests.</summary>
internal static class PlanWorld
{
    public static readonly RoleAddress Writer = new("writer", "10.9.0.50");
    public static readonly RoleAddress Reader1 = new("reader", "10.9.0.51");
    public static readonly RoleAddress Reader2 = new("reader", "10.9.0.52");

    public static readonly CatchUpOrder Old = new("db2", "10.9.0.2", null, 1000, false);

    public static readonly SourceServer Db2 = new("db2", "10.9.0.2", 3306, new BinlogPosition("binlog.000001", 4));

    public static readonly ClusterTopology Cluster = new(
        "C1",
        new[]
        {
            new Host("db1", "10.9.0.1", HostMode.Master, "db2", 3306, 9989, "eth0"),
            new Host("db2", "10.9.0.2", HostMode.Master, "db1", 3306, 9989, "eth0"),
            new Host("db3", "10.9.0.3", HostMode.Slave, null, 3306, 9989, "eth0"),
        }.ToImmutableSortedDictionary(h => h.Name, h => h),
        new[]
        {
            new Role("writer", RoleMode.Exclusive, ["db1", "db2"], [Writer.Ip], null),
            new Role("reader", RoleMode.Balanced, ["db1", "db2", "db3"], [Reader1.Ip, Reader2.Ip], null),
        }.ToImmutableSortedDictionary(r => r.Name, r => r),
        "writer");

    /// <summary>The same hosts, all masters of which the active one is followed by the others.</summary>
    public static readonly ClusterTopology Many = Cluster with
    {
        Hosts = Cluster.Hosts.ToImmutableSortedDictionary(h => h.Key, h => h.Value with { Mode = HostMode.Master, Peer = null }),
        Roles = Cluster.Roles.SetItem("writer", Cluster.Roles["writer"] with { Hosts = ["db1", "db2", "db3"] }),
    };

    public static readonly FoundMysqld Down = new(MysqldState.Down, "gone");

    public static readonly FoundMysqld Hangs = new(MysqldState.NotAnswering, "no answer");

    public static FoundMysqld Up(bool readOnly, FoundChannel? channel = null) => new(MysqldState.Up, null, readOnly, channel);

    public static FoundHost Found(FoundMysqld mysqld, params RoleAddress[] addresses) => new(mysqld, [.. addresses]);

    public static DiskFacts Disk(DiskState state) => new(state, "/data", null, null);

    public static DecisionId Id(long version) => new(new Epoch(1, "mon1", "a"), version);

    public static HostOrder Standby(long version, params RoleAddress[] readers) =>
        new("C1", "db1", Id(version), HostState.Online, [.. readers], false, ReplicationOrder.Leave, null);

    public static HostOrder Holds(long version, CatchUpOrder? catchUp = null) =>
        new("C1", "db1", Id(version), HostState.Online, [Writer], true, ReplicationOrder.Leave, catchUp);

    public static HostOrder Follows(SourceServer source) =>
        new("C1", "db3", Id(2), HostState.Online, [], false, new ReplicationOrder(ReplicationAction.Follow, source), null);

    /// <summary>A running channel from db1.</summary>
    public static readonly FoundChannel FromDb1 = new(
        "", "10.9.0.1", 3306, "Yes", true, 0, 0, null, true, new BinlogPosition("binlog.000007", 400), 0, ChannelOptions.None);
}
