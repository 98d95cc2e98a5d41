using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>Everything one coordinator knows of one MMM cluster: the durable <see cref="Document"/> and what it sees. Immutable.</summary>
public sealed record ClusterState
{
    /// <summary>Hosts and roles.</summary>
    public required ClusterTopology Topology { get; init; }

    /// <summary>What the rules go by.</summary>
    public required DecisionSettings Settings { get; init; }

    /// <summary>What is to become of semi-sync.</summary>
    public SemiSyncSettings SemiSync { get; init; } = SemiSyncSettings.Off;

    /// <summary>rep_backlog fails above this.</summary>
    public TimeSpan MaxBacklog { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Periods of the checks.</summary>
    public required ImmutableSortedDictionary<CheckKind, CheckSettings> Checks { get; init; }

    /// <summary>Names of the monitors this node is configured with.</summary>
    public required ImmutableArray<string> Configured { get; init; }

    /// <summary>Node the coordinator runs on.</summary>
    public required string Coordinator { get; init; }

    /// <summary>Of the settings this node runs with; observers and agents with another one are reported, observers do not count.</summary>
    public required string? Fingerprint { get; init; }

    /// <summary>The coordinator's reign.</summary>
    public required Epoch Epoch { get; init; }

    /// <summary>Version of <see cref="Document"/> in the ledger (or about to be: see <see cref="StoreDocument"/>).</summary>
    public required long Version { get; init; }

    /// <summary>The decisions; null until a first start has voted.</summary>
    public required ClusterDocument? Document { get; init; }

    /// <summary>When this coordinator began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// Since when this coordinator has had its eyes open without a break: it began, or was paused, or too few monitors could see. Before that its
    /// silence and everybody else's are the same to it: nothing is held against an agent that was not heard, and no wait for one has begun.
    /// </summary>
    public required DateTimeOffset WatchingSince { get; init; }

    /// <summary>How far the stored times are ahead of this node's clock; added to every event's time, so that time goes on from what is recorded.</summary>
    public required TimeSpan ClockBehind { get; init; }

    /// <summary>The document was brought in line with the configuration and is not in the ledger in this form yet.</summary>
    public bool Reconciled { get; init; }

    /// <summary>Time of the last event; never goes back.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is seen of each host.</summary>
    public required ImmutableSortedDictionary<string, HostSight> Sights { get; init; }

    /// <summary>Latest report of each monitor node's vantage.</summary>
    public ImmutableSortedDictionary<string, VantageSight> Vantages { get; init; } = ImmutableSortedDictionary<string, VantageSight>.Empty;

    /// <summary>What is being taken from hosts that may not be able to hear it, by host.</summary>
    public ImmutableSortedDictionary<string, Withdrawal> Withdrawals { get; init; } = ImmutableSortedDictionary.Create<string, Withdrawal>(StringComparer.Ordinal);

    /// <summary>Latest word of each monitor's granter.</summary>
    public ImmutableSortedDictionary<string, AgesSight> LeaseAges { get; init; } = ImmutableSortedDictionary.Create<string, AgesSight>(StringComparer.Ordinal);

    /// <summary>When the granters were last told of the <see cref="Voters"/>; null = not since the last change.</summary>
    public DateTimeOffset? VotersToldAt { get; init; }

    /// <summary>Hosts whose machines have vanished, and when the other agents were last told.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> VanishedTold { get; init; } = ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    /// <summary>Machines that answer for a role address and should not, in the order in which they were first seen.</summary>
    public ImmutableArray<AddressConflict> AddressConflicts { get; init; } = [];

    /// <summary>Whose each role address is, and since when.</summary>
    public ImmutableSortedDictionary<RoleAddress, AddressTenure> Tenures { get; init; } = ImmutableSortedDictionary<RoleAddress, AddressTenure>.Empty;

    /// <summary>What the active master had at its last reports, oldest first.</summary>
    public ImmutableArray<MasterMark> MasterMarks { get; init; } = [];

    /// <summary>The document that <see cref="Tenures"/> were last compared with.</summary>
    internal ClusterDocument? TenuresOf { get; init; }

    /// <summary>The hosts show an address also when another machine answers for it (addresses.on_conflict = take).</summary>
    public bool TakeAnyway { get; init; }

    /// <summary>The document that <see cref="Orders"/> were last compared with: while it is the same object no order can have changed.</summary>
    internal ClusterDocument? OrderedFor { get; init; }

    /// <summary>The order last issued to each host by this coordinator.</summary>
    public ImmutableSortedDictionary<string, IssuedOrder> Orders { get; init; } = ImmutableSortedDictionary<string, IssuedOrder>.Empty;

    /// <summary>Latest notes for people, oldest first, at most <see cref="NotesKept"/>.</summary>
    public ImmutableArray<Note> Notes { get; init; } = [];

    /// <summary>What was noted of each host's way with its order; see <see cref="TransitionSteps"/>.</summary>
    internal ImmutableSortedDictionary<string, NotedSteps> Steps { get; init; } = ImmutableSortedDictionary<string, NotedSteps>.Empty;

    /// <summary>How many notes this coordinator has made in all; the last of <see cref="Notes"/> is the latest.</summary>
    public long NotesMade { get; init; }

    /// <summary>Commands and the answers to them, so that a repeated one is not carried out twice; oldest first, at most <see cref="NotesKept"/>.</summary>
    public ImmutableArray<AnsweredCommand> Answered { get; init; } = [];

    /// <summary>Rules of <see cref="Invariants"/> that this state breaks; not empty = no effect may leave.</summary>
    public ImmutableArray<string> Broken { get; init; } = [];

    public const int NotesKept = 100;

    /// <summary>The monitors whose word counts.</summary>
    public Voters Voters => Document?.Voters ?? FirstVoters;

    /// <summary>Those, until they are in a document.</summary>
    public required Voters FirstVoters { get; init; }

    /// <summary>How many voters there are.</summary>
    public int Monitors => Voters.Names.Length;

    public int Quorum => Voters.Quorum;

    /// <summary>Address of the active master role.</summary>
    public required RoleAddress Writer { get; init; }

    /// <summary>True while too few monitors have a fresh view and a network of their own: failed checks mean nothing, so nothing is changed and nothing is sent.</summary>
    public bool Blind => Vantages.Values.Count(v => QuorumVerdict.Counts(v, this)) < Quorum;

    /// <summary>A node that tells this fingerprint knows the same hosts, roles and addresses as this coordinator; one that tells none is not asked.</summary>
    public bool Agrees(string? fingerprint) => Fingerprint is null || fingerprint is null || fingerprint == Fingerprint;

    /// <summary>The agent was heard from within agent_timeout.</summary>
    public bool AgentReachable(string host) => Sights[host].HeardAt is { } heard && At - heard <= Settings.AgentTimeout;

    /// <summary>The agent was not heard from within agent_timeout, although there was somebody to hear it.</summary>
    public bool AgentLost(string host) => !AgentReachable(host) && At - WatchingSince > Settings.AgentTimeout;

    /// <summary>
    /// Every agent that should be there has been heard, or had the time. Before that nobody is given a role: whom to give it to would
    /// be decided by who happened to report first.
    /// </summary>
    public bool Settled =>
        At - WatchingSince > Settings.AgentTimeout
        || (Document is { } d && d.Hosts.All(h => h.Value.State != HostState.Online || (AgentReachable(h.Key) && Sights[h.Key].HeardAt >= WatchingSince)));

    /// <summary>
    /// The host cannot have a lease any more: its agent was lost, and so many monitors have granted it nothing for a ttl that no quorum can have. The kernel has taken its
    /// addresses away, whatever its mysqld does; not those of a host that never was under lease.
    /// </summary>
    public bool LeaseLost(string host) => Document is { } d && d.Hosts[host].UnderLease && AgentLost(host) && Leases.CannotHave(this, host);

    /// <summary>The host may go on having a role: ONLINE, and its agent is not known to be gone.</summary>
    public bool MayKeep(string host) => Document is { } d && d.Hosts[host].State == HostState.Online && !AgentLost(host);

    /// <summary>For so long the agent there takes no exclusive role over, as it has just started; zero = it does.</summary>
    public TimeSpan QuietFor(string host) => Sights[host] is { Agent: { QuietMs: > 0 and var quiet }, HeardAt: { } heard } && heard + TimeSpan.FromMilliseconds(quiet) is var over && over > At
        ? over - At : TimeSpan.Zero;

    /// <summary>The host may be given a role: ONLINE with a reachable agent.</summary>
    public bool MayReceive(string host) => Document is { } d && d.Hosts[host].State == HostState.Online && AgentReachable(host);

    public CheckVerdict Verdict(string host, CheckKind kind) => Sights[host].Checks[kind].Verdict;

    public bool PingAndMysqlOk(string host) => Verdict(host, CheckKind.Ping) == CheckVerdict.Ok && Verdict(host, CheckKind.Mysql) == CheckVerdict.Ok;

    public ClusterState Noted(string code, string? host, string sentence, NoteAbout? about = null)
    {
        ImmutableArray<Note> notes = Notes.Add(new Note(At, code, host, sentence, About: about));
        return this with { Notes = notes.Length > NotesKept ? notes.RemoveAt(0) : notes, NotesMade = NotesMade + 1 };
    }

    /// <summary>What was noted since then is the doing of that command.</summary>
    /// <param name="notesMade">How many notes there were before it.</param>
    /// <param name="command">Its id.</param>
    public ClusterState OrderedBy(long notesMade, string command)
    {
        int own = (int)Math.Min(NotesMade - notesMade, Notes.Length);
        return this with { Notes = [.. Notes[..^own], .. Notes[^own..].Select(n => n with { Command = command })] };
    }

    /// <summary>The same state with the document changed by <paramref name="change"/>.</summary>
    public ClusterState Deciding(Func<ClusterDocument, ClusterDocument> change) => this with { Document = change(Document!) };
}

/// <summary>One thing that was decided or seen, for people.</summary>
/// <param name="At">When.</param>
/// <param name="Code">Stable for scripts and tests.</param>
/// <param name="Host">Host it is about; null = the cluster.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Command">Id of the operator's command that it is the doing of; null = nobody ordered it.</param>
/// <param name="About">What the sentence says, for hooks; null = no hook name stands for it.</param>
public sealed record Note(DateTimeOffset At, string Code, string? Host, string Sentence, string? Command = null, NoteAbout? About = null);

/// <summary>What a note is about, for programs.</summary>
/// <param name="From">Where a role comes from, or the state that a host leaves; null = nowhere.</param>
/// <param name="To">Where a role goes, or the state that a host enters; null = nobody yet.</param>
/// <param name="Address">The role address; null = the note is not about a role.</param>
/// <param name="Cause">Of the move of the active master role that it is about; null = about none.</param>
public sealed record NoteAbout(string? From, string? To, RoleAddress? Address = null, MoveCause? Cause = null);

/// <summary>A vantage's report and when it came.</summary>
/// <param name="Report">As it came.</param>
/// <param name="ReceivedAt">When.</param>
/// <param name="SoundSince">When its own network came back; null = it was never seen without. A failure that it saw before that counts from here.</param>
public sealed record VantageSight(SightProtocol.VantageReport Report, DateTimeOffset ReceivedAt, DateTimeOffset? SoundSince);

/// <summary>A granter's word and when it came.</summary>
public sealed record AgesSight(LeaseProtocol.Ages Ages, DateTimeOffset ReceivedAt);

/// <summary>What is seen of one host.</summary>
/// <param name="Checks">The four checks, judged.</param>
/// <param name="Agent">Latest report of its agent; null = never heard by this coordinator.</param>
/// <param name="HeardAt">When that came.</param>
/// <param name="Replication">Latest sight of its probe.</param>
/// <param name="ReplicationAt">When that came.</param>
/// <param name="LastUp">The latest report in which mysqld was up, also one that another monitor heard before this coordinator began; null = none is known.</param>
/// <param name="DiskFailsSince">Since when its agent has told without a break that the disk of its data fails; null = it does not.</param>
/// <param name="Lacks">What it lacks by its agent's latest report that the active master had longer than max_backlog ago, see <see cref="MasterMark"/>; null = nothing, or not known.</param>
public sealed record HostSight(
    ImmutableSortedDictionary<CheckKind, CheckState> Checks,
    AgentProtocol.Report? Agent,
    DateTimeOffset? HeardAt,
    SightProtocol.ReplicationSight? Replication,
    DateTimeOffset? ReplicationAt,
    AgentProtocol.Report? LastUp = null,
    DateTimeOffset? DiskFailsSince = null,
    string? Lacks = null)
{
    /// <summary>With this report, if mysqld was up in it and it is newer than what is known.</summary>
    internal HostSight WithLastUp(AgentProtocol.Report report) =>
        report.Facts.Mysqld == AgentProtocol.MysqldState.Up && (LastUp is null || (LastUp.Incarnation, LastUp.Seq).CompareTo((report.Incarnation, report.Seq)) < 0) ? this with { LastUp = report } : this;

    public static HostSight None(DateTimeOffset at) => new(
        CheckNames.All.ToImmutableSortedDictionary(k => k, _ => new CheckState(CheckVerdict.Unknown, at, "Not checked yet")), null, null, null, null);
}

/// <param name="Verdict">What is held true.</param>
/// <param name="Since">Last change of the verdict.</param>
/// <param name="Message">For people.</param>
public sealed record CheckState(CheckVerdict Verdict, DateTimeOffset Since, string Message);

/// <param name="Order">As it was sent.</param>
/// <param name="SentAt">Last time.</param>
/// <param name="Since">First time.</param>
public sealed record IssuedOrder(AgentProtocol.HostOrder Order, DateTimeOffset SentAt, DateTimeOffset Since);
