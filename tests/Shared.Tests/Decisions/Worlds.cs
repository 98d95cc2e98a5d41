using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Configurations the tests use.</summary>
internal static class Worlds
{
    public static readonly DateTimeOffset Epoch0 = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);

    public static readonly ImmutableArray<string> MonitorNames = ["mon1", "mon2", "mon3"];

    public static readonly DecisionSettings Settings = new(
        InitialMode: ClusterMode.Active,
        AutoSetOnline: TimeSpan.Zero,
        FlapCount: 3,
        FlapDuration: TimeSpan.FromHours(1),
        WaitForOtherMaster: TimeSpan.FromSeconds(120),
        CarefulStartup: true,
        MasterConnectRetry: TimeSpan.FromSeconds(60),
        QuickRecovery: TimeSpan.FromSeconds(60),
        AgentTimeout: TimeSpan.FromSeconds(2),
        LeaseTtl: TimeSpan.FromSeconds(3.2),
        CatchUpTimeout: TimeSpan.FromSeconds(10),
        MoveMaxLag: TimeSpan.FromSeconds(2),
        MoveTimeout: TimeSpan.FromSeconds(20),
        StartupTimeout: TimeSpan.FromSeconds(15),
        SightTimeout: TimeSpan.FromSeconds(3));

    public static readonly LeaseSettings Lease = new(FencingTimeout: TimeSpan.FromSeconds(1), KillMysqld: true, Failsafe: true, KeepBalanced: true);

    /// <summary>db1 and db2 masters, db3... slaves; writer (10.0.0.50) on the masters, one reader address per host on all.</summary>
    public static ClusterTopology Topology(int slaves = 1, string? prefer = null, int? readers = null, bool exclusive = false)
    {
        var hosts = new List<Host>();
        for (int i = 1; i <= 2 + slaves; i++)
            hosts.Add(new Host($"db{i}", $"10.0.{i / 200}.{i % 200}", i <= 2 ? HostMode.Master : HostMode.Slave, i == 1 ? "db2" : i == 2 ? "db1" : null, 3306, 9989, "eth0"));
        ImmutableArray<string> names = [.. hosts.Select(h => h.Name)];
        ImmutableArray<string> readerIps = [.. Enumerable.Range(0, readers ?? names.Length).Select(i => $"10.9.{i / 200}.{i % 200}")];
        var roles = new List<Role>
        {
            new("writer", RoleMode.Exclusive, ["db1", "db2"], ["10.0.250.50"], prefer),
            new("reader", RoleMode.Balanced, names, readerIps, null),
        };
        if (exclusive)
            roles.Add(new Role("backup", RoleMode.Exclusive, names, ["10.0.250.60"], names[^1]));
        return new ClusterTopology(
            "C1",
            hosts.ToImmutableSortedDictionary(h => h.Name, h => h, StringComparer.Ordinal),
            roles.ToImmutableSortedDictionary(r => r.Name, r => r, StringComparer.Ordinal),
            "writer");
    }

    /// <summary>db1, db2 and db3 masters, of which all but the active one follow it, and db4, a slave.</summary>
    public static ClusterTopology Many()
    {
        ClusterTopology two = Topology(slaves: 2);
        return two with
        {
            Hosts = two.Hosts.ToImmutableSortedDictionary(h => h.Key, h => h.Value with { Mode = h.Key == "db4" ? HostMode.Slave : HostMode.Master, Peer = null }, StringComparer.Ordinal),
            Roles = two.Roles.SetItem("writer", two.Roles["writer"] with { Hosts = ["db1", "db2", "db3"] }),
        };
    }

    public static ClusterSettings Cluster(ClusterTopology topology, DecisionSettings? settings = null)
    {
        static CheckSettings Check(double period, double trap) => new(TimeSpan.FromSeconds(period), TimeSpan.FromSeconds(trap), TimeSpan.FromSeconds(1));
        var checks = new Dictionary<CheckKind, CheckSettings>
        {
            [CheckKind.Ping] = Check(0.5, 2),
            [CheckKind.Mysql] = Check(0.5, 2),
            [CheckKind.RepThreads] = Check(1, 5),
            [CheckKind.RepBacklog] = Check(1, 10),
        };
        var login = new MysqlLogin("mmm", new Secret("unused"));
        return new ClusterSettings(topology, settings ?? Settings, checks.ToImmutableSortedDictionary(), Lease, new AddressSettings(TimeSpan.Zero, false, TimeSpan.Zero), TimeSpan.FromSeconds(60), login, login, login, SemiSyncSettings.Off, DiskSettings.Off);
    }
}
