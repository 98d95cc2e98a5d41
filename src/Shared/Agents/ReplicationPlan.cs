using System.Collections.Immutable;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Agents;

/// <summary>
/// The replication part of an <see cref="AgentPlan"/>. What an operator stopped stays stopped: it has to show as REPLICATION_FAIL, and
/// restarting it under their hands could undo a repair.
/// </summary>
internal static class ReplicationPlan
{
    public static void Add(
        AgentProtocol.HostOrder order,
        FoundMysqld found,
        AgentMemory memory,
        bool oneOfMany,
        ImmutableArray<AgentStep>.Builder steps,
        ImmutableArray<string>.Builder warnings)
    {
        // A dead server replicates from nobody: there is nothing to bring about until it is back.
        if (found.State != AgentProtocol.MysqldState.Up)
            return;
        switch (order.Replication.Action)
        {
            case AgentProtocol.ReplicationAction.Stop:
                Stop(found, memory, steps);
                CheckLog(order, found, memory, steps);
                break;
            case AgentProtocol.ReplicationAction.Hold:
                HoldReceiver(found, memory, steps);
                break;
            case AgentProtocol.ReplicationAction.Drop:
                Drop(found, memory, steps);
                break;
            case AgentProtocol.ReplicationAction.Follow when oneOfMany && !order.Writable && IsLeftOver(found, memory):
                Drop(found, memory, steps);
                break;
            case AgentProtocol.ReplicationAction.Follow when order.Replication.Source is { } source && !Follows(found.Channel, source):
                Follow(order, source, found, memory, oneOfMany, steps, warnings);
                break;
            case AgentProtocol.ReplicationAction.Follow when order.Replication.Until is { } end && found.Channel is { UsesGtid: false } channel:
                Hold(channel, end, memory, steps);
                break;
            default:
                StartAgain(found, memory, steps);
                break;
        }
    }

    /// <summary>
    /// One of more than two masters takes over from a server that it does not follow yet, as that one had only just taken over itself: it has to before it can catch up with it. An operator who
    /// forces it has it go on with what it has.
    /// </summary>
    public static bool FollowsFirst(AgentProtocol.HostOrder order, FoundMysqld found) =>
        found is { State: AgentProtocol.MysqldState.Up, ReadOnly: true } && order is { CatchUp.Force: false, Replication: { Action: AgentProtocol.ReplicationAction.Follow, Source: { } source } }
        && !Follows(found.Channel, source);

    /// <summary>
    /// Its server has been the active master since, which has none: the machine died before the channel was removed, or in the middle of that, when MySQL cannot start it again. Removed and made
    /// anew it begins behind what the server wrote itself.
    /// </summary>
    private static bool IsLeftOver(FoundMysqld found, AgentMemory memory) => found.Channel is not null && memory.LastTakeOver is { } tookOver && memory.Demoted != tookOver;

    private static void Drop(FoundMysqld found, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (found.Channel is not { } channel)
        {
            ForgetStopped(memory, steps);
            return;
        }

        steps.Add(new AgentStep.RememberDropped(new DroppedChannel(channel.Name, channel.Options)));
        steps.Add(new AgentStep.DropChannel(channel.Name));
    }

    /// <summary>What is behind it already is too late to hold, and what an operator stopped stays stopped.</summary>
    private static void Hold(FoundChannel channel, AgentProtocol.BinlogPosition end, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (channel.Until == end || BinlogPositions.Passes(channel.Applied, end) || !channel.SqlRunning)
            return;
        Remember(new StoppedThreads(Io: false, Sql: true), memory, steps);
        steps.Add(new AgentStep.HoldAt(channel.Name, end));
    }

