using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Messages;

/// <summary>The coordinator's published picture; every monitor node keeps the latest (<c>/user/status-board</c>) and serves reads from it.</summary>
public static class StatusProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>Coordinator -> status board of every configured monitor: at each change and every second. Latest <see cref="Decision"/> and <see cref="Seq"/> win.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Coordinator">Monitor node the coordinator runs on.</param>
    /// <param name="Decision">Last stored decision.</param>
    /// <param name="Seq">Counts up within one coordinator's reign.</param>
    /// <param name="AtUtc">When it was made, the coordinator's UTC clock, for display.</param>
    /// <param name="Phase">starting (adopting or voting), serving, or no_quorum.</param>
    /// <param name="Mode">MMM's spelling: ACTIVE, MANUAL, WAIT, PASSIVE.</param>
    /// <param name="Hosts">Sorted by name.</param>
    /// <param name="Roles">Every role address.</param>
    /// <param name="ActiveMasterRole">Name of the writer role.</param>
    /// <param name="ActiveMaster">Host that completed its takeover last; null before the first.</param>
    /// <param name="Move">Running move of the active master role; null when none.</param>
    /// <param name="Warnings">Sentences without the leading <c># Warning: </c>; what <c>show</c> prints on top.</param>
    /// <param name="Notes">Latest decisions, newest last, at most 100.</param>
    /// <param name="ModeReason">Why the mode is what it is; the <c># Cause:</c> of <c>show</c> in PASSIVE. May have several lines. Null = not known.</param>
    /// <param name="Setup">What is wrong with how the servers are set up; null = the coordinator is of a release that does not look.</param>
    /// <param name="Explained">Every role, the active master's first; null = the coordinator is of a release that says nothing.</param>
    public sealed record ClusterSnapshot(
        string Cluster,
        string Coordinator,
        DecisionId Decision,
        long Seq,
        DateTimeOffset AtUtc,
        string Phase,
        string Mode,
        ImmutableArray<HostView> Hosts,
        ImmutableArray<RoleView> Roles,
        string ActiveMasterRole,
        string? ActiveMaster,
        MoveView? Move,
        ImmutableArray<string> Warnings,
        ImmutableArray<NoteView> Notes,
        string? ModeReason = null,
        ImmutableArray<SetupFinding>? Setup = null,
        ImmutableArray<ExplainedRole>? Explained = null) : IMessage;

    /// <param name="Role">Its name.</param>
    /// <param name="Explanation">Why it is where it is, and why it does not move, a sentence each; one that begins with a blank belongs to the one before.</param>
    public sealed record ExplainedRole(string Role, ImmutableArray<string> Explanation);

    /// <param name="Name">Host.</param>
    /// <param name="Ip">Own address.</param>
    /// <param name="Mode">master or slave.</param>
    /// <param name="State">MMM's spelling.</param>
    /// <param name="SinceUtc">When it entered that state.</param>
    /// <param name="Reason">Why, one sentence.</param>
    /// <param name="Flapping">True: held back.</param>
    /// <param name="AgentReachable">Heard from within agent_timeout.</param>
    /// <param name="Agent">Latest agent report; null when never heard.</param>
    /// <param name="Checks">ping, mysql, rep_threads, rep_backlog.</param>
    /// <param name="SecondsBehind">Replication lag; null = unknown.</param>
    /// <param name="Explanation">Why it is as it is and what can be done, a sentence each; one that begins with a blank belongs to the one before. Null = the coordinator is of a release that says nothing.</param>
    public sealed record HostView(
        string Name, string Ip, string Mode, string State, DateTimeOffset SinceUtc, string Reason, bool Flapping, bool AgentReachable,
        AgentProtocol.Report? Agent, ImmutableArray<CheckView> Checks, long? SecondsBehind,
        ImmutableArray<string>? Explanation = null);

    /// <param name="Host">It is about.</param>
    /// <param name="IsError">A failover, or replication, cannot work as it should; else it is worth mending.</param>
    /// <param name="Code">Variable or subject, stable for scripts.</param>
    /// <param name="Sentence">For people; goes on after the host's name.</param>
    /// <param name="Statement">SQL that mends it, or a comment that says how; null = no statement does.</param>
    public sealed record SetupFinding(string Host, bool IsError, string Code, string Sentence, string? Statement);

    /// <param name="Check">MMM's name of the check.</param>
    /// <param name="Verdict">OK, ERROR or UNKNOWN.</param>
    /// <param name="SinceUtc">Last change of the verdict.</param>
    /// <param name="Message">For people, without the leading verdict.</param>
    public sealed record CheckView(string Check, string Verdict, DateTimeOffset SinceUtc, string Message);

    /// <param name="Address">Role and IP.</param>
    /// <param name="Owner">Host it is decided for; null = nobody may have it.</param>
    /// <param name="ReleasingFrom">Host that must let go first; null = nobody.</param>
    /// <param name="Prefer">Host the role is configured to return to; null = none.</param>
    public sealed record RoleView(RoleAddress Address, string? Owner, string? ReleasingFrom, string? Prefer = null);

    /// <param name="Role">The active master role.</param>
    /// <param name="From">The old holder; null = nobody had it.</param>
    /// <param name="To">The new holder.</param>
    /// <param name="Phase">approaching, releasing, taking_over or rolling_back.</param>
    /// <param name="Cause">failover, command or prefer.</param>
    /// <param name="StartedUtc">When it began.</param>
    /// <param name="Sentence">What it waits for, for people.</param>
    public sealed record MoveView(string Role, string? From, string To, string Phase, string Cause, DateTimeOffset StartedUtc, string Sentence);

    /// <param name="AtUtc">When.</param>
    /// <param name="Code">Reason code, stable for scripts.</param>
    /// <param name="Host">Host it is about; null = the cluster.</param>
    /// <param name="Sentence">For people.</param>
    public sealed record NoteView(DateTimeOffset AtUtc, string Code, string? Host, string Sentence);
}
