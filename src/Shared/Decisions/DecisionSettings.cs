using Mmm.Shared.Agents;

namespace Mmm.Shared.Decisions;

/// <summary>What the decision core of one MMM cluster goes by (HOCON: keys of <c>cluster NAME { … }</c> / <c>cluster_defaults</c>).</summary>
/// <param name="InitialMode">Mode of a cluster that has no stored decisions yet; MMM's <c>mode</c>.</param>
/// <param name="AutoSetOnline">AWAITING_RECOVERY becomes ONLINE by itself after this long; zero = only an operator does it. MMM's auto_set_online.</param>
/// <param name="FlapCount">More departures from ONLINE than this within <paramref name="FlapDuration"/> is flapping. MMM: 3.</param>
/// <param name="FlapDuration">MMM: 3600 s.</param>
/// <param name="WaitForOtherMaster">WAIT mode: one master alone suffices after this long; zero = for ever. MMM: 120 s.</param>
/// <param name="CarefulStartup">Start PASSIVE when the writer role is found on two hosts. MMM's careful_startup.</param>
/// <param name="MasterConnectRetry">A host's replication checks count only once its master has been ONLINE this long. MMM: 60 s, MySQL's old master-connect-retry.</param>
/// <param name="QuickRecovery">A host that was down for less than this, without a reboot, returns ONLINE by itself. MMM: 60 s.</param>
/// <param name="AgentTimeout">An agent not heard of for this long is unreachable.</param>
/// <param name="LeaseTtl">How long a host may show its addresses after it last asked a quorum of monitors; a silent old holder of a role is waited for this long and a margin.</param>
/// <param name="CatchUpTimeout">Deadline of the candidate's catch-up with the old master.</param>
/// <param name="MoveMaxLag">A planned move waits, with writes going on, until its candidate is no further behind than this.</param>
/// <param name="MoveTimeout">Deadline of that waiting, and once more of a planned move as a whole; after it the move is called off, or rolled back.</param>
/// <param name="StartupTimeout">How long a first start waits for the agents' and monitors' word before it votes with what it has.</param>
/// <param name="SightTimeout">A monitor node's observation older than this no longer counts.</param>
/// <param name="Failover">What a failover may lose; null = anything.</param>
/// <param name="Disk">What is done about a disk that cannot be written; null = nobody looks.</param>
public sealed record DecisionSettings(
    ClusterMode InitialMode,
    TimeSpan AutoSetOnline,
    int FlapCount,
    TimeSpan FlapDuration,
    TimeSpan WaitForOtherMaster,
    bool CarefulStartup,
    TimeSpan MasterConnectRetry,
    TimeSpan QuickRecovery,
    TimeSpan AgentTimeout,
    TimeSpan LeaseTtl,
    TimeSpan CatchUpTimeout,
    TimeSpan MoveMaxLag,
    TimeSpan MoveTimeout,
    TimeSpan StartupTimeout,
    TimeSpan SightTimeout,
    FailoverPolicy? Failover = null,
    DiskSettings? Disk = null);
