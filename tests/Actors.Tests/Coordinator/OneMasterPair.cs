using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Tests.Coordinator;

/// <summary>One MMM cluster of two masters, one monitor, all on loopback.</summary>
internal static class OneMasterPair
{
    public static readonly RoleAddress Writer = new("writer", "192.0.2.50");

    public static MmmSettings Settings(int monitorPort, int agentPort)
    {
        Host Master(string name, string peer, string ip) => new(name, ip, HostMode.Master, peer, 3306, agentPort, "lo");
        var topology = new ClusterTopology(
            "C1",
            ImmutableSortedDictionary<string, Host>.Empty.Add("db1", Master("db1", "db2", "127.0.0.1")).Add("db2", Master("db2", "db1", "127.0.0.1")),
            ImmutableSortedDictionary<string, Role>.Empty.Add("writer", new Role("writer", RoleMode.Exclusive, ["db1", "db2"], [Writer.Ip], null)),
            "writer");
        var second = TimeSpan.FromSeconds(1);
        var decisions = new DecisionSettings(
            ClusterMode.Active, TimeSpan.Zero, 3, TimeSpan.FromHours(1), 120 * second, false, 60 * second, 60 * second, 2 * second, 4 * second, 10 * second, 2 * second, 20 * second,
            15 * second, 3 * second);
        var login = new MysqlLogin("u", new Secret("p"));
        var cluster = new ClusterSettings(
            topology, decisions, CheckNames.All.ToImmutableSortedDictionary(k => k, _ => new CheckSettings(second, 2 * second, second)),
            new LeaseSettings(second, true, true, true), new AddressSettings(TimeSpan.Zero, false, TimeSpan.Zero), 60 * second, login, login, login, SemiSyncSettings.Off, DiskSettings.Off);
        return new MmmSettings(
            "mon1", null, [new MonitorMember("mon1", "127.0.0.1", monitorPort, 8558)],
            new MonitorSettings("/nowhere", "127.0.0.1", null, false, [], second, new MembershipSettings(second, second, second, second, second, second), null, second),
            new AgentSettings("/nowhere", null, null, null, second, second, second, second, 10, second, second, 0),
            ImmutableSortedDictionary<string, ClusterSettings>.Empty.Add("C1", cluster));
    }

    public static Voters Voters { get; } = Voters.First(["mon1"]);

    /// <summary>Both masters ONLINE, the active master role on db1.</summary>
    public static ClusterDocument Document(DateTimeOffset at)
    {
        var online = new HostRecord(HostState.Online, at, "test", null, [], false, UnderLease: true);
        return new ClusterDocument(
            ClusterMode.Active, null, ImmutableSortedDictionary<string, HostRecord>.Empty.Add("db1", online).Add("db2", online),
            [new RoleSlot(Writer, "db1", null, null)], new MasterRecord("db1", at, null), null, null, Voters);
    }

    /// <summary>What a monitor sees while everything is well.</summary>
    public static SightProtocol.VantageReport AllWell(long seq)
    {
        var ok = new SightProtocol.CheckSight(SightProtocol.Outcome.Ok, 0, false, "");
        return new SightProtocol.VantageReport("C1", "mon1", 1, seq, true, [new("db1", ok, ok), new("db2", ok, ok)]);
    }

    public static Epoch Epoch(long counter) => new(counter, "mon1", "test");
}
