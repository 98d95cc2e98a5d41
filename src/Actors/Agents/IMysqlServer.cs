using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>
/// The local mysqld, as an agent uses it. Every call ends within its deadline even when the server hangs (a stopped mysqld accepts
/// connections and answers nothing), and soon after its token is cancelled. Calls other than <see cref="LookAsync"/> throw
/// <see cref="MysqlServerException"/> when the server does not do as told, and <see cref="OperationCanceledException"/> when cancelled.
/// </summary>
public interface IMysqlServer
{
    /// <summary>Looks at the server. A server that is down, hangs or refuses is a value here, never an exception.</summary>
    Task<FoundMysqld> LookAsync(CancellationToken cancel);

    /// <summary>
    /// Switches read_only on. The server waits for running writes first, so this can take until <paramref name="deadline"/>; when it
    /// passes, or on cancellation, the waiting statement is ended on the server before this returns, so that it cannot take effect later.
    /// </summary>
    Task SetReadOnlyAsync(TimeSpan deadline, CancellationToken cancel);

    /// <summary>Switches read_only off. The statement carries its own expiry: a server that was stopped and runs it late does nothing.</summary>
    Task SetWritableAsync(CancellationToken cancel);

    /// <summary>The process list.</summary>
    Task<ImmutableArray<ClientThread>> ThreadsAsync(CancellationToken cancel);

    /// <summary>Ends connections; one that is gone already is no error.</summary>
    Task EndConnectionsAsync(ImmutableArray<long> ids, CancellationToken cancel);

    /// <summary>Waits until the applier has reached a position of its source.</summary>
    Task<ApplyWait> WaitAppliedAsync(string channel, AgentProtocol.BinlogPosition position, TimeSpan timeout, CancellationToken cancel);

    /// <summary>Waits until a GTID position or set, in the server's notation, is applied.</summary>
    Task<ApplyWait> WaitGtidAsync(string gtid, TimeSpan timeout, CancellationToken cancel);

    /// <summary>True when the applier has nothing left to do with what has been received: it waits for more, and so do its workers.</summary>
    Task<bool> ApplierIdleAsync(CancellationToken cancel);

    /// <summary>Stops replication threads.</summary>
    Task StopReplicationAsync(string channel, CancellationToken cancel);

    /// <summary>Removes a stopped channel with its relay log.</summary>
    Task DropChannelAsync(string channel, CancellationToken cancel);

    /// <summary>Starts the named replication threads.</summary>
    Task StartReplicationAsync(string channel, StoppedThreads threads, CancellationToken cancel);

    /// <summary>Stops the receiving thread.</summary>
    Task StopReceiverAsync(string channel, CancellationToken cancel);

    /// <summary>Stops the applying thread.</summary>
    Task StopApplierAsync(string channel, CancellationToken cancel);

    /// <summary>Starts the stopped applying thread; it stops by itself behind the last event that ends at or before <paramref name="end"/> of the source's log.</summary>
    Task StartApplierUntilAsync(string channel, AgentProtocol.BinlogPosition end, CancellationToken cancel);

    /// <summary>Points a stopped channel at another source with the cluster's replication login, keeping the given options.</summary>
    Task ChangeSourceAsync(AgentStep.Repoint repoint, CancellationToken cancel);

    /// <summary>Carries out <see cref="AgentStep.SetSemiSyncSource"/> or <see cref="AgentStep.SetSemiSyncReplica"/>; a failure shows in the looks of the next minute.</summary>
    Task SetSemiSyncAsync(AgentStep step, CancellationToken cancel);

    /// <summary>Asks how the server is set up.</summary>
    Task<ServerSetup> SetupAsync(CancellationToken cancel);

    /// <summary>Logins whose connections are never ended: the monitors', the agent's and replication's.</summary>
    IReadOnlySet<string> SparedUsers { get; }
}

/// <summary>Outcome of waiting for the applier.</summary>
public enum ApplyWait
{
    Reached,

    /// <summary>Not within the timeout.</summary>
    TimedOut,

    /// <summary>The applier stopped, or was not running: nothing will be reached.</summary>
    ApplierStopped,

    /// <summary>
    /// Every transaction that was received whole is applied; of the last one only a part has arrived (the source died or was cut off while it was
    /// sending), so the position is never reached. The applier holds that part open, with its row locks.
    /// </summary>
    Incomplete,
}

/// <summary>mysqld did not do as told; the message is a sentence for operators without any secret in it.</summary>
public class MysqlServerException : Exception
{
    public MysqlServerException(string message)
        : base(message)
    {
    }

    public MysqlServerException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>mysqld did not answer in time.</summary>
public sealed class MysqlDeadlineException(string message) : MysqlServerException(message);
