using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Api;

/// <summary>Paths of the monitors' HTTP API, for the server and its clients.</summary>
public static class ApiPaths
{
    public const string Clusters = "/api/v1/clusters";
    public const string Monitors = "/api/v1/monitors";
    public const string Ping = "/api/v1/ping";
    public const string Members = "/cluster/members";
    public const string Shards = "/cluster/shards";
    public const string Actors = "/api/v1/actors";
    public const string Log = "/api/v1/log";
    public const string Config = "/api/v1/config";
    public const string ConfigReload = "/api/v1/config/reload";
    public const string OpenApi = "/api/v1/openapi.json";

    public static string Cluster(string cluster) => $"{Clusters}/{Uri.EscapeDataString(cluster)}";

    public static string Events(string cluster) => $"{Cluster(cluster)}/events";

    public static string Operations(string cluster) => $"{Cluster(cluster)}/operations";

    public static string Operation(string cluster, string id) => $"{Operations(cluster)}/{Uri.EscapeDataString(id)}";

    public static string Commands(string cluster) => $"{Cluster(cluster)}/commands";

    public static string Hosts(string cluster) => $"{Cluster(cluster)}/hosts";

    public static string Host(string cluster, string host) => $"{Hosts(cluster)}/{Uri.EscapeDataString(host)}";

    public static string Explanation(string cluster, string host) => $"{Host(cluster, host)}/explanation";

    public static string Roles(string cluster) => $"{Cluster(cluster)}/roles";

    public static string Role(string cluster, string role) => $"{Roles(cluster)}/{Uri.EscapeDataString(role)}";

    public static string RoleExplanation(string cluster, string role) => $"{Role(cluster, role)}/explanation";

    public static string Checks(string cluster) => $"{Cluster(cluster)}/checks";

    public static string Checks(string cluster, string host) => $"{Checks(cluster)}/{Uri.EscapeDataString(host)}";

    public static string Check(string cluster, string host, string check) => $"{Checks(cluster, host)}/{Uri.EscapeDataString(check)}";

    public static string Mode(string cluster) => $"{Cluster(cluster)}/mode";

    public static string Move(string cluster) => $"{Cluster(cluster)}/move";

    public static string Warnings(string cluster) => $"{Cluster(cluster)}/warnings";

    public static string Member(string address) => $"{Members}/{Uri.EscapeDataString(address)}";

    public static string ShardsOf(string region) => $"{Shards}/{Uri.EscapeDataString(region)}";
}

/// <summary>GET /api/v1/clusters.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Clusters">Every MMM cluster this monitor is configured with, sorted by name.</param>
public sealed record ClusterList(string Monitor, ImmutableArray<ClusterEntry> Clusters);

/// <summary>One line of the list. Everything but the name is null while this monitor has no snapshot of the cluster.</summary>
/// <param name="Cluster">Name.</param>
/// <param name="AgeMs">Time since this monitor received its snapshot, milliseconds.</param>
/// <param name="Mode">MMM's spelling.</param>
/// <param name="Phase">starting, serving or no_quorum.</param>
/// <param name="ActiveMaster">Host that is writable.</param>
public sealed record ClusterEntry(string Cluster, long? AgeMs = null, string? Mode = null, string? Phase = null, string? ActiveMaster = null);

/// <summary>GET /api/v1/clusters/{c}: what this monitor was last told by the coordinator.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="AgeMs">Time since it received the snapshot, milliseconds, on its monotonic clock.</param>
/// <param name="Stale">True: older than <see cref="Freshness.Limit"/>, so the coordinator is silent or cut off; the picture may be wrong.</param>
/// <param name="Snapshot">The picture.</param>
public sealed record ClusterReading(string Monitor, long AgeMs, bool Stale, ClusterSnapshot Snapshot);

/// <summary>When a snapshot is too old to be trusted.</summary>
public static class Freshness
{
    /// <summary>The coordinator publishes every second; five missed ones are no coincidence, and a takeover takes about 4 s (spec 07).</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static bool IsStale(long ageMs) => ageMs > Limit.TotalMilliseconds;
}

/// <summary>POST /api/v1/clusters/{c}/commands.</summary>
/// <param name="Id">Chosen by the caller, 1 to 64 characters; sending it again, also to another monitor, does not repeat the command.</param>
/// <param name="Verb">MMM's verb that changes something.</param>
/// <param name="Arguments">MMM's arguments in order; <c>--force</c> comes first. Null = none.</param>
/// <param name="By">Who gives it, for the log; null = only the caller's address is noted.</param>
public sealed record CommandRequest(string Id, string Verb, ImmutableArray<string>? Arguments = null, string? By = null);

/// <summary>Answer to a command, and to GET /api/v1/ping.</summary>
/// <param name="Id">Of the command.</param>
/// <param name="Ok">False: refused, nothing was changed.</param>
/// <param name="Text">MMM's answer.</param>
/// <param name="Decision">The decision that carries it out, when one was made.</param>
public sealed record CommandAnswer(string Id, bool Ok, string Text, DecisionId? Decision = null);

