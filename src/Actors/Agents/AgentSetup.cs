using System.Collections.Immutable;
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
public sealed record AgentSetup(
    Host Host,
    ClusterTopology Topology,
    AgentSettings Agent,
    TimeSpan CatchUpTimeout,
    ImmutableArray<MonitorGateway> Gateways,
    long Incarnation,
    string? Fingerprint)
{
    /// <summary>Deadlines and counts of the steps.</summary>
    public StepTerms Terms => new(Agent.WriterGrace, Agent.MaxKillRetries, Agent.KillRetryInterval, Agent.StatementTimeout, CatchUpTimeout);
}

/// <summary>The door of one monitor.</summary>
/// <param name="Monitor">Its configured name.</param>
/// <param name="Path">Actor path of its gateway.</param>
public sealed record MonitorGateway(string Monitor, string Path)
{
    public static MonitorGateway Of(MonitorMember monitor)
    {
        string address = monitor.Address.Contains(':') ? $"[{monitor.Address}]" : monitor.Address;
        return new MonitorGateway(
            monitor.Name, $"akka.tcp://{MonitorActors.SystemName}@{address}:{monitor.Port}{MonitorActors.PathOf(MonitorActors.AgentGateway)}");
    }
}
