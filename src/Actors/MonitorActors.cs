namespace Mmm.Actors;

/// <summary>
/// Names of a monitor node's actors, and the keys under which Akka.Hosting's <c>ActorRegistry</c> (or
/// <c>IRequiredActor&lt;TKey&gt;</c>) gives them to the management endpoints.
/// </summary>
public static class MonitorActors
{
    /// <summary>The monitors' actor system; the agents' is <c>mmm-agent</c>.</summary>
    public const string SystemName = "mmm";

    /// <summary>Akka.Cluster role of every monitor member.</summary>
    public const string MemberRole = "monitor";

    /// <summary>Singleton manager at <c>/user/coordinator</c>; the coordinator itself is its child of the same name.</summary>
    public const string Coordinator = "coordinator";

    /// <summary><c>/user/coordinator-proxy</c> on every monitor.</summary>
    public const string CoordinatorProxy = "coordinator-proxy";

    public const string StatusBoard = "status-board";
    public const string AgentGateway = "agent-gateway";
    public const string Vantage = "vantage";
    public const string Keeper = "keeper";
    public const string Chronicle = "chronicle";
    public const string Hooks = "hooks";
    public const string Webhook = "webhook";
    public const string Settings = Configuration.SettingsActor.ActorName;
    public const string LeaseGranter = "lease-granter";
    public const string Bootstrap = "bootstrap";
    public const string DeadMember = "dead-member";
    public const string CoordinatorWatch = "coordinator-watch";

    /// <summary>Shard region of the replication probes; entity id <c>cluster/host</c>.</summary>
    public const string ServerProbe = "server-probe";

    /// <summary>Path below any monitor's address.</summary>
    public static string PathOf(string actor) => $"/user/{actor}";
}

/// <summary>Registry key: the coordinator singleton's proxy on this node.</summary>
public sealed class CoordinatorProxyKey;

/// <summary>Names the coordinator to Akka.Hosting; nothing is registered under it, the way to the coordinator is <see cref="CoordinatorProxyKey"/>.</summary>
public sealed class CoordinatorKey;

/// <summary>Registry key: this node's <see cref="Status.StatusBoardActor"/>.</summary>
public sealed class StatusBoardKey;

/// <summary>Registry key: this node's keeper of the ledger.</summary>
public sealed class KeeperKey;

/// <summary>Registry key: what reads this node's configuration again.</summary>
public sealed class SettingsKey;

/// <summary>Registry key: this node's chronicle.</summary>
public sealed class ChronicleKey;

/// <summary>Registry key: this node's shard region <c>server-probe</c>.</summary>
public sealed class ShardRegionKey;

/// <summary>Registry key: this node's vantage.</summary>
public sealed class VantageKey;

/// <summary>Registry key: this node's agent gateway.</summary>
public sealed class AgentGatewayKey;

/// <summary>Registry key: this node's membership bootstrap.</summary>
public sealed class BootstrapKey;
