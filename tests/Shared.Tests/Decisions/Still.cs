using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>
/// One moment of a cluster, written down by hand: all monitors see, all agents are there, everything is ONLINE and well, db1 is the active
/// master, and it has been so for an hour. A test changes what it is about.
/// </summary>
internal sealed class Still
{
    public ClusterTopology Topology { get; set; } = Worlds.Topology();

    public DecisionSettings Settings { get; set; } = Worlds.Settings;

    public DateTimeOffset At { get; } = Worlds.Epoch0;

    public ClusterMode Mode { get; set; } = ClusterMode.Active;

    public string? Writer { get; set; } = "db1";

    public string? WriterReleasing { get; set; }

    public string? ActiveMaster { get; set; } = "db1";

    /// <summary>Seconds since the active master took over.</summary>
    public double MasterFor { get; set; } = 3600;

    public RoleMove? Move { get; set; }

    public DateTimeOffset? RetryMoveAfter { get; set; }

    public bool Readers { get; set; } = true;

    public Dictionary<string, HostState> States { get; } = [];

    /// <summary>Seconds since the host entered its state; an hour unless said.</summary>
    public Dictionary<string, double> InState { get; } = [];

    /// <summary>Seconds since it left ONLINE.</summary>
    public Dictionary<string, double> DownFor { get; } = [];

    public HashSet<string> Flapping { get; } = [];

    /// <summary>Hosts that failed as active master and are not compared yet.</summary>
    public HashSet<string> Unproven { get; } = [];

    public Dictionary<(string Host, CheckKind Kind), CheckVerdict> Checks { get; } = [];

    public HashSet<string> SilentAgents { get; } = [];

    public HashSet<string> NeverHeard { get; } = [];

    /// <summary>Hosts whose agent never carried an order out.</summary>
    public HashSet<string> NeverUnderLease { get; } = [];

    public Dictionary<string, double> Uptime { get; } = [];

    /// <summary>What a host says of its replication; well, and from where it should be, unless said.</summary>
    public Dictionary<string, ReplicationFacts?> Replication { get; } = [];

    /// <summary>Hosts whose disk fails, and for how many seconds it has.</summary>
    public Dictionary<string, (DiskState State, double For)> Disks { get; } = [];

    public Still Set(string host, CheckVerdict verdict, params CheckKind[] kinds)
    {
        foreach (CheckKind k in kinds)
            Checks[(host, k)] = verdict;
        return this;
    }

    public ClusterDocument Document()
    {
        HostRecord Record(string h)
        {
            HostState s = States.GetValueOrDefault(h, HostState.Online);
            return new HostRecord(
                s, At - TimeSpan.FromSeconds(InState.GetValueOrDefault(h, 3600)), "as written down",
                s == HostState.Online ? null : At - TimeSpan.FromSeconds(DownFor.GetValueOrDefault(h, 3600)), [], Flapping.Contains(h), !NeverUnderLease.Contains(h),
                Unproven.Contains(h) ? new PendingRejoin(null) : null);
        }

        string[] online = [.. Topology.Hosts.Keys.Where(h => States.GetValueOrDefault(h, HostState.Online) == HostState.Online)];
        int next = 0;
        string? ReaderOf(Role role) => Readers && online.Length > 0 ? online.Where(role.Hosts.Contains).ElementAtOrDefault(next++ % online.Length) : null;
        return new ClusterDocument(
            Mode, null,
            Topology.Hosts.Keys.ToImmutableSortedDictionary(h => h, Record, StringComparer.Ordinal),
            [.. Topology.Addresses.Select(a => a == Topology.WriterAddress
                ? new RoleSlot(a, Writer, WriterReleasing, WriterReleasing is null ? null : At)
                : new RoleSlot(a, ReaderOf(Topology.Roles[a.Role]), null, null))],
            ActiveMaster is null ? null : new MasterRecord(ActiveMaster, At - TimeSpan.FromSeconds(MasterFor), null),
            Move, RetryMoveAfter, Voters.First(Worlds.MonitorNames));
    }

    public ClusterState State()
    {
        var epoch = new Epoch(5, "mon1", "i");
        ClusterState s = ClusterTransition.Begin(Worlds.Cluster(Topology, Settings), Worlds.MonitorNames, Voters.First(Worlds.MonitorNames), "mon1", null, new DecisionId(epoch, 7), Document(), At);
        CheckState Check(string h, CheckKind k) => new(Checks.GetValueOrDefault((h, k), CheckVerdict.Ok), At - TimeSpan.FromMinutes(5), $"{CheckNames.NameOf(k)} message");
        return s with
        {
            StartedAt = At - TimeSpan.FromHours(1),
            WatchingSince = At - TimeSpan.FromHours(1),
            // Reports that name no server keep the verdicts as they are.
            Vantages = new[] { "mon1", "mon2", "mon3" }.ToImmutableSortedDictionary(m => m, m => new VantageSight(new VantageReport("C1", m, 1, 1, true, []), At, null), StringComparer.Ordinal),
            Sights = Topology.Hosts.Keys.ToImmutableSortedDictionary(h => h, h => new HostSight(
                CheckNames.All.ToImmutableSortedDictionary(k => k, k => Check(h, k)),
                NeverHeard.Contains(h) ? null : Report(h),
                NeverHeard.Contains(h) ? null : SilentAgents.Contains(h) ? At - TimeSpan.FromMinutes(1) : At,
                null, null, DiskFailsSince: Disks.TryGetValue(h, out (DiskState, double For) disk) ? At - TimeSpan.FromSeconds(disk.For) : null), StringComparer.Ordinal),
        };
    }

    /// <summary>One tick at the same instant.</summary>
    public StepResult Tick() => ClusterTransition.Step(State(), new Ticked(At));

    private Report Report(string h) => new(
        "C1", h, 1, 1, DecisionId.None, OrderProgress.None,
        new HostFacts(MysqldState.Up, null, h != Writer, [], Replication.TryGetValue(h, out ReplicationFacts? said) ? said : Well(Topology.Hosts[h].Peer ?? ActiveMaster), null, null, (long)Uptime.GetValueOrDefault(h, 864000), "10.11.6-MariaDB",
            Disk: Disks.TryGetValue(h, out (DiskState State, double) disk) ? new DiskFacts(disk.State, "/data", "said so", null) : null), null);

    private ReplicationFacts? Well(string? source) => source is null ? null : new ReplicationFacts(Topology.Hosts[source].Ip, 3306, source, "Yes", true, 0, null, true);
}
