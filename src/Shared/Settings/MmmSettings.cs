using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>
/// Everything a node of the installation is configured with: typed, complete and validated. Built from HOCON by
/// <c>SettingsReader</c>; every default lives in <c>hocon/mmm.reference.conf</c>, none here.
/// </summary>
/// <param name="This">Name of this node: a monitor's name, or a host's name on an agent. HOCON: <c>this</c>; command line: <c>--this</c>.</param>
/// <param name="ThisCluster">Agents only, where two clusters have a host of the same name. HOCON: <c>this_cluster</c>.</param>
/// <param name="Monitors">Every configured monitor node in configured order; the quorum counts these, never whoever is left.</param>
/// <param name="Monitor">Settings of a monitor node.</param>
/// <param name="Agent">Settings of an agent node.</param>
/// <param name="Clusters">The MMM clusters of the installation by name (<c>cluster C1 { … }</c>).</param>
/// <param name="Tls">Certificates of the connections between nodes, and of the management endpoint; null = plain text.</param>
public sealed record MmmSettings(
    string This,
    string? ThisCluster,
    ImmutableArray<MonitorMember> Monitors,
    MonitorSettings Monitor,
    AgentSettings Agent,
    ImmutableSortedDictionary<string, ClusterSettings> Clusters,
    TlsSettings? Tls = null)
{
    /// <summary>Monitors that must agree: floor(N/2)+1 of the configured N.</summary>
    public int Quorum => (Monitors.Length / 2) + 1;
}

/// <summary>One configured monitor node. HOCON: <c>monitors { mon1 { address, port, http_port } }</c>.</summary>
/// <param name="Name">For example <c>mon1</c>.</param>
/// <param name="Address">Address other nodes reach it at.</param>
/// <param name="Port">Akka remoting port (TCP), default 8551.</param>
/// <param name="HttpPort">Management port, default 8558.</param>
public sealed record MonitorMember(string Name, string Address, int Port, int HttpPort);

/// <summary>HOCON: <c>monitor { … }</c>.</summary>
/// <param name="StateDir">Where the ledger's keeper stores; default <c>/var/lib/mmm-monitor</c>.</param>
/// <param name="HttpBind">Address the management endpoint listens on: loopback by default; another one needs tokens or certificates.</param>
/// <param name="HttpToken">Bearer token of an administrator; null = none. See <see cref="Tokens"/>.</param>
/// <param name="HttpReadOnly">Refuses every changing route with 405.</param>
/// <param name="PingIps">Addresses that prove this monitor's own network; empty = no network check.</param>
/// <param name="PingInterval">How often they are pinged.</param>
/// <param name="Membership">Akka.Cluster's timings.</param>
/// <param name="KillHostBin">MMM's kill_host_bin; null = none.</param>
/// <param name="KillHostTimeout">How long the hook may run.</param>
/// <param name="MmmControl">Where MySQL-MMM's own protocol is served; null = nowhere.</param>
/// <param name="HistoryEvents">Most events of each cluster that it keeps.</param>
/// <param name="MoreTokens">Tokens with a name and a role of their own; null = none.</param>
/// <param name="OtlpEndpoint">Where moves are exported to as traces (OTLP over HTTP); null = nowhere.</param>
/// <param name="Hooks">Program that is run for what happens; null = none.</param>
/// <param name="Webhook">Where it is posted; null = nowhere.</param>
public sealed record MonitorSettings(
    string StateDir,
    string HttpBind,
    Secret? HttpToken,
    bool HttpReadOnly,
    ImmutableArray<string> PingIps,
    TimeSpan PingInterval,
    MembershipSettings Membership,
    string? KillHostBin,
    TimeSpan KillHostTimeout,
    ControlSocketSettings? MmmControl = null,
    int HistoryEvents = 10_000,
    HookSettings? Hooks = null,
    WebhookSettings? Webhook = null,
    Uri? OtlpEndpoint = null,
    ImmutableArray<ApiToken>? MoreTokens = null)
{
    /// <summary>Name of <see cref="HttpToken"/>.</summary>
    public const string OnlyToken = "token";

    /// <summary>Callers must send one of these; empty = nobody is asked for one, and only this machine is answered.</summary>
    public ImmutableArray<ApiToken> Tokens => [.. HttpToken is null ? Array.Empty<ApiToken>() : [new ApiToken(OnlyToken, ApiRole.Admin, HttpToken)], .. MoreTokens ?? []];
}

