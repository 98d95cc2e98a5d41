using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>
/// Everything about one MMM cluster that must survive any coordinator: what the ledger holds. Orders to agents are a
/// function of this document alone (<see cref="HostOrders"/>), so a new coordinator that adopts it goes on where the last one stopped.
/// Times are the coordinator's UTC (<see cref="ClusterEvent.At"/>).
/// </summary>
/// <param name="Mode">Mode of the monitor for this cluster.</param>
/// <param name="ModeCause">Why it is PASSIVE, one sentence or several lines; null otherwise.</param>
/// <param name="Hosts">Every configured host.</param>
/// <param name="Slots">Every configured role address, in <c>show</c> order.</param>
/// <param name="ActiveMaster">The server that became writable last: the one slaves replicate from and others catch up with; null before the first.</param>
/// <param name="Move">Running move of the active master role.</param>
/// <param name="RetryMoveAfter">After a planned move was undone, none is begun by itself (prefer) before this.</param>
/// <param name="Voters">The monitors whose word counts; null in a document of a release that did not know of them.</param>
public sealed record ClusterDocument(
    ClusterMode Mode,
    string? ModeCause,
    ImmutableSortedDictionary<string, HostRecord> Hosts,
    ImmutableArray<RoleSlot> Slots,
    MasterRecord? ActiveMaster,
    RoleMove? Move,
    DateTimeOffset? RetryMoveAfter,
    Voters? Voters = null)
{
    /// <summary>The slot of an address; throws when it is not configured.</summary>
    public RoleSlot Slot(RoleAddress address) => Slots.First(s => s.Address == address);

    /// <summary>The same document with one slot replaced.</summary>
    public ClusterDocument With(RoleSlot slot) => this with { Slots = [.. Slots.Select(s => s.Address == slot.Address ? slot : s)] };

    /// <summary>The same document with one host replaced.</summary>
    public ClusterDocument With(string host, HostRecord record) => this with { Hosts = Hosts.SetItem(host, record) };

    /// <summary>Value equality: records compare immutable collections by reference, a decision is a change of content.</summary>
    public bool SameAs(ClusterDocument other) =>
        ReferenceEquals(this, other)
        || (Mode == other.Mode && ModeCause == other.ModeCause && ActiveMaster == other.ActiveMaster && Move == other.Move
            && RetryMoveAfter == other.RetryMoveAfter && Voters == other.Voters && Slots.SequenceEqual(other.Slots)
            && Hosts.Count == other.Hosts.Count && Hosts.All(h => other.Hosts.TryGetValue(h.Key, out HostRecord? r) && h.Value.SameAs(r)));
}

/// <summary>What must survive about a host.</summary>
/// <param name="State">MMM's host state.</param>
/// <param name="Since">When it entered that state.</param>
/// <param name="Reason">Why, one sentence.</param>
/// <param name="DownSince">When it last left ONLINE; null once it is ONLINE.</param>
/// <param name="Departures">Departures from ONLINE, other than to ADMIN_OFFLINE, within flap_duration, oldest first.</param>
/// <param name="Flapping">More than flap_count of them: it does not return by itself.</param>
/// <param name="UnderLease">Its agent has carried an order out: since then the kernel takes its role addresses away when its lease runs out. Before, nothing does.</param>
/// <param name="Rejoin">It has failed as active master and is not compared with the one after it. Null = there is nothing to compare.</param>
public sealed record HostRecord(
    HostState State,
    DateTimeOffset Since,
    string Reason,
    DateTimeOffset? DownSince,
    ImmutableArray<DateTimeOffset> Departures,
    bool Flapping,
    bool UnderLease = false,
    PendingRejoin? Rejoin = null)
{
    internal bool SameAs(HostRecord other) =>
        State == other.State && Since == other.Since && Reason == other.Reason && DownSince == other.DownSince && Flapping == other.Flapping && UnderLease == other.UnderLease && Rejoin == other.Rejoin
        && Departures.SequenceEqual(other.Departures);
}

/// <param name="Errant">What it has and the active master lacks, in the server's notation; null = not compared yet.</param>
/// <param name="Check">Without GTIDs: what its agent is asked.</param>
public sealed record PendingRejoin(string? Errant, AgentProtocol.LogCheck? Check = null);

/// <summary>Who has a role address. An address is ordered onto <see cref="Owner"/> only once nobody is left to release it.</summary>
/// <param name="Address">Role and IP.</param>
/// <param name="Owner">The host it is decided for; null = an orphan.</param>
/// <param name="ReleasingFrom">The host that had it and has not yet let go; null = nobody.</param>
/// <param name="ReleasingSince">When it was asked to.</param>
public sealed record RoleSlot(RoleAddress Address, string? Owner, string? ReleasingFrom, DateTimeOffset? ReleasingSince)
{
    /// <summary>The host whose order contains the address now; null = none may show it.</summary>
    [JsonIgnore]
    public string? Holder => ReleasingFrom is null ? Owner : null;