    /// <summary>Before threads are stopped, and before a channel is made whose threads are started only after that: what is cut off in between is not taken for an operator's doing.</summary>
    /// <param name="threads">Which, besides those that are remembered already.</param>
    /// <param name="memory">What the agent remembers.</param>
    /// <param name="steps">The plan so far, which may have more to remember.</param>
    public static void Remember(StoppedThreads threads, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        AgentStep.RememberStopped? planned = steps.OfType<AgentStep.RememberStopped>().LastOrDefault();
        StoppedThreads? known = planned is null ? memory.Stopped : planned.Threads;
        var wanted = new StoppedThreads(threads.Io || known?.Io == true, threads.Sql || known?.Sql == true);
        if (wanted != known)
            steps.Add(new AgentStep.RememberStopped(wanted));
    }

    /// <summary>There is no channel, so none of its threads is stopped.</summary>
    private static void ForgetStopped(AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (memory.Stopped is not null)
            steps.Add(new AgentStep.RememberStopped(null));
    }

    private static bool Follows(FoundChannel? channel, AgentProtocol.SourceServer source) =>
        channel is not null && channel.SourceIp == source.Ip && channel.SourcePort == source.Port;

    private static void Stop(FoundMysqld found, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (found.Channel is not { } channel || (channel.IoStopped && !channel.SqlRunning))
            return;
        Remember(new StoppedThreads(!channel.IoStopped, channel.SqlRunning), memory, steps);
        steps.Add(new AgentStep.StopReplication(channel.Name));
    }

    /// <summary>Only of a log to which nothing is added any more.</summary>
    private static void CheckLog(AgentProtocol.HostOrder order, FoundMysqld found, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (order.Replication.Check is not { } check || check == memory.Checked?.Of || found.ReadOnly != true || found.Channel is { IoStopped: false } or { SqlRunning: true })
            return;
        steps.Add(found.Files is { } files ? new AgentStep.CheckLog(check, files)
            : new AgentStep.Impossible("check_log", StepLane.Replication, $"{order.Host} writes no binary log, so what it had written itself before it failed is not known"));
    }

    private static void HoldReceiver(FoundMysqld found, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (found.Channel is not { IoStopped: false } channel)
            return;
        Remember(new StoppedThreads(Io: true, Sql: false), memory, steps);
        steps.Add(new AgentStep.StopReceiver(channel.Name));
    }

    private static void StartAgain(FoundMysqld found, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (memory.Stopped is null)
            return;
        if (found.Channel is not { } channel)
        {
            ForgetStopped(memory, steps);
            return;
        }

        if (channel is { Until: not null, SqlRunning: true })
            steps.Add(new AgentStep.StopApplier(channel.Name));
        steps.Add(new AgentStep.StartReplication(channel.Name, memory.Stopped));
    }

    private static void Follow(
        AgentProtocol.HostOrder order,
        AgentProtocol.SourceServer source,
        FoundMysqld found,
        AgentMemory memory,
        bool oneOfMany,
        ImmutableArray<AgentStep>.Builder steps,
        ImmutableArray<string>.Builder warnings)
    {
        FoundChannel? channel = found.Channel;
        if (channel is not null && StoppedByHand(channel, memory) is { } thread)
        {
            steps.Add(Impossible(
                $"replication of {order.Host} was stopped by hand ({thread} thread), so it is not repointed from {channel.SourceIp}:{channel.SourcePort} "
                + $"to {source.Host}: start it there when it may go on"));
            return;
        }

        // A MariaDB that has only ever written has no position of a replica, and makes one of what it wrote: an empty one if it was the active master and nobody wrote.
        bool wrote = found.History is { Applied: not null } history && (history.Executed.Length > 0 || memory.TakeOver is not null);
        bool byGtid = channel?.UsesGtid == true || (oneOfMany ? found.CanFollowByGtid || wrote : source.StartAt is null && found.CanFollowByGtid);
        if (!byGtid && oneOfMany)
        {
            steps.Add(Impossible($"{order.Host} cannot be pointed at {source.Host}: with more than two masters replication goes by GTIDs, and {order.Host} has none (MySQL: gtid_mode = ON)"));
            return;
        }

        if (!byGtid && source.StartAt is null)
        {
            steps.Add(Impossible(
                $"{order.Host} cannot be pointed at {source.Host}: its replication does not use GTIDs and no binlog position of {source.Host} is known; "
                + "point it by hand (CHANGE MASTER TO …) or switch it to GTID"));
            return;
        }

        if (channel is not null)
        {
            AgentProtocol.PreviousLog? previous = order.Replication.Before is { Rest.End: not null } before && !byGtid && channel.SourceIp == before.Ip ? before : null;
            if (previous is { Rest: { Port: 0, End: { } reached } } && BinlogPositions.Passes(channel.Applied, reached))
            {
                // Its source has passed on what the new one writes, and no position of the new one says how much: it has all there is where it is.
                warnings.Add($"{order.Host} goes on replicating from {previous.Host}, through which it has received what {source.Host} writes already; by positions it cannot be pointed at {source.Host} now");
                StartAgain(found, memory, steps);
                return;
            }

            PrepareRepoint(order, channel, previous, byGtid, memory, steps, warnings);
        }

        Remember(new StoppedThreads(Io: true, Sql: true), memory, steps);
        DroppedChannel like = channel is not null ? new DroppedChannel(channel.Name, channel.Options) : memory.Dropped ?? new DroppedChannel("", ChannelOptions.None);
        steps.Add(new AgentStep.Repoint(like.Name, source, byGtid ? null : source.StartAt, like.Options, Demote: oneOfMany && channel is null));
    }