/// <summary>What the bearer of a token may do; each may what the one before may.</summary>
public enum ApiRole
{
    /// <summary>Read everything.</summary>
    Viewer,

    /// <summary>Give MMM's commands.</summary>
    Operator,

    /// <summary>Change which monitors there are, and who of them votes.</summary>
    Admin,
}

/// <summary>HOCON: <c>monitor.http.tokens { NAME { token, role } }</c>.</summary>
/// <param name="Name">For the log and the history: who it was given to.</param>
/// <param name="Role">What its bearer may do.</param>
/// <param name="Secret">The token.</param>
public sealed record ApiToken(string Name, ApiRole Role, Secret Secret);

/// <summary>HOCON: <c>monitor.mmm_control { … }</c>.</summary>
/// <param name="Bind">Address to listen on; without <paramref name="Tls"/> a loopback address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Cluster">The one that commands are about that name none; null = the only one there is.</param>
/// <param name="Tls">Null = plain text.</param>
public sealed record ControlSocketSettings(string Bind, int Port, string? Cluster, ControlSocketTls? Tls);

/// <summary>MMM's &lt;socket&gt; section of type ssl: PEM files, absolute paths.</summary>
/// <param name="CertFile">This monitor's certificate.</param>
/// <param name="KeyFile">Its key.</param>
/// <param name="CaFile">Who signs the clients' certificates.</param>
public sealed record ControlSocketTls(string CertFile, string KeyFile, string CaFile);

/// <summary>HOCON: <c>monitor.membership { … }</c>: how fast the monitors notice each other's death.</summary>
public sealed record MembershipSettings(
    TimeSpan HeartbeatInterval,
    TimeSpan AcceptableHeartbeatPause,
    TimeSpan StableAfter,
    TimeSpan DownRemovalMargin,
    TimeSpan GossipInterval,
    TimeSpan SeedNodeTimeout);

/// <summary>HOCON: <c>agent { … }</c>.</summary>
/// <param name="StateDir">Where the agent keeps the highest (epoch, version) it has obeyed; default <c>/var/lib/mmm-agent</c>.</param>
/// <param name="BindAddress">Address its Akka remoting binds; null = the host's <c>ip</c>.</param>
/// <param name="MysqlSocket">Unix socket of the local mysqld; null = TCP to the host's ip and mysql_port.</param>
/// <param name="MysqlPidFile">pid file of mysqld for the local watch; null = taken from <c>@@pid_file</c>.</param>
/// <param name="HeartbeatInterval">How often it reports to every monitor.</param>
/// <param name="LocalWatchInterval">How often the local mysqld is looked at.</param>
/// <param name="StatementTimeout">Deadline of a single SQL statement on the local mysqld.</param>
/// <param name="WriterGrace">How long running writers may finish once read_only is being set.</param>
/// <param name="MaxKillRetries">MMM's max_kill_retries.</param>
/// <param name="KillRetryInterval">Pause between two rounds of killing client connections.</param>
/// <param name="AnnounceInterval">Refresh of the ARP/NA announcements of the held addresses.</param>
/// <param name="BinlogPort">TCP port at which it serves mysqld's binary log once mysqld has died; 0 = it does not.</param>
/// <param name="Http">Where load balancers and Prometheus can ask it; null = nowhere.</param>
/// <param name="Hooks">Program that is run for what happens on the host; null = none.</param>
public sealed record AgentSettings(
    string StateDir,
    string? BindAddress,
    string? MysqlSocket,
    string? MysqlPidFile,
    TimeSpan HeartbeatInterval,
    TimeSpan LocalWatchInterval,
    TimeSpan StatementTimeout,
    TimeSpan WriterGrace,
    int MaxKillRetries,
    TimeSpan KillRetryInterval,
    TimeSpan AnnounceInterval,
    int BinlogPort,
    AgentHttpSettings? Http = null,
    HookSettings? Hooks = null);

/// <summary>HOCON: <c>agent.http { … }</c>.</summary>
/// <param name="Bind">IP address to listen on.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Tls">HTTPS, with the node's certificate.</param>
public sealed record AgentHttpSettings(string Bind, int Port, bool Tls = false);

