using System.Collections.Immutable;
using Mmm.Shared.Gtids;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Agents;

/// <summary>What an agent finds on its host: the "found" side of <see cref="AgentPlan"/>.</summary>
/// <param name="Mysqld">How the local mysqld was last seen.</param>
/// <param name="Addresses">Role addresses of the cluster on the host's interfaces.</param>
/// <param name="Disk">The disk of mysqld's data; null = not known.</param>
public sealed record FoundHost(FoundMysqld Mysqld, ImmutableSortedSet<RoleAddress> Addresses, AgentProtocol.DiskFacts? Disk = null)
{
    public static readonly FoundHost Nothing = new(FoundMysqld.Nothing, []);
}

/// <summary>One look at the local mysqld.</summary>
/// <param name="State">Whether it answers.</param>
/// <param name="Message">Why it is not up; null when it is.</param>
/// <param name="ReadOnly">@@read_only; null when it could not be asked.</param>
/// <param name="Channel">The replication channel MMM looks after; null when none is configured or it could not be asked.</param>
/// <param name="Binlog">End of the binary log; null when it is off or could not be asked.</param>
/// <param name="Gtid">GTID position of the binary log in the server's notation.</param>
/// <param name="CanFollowByGtid">The server knows a GTID position to start replicating from, even without a channel.</param>
/// <param name="Version">@@version.</param>
/// <param name="PidFile">@@pid_file as an absolute path.</param>
/// <param name="Files">Where its binary log lies; null when it writes none or could not be asked.</param>
/// <param name="History">Everything it has, by GTIDs; null when it has none or could not be asked.</param>
/// <param name="SemiSync">Semi-sync; null when it is not looked after or could not be asked.</param>
/// <param name="DataFolder">@@datadir.</param>
/// <param name="Process">What tells its process from every other one; null when it is not known.</param>
public sealed record FoundMysqld(
    AgentProtocol.MysqldState State,
    string? Message,
    bool? ReadOnly = null,
    FoundChannel? Channel = null,
    AgentProtocol.BinlogPosition? Binlog = null,
    string? Gtid = null,
    bool CanFollowByGtid = false,
    string? Version = null,
    string? PidFile = null,
    BinlogFiles? Files = null,
    GtidHistory? History = null,
    FoundSemiSync? SemiSync = null,
    string? DataFolder = null,
    string? Process = null)
{
    public static readonly FoundMysqld Nothing = new(AgentProtocol.MysqldState.Unknown, "not looked at yet");
}

/// <summary>Where a server's binary log lies and whose it is: what is needed to read it once the server is dead.</summary>
/// <param name="Index">File that lists the log's files, absolute.</param>
/// <param name="DataFolder">What the names in it are relative to.</param>
/// <param name="ServerId">@@server_id.</param>
/// <param name="ServerUuid">@@server_uuid; null = this family has none.</param>
/// <param name="Version">@@version.</param>
/// <param name="GtidMode">@@gtid_mode; null = this family has none.</param>
public sealed record BinlogFiles(string Index, string DataFolder, long ServerId, string? ServerUuid, string Version, string? GtidMode);

/// <summary>State of a replication channel, from SHOW … STATUS.</summary>
/// <param name="Name">Connection or channel name; empty for the default one.</param>
/// <param name="SourceIp">Address of the configured source (a configured name is resolved where it can be).</param>
/// <param name="SourcePort">Its port.</param>
/// <param name="IoState">Yes, No, Connecting or Preparing.</param>
/// <param name="SqlRunning">The applying thread runs.</param>
/// <param name="IoErrno">Last error of the receiving thread; 0 = none, so a stopped thread was stopped by somebody.</param>
/// <param name="SqlErrno">Last error of the applying thread; 0 = none.</param>
/// <param name="Error">Text of the last error; null = none.</param>
/// <param name="UsesGtid">The channel runs by GTID.</param>
/// <param name="Received">End of what the relay log holds, in the source's coordinates; null before anything was received.</param>
/// <param name="SecondsBehind">Null = unknown.</param>
/// <param name="Applied">End of the last transaction that was applied, in the source's coordinates; null when not known.</param>
/// <param name="Options">Channel options that a repoint must keep (TLS, delay, retry, filters).</param>
/// <param name="Until">The applier was started to stop there, in the source's coordinates; null = it has no bound.</param>
public sealed record FoundChannel(
    string Name,
    string SourceIp,
    int SourcePort,
    string IoState,
    bool SqlRunning,
    int IoErrno,
    int SqlErrno,
    string? Error,
    bool UsesGtid,
    AgentProtocol.BinlogPosition? Received,
    long? SecondsBehind,
    ChannelOptions Options,
    AgentProtocol.BinlogPosition? Applied = null,
    AgentProtocol.BinlogPosition? Until = null)
{
    /// <summary>The receiving thread is connected to its source.</summary>
    public bool IoRunning => IoState == "Yes";

    /// <summary>The receiving thread is stopped; Connecting and Preparing are on their way and not stopped.</summary>
    public bool IoStopped => IoState == "No";
}

/// <summary>Options of a channel as name/value pairs in the dialect's own words, in a fixed order. Holds no password.</summary>
public sealed record ChannelOptions(ImmutableArray<ChannelOption> All)
{
    public static readonly ChannelOptions None = new([]);

    public bool Equals(ChannelOptions? other) => other is not null && All.AsSpan().SequenceEqual(other.All.AsSpan());

    public override int GetHashCode() => All.Length;
}

/// <param name="Name">For example <c>MASTER_SSL_CA</c>.</param>
/// <param name="Value">Text, number or list of numbers, as the server showed it.</param>
/// <param name="Kind">How it is written in the statement.</param>
public sealed record ChannelOption(string Name, string Value, ChannelOptionKind Kind);

/// <summary>How an option's value is written in SQL.</summary>
public enum ChannelOptionKind
{
    Text,
    Number,
    NumberList,
}
