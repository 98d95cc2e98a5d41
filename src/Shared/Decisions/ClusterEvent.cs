using Mmm.Shared.Messages;

namespace Mmm.Shared.Decisions;

/// <summary>What can happen to a coordinator. <see cref="At"/> is its UTC, advanced by its monotonic clock: it never jumps and never goes back.</summary>
public abstract record ClusterEvent(DateTimeOffset At);

/// <summary>Time passed: deadlines are looked at, lost orders are sent again.</summary>
public sealed record Ticked(DateTimeOffset At) : ClusterEvent(At);

/// <summary>A monitor node's view of ping and mysql came in.</summary>
public sealed record VantageReported(DateTimeOffset At, SightProtocol.VantageReport Report) : ClusterEvent(At);

/// <summary>A probe's view of a server's replication came in.</summary>
public sealed record ReplicationSeen(DateTimeOffset At, SightProtocol.ReplicationSight Sight) : ClusterEvent(At);

/// <summary>An agent reported.</summary>
public sealed record AgentReported(DateTimeOffset At, AgentProtocol.Report Report) : ClusterEvent(At);

/// <summary>What a monitor had heard of an agent while its server was up, before this coordinator began.</summary>
public sealed record LastUpHeard(DateTimeOffset At, AgentProtocol.Report Report) : ClusterEvent(At);

/// <summary>A monitor's granter confirmed that it grants a host no more than a decision left it with.</summary>
public sealed record WithdrawalConfirmed(DateTimeOffset At, LeaseProtocol.Withdrawn Confirmed) : ClusterEvent(At);

/// <summary>A monitor's granter told how old the leases are.</summary>
public sealed record LeaseAgesSeen(DateTimeOffset At, LeaseProtocol.Ages Ages) : ClusterEvent(At);

/// <summary>An operator gave a command.</summary>
public sealed record CommandGiven(DateTimeOffset At, ControlProtocol.Command Command) : ClusterEvent(At);