/// <summary>One MMM cluster. HOCON: <c>cluster NAME { … }</c> over <c>cluster_defaults { … }</c>.</summary>
/// <param name="Topology">Hosts and roles.</param>
/// <param name="Decisions">What the decision core goes by.</param>
/// <param name="Checks">Per kind of check.</param>
/// <param name="Lease">What an agent does when it has no lease.</param>
/// <param name="Addresses">What an agent does about other machines that answer for a role address.</param>
/// <param name="MaxBacklog">rep_backlog fails above this; MMM's max_backlog, 60 s.</param>
/// <param name="MonitorUser">Login of the monitors' checks.</param>
/// <param name="AgentUser">Login of the agent on its own mysqld.</param>
/// <param name="ReplicationUser">Login of replication channels.</param>
/// <param name="SemiSync">Semi-synchronous replication.</param>
/// <param name="Disk">What is done about a disk that cannot be written.</param>
public sealed record ClusterSettings(
    ClusterTopology Topology,
    DecisionSettings Decisions,
    ImmutableSortedDictionary<CheckKind, CheckSettings> Checks,
    LeaseSettings Lease,
    AddressSettings Addresses,
    TimeSpan MaxBacklog,
    MysqlLogin MonitorUser,
    MysqlLogin AgentUser,
    MysqlLogin ReplicationUser,
    SemiSyncSettings SemiSync,
    DiskSettings Disk);

/// <summary>What is to become of semi-sync.</summary>
public enum SemiSyncMode
{
    /// <summary>It is left as it is.</summary>
    Off,

    /// <summary>Commits wait for another master, for a time and while one is connected.</summary>
    Prefer,

    /// <summary>Commits wait until a replica has them.</summary>
    Require,
}

/// <summary>HOCON: <c>replication { semi_sync, semi_sync_timeout }</c> of a cluster.</summary>
/// <param name="Mode">semi_sync.</param>
/// <param name="Timeout">Prefer only: how long a commit waits at most.</param>
public sealed record SemiSyncSettings(SemiSyncMode Mode, TimeSpan Timeout)
{
    /// <summary>Semi-sync is not looked after.</summary>
    public static readonly SemiSyncSettings Off = new(SemiSyncMode.Off, TimeSpan.Zero);
}

/// <summary>HOCON: <c>fencing { … }</c> and <c>failsafe { … }</c> of a cluster; <c>lease.ttl</c> is in <see cref="DecisionSettings"/>.</summary>
/// <param name="FencingTimeout">How long mysqld may take to become read-only when it must not take writes any more.</param>
/// <param name="KillMysqld">Then it is killed.</param>
/// <param name="Failsafe">Without a quorum of monitors a host keeps its exclusive roles while all other hosts that may carry them agree.</param>
/// <param name="KeepBalanced">Balanced addresses stay where they are while there is no quorum of monitors.</param>
public sealed record LeaseSettings(TimeSpan FencingTimeout, bool KillMysqld, bool Failsafe, bool KeepBalanced);

/// <summary>HOCON: <c>addresses { … }</c> of a cluster.</summary>
/// <param name="Probe">How long it is listened whether another machine answers for an address before the address is shown; zero = nobody is asked.</param>
/// <param name="TakeAnyway">An address that another machine answers for is shown all the same (on_conflict = take).</param>
/// <param name="CheckInterval">How often each agent asks who answers for the addresses it does not show itself; zero = never.</param>
public sealed record AddressSettings(TimeSpan Probe, bool TakeAnyway, TimeSpan CheckInterval);

/// <summary>HOCON: <c>checks.NAME { check_period, trap_period, timeout }</c>.</summary>
/// <param name="CheckPeriod">Time between two checks.</param>
/// <param name="TrapPeriod">A failure counts once it has lasted this long.</param>
/// <param name="Timeout">Deadline of one check.</param>
public sealed record CheckSettings(TimeSpan CheckPeriod, TimeSpan TrapPeriod, TimeSpan Timeout);

/// <summary>A MySQL login.</summary>
public sealed record MysqlLogin(string User, Secret Password);

/// <summary>A value that never shows itself: <see cref="ToString"/> is redacted; <see cref="Reveal"/> is for the one place that needs it.</summary>
public sealed class Secret(string value) : IEquatable<Secret>
{
    public string Reveal() => value;

    public override string ToString() => "(secret)";

    public bool Equals(Secret? other) => other is not null && other.Reveal() == value;

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => value.GetHashCode(StringComparison.Ordinal);
}
