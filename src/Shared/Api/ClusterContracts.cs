using System.Collections.Immutable;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Api;

// Parts of a cluster's picture, GET /api/v1/clusters/{c}/…. Each begins as ClusterReading does: the monitor that answered, the cluster, the time since the monitor received the picture
// (milliseconds, on its monotonic clock), and whether that is above Freshness.Limit, so that the rest may be wrong.

/// <summary>GET …/hosts.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Hosts">Sorted by name.</param>
public sealed record HostsReading(string Monitor, string Cluster, long AgeMs, bool Stale, ImmutableArray<HostEntry> Hosts);

/// <summary>A host in few words; <see cref="HostView"/> has the rest.</summary>
/// <param name="Name">Host.</param>
/// <param name="Ip">Own address.</param>
/// <param name="Mode">master or slave.</param>
/// <param name="State">MMM's spelling.</param>
/// <param name="SinceUtc">When it entered that state.</param>
/// <param name="Reason">Why, one sentence.</param>
/// <param name="Flapping">True: held back.</param>
/// <param name="AgentReachable">Heard from within agent_timeout.</param>
/// <param name="SecondsBehind">Replication lag, seconds; null = unknown.</param>
/// <param name="Addresses">Role addresses that are decided for it, in the order of <c>show</c>.</param>
public sealed record HostEntry(
    string Name, string Ip, string Mode, string State, DateTimeOffset SinceUtc, string Reason, bool Flapping, bool AgentReachable, long? SecondsBehind,
    ImmutableArray<RoleAddress> Addresses);

/// <summary>GET …/hosts/{host}.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Host">All that is known of it.</param>
/// <param name="Addresses">Role addresses that are decided for it, in the order of <c>show</c>.</param>
public sealed record HostReading(string Monitor, string Cluster, long AgeMs, bool Stale, HostView Host, ImmutableArray<RoleAddress> Addresses);

/// <summary>GET …/hosts/{host}/explanation.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Host">Host.</param>
/// <param name="Sentences">Why it is as it is and what can be done; one that begins with a blank belongs to the one before. Null = the coordinator is of a release that says nothing.</param>
public sealed record ExplanationReading(string Monitor, string Cluster, long AgeMs, bool Stale, string Host, ImmutableArray<string>? Sentences);

/// <summary>GET …/roles.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Roles">Sorted by name.</param>
public sealed record RolesReading(string Monitor, string Cluster, long AgeMs, bool Stale, ImmutableArray<RoleEntry> Roles);

/// <summary>GET …/roles/{role}.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Role">The role.</param>
public sealed record RoleReading(string Monitor, string Cluster, long AgeMs, bool Stale, RoleEntry Role);

/// <summary>GET …/roles/{role}/explanation.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Role">Role.</param>
/// <param name="Sentences">Why it is where it is and why it does not move; one that begins with a blank belongs to the one before. Null = the coordinator is of a release that says nothing.</param>
public sealed record RoleExplanationReading(string Monitor, string Cluster, long AgeMs, bool Stale, string Role, ImmutableArray<string>? Sentences);

/// <summary>A role with its addresses.</summary>
/// <param name="Name">Role.</param>
/// <param name="Mode">exclusive or balanced; null = the answering monitor is not configured with the role.</param>
/// <param name="Addresses">In the order of <c>show</c>.</param>
public sealed record RoleEntry(string Name, string? Mode, ImmutableArray<RoleView> Addresses);

/// <summary>GET …/checks.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Hosts">Sorted by name.</param>
public sealed record ChecksReading(string Monitor, string Cluster, long AgeMs, bool Stale, ImmutableArray<HostChecks> Hosts);

/// <summary>The checks of one host.</summary>
/// <param name="Host">Host.</param>
/// <param name="Checks">ping, mysql, rep_threads, rep_backlog.</param>
public sealed record HostChecks(string Host, ImmutableArray<CheckView> Checks);

/// <summary>GET …/checks/{host}.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Host">Host.</param>
/// <param name="Checks">ping, mysql, rep_threads, rep_backlog.</param>
public sealed record HostChecksReading(string Monitor, string Cluster, long AgeMs, bool Stale, string Host, ImmutableArray<CheckView> Checks);

/// <summary>GET …/checks/{host}/{check}.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Host">Host.</param>
/// <param name="Check">The check.</param>
public sealed record CheckReading(string Monitor, string Cluster, long AgeMs, bool Stale, string Host, CheckView Check);

/// <summary>GET …/mode.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Phase">starting, serving or no_quorum: whether the coordinator can decide anything in that mode.</param>
/// <param name="Mode">MMM's spelling: ACTIVE, MANUAL, WAIT, PASSIVE.</param>
/// <param name="Reason">Why the mode is what it is; may have several lines. Null = not known.</param>
public sealed record ModeReading(string Monitor, string Cluster, long AgeMs, bool Stale, string Phase, string Mode, string? Reason);

/// <summary>GET …/move.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Move">The running move of the active master role; null when none.</param>
public sealed record MoveReading(string Monitor, string Cluster, long AgeMs, bool Stale, MoveView? Move);

/// <summary>GET …/warnings.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="AgeMs">Time since it received the picture, milliseconds.</param>
/// <param name="Stale">True: the picture may be wrong.</param>
/// <param name="Warnings">What <c>show</c> prints on top, without the leading <c># Warning: </c>.</param>
/// <param name="Setup">What is wrong with how the servers are set up; null = the coordinator is of a release that does not look.</param>
public sealed record WarningsReading(string Monitor, string Cluster, long AgeMs, bool Stale, ImmutableArray<string> Warnings, ImmutableArray<SetupFinding>? Setup);