    /// <summary>Takes the address away from whoever has it: it is an orphan that waits for its release.</summary>
    public RoleSlot Taken(DateTimeOffset at) =>
        Holder is { } holder ? this with { Owner = null, ReleasingFrom = holder, ReleasingSince = at } : this with { Owner = null };

    /// <summary>Decides the address for <paramref name="host"/>; the present holder, if any, must release it first.</summary>
    public RoleSlot GivenTo(string host, DateTimeOffset at)
    {
        RoleSlot free = Owner == host ? this : Taken(at);
        return free.ReleasingFrom == host ? free with { Owner = host, ReleasingFrom = null, ReleasingSince = null } : free with { Owner = host };
    }

    public RoleSlot Released() => this with { ReleasingFrom = null, ReleasingSince = null };
}

/// <summary>The server whose binary log is the truth.</summary>
/// <param name="Host">MMM's name.</param>
/// <param name="Since">When it completed the takeover.</param>
/// <param name="StartAt">Its binlog position just before it became writable: where slaves without GTID start.</param>
/// <param name="TakenOverBy">The decision it last became writable by; a server that became writable by a later one has newer data.</param>
/// <param name="Before">The one before it, and where its log ended when this one took over: slaves by positions have to get there first. Null = not known.</param>
public sealed record MasterRecord(string Host, DateTimeOffset Since, AgentProtocol.BinlogPosition? StartAt, DecisionId? TakenOverBy = null, PreviousMaster? Before = null);

/// <param name="Host">MMM's name.</param>
/// <param name="Rest">The end of its log.</param>
public sealed record PreviousMaster(string Host, AgentProtocol.BinlogTail Rest);

/// <summary>Why the active master role moves.</summary>
public enum MoveCause
{
    /// <summary>The holder left ONLINE, or nobody held it. Cannot be undone by giving it back to a failed host.</summary>
    Failover,

    /// <summary>An operator's move_role (or set_ip, set_offline).</summary>
    Command,

    /// <summary>Back to the role's preferred host.</summary>
    Prefer,
}

/// <summary>How far a move of the active master role is. Each phase can be continued by another coordinator from the document alone.</summary>
public enum MovePhase
{
    /// <summary>A planned move waits until its candidate is close enough (<see cref="Preflight"/>). The old holder has the role and takes writes; nobody has been told anything.</summary>
    Approaching,

    /// <summary>The old holder is giving up: read_only, connections killed, address away.</summary>
    Releasing,

    /// <summary>The new holder catches up, becomes writable and shows the address. Begins only when nobody else holds the role.</summary>
    TakingOver,

    /// <summary>The new holder could not catch up: it gives up again, then the old one gets the role back.</summary>
    RollingBack,
}

/// <param name="From">The old holder; null when nobody held the role.</param>
/// <param name="To">The new holder.</param>
/// <param name="Cause">Why.</param>
/// <param name="Force">True: a failed catch-up is reported and passed over.</param>
/// <param name="Phase">How far.</param>
/// <param name="StartedAt">When the move began.</param>
/// <param name="PhaseSince">When the phase began.</param>
/// <param name="UpTo">The last active master's last binlog position, when it could still tell after it had become read-only.</param>
/// <param name="Trouble">What holds it up, one sentence; null when nothing does. The first of its kind: details that change are in the agents' reports.</param>
/// <param name="Rest">The end of the last active master's binary log, when its mysqld has died; null = it has not, or nothing is known.</param>
/// <param name="Ahead">A replica that had received more of the last active master than the new holder, when that one could not be read any more; null = none.</param>
/// <param name="LastWord">What the last active master had when it was last seen alive, when its end is not known from itself; null = it is, or nothing is known.</param>
/// <param name="ThenOffline">The old holder becomes ADMIN_OFFLINE when the move is done (set_offline).</param>
public sealed record RoleMove(
    string? From,
    string To,
    MoveCause Cause,
    bool Force,
    MovePhase Phase,
    DateTimeOffset StartedAt,
    DateTimeOffset PhaseSince,
    AgentProtocol.BinlogPosition? UpTo,
    string? Trouble,
    AgentProtocol.BinlogTail? Rest = null,
    AgentProtocol.AheadReplica? Ahead = null,
    bool ThenOffline = false,
    AgentProtocol.LastWord? LastWord = null)
{
    public RoleMove Enter(MovePhase phase, DateTimeOffset at) => this with { Phase = phase, PhaseSince = at, Trouble = null };
}