/// <summary>GET /api/v1/monitors: the monitors as the answering one sees them.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Quorum">How many of the voting monitors must agree.</param>
/// <param name="Members">Configured monitors in configured order, then members that are not configured.</param>
/// <param name="Leader">Name of Akka's leader; null when there is none.</param>
/// <param name="Coordinator">Monitor whose coordinator published the freshest snapshot, if that is not stale; else null.</param>
public sealed record MonitorsReading(string Monitor, int Quorum, ImmutableArray<MonitorEntry> Members, string? Leader, string? Coordinator);

/// <param name="Name">Configured name, or the address of a member that is not configured.</param>
/// <param name="Address">Address and remoting port, <c>host:port</c>.</param>
/// <param name="HttpPort">Management port; null for a member that is not configured.</param>
/// <param name="Status">Akka's status in its spelling (Up, Leaving, …), or <c>absent</c> when it is no member.</param>
/// <param name="Reachable">False: some member cannot reach it, or it is absent.</param>
/// <param name="Configured">False: it runs in the cluster, but this monitor's configuration does not know it.</param>
/// <param name="Keeper">Its keeper of the ledger; null = not asked, because the monitor is not reachable.</param>
public sealed record MonitorEntry(
    string Name, string Address, int? HttpPort, string Status, bool Reachable, bool Configured, KeeperEntry? Keeper = null);

/// <summary>The keeper of the ledger on one monitor.</summary>
/// <param name="Voting">False: it takes no part, because it has yet to copy the others' document or is none of the voting monitors.</param>
/// <param name="Sentence">Its condition, for people.</param>
/// <param name="Voters">The voting monitors, as far as it knows; null = it has no records.</param>
public sealed record KeeperEntry(bool Voting, string Sentence, ImmutableArray<string>? Voters = null);

/// <summary>What <c>mmm status --json</c> prints: the answers of several routes side by side.</summary>
/// <param name="Monitors">GET /api/v1/monitors.</param>
/// <param name="Clusters">GET /api/v1/clusters/{c} of each cluster.</param>
/// <param name="Unknown">Clusters no monitor has a snapshot of.</param>
public sealed record StatusReading(MonitorsReading Monitors, ImmutableArray<ClusterReading> Clusters, ImmutableArray<string> Unknown);

/// <summary>Every error's body: RFC 9457, media type <c>application/problem+json</c>.</summary>
/// <param name="Type">Stable name of the kind of problem, a URN.</param>
/// <param name="Title">The kind in words.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What happened this time and what to do.</param>
public sealed record ProblemReading(string Type, string Title, int Status, string Detail);

/// <summary>GET /api/v1/clusters/{c}/events: a page of the history, as the answering monitor has it.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="Events">Oldest first.</param>
/// <param name="Older">Ask with <c>before=</c> this for the page before; null = there is none.</param>
/// <param name="Newer">Ask with <c>after=</c> this for the page behind; null = there is none yet.</param>
public sealed record EventsReading(string Monitor, string Cluster, ImmutableArray<EventEntry> Events, string? Older, string? Newer);

/// <param name="Id">Its place in the history, for <c>before</c>, <c>after</c> and <c>Last-Event-ID</c>.</param>
/// <param name="AtUtc">When, by the clock of the monitor that decided then.</param>
/// <param name="Decision">The decision in force right after it, as <c>3@mon2/17</c>.</param>
/// <param name="Code">Stable for scripts.</param>
/// <param name="Host">Host it is about; null = the cluster.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Command">Id of the operator's command that it is the doing of; null = nobody ordered it.</param>
public sealed record EventEntry(string Id, DateTimeOffset AtUtc, string Decision, string Code, string? Host, string Sentence, string? Command = null);

/// <summary>POST /api/v1/clusters/{c}/operations.</summary>
/// <param name="Verb">MMM's verb that changes something.</param>
/// <param name="Arguments">MMM's arguments in order; <c>--force</c> comes first. Null = none.</param>
/// <param name="By">Who gives it, for the history; null = only the caller's address is noted.</param>
public sealed record OperationRequest(string Verb, ImmutableArray<string>? Arguments = null, string? By = null);

/// <summary>GET /api/v1/clusters/{c}/operations/{id}: what has become of a command.</summary>
/// <param name="Id">The command's id, which was its <c>Idempotency-Key</c>.</param>
/// <param name="Status">running, succeeded or failed.</param>
/// <param name="Result">The sentence of its end; null while it runs.</param>
/// <param name="StartedUtc">When it was taken up; null = not known here yet.</param>
/// <param name="EndedUtc">When it ended; null while it runs.</param>
/// <param name="Events">What has happened since it was taken up, until it ended, oldest first; the latest 200.</param>
public sealed record OperationReading(string Id, string Status, string? Result, DateTimeOffset? StartedUtc, DateTimeOffset? EndedUtc, ImmutableArray<EventEntry> Events);
