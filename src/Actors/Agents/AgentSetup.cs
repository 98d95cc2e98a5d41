using System.Collections.Immutable;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Agents;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>What one agent is configured with.</summary>
/// <param name="Host">The host it works for.</param>
/// <param name="Topology">The cluster that host belongs to.</param>
/// <param name="Agent">Intervals and deadlines.</param>
/// <param name="CatchUpTimeout">Deadline of applying the relay log before a repoint.</param>
/// <param name="Gateways">Of every configured monitor.</param>
/// <param name="Incarnation">Start of the process, UTC ticks.</param>
/// <param name="Fingerprint">Of the settings; null = not told.</param>
/// <param name="LeaseTtl">lease.ttl.</param>
/// <param name="Lease">What is done without a lease.</param>
/// <param name="Addresses">What is done about other machines that answer for a role address.</param>
/// <param name="SemiSync">Semi-synchronous replication.</param>
/// <param name="Disk">How the disk of mysqld's data is looked at.</param>
/// <param name="LeaseDispatcher">Dispatcher with a thread of its own for the lease, which must not wait for anything else; null = the default one.</param>
public sealed record AgentSetup(
    Host Host,
    ClusterTopology Topology,
    AgentSettings Agent,
    TimeSpan CatchUpTimeout,
    ImmutableArray<MonitorGateway> Gateways,
    long Incarnation,
    string? Fingerprint,
    TimeSpan LeaseTtl,
    LeaseSettings Lease,
    AddressSettings Addresses,
    SemiSyncSettings SemiSync,
    DiskSettings Disk,
    string? LeaseDispatcher = null)
{
    /// <summary>
    /// How long the binary log of a mysqld that had died is served after mysqld's return. Whoever was told where it ends first applies what it has received: the next active master for
    /// <paramref name="CatchUpTimeout"/> at most, and after it a slave that follows by position once more.
    /// </summary>
    public TimeSpan LogServedFor { get; init; } = (2 * CatchUpTimeout) + TimeSpan.FromSeconds(10);

    /// <summary>End of the node's certificate as it is now; null = it has none.</summary>
    public Func<DateTimeOffset>? CertificateEnds { get; init; }

    /// <summary>See <see cref="StepTerms"/>.</summary>
    public TimeSpan StartWatch { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Deadlines and counts of the steps.</summary>
    public StepTerms Terms => new(Agent.WriterGrace, Agent.MaxKillRetries, Agent.KillRetryInterval, Agent.StatementTimeout, CatchUpTimeout, StartWatch);
}

/// <summary>The door of one monitor.</summary>
/// <param name="Monitor">Its configured name.</param>
/// <param name="Path">Actor path of its gateway.</param>
/// <param name="Granter">Actor path of its lease granter.</param>
public sealed record MonitorGateway(string Monitor, string Path, string Granter)
{
    public static MonitorGateway Of(MonitorMember monitor, string protocol)
        => new(monitor.Name, WellKnown.OnMonitor(protocol, monitor, MonitorActors.AgentGateway), WellKnown.OnMonitor(protocol, monitor, MonitorActors.LeaseGranter));
}
