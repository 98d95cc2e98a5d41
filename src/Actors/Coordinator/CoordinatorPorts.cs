using Akka.Actor;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Coordinator;

/// <summary>What a coordinator needs from its node.</summary>
/// <param name="Identity">Which start of which node.</param>
/// <param name="Time">The node's clocks.</param>
/// <param name="Ledger">Props of the ledger's client for one MMM cluster.</param>
/// <param name="ServerProbes">Shard region of the replication probes.</param>
/// <param name="KillHost">Runs kill_host_bin.</param>
/// <param name="Fingerprint">Of the node's settings.</param>
/// <param name="Hooks">This node's actors that are told what is noted here (<see cref="HookEvent"/>); null = none.</param>
public sealed record CoordinatorSetup(
    ProcessIdentity Identity,
    TimeProvider Time,
    Func<string, Props> Ledger,
    IActorRef ServerProbes,
    IKillHost KillHost,
    string? Fingerprint,
    IReadOnlyList<ICanTell>? Hooks = null);

/// <summary>Runs MMM's kill_host hook.</summary>
public interface IKillHost
{
    /// <summary>Runs <c>kill_host_bin HOST PING</c> and tells how it ended; never throws for what the hook does.</summary>
    /// <param name="host">MMM's host name.</param>
    /// <param name="pingOk">The host still answers pings.</param>
    /// <param name="cancellation">Ends the hook.</param>
    /// <returns>A sentence for the log; null when no hook is configured.</returns>
    Task<string?> RunAsync(string host, bool pingOk, CancellationToken cancellation);
}

/// <summary>Where the parts of the installation are reached.</summary>
public static class WellKnown
{
    private const string Plain = "akka.tcp";
    private const string Certified = "akka.ssl.tcp";

    /// <summary>How the nodes of an installation speak: all of them with certificates, or none.</summary>
    public static string Protocol(bool certified) => certified ? Certified : Plain;

    /// <summary>How this system speaks.</summary>
    public static string Protocol(ActorSystem system) => Protocol(((ExtendedActorSystem)system).Provider.DefaultAddress.Protocol == Certified);

    /// <summary>An actor of a configured monitor.</summary>
    public static string OnMonitor(string protocol, MonitorMember monitor, string actor) =>
        $"{protocol}://{MonitorActors.SystemName}@{Bracketed(monitor.Address)}:{monitor.Port}{MonitorActors.PathOf(actor)}";

    /// <summary>An actor of a configured monitor.</summary>
    public static ActorSelection MonitorSelection(this IActorContext context, MonitorMember monitor, string actor) =>
        context.ActorSelection(OnMonitor(Protocol(context.System), monitor, actor));

    /// <summary>The agent of a DB host.</summary>
    public static ActorSelection AgentSelection(this IActorContext context, Host host) => context.ActorSelection(AgentOf(Protocol(context.System), host));

    /// <summary>The lease of a DB host.</summary>
    public static ActorSelection LeaseSelection(this IActorContext context, Host host) => context.ActorSelection($"{AgentOf(Protocol(context.System), host)}/lease");

    private static string AgentOf(string protocol, Host host) => $"{protocol}://{AgentSystem}@{Bracketed(host.Ip)}:{host.AgentPort}/user/agent";

    /// <summary>Name of the agents' actor systems.</summary>
    public const string AgentSystem = "mmm-agent";

    private static string Bracketed(string ip) => ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip;
}
