using System.Collections.Immutable;
using Mmm.Simulation.Machines;

namespace Mmm.Simulation.Faults;

/// <summary>One thing that goes wrong, as plain data: when, what, for how long. The list of them is drawn from the seed before a run begins.</summary>
/// <param name="At">True time from the beginning of the run.</param>
/// <param name="Lasts">Until it is over, or what fell is up again.</param>
internal abstract record Fault(TimeSpan At, TimeSpan Lasts)
{
    /// <summary>For counting.</summary>
    public virtual string Kind => GetType().Name;

    protected string When => $"{At.TotalSeconds,7:0.000} for {Lasts.TotalSeconds,6:0.000} s:";
}

/// <summary>Messages are lost, doubled, late.</summary>
internal sealed record BadWeather(TimeSpan At, TimeSpan Lasts, Weather Weather) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} weather: {Weather.Loss:P0} lost, {Weather.Doubled:P0} doubled, {Weather.Slow:P0} up to {Weather.Latest.TotalSeconds:0.00} s late";
}

/// <summary>Some machines do not hear some others.</summary>
/// <param name="At">When.</param>
/// <param name="Lasts">How long.</param>
/// <param name="Shape">In words.</param>
/// <param name="Cuts">From, to.</param>
internal sealed record Partition(TimeSpan At, TimeSpan Lasts, string Shape, ImmutableArray<(int From, int To)> Cuts) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} partition: {Shape}";
}

/// <summary>A monitor's process dies, perhaps with its disk.</summary>
internal sealed record MonitorCrash(TimeSpan At, TimeSpan Lasts, int Monitor, bool LosesDisk, bool Damaged) : Fault(At, Lasts)
{
    public override string Kind => LosesDisk ? "MonitorCrashWithDisk" : base.Kind;

    public override string ToString() => $"{When} mon{Monitor + 1} crashes{(LosesDisk ? Damaged ? ", its disk is damaged" : ", its disk is lost" : "")}";
}

/// <summary>A monitor's keeper gets nothing onto its disk.</summary>
internal sealed record DiskHang(TimeSpan At, TimeSpan Lasts, int Monitor) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} the disk of mon{Monitor + 1} hangs";
}

internal sealed record MonitorPause(TimeSpan At, TimeSpan Lasts, int Monitor) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} mon{Monitor + 1} is paused";
}

/// <summary>A second coordinator, as around a partition of the monitors.</summary>
internal sealed record Rival(TimeSpan At, TimeSpan Lasts, int Monitor) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} mon{Monitor + 1} coordinates as well";
}

internal sealed record AgentCrash(TimeSpan At, TimeSpan Lasts, int Host) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} the agent of db{Host + 1} is dead";
}

internal sealed record AgentPause(TimeSpan At, TimeSpan Lasts, int Host) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} the agent of db{Host + 1} is paused";
}

internal sealed record MysqldCrash(TimeSpan At, TimeSpan Lasts, int Host) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} mysqld of db{Host + 1} is dead";
}

internal sealed record MysqldHang(TimeSpan At, TimeSpan Lasts, int Host) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} mysqld of db{Host + 1} hangs";
}

/// <summary>The whole machine stands still, but not its kernel's clock: agent and mysqld.</summary>
internal sealed record HostPause(TimeSpan At, TimeSpan Lasts, int Host) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} agent and mysqld of db{Host + 1} are paused";
}

internal sealed record PowerCut(TimeSpan At, TimeSpan Lasts, int Host) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} db{Host + 1} is without power";
}

/// <summary>The replica receives, but does not apply.</summary>
internal sealed record ApplierLag(TimeSpan At, TimeSpan Lasts, int Host) : Fault(At, Lasts)
{
    public override string ToString() => $"{When} db{Host + 1} applies nothing";
}

/// <summary>No fault: an operator has a monitor vote, or vote no more.</summary>
internal sealed record ChangeVoters(TimeSpan At, bool Add, string Monitor) : Fault(At, TimeSpan.Zero)
{
    public override string ToString() => $"{When} monitors {(Add ? "add" : "remove")} {Monitor}";
}

/// <summary>No fault: an operator moves a role.</summary>
internal sealed record MoveRole(TimeSpan At, string Role, string Host) : Fault(At, TimeSpan.Zero)
{
    public override string ToString() => $"{When} move_role {Role} {Host}";
}
