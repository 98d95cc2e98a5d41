using System.Collections.Immutable;

namespace Mmm.Simulation.Faults;

/// <summary>What kind of trouble a run is about.</summary>
/// <param name="Name">For people.</param>
/// <param name="Weights">How often each kind of fault is drawn, relative to the others.</param>
/// <param name="Gap">Mean time between two faults, seconds.</param>
/// <param name="Longest">Longest fault, seconds.</param>
internal sealed record Profile(string Name, ImmutableArray<(Func<FaultDraw, Fault> Draw, int Weight)> Weights, double Gap, double Longest)
{
    /// <summary>Fixed instead of drawn.</summary>
    public double? Ttl { get; init; }

    public bool? ThreeMasters { get; init; }

    public bool? Failsafe { get; init; }

    /// <summary>Monitors that do not vote in the beginning.</summary>
    public int Spares { get; init; }

    /// <summary>All faults strike one and the same monitor: nothing that serves may change at all (I5).</summary>
    public bool OneMonitor { get; init; }

    public static readonly Profile Everything = new("everything",
    [
        (d => d.Weather(), 6), (d => d.Partition(), 12), (d => d.MonitorCrash(), 6), (d => d.DiskHang(), 2), (d => d.MonitorPause(), 5), (d => d.Rival(), 3),
        (d => d.AgentCrash(), 6), (d => d.AgentPause(), 8), (d => d.MysqldCrash(), 6), (d => d.MysqldHang(), 5), (d => d.HostPause(), 5), (d => d.PowerCut(), 6),
        (d => d.ApplierLag(), 3), (d => d.MoveRole(), 5),
    ], 1.8, 12);

    public static readonly Profile Partitions = new("partitions",
    [
        (d => d.Partition(), 20), (d => d.Weather(), 4), (d => d.MonitorPause(), 3), (d => d.MonitorCrash(), 2), (d => d.Rival(), 2), (d => d.AgentPause(), 3), (d => d.MoveRole(), 3),
    ], 1.5, 10);

    public static readonly Profile Pauses = new("pauses",
        [(d => d.AgentPause(), 10), (d => d.HostPause(), 8), (d => d.MonitorPause(), 8), (d => d.MysqldHang(), 5), (d => d.Partition(), 5), (d => d.MoveRole(), 3)], 1.5, 12);

    public static readonly Profile Crashes = new("crashes",
        [(d => d.AgentCrash(), 10), (d => d.MysqldCrash(), 8), (d => d.PowerCut(), 8), (d => d.MonitorCrash(), 8), (d => d.Partition(), 5), (d => d.Weather(), 2), (d => d.MoveRole(), 3)], 1.5, 6);

    /// <summary>Monitors fail together: hosts hold on by each other's word.</summary>
    public static readonly Profile WithoutMonitors = new("without monitors",
    [
        (d => d.Partition(), 14), (d => d.MonitorCrash(), 12), (d => d.MonitorPause(), 10), (d => d.AgentCrash(), 6), (d => d.AgentPause(), 4), (d => d.DiskHang(), 3), (d => d.Rival(), 3),
        (d => d.MoveRole(), 3),
    ], 1.0, 9)
    {
        Failsafe = true,
    };

    /// <summary>A host that serves is cut off from the monitors and holds on by the others' word, while these are restarted and given its roles.</summary>
    public static readonly Profile Holding = new("holding",
        [(d => d.CutOff(), 12), (d => d.AgentCrash(), 9), (d => d.AgentPause(), 3), (d => d.Partition(), 2), (d => d.MonitorCrash(), 1), (d => d.MonitorPause(), 1)], 0.9, 10)
    {
        Failsafe = true,
    };

    /// <summary>Coordinators that follow and outbid each other over keepers that restart.</summary>
    public static readonly Profile Reigns = new("reigns",
    [
        (d => d.Rival(), 10), (d => d.MonitorCrash(), 12), (d => d.MonitorPause(), 8), (d => d.Partition(), 8), (d => d.DiskHang(), 3), (d => d.Weather(), 2), (d => d.MoveRole(), 9),
        (d => d.MysqldCrash(), 2),
    ], 0.8, 6);

    /// <summary>Single failovers with time between them, for what is lost and how long they take.</summary>
    public static readonly Profile Calm = new("calm",
        [(d => d.MysqldCrash(), 6), (d => d.PowerCut(), 4), (d => d.AgentCrash(), 3), (d => d.MoveRole(), 10), (d => d.ApplierLag(), 3), (d => d.Partition(), 3)], 5, 6);

    public static readonly Profile SingleMonitor = new("one monitor",
        [(d => d.MonitorCrash(), 6), (d => d.MonitorPause(), 6), (d => d.Isolation(), 6), (d => d.DiskHang(), 3)], 3, 12)
    {
        OneMonitor = true,
    };

    /// <summary>Monitors come to vote and cease to, while they and the ways to them fail.</summary>
    public static readonly Profile Voters = new("voters",
    [
        (d => d.ChangeVoters(), 30), (d => d.Partition(), 10), (d => d.HalfReached(), 6), (d => d.MonitorCrash(), 4), (d => d.MonitorPause(), 3), (d => d.Rival(), 3), (d => d.AgentPause(), 2),
        (d => d.MysqldCrash(), 2), (d => d.MoveRole(), 4),
    ], 0.8, 10)
    {
        Spares = 2,
    };

    private static readonly Profile[] s_mixed = [Everything, Everything, Partitions, Pauses, Crashes, WithoutMonitors, Holding, Reigns, Calm, Voters];

    public static readonly ImmutableArray<Profile> All = [Everything, Partitions, Pauses, Crashes, WithoutMonitors, Holding, Reigns, Calm, Voters, SingleMonitor];

    /// <summary>Every tenth seed is about a single monitor; the others draw.</summary>
    public static Profile Of(int seed, Random random) => seed % 10 == 0 ? SingleMonitor : s_mixed[random.Next(s_mixed.Length)];
}
