using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Gtids;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Messages;

/// <summary>
/// Between the agent of a DB host and the monitors. The agent is a remote-only actor system named <c>mmm-agent</c>, actor
/// <c>/user/agent</c>, at the host's ip and agent port; every configured monitor (system <c>mmm</c>) has <c>/user/agent-gateway</c>.
/// </summary>
public static class AgentProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>
    /// Coordinator -> agent: the host's whole wanted state, never a change to it. Reply: an <see cref="Report"/> to every
    /// gateway and to the sender at each change of progress, or <see cref="Refused"/>. A resend is harmless.
    /// </summary>
    /// <param name="Cluster">MMM cluster; an agent refuses another's.</param>
    /// <param name="Host">Addressee; an agent refuses another's.</param>
    /// <param name="Id">Epoch and version; the agent refuses one below the highest it has seen.</param>
    /// <param name="State">The host's state, for the agent's log and status.</param>
    /// <param name="Roles">Role addresses the host shall hold. Every other role address of the cluster shall be absent.</param>
    /// <param name="Writable">True: this host is the active master, read_only off. False: read_only on.</param>
    /// <param name="Replication">What to do with replication.</param>
    /// <param name="CatchUp">Only while taking the active master role over: what to apply before becoming writable. Ignored once the server is writable.</param>
    /// <param name="Voters">The monitors whose grants count from this order on; null = those the agent is configured with.</param>
    public sealed record HostOrder(
        string Cluster,
        string Host,
        DecisionId Id,
        HostState State,
        ImmutableArray<RoleAddress> Roles,
        bool Writable,
        ReplicationOrder Replication,
        CatchUpOrder? CatchUp,
        Voters? Voters = null) : IMessage
    {
        /// <summary>Same wanted state, whatever its <see cref="Id"/>.</summary>
        public bool WantsTheSameAs(HostOrder other) =>
            Cluster == other.Cluster && Host == other.Host && State == other.State && Writable == other.Writable
            && Roles.SequenceEqual(other.Roles) && Replication == other.Replication && CatchUp == other.CatchUp && Voters == other.Voters;
    }

    /// <summary>
    /// Coordinator -> agent of a host that can be reached: pass this order on to the agent of another host of the cluster, which must let go of something and
    /// cannot be reached. That one obeys it as if it had come directly, and its report comes back the same way. A resend is harmless.
    /// </summary>
    public sealed record Relay(HostOrder Order) : IMessage;

    /// <summary>What an agent shall do with its server's replication.</summary>
    public enum ReplicationAction
    {
        /// <summary>Leave it as it is, except that replication an earlier <see cref="Stop"/> stopped is started again.</summary>
        Leave,

        /// <summary>Stop both threads (ADMIN_OFFLINE); remembered on disk as stopped by MMM.</summary>
        Stop,

        /// <summary>Receive nothing of the source, and go on applying what was received: the source has failed as active master, and what it has is compared first. Ended by <see cref="Leave"/>.</summary>
        Hold,

        /// <summary>Be a replica of <c>Source</c>: when it replicates from another server, apply what the relay log holds, repoint and start; when it already does, as <see cref="Leave"/>.</summary>
        Follow,

        /// <summary>Replicate from nobody: the channel is removed, and its options are remembered for a later <see cref="Follow"/>. Of the active master of more than two.</summary>
        Drop,
    }

    /// <param name="Action">What to do.</param>
    /// <param name="Source">Follow only: the active master.</param>
    /// <param name="Before">Follow only: where the log of the active master before ended: a replica by positions that has not all of it gets the rest first. Null = not known.</param>
    /// <param name="Until">
    /// Follow only, while another host takes over from the source: a replica by positions applies nothing of the source behind this, or it would get what the next active master writes
    /// through the old one, and once more from the next. Null = no bound.
    /// </param>
    /// <param name="Check">Stop only: what the server's binary log is to be looked through for. Null = nothing.</param>
    public sealed record ReplicationOrder(ReplicationAction Action, SourceServer? Source, PreviousLog? Before = null, BinlogPosition? Until = null, LogCheck? Check = null)
    {
        public static readonly ReplicationOrder Leave = new(ReplicationAction.Leave, null);
        public static readonly ReplicationOrder Stop = new(ReplicationAction.Stop, null);
        public static readonly ReplicationOrder Hold = new(ReplicationAction.Hold, null);
        public static readonly ReplicationOrder Drop = new(ReplicationAction.Drop, null);
    }

    /// <summary>A question to the agent of an active master that failed, has come back, and has no GTIDs: what did it write itself behind this place of its binary log?</summary>
    /// <param name="From">How far the active master has applied its log.</param>
    /// <param name="Since">When that one took over: the same place may be asked about again after another failure.</param>
    public sealed record LogCheck(BinlogPosition From, DateTimeOffset Since);

    /// <summary>The answer.</summary>
    /// <param name="Of">To what.</param>
    /// <param name="Own">So many transactions of its own lie behind it.</param>
    /// <param name="First">Where the first of them begins; null = there is none.</param>
    /// <param name="Last">Where the last of them ends; null = there is none.</param>
    public sealed record LogChecked(LogCheck Of, int Own, BinlogPosition? First, BinlogPosition? Last);

    /// <summary>A server to replicate from.</summary>
    /// <param name="Host">MMM's name of it.</param>
    /// <param name="Ip">Its own address, not a role address.</param>
    /// <param name="Port">mysql_port.</param>
    /// <param name="StartAt">Where its binlog stood when it became writable; used when GTIDs cannot be.</param>
    public sealed record SourceServer(string Host, string Ip, int Port, BinlogPosition? StartAt);

    /// <param name="From">MMM's name of the old active master.</param>
    /// <param name="FromIp">Its address: the replication source to catch up with.</param>
    /// <param name="UpTo">Its last binlog position, when it could still be asked; null = everything in the relay log.</param>
    /// <param name="TimeoutMs">Deadline of the catch-up in milliseconds.</param>
    /// <param name="Force">True: a failed catch-up is reported and passed over (operator's <c>--force</c>).</param>
    /// <param name="Rest">The end of its binary log, when its mysqld has died; null = mysqld lives, or nothing can be said.</param>
    /// <param name="Ahead">A replica of it that has received more than the candidate; null = none has, or all of it can be had from <paramref name="Rest"/>.</param>
    /// <param name="LastWord">What it had when it was last seen alive, when it can tell no more; null = it can, or nothing is known.</param>
    /// <param name="Policy">What may be missing; null = anything.</param>
    public sealed record CatchUpOrder(
        string From, string FromIp, BinlogPosition? UpTo, int TimeoutMs, bool Force, BinlogTail? Rest = null, AheadReplica? Ahead = null, LastWord? LastWord = null, FailoverPolicy? Policy = null);

    /// <summary>A server's state by the last report of its agent in which it was up: what it did after that, for a heartbeat_interval at most, is not known.</summary>
    /// <param name="History">Everything it had, by GTIDs; null = it has none.</param>
    /// <param name="End">Where the last commit in its binary log ends, read after <paramref name="History"/>.</param>
    /// <param name="Acknowledged">Its commits waited for replicas.</param>
    public sealed record LastWord(GtidHistory? History, BinlogPosition? End, bool Acknowledged);

    /// <param name="Host">MMM's name of the replica.</param>
    /// <param name="Ip">Its address.</param>
    /// <param name="Port">mysql_port.</param>
    /// <param name="Received">What it has received, in the old master's coordinates.</param>
    /// <param name="Gtid">What it has, all of that applied; null = it cannot be fetched from there.</param>
    /// <param name="Why">Why not; null = it can.</param>
    public sealed record AheadReplica(string Host, string Ip, int Port, BinlogPosition Received, string? Gtid, string? Why);

    /// <summary>
    /// The end of a server's binary log. When its mysqld has died, its agent serves the log to the servers of the other hosts, as a replication source by file and position with the
    /// cluster's replication login.
    /// </summary>
    /// <param name="Port">TCP port of that at the host's ip; 0 = the agent serves nothing: mysqld lives, or see <paramref name="Why"/>.</param>
    /// <param name="End">
    /// Of one that lives: where it stopped taking writes. Of one that has died: end of the last whole transaction; nothing behind it is ever sent, and the server itself drops what is
    /// behind it when it starts. Null = not found.
    /// </param>
    /// <param name="Why">Why it is not served, or not all of it; null = nothing is in the way, or its end is still being looked for.</param>
    public sealed record BinlogTail(int Port, BinlogPosition? End, string? Why)
    {
        public static readonly BinlogTail Searching = new(0, null, null);

        /// <summary>Its agent has not said yet whether and where it ends.</summary>
        [JsonIgnore]
        public bool IsSearching => End is null && Why is null;

        public static BinlogTail None(string why) => new(0, null, why);
    }

    /// <param name="Host">MMM's name of the server that was the active master before.</param>
    /// <param name="Ip">Its address.</param>
    /// <param name="Rest">The end of its log.</param>
    public sealed record PreviousLog(string Host, string Ip, BinlogTail Rest);

    /// <summary>A place in a server's binary log.</summary>
    public sealed record BinlogPosition(string File, long Position)
    {
        public override string ToString() => $"{File}:{Position}";
    }

    /// <summary>
    /// Agent -> gateway of every configured monitor, every heartbeat_interval and at once on any change; the gateway forwards it
    /// to the coordinator. Reply: <see cref="Heard"/>. Receivers drop a report whose (Incarnation, Seq) is not newer than the last.
    /// </summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">Reporting host.</param>
    /// <param name="Incarnation">Start of the agent's process, UTC ticks: later starts compare higher.</param>
    /// <param name="Seq">Counts up within an incarnation.</param>
    /// <param name="Highest">Highest decision the agent has accepted (on disk).</param>
    /// <param name="Progress">How far it is with that decision's order.</param>
    /// <param name="Facts">What is true on the host now.</param>
    /// <param name="TakeOver">The last time this agent made its server writable for an order, if it did in this incarnation or remembers it.</param>
    /// <param name="Fingerprint">Of the settings the agent runs with; a differing one is reported to the operator.</param>
    /// <param name="LetGo">
    /// True: seen since the order that <paramref name="Progress"/> speaks of was taken up, and with no step of an earlier order still running: no role
    /// address that is not in it, and, unless it is a writable one, mysqld read-only or dead. Whatever else the order wants may still be under way.
    /// </param>
    /// <param name="Lease">Its leases; null when it claims nothing.</param>
    /// <param name="Network">What it sees on the network of the role addresses; null = it does not look (addresses.check_interval = 0s).</param>
    /// <param name="QuietMs">For so long, in milliseconds, it takes no exclusive address over: it has just started, and may have promised it to another host before. 0 = it does.</param>
    /// <param name="CertificateEnds">When its certificate, or that of its authority, ends, UTC; null = it has none.</param>
    public sealed record Report(
        string Cluster,
        string Host,
        long Incarnation,
        long Seq,
        DecisionId Highest,
        OrderProgress Progress,
        HostFacts Facts,
        TakeOver? TakeOver,
        string? Fingerprint = null,
        bool LetGo = false,
        LeaseFacts? Lease = null,
        NetworkFacts? Network = null,
        long QuietMs = 0,
        DateTimeOffset? CertificateEnds = null) : IMessage;

    /// <summary>What an agent sees on the network that the role addresses are on. Who receives it believes no more of it than <c>NetworkFactsRule</c> lets through.</summary>
    /// <param name="Macs">Hardware addresses of the host's own interfaces, as <c>02:00:5e:10:00:01</c>: who answers with one of them is this host.</param>
    /// <param name="Looks">At most one per role address that the host does not show itself: the latest.</param>
    public sealed record NetworkFacts(ImmutableArray<string> Macs, ImmutableArray<AddressLook> Looks);

    /// <param name="Address">Who answers for it was asked for on the network (ARP, neighbour solicitation).</param>
    /// <param name="AgeMs">Time since then, in milliseconds.</param>
    /// <param name="Answers">Who answered or announced it; never the host itself. Empty = nobody.</param>
    public sealed record AddressLook(RoleAddress Address, long AgeMs, ImmutableArray<Answerer> Answers);

    /// <param name="Mac">Hardware address, as in <see cref="NetworkFacts"/>.</param>
    /// <param name="Host">The other host of the cluster whose own address is answered for by the same hardware address; null = none.</param>
    public sealed record Answerer(string Mac, string? Host);

    /// <param name="LeftMs">What is left of the lease that ends first, in milliseconds; 0 = something that the order gives is not leased.</param>
    /// <param name="ByPeers">Exclusive roles go on by the word of the other hosts, as no quorum of monitors answers (failsafe).</param>
    /// <param name="Trouble">Why something that the order gives may not be shown; null = everything may.</param>
    public sealed record LeaseFacts(long LeftMs, bool ByPeers, string? Trouble);

    /// <summary>How far an agent is with an order.</summary>
    public enum OrderStatus
    {
        /// <summary>No order since it started.</summary>
        None,
        Working,

        /// <summary>Everything the order wants is true: in particular roles not in it are gone, and without <c>Writable</c> mysqld is read-only or dead.</summary>
        Done,

        /// <summary>A step failed; the agent retries it while the order stands.</summary>
        Failed,
    }

    /// <param name="Id">Order it speaks of.</param>
    /// <param name="Status">How far.</param>
    /// <param name="Step">Working/Failed: code of the step, for example <c>catch_up</c>, <c>read_only</c>, <c>kill_connections</c>, <c>add_address</c>, <c>repoint</c>.</param>
    /// <param name="Sentence">For people: what is being done, or what failed and why.</param>
    /// <param name="Warnings">Things that were passed over and an operator should know.</param>
    public sealed record OrderProgress(DecisionId Id, OrderStatus Status, string? Step, string? Sentence, ImmutableArray<string> Warnings)
    {
        public static readonly OrderProgress None = new(DecisionId.None, OrderStatus.None, null, null, []);
    }

    /// <summary>State of the local mysqld as its agent sees it.</summary>
    public enum MysqldState
    {
        /// <summary>Not looked at yet, or the error says nothing of its health.</summary>
        Unknown,
        Up,

        /// <summary>No process and nothing accepts connections.</summary>
        Down,

        /// <summary>Process or socket there, but no answer within the statement timeout.</summary>
        NotAnswering,
    }

    /// <param name="Mysqld">State of the local mysqld.</param>
    /// <param name="MysqldMessage">Why it is not up; null when it is.</param>
    /// <param name="ReadOnly">@@read_only; null when it could not be asked.</param>
    /// <param name="Addresses">Role addresses of this cluster found on the host's interfaces.</param>
    /// <param name="Replication">Null when it could not be asked or none is configured.</param>
    /// <param name="Binlog">Current end of the binary log; null when off or not asked.</param>
    /// <param name="Gtid">GTID position in the server's notation (MariaDB gtid_binlog_pos, MySQL gtid_executed); null when not asked.</param>
    /// <param name="UptimeSeconds">Uptime of the machine: how a reboot is told from a lost network.</param>
    /// <param name="ServerVersion">@@version.</param>
    /// <param name="Tail">Only while mysqld is dead: the end of its binary log. Null = it is not dead.</param>
    /// <param name="WritesAs">What marks this server's own transactions in GTIDs: server_uuid of MySQL, server_id of MariaDB. Null = not known.</param>
    /// <param name="History">Everything it has, by GTIDs; null = it has none (MySQL with gtid_mode = OFF or OFF_PERMISSIVE), or was not asked.</param>
    /// <param name="SemiSync">Semi-sync; null = replication.semi_sync is off, or it was not asked.</param>
    /// <param name="Setup">How it is set up, as it was 10 s ago at most; null = not asked yet.</param>
    /// <param name="Disk">The disk of its data, as it was at the latest write or its deadline; null = not known yet, or nobody looks (disk.check_interval = 0s).</param>
    /// <param name="Checked">What its binary log was last looked through for; null = for nothing.</param>
    public sealed record HostFacts(
        MysqldState Mysqld,
        string? MysqldMessage,
        bool? ReadOnly,
        ImmutableArray<RoleAddress> Addresses,
        ReplicationFacts? Replication,
        BinlogPosition? Binlog,
        string? Gtid,
        long UptimeSeconds,
        string? ServerVersion,
        BinlogTail? Tail = null,
        string? WritesAs = null,
        GtidHistory? History = null,
        SemiSyncFacts? SemiSync = null,
        ServerSetup? Setup = null,
        DiskFacts? Disk = null,
        LogChecked? Checked = null)
    {
        public static readonly HostFacts Nothing = new(MysqldState.Unknown, null, null, [], null, null, null, 0, null);
    }

    /// <summary>Whether mysqld's data can be written.</summary>
    public enum DiskState
    {
        /// <summary>The agent cannot tell: it has no right to write there, say.</summary>
        Unknown,
        Ok,

        /// <summary>No space is left, or less than disk.min_free_mb.</summary>
        Full,

        /// <summary>The file system is read-only, or fails with an I/O error.</summary>
        ReadOnly,

        /// <summary>A write does not end.</summary>
        Stalled,
    }

    /// <param name="State">What is held true.</param>
    /// <param name="Folder">Of what: the data folder, or that of the binary log.</param>
    /// <param name="Message">Why; null = it is well.</param>
    /// <param name="FreeBytes">Free for mysqld there; null = not known, as nothing could be written.</param>
    public sealed record DiskFacts(DiskState State, string Folder, string? Message, long? FreeBytes)
    {
        [JsonIgnore]
        public bool Fails => State is DiskState.Full or DiskState.ReadOnly or DiskState.Stalled;
    }

    /// <param name="SourceIp">Address replication is configured to use.</param>
    /// <param name="SourcePort">Its port.</param>
    /// <param name="SourceHost">MMM's name of it, when it is one of the cluster's hosts.</param>
    /// <param name="IoState">Yes, No, Connecting (or Preparing).</param>
    /// <param name="SqlRunning">Applier thread.</param>
    /// <param name="SecondsBehind">Null = unknown.</param>
    /// <param name="Error">Last IO or SQL error text.</param>
    /// <param name="UsesGtid">True when the channel runs by GTID.</param>
    /// <param name="Received">End of what it has received, in the source's coordinates; null = nothing, or not known.</param>
    /// <param name="Applied">End of what it has applied, likewise.</param>
    public sealed record ReplicationFacts(
        string SourceIp, int SourcePort, string? SourceHost, string IoState, bool SqlRunning, long? SecondsBehind, string? Error, bool UsesGtid,
        BinlogPosition? Received = null, BinlogPosition? Applied = null);

    /// <param name="Enabled">A master's side is switched on.</param>
    /// <param name="Active">Commits wait for replicas at present.</param>
    /// <param name="Clients">Replicas that acknowledge.</param>
    /// <param name="Unacknowledged">Just now commits went on without.</param>
    /// <param name="Acknowledges">It acknowledges to its source.</param>
    /// <param name="Trouble">Why it is not what it should be; null = nothing is in the way.</param>
    public sealed record SemiSyncFacts(bool Enabled, bool Active, int Clients, bool Unacknowledged, bool Acknowledges, string? Trouble);

    /// <summary>The moment a server was made writable for an order; noted just before, so that it is never forgotten.</summary>
    /// <param name="Id">That order.</param>
    /// <param name="Position">Binlog position just before it became writable: where slaves without GTID start.</param>
    public sealed record TakeOver(DecisionId Id, BinlogPosition? Position);

    /// <summary>Agent -> sender of an order it does not obey: a lower decision than it has seen, or addressed to another host or cluster. The sender of a lower one steps down.</summary>
    public sealed record Refused(string Cluster, string Host, DecisionId Offered, DecisionId Highest, string Why) : IMessage;

    /// <summary>
    /// A coordinator that begins -> gateway of every monitor: what did the agents report last while their servers were up? A master that has died together with the coordinator's own
    /// machine tells nobody any more. Reply: a <see cref="LastUp"/> per host that was heard.
    /// </summary>
    public sealed record AskLastUp(string Cluster) : IMessage;

    /// <summary>Gateway -> coordinator, see <see cref="AskLastUp"/>.</summary>
    /// <param name="Report">As it came, however long ago.</param>
    public sealed record LastUp(Report Report) : IMessage;

    /// <summary>
    /// Coordinator -> agent, again every 2 s while it is so: the machine of another host answers no pings, and its agent is not heard. The agent ends the connections of its mysqld with it
    /// on which nothing is answered. No reply.
    /// </summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">MMM's name of the other host.</param>
    public sealed record PeerVanished(string Cluster, string Host) : IMessage;

    /// <summary>Gateway -> agent: a report arrived. The agent shows which monitors it can reach. No reply.</summary>
    public sealed record Heard(string Monitor, long Seq) : IMessage;
}
