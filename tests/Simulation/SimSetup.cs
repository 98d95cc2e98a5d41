using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Simulation;

/// <summary>The configuration of one run, drawn from its seed.</summary>
internal sealed class SimSetup
{
    public SimSetup(Random random, Profile profile)
    {
        bool Chance(double p) => random.NextDouble() < p;
        Terms = new LeaseTerms(TimeSpan.FromSeconds(profile.Ttl ?? (Chance(0.7) ? 3.2 : 1.2)));
        bool fast = Terms.Ttl < TimeSpan.FromSeconds(2);
        ThreeMasters = profile.ThreeMasters ?? Chance(0.2);
        Failsafe = profile.Failsafe ?? Chance(0.85);
        KeepBalanced = Chance(0.6);
        KillMysqld = Chance(0.85);
        SemiSync = Chance(0.4);
        AgentTimeout = TimeSpan.FromSeconds(fast ? 1 : 2);
        Heartbeat = TimeSpan.FromSeconds(fast ? 0.4 : 0.5);
        Monitors = [.. Enumerable.Range(1, 3 + profile.Spares).Select(i => $"mon{i}")];
        Topology = Build(Chance(0.3), Chance(0.2) ? "db1" : null);
        Cluster = Settings(fast);
    }

    /// <summary>Every monitor there is.</summary>
    public ImmutableArray<string> Monitors { get; }

    /// <summary>Those that vote in the beginning.</summary>
    public Voters Voters => Voters.First(Monitors.Take(3));

    public LeaseTerms Terms { get; }

    public bool ThreeMasters { get; }

    public bool Failsafe { get; }

    public bool KeepBalanced { get; }

    public bool KillMysqld { get; }

    /// <summary>A write is acknowledged once all other masters have received it.</summary>
    public bool SemiSync { get; }

    public TimeSpan AgentTimeout { get; }

    public TimeSpan Heartbeat { get; }

    public TimeSpan FencingTimeout { get; } = TimeSpan.FromSeconds(1);

    public ClusterTopology Topology { get; }

    public ClusterSettings Cluster { get; }

    public LeaseHolderSetup LeaseOf(string host, long incarnation) => new(Topology, host, incarnation, Terms, Failsafe, KeepBalanced);

    public override string ToString() =>
        $"ttl {Terms.Ttl.TotalSeconds} s, {(ThreeMasters ? "3 masters" : "2 masters and a slave")}, failsafe {(Failsafe ? "on" : "off")}, balanced {(KeepBalanced ? "keep" : "drop")}, "
        + $"kill_mysqld {(KillMysqld ? "on" : "off")}, {(SemiSync ? "semi-sync" : "async")}, roles {string.Join(' ', Topology.Addresses)}, prefer {Topology.Roles["writer"].Prefer ?? "none"}";

    private ClusterTopology Build(bool exclusive, string? prefer)
    {
        Host[] hosts = [.. Enumerable.Range(1, 3).Select(i => new Host(
            $"db{i}", $"10.0.0.{i}", i < 3 || ThreeMasters ? HostMode.Master : HostMode.Slave,
            ThreeMasters ? null : i switch { 1 => "db2", 2 => "db1", _ => null }, 3306, 9989, "eth0"))];
        ImmutableArray<string> names = [.. hosts.Select(h => h.Name)];
        var roles = new List<Role>
        {
            new("writer", RoleMode.Exclusive, ThreeMasters ? names : ["db1", "db2"], ["10.0.9.50"], prefer),
            new("reader", RoleMode.Balanced, names, ["10.0.9.61", "10.0.9.62"], null),
        };
        if (exclusive)
            roles.Add(new Role("backup", RoleMode.Exclusive, names, ["10.0.9.70"], null));
        return new ClusterTopology("C1", hosts.ToImmutableSortedDictionary(h => h.Name, h => h, StringComparer.Ordinal),
            roles.ToImmutableSortedDictionary(r => r.Name, r => r, StringComparer.Ordinal), "writer");
    }

    /// <summary>The product's defaults where a run is long enough for them; waits of minutes are cut to seconds.</summary>
    private ClusterSettings Settings(bool fast)
    {
        static CheckSettings Check(double period, double trap) => new(TimeSpan.FromSeconds(period), TimeSpan.FromSeconds(trap), TimeSpan.FromSeconds(1));
        double trap = fast ? 1 : 2;
        var checks = new Dictionary<CheckKind, CheckSettings>
        {
            [CheckKind.Ping] = Check(0.5, trap),
            [CheckKind.Mysql] = Check(0.5, trap),
            [CheckKind.RepThreads] = Check(1, 5),
            [CheckKind.RepBacklog] = Check(1, 10),
        };
        var decisions = new DecisionSettings(
            ClusterMode.Active, AutoSetOnline: TimeSpan.FromSeconds(1), FlapCount: 1000, FlapDuration: TimeSpan.FromHours(1), WaitForOtherMaster: TimeSpan.FromSeconds(5),
            CarefulStartup: true, MasterConnectRetry: TimeSpan.FromSeconds(5), QuickRecovery: TimeSpan.FromSeconds(60), AgentTimeout, LeaseTtl: Terms.Ttl,
            CatchUpTimeout: TimeSpan.FromSeconds(3), MoveMaxLag: TimeSpan.FromSeconds(2), MoveTimeout: TimeSpan.FromSeconds(8), StartupTimeout: TimeSpan.FromSeconds(5), SightTimeout: TimeSpan.FromSeconds(fast ? 2 : 3));
        var login = new MysqlLogin("mmm", new Secret("unused"));
        return new ClusterSettings(Topology, decisions, checks.ToImmutableSortedDictionary(),
            new LeaseSettings(FencingTimeout, KillMysqld, Failsafe, KeepBalanced), new AddressSettings(TimeSpan.Zero, false, TimeSpan.Zero), TimeSpan.FromSeconds(60), login, login, login, SemiSyncSettings.Off, DiskSettings.Off);
    }
}