    /// <summary>What the old source had, and the new one will not send.</summary>
    private static void PrepareRepoint(
        AgentProtocol.HostOrder order, FoundChannel channel, AgentProtocol.PreviousLog? previous, bool byGtid, AgentMemory memory,
        ImmutableArray<AgentStep>.Builder steps, ImmutableArray<string>.Builder warnings)
    {
        bool startable = !channel.SqlRunning && channel.SqlErrno == 0;
        if (!channel.SqlRunning && !startable)
        {
            warnings.Add($"the applier of {order.Host} is not running ({channel.Error ?? "no error shown"}): what it had received from {channel.SourceIp} and not applied is left out");
            return;
        }

        // Exactly to the end: the relay log may hold what the new source writes as well, passed on by the old one.
        if (previous is { Rest: { Port: 0, End: { } end } })
        {
            // One that runs without that bound could be past it by the time it is stopped.
            if (channel.Applied == end && (!channel.SqlRunning || channel.Until == end))
                return;
            Remember(new StoppedThreads(Io: false, Sql: true), memory, steps);
            steps.Add(new AgentStep.ReachEnd(previous));
            return;
        }

        if (previous is null && !byGtid)
        {
            warnings.Add(
                $"{order.Host} is pointed at {order.Replication.Source!.Host} by position, and where the log of {channel.SourceIp} ended is not known: "
                + $"what {order.Replication.Source.Host} had received of it and {order.Host} had not is missing on {order.Host}; compare their data");
        }

        if (startable)
            steps.Add(new AgentStep.StartApplier(channel.Name));
        steps.Add(new AgentStep.ApplyRelayLog($"{channel.SourceIp}:{channel.SourcePort}", MayLose: byGtid && !order.Writable));
        // By GTID the new source sends all that is missing; by positions it sends from its own first write on.
        if (previous is not null && !BinlogPositions.Reaches(channel.Applied, previous.Rest.End!))
            steps.Add(new AgentStep.FetchRest(previous));
    }

    /// <summary>A thread that stands still without an error, and that MMM did not stop.</summary>
    private static string? StoppedByHand(FoundChannel channel, AgentMemory memory)
    {
        // It was stopped to be pointed at an agent, or back.
        if (memory.Borrowed is not null)
            return null;
        if (channel.IoStopped && channel.IoErrno == 0 && memory.Stopped?.Io != true)
            return "IO";
        return !channel.SqlRunning && channel.SqlErrno == 0 && memory.Stopped?.Sql != true ? "SQL" : null;
    }

    private static AgentStep.Impossible Impossible(string sentence) => new("repoint", StepLane.Replication, sentence);
}
