using System.Collections.Immutable;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Actors.Probing;

/// <summary>ICMP echo. An unreachable address is a reading, never an exception.</summary>
public interface IPinger
{
    /// <param name="ip">IPv4 or IPv6 address.</param>
    /// <param name="timeout">Deadline of the answer.</param>
    /// <param name="stop">The caller is going away.</param>
    Task<CheckReading> PingAsync(string ip, TimeSpan timeout, CancellationToken stop);
}

/// <summary>Opens the observers of MySQL servers; opening does no I/O.</summary>
public interface IMysqlSights
{
    /// <summary>For the mysql check.</summary>
    IMysqlSight Watch(Host host, MysqlLogin login);

    /// <summary>For the replication checks.</summary>
    IReplicationSight WatchReplication(Host host, MysqlLogin login);

    /// <summary>For the backlog of the server's replicas.</summary>
    ISourceSight WatchSource(Host host, MysqlLogin login);
}

/// <summary>Looks at one server: connect and a trivial query, over a connection it keeps between looks. One look at a time.</summary>
public interface IMysqlSight : IAsyncDisposable
{
    /// <summary>A server in whatever state is a reading, never an exception; returns soon after <paramref name="timeout"/> at the latest.</summary>
    Task<CheckReading> LookAsync(TimeSpan timeout, CancellationToken stop);
}

/// <summary>Reads one server's replication state. One look at a time.</summary>
public interface IReplicationSight : IAsyncDisposable
{
    /// <summary>Like <see cref="IMysqlSight.LookAsync"/>.</summary>
    Task<ReplicationReading> LookAsync(TimeSpan timeout, CancellationToken stop);
}

/// <summary>Reads how far a server's binary log goes. One look at a time.</summary>
public interface ISourceSight : IAsyncDisposable
{
    /// <summary>Like <see cref="IMysqlSight.LookAsync"/>.</summary>
    Task<SourceReading> LookAsync(TimeSpan timeout, CancellationToken stop);
}

/// <param name="Problem">Why it could not be read, one sentence; null when it could.</param>
/// <param name="End">Where the next event will be written; null when it could not be read.</param>
public sealed record SourceReading(string? Problem, BinlogPosition? End);

/// <summary>What a look at a server's replication brought.</summary>
/// <param name="Problem">Why nothing could be read, one sentence; null when it could.</param>
/// <param name="Channels">Its replication channels; empty = none is set up.</param>
/// <param name="ReadOnly">@@read_only.</param>
/// <param name="Gtid">GTID position in the server's notation; null when it has none.</param>
public sealed record ReplicationReading(string? Problem, ImmutableArray<ReplicationChannel> Channels, bool? ReadOnly, string? Gtid)
{
    /// <summary>The server could not be asked; says nothing about its replication.</summary>
    public static ReplicationReading NotRead(string problem) => new(problem, [], null, null);
}

/// <param name="Name">Channel (MySQL) or connection (MariaDB); empty for the default one.</param>
/// <param name="Source">Address or name replication is configured with.</param>
/// <param name="IoState">Yes, No, Connecting or Preparing.</param>
/// <param name="SqlState">Yes or No.</param>
/// <param name="SecondsBehind">Null = the server does not know.</param>
/// <param name="Error">Last IO or SQL error; null when none.</param>
/// <param name="Executed">Up to where the source's binary log is executed; null = the server does not know.</param>
/// <param name="Disproved">What the server itself reported as <paramref name="SecondsBehind"/>, when it cannot be so; null when nothing speaks against it.</param>
public sealed record ReplicationChannel(
    string Name, string Source, string IoState, string SqlState, long? SecondsBehind, string? Error, BinlogPosition? Executed = null, long? Disproved = null);

/// <summary>The ports of a monitor node's observers.</summary>
public sealed record ProbingPorts(IPinger Pinger, IMysqlSights Mysql);
