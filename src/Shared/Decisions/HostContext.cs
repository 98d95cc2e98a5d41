using Mmm.Shared.Checks;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>What a <see cref="HostRule"/> may look at: one host, its checks, and the server it replicates from.</summary>
public sealed class HostContext
{
    private readonly ClusterState _state;

    /// <param name="state">To look at.</param>
    /// <param name="host">Which one.</param>
    /// <param name="writer">The slot of the active master role.</param>
    public HostContext(ClusterState state, string host, RoleSlot writer)
    {
        _state = state;
        Host = state.Topology.Hosts[host];
        Record = state.Document!.Hosts[host];
        ActiveMaster = writer.Owner;
        HoldsWriter = writer.Owner == host || writer.ReleasingFrom == host;
        // MMM: a master is judged against its peer, a slave against the active master (as is one of more than two masters).
        Peer = Host.Peer ?? ActiveMaster;
    }

    public Host Host { get; }

    public HostRecord Record { get; }

    /// <summary>The host the active master role is decided for; null = none.</summary>
    public string? ActiveMaster { get; }

    /// <summary>The host carries the active master role, or has not yet let go of it.</summary>
    public bool HoldsWriter { get; }

    /// <summary>The host is among those that may carry the active master role.</summary>
    public bool CanBeActiveMaster => _state.Topology.MayBeActiveMaster(Host.Name);

    /// <summary>The server this host's replication is judged against; null when there is none.</summary>
    public string? Peer { get; }

    public DecisionSettings Settings => _state.Settings;

    public DateTimeOffset At => _state.At;

    public bool Down => Verdict(CheckKind.Ping) == CheckVerdict.Failed || Verdict(CheckKind.Mysql) == CheckVerdict.Failed;

    public bool Up => _state.PingAndMysqlOk(Host.Name) && !DiskKeepsOut;

    /// <summary>See <see cref="DiskRules.KeepsOut"/>.</summary>
    public bool DiskKeepsOut => DiskRules.KeepsOut(_state, Host.Name);

    /// <summary>Why its disk fails.</summary>
    public string DiskWords => DiskRules.Failing(_state, Host.Name) is { } disk ? DiskRules.SentenceOf(disk) : "";

    public bool RepThreadsFailed => Verdict(CheckKind.RepThreads) == CheckVerdict.Failed;

    public bool RepBacklogFailed => Verdict(CheckKind.RepBacklog) == CheckVerdict.Failed;

    public bool ReplicationOk => Verdict(CheckKind.RepThreads) == CheckVerdict.Ok && Verdict(CheckKind.RepBacklog) == CheckVerdict.Ok;

    public bool PeerOnline => Peer is not null && _state.Document!.Hosts[Peer].State == HostState.Online;

    /// <summary>The peer can be blamed for nothing: ONLINE long enough for replicas to have reconnected, and up. Only then a failed replication check speaks of this host.</summary>
    public bool PeerIsSound =>
        PeerOnline && _state.PingAndMysqlOk(Peer!) && At - _state.Document!.Hosts[Peer!].Since >= Settings.MasterConnectRetry
        && (!Host.FollowsActiveMaster || FollowsForLong);

    /// <summary>
    /// A slave (or one of more than two masters) has had as long to follow the active master as a replica has to reconnect. (MMM's single thread repoints slaves while nobody looks
    /// at their checks; ours would take their roles away in the middle of every failover.)
    /// </summary>
    private bool FollowsForLong =>
        _state.Document is { Move: null, ActiveMaster: { } master } && master.Host == Peer && At - master.Since >= Settings.MasterConnectRetry;

    /// <summary>
    /// The host was the last active master, and the server it would replicate from is not ONLINE: its replication checks can only
    /// fail and say nothing of it, and nobody has newer data. (MMM keeps such a host AWAITING_RECOVERY for an operator: a crash of the
    /// only master left would stop all writes until somebody wakes up.)
    /// </summary>
    public bool LastMasterAlone => _state.Document!.ActiveMaster?.Host == Host.Name && !PeerOnline;

    public bool ChecksOk => Up && (ReplicationOk || LastMasterAlone);

    /// <summary>It may have transactions that nobody else has: see <see cref="Rejoin"/>.</summary>
    public bool Unproven => Record.Rejoin is not null;

    /// <summary>How long ago it left ONLINE; null when never seen ONLINE.</summary>
    public TimeSpan? DownFor => Record.DownSince is { } since ? At - since : null;

    public TimeSpan InState => At - Record.Since;

    /// <summary>The machine booted after it left ONLINE. True also while nobody can tell: a quick return needs proof.</summary>
    public bool MayHaveRebooted
    {
        get
        {
            HostSight sight = _state.Sights[Host.Name];
            if (Record.DownSince is not { } since || sight.Agent is not { } report || sight.HeardAt is not { } heard || heard < since)
                return true;
            return heard - TimeSpan.FromSeconds(report.Facts.UptimeSeconds) > since;
        }
    }

    public string CheckWords =>
        $"ping: {Word(CheckKind.Ping)}, mysql: {Word(CheckKind.Mysql)}";

    public string MessageOf(CheckKind kind) => _state.Sights[Host.Name].Checks[kind].Message;

    private string Word(CheckKind kind) => Verdict(kind) switch { CheckVerdict.Ok => "OK", CheckVerdict.Failed => "not OK", _ => "unknown" };

    private CheckVerdict Verdict(CheckKind kind) => _state.Verdict(Host.Name, kind);
}
