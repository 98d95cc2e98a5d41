using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Settings.Hocon;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>What was read of a monitor node, before the rules that compare values.</summary>
internal sealed record MonitorDraft(string Name, HoconOrigin Origin, string Path, Setting<string> Address, Setting<int> Port, Setting<int> HttpPort);

/// <summary>What was read of a host.</summary>
internal sealed record HostDraft(
    string Name,
    HoconOrigin Origin,
    string Path,
    Setting<string> Ip,
    Setting<HostMode> Mode,
    Setting<string>? Peer,
    Setting<int> MysqlPort,
    Setting<int> AdminPort,
    Setting<int> AgentPort,
    Setting<string> Interface,
    Setting<int> Priority,
    Setting<string>? Site);

/// <summary>What was read of a role.</summary>
internal sealed record RoleDraft(
    string Name,
    HoconOrigin Origin,
    string Path,
    Setting<RoleMode> Mode,
    Setting<ImmutableArray<Setting<string>>> Hosts,
    Setting<ImmutableArray<Setting<string>>> Ips,
    Setting<string>? Prefer);

/// <summary>What was read of a check.</summary>
internal sealed record CheckDraft(CheckKind Kind, Setting<TimeSpan> CheckPeriod, Setting<TimeSpan> TrapPeriod, Setting<TimeSpan> Timeout);

/// <summary>The settings of a cluster that rules compare.</summary>
internal sealed record ClusterTimingDraft(
    Setting<TimeSpan> AgentTimeout,
    Setting<TimeSpan> LeaseTtl,
    Setting<TimeSpan> CatchUpTimeout,
    Setting<TimeSpan> MoveTimeout,
    Setting<TimeSpan> StartupTimeout,
    Setting<TimeSpan> SightTimeout,
    AddressDraft Addresses,
    DiskDraft Disk,
    ImmutableArray<CheckDraft> Checks);

/// <summary>What was read of <c>addresses { … }</c>.</summary>
internal sealed record AddressDraft(Setting<TimeSpan> Probe, Setting<bool> TakeAnyway, Setting<TimeSpan> CheckInterval)
{
    public AddressSettings Settings => new(Probe.Value, TakeAnyway.Value, CheckInterval.Value);
}

/// <summary>What was read of <c>disk { … }</c>.</summary>
internal sealed record DiskDraft(Setting<TimeSpan> CheckInterval, Setting<TimeSpan> Timeout, Setting<int> MinFree, DiskPolicy Policy)
{
    public DiskSettings Settings => new(CheckInterval.Value, Timeout.Value, MinFree.Value * 1024L * 1024, Policy);
}

/// <summary>The settings of the agents that rules compare.</summary>
internal sealed record AgentDraft(Setting<TimeSpan> HeartbeatInterval, Setting<TimeSpan> LocalWatchInterval, Setting<int> BinlogPort, Setting<int> HttpPort);

/// <summary>What was read of a cluster.</summary>
internal sealed record ClusterDraft(
    string Name,
    HoconOrigin Origin,
    string Path,
    ImmutableArray<HostDraft> Hosts,
    ImmutableArray<RoleDraft> Roles,
    Setting<string> ActiveMasterRole,
    ClusterTimingDraft Timing,
    ClusterSettings Settings);
