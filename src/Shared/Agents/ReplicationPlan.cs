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
                break;
            case AgentProtocol.ReplicationAction.Follow when order.Replication.Source is { } source && !Follows(found.Channel, source):
                Follow(order, source, found, memory, steps, warnings);
                break;
            default:
                StartAgain(found, memory, steps);
                break;
        }
    }

    private static bool Follows(FoundChannel? channel, AgentProtocol.SourceServer source) =>
        channel is not null && channel.SourceIp == source.Ip && channel.SourcePort == source.Port;

    private static void Stop(FoundMysqld found, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (found.Channel is not { } channel || (channel.IoStopped && !channel.SqlRunning))
            return;
        var threads = new StoppedThreads(
            !channel.IoStopped || memory.Stopped?.Io == true,
            channel.SqlRunning || memory.Stopped?.Sql == true);
        if (threads != memory.Stopped)
            steps.Add(new AgentStep.RememberStopped(threads));
        steps.Add(new AgentStep.StopReplication(channel.Name));
    }

    private static void StartAgain(FoundMysqld found, AgentMemory memory, ImmutableArray<AgentStep>.Builder steps)
    {
        if (memory.Stopped is null)
            return;
        if (found.Channel is null)
            steps.Add(new AgentStep.RememberStopped(null));
        else
            steps.Add(new AgentStep.StartReplication(found.Channel.Name, memory.Stopped));
    }

    private static void Follow(
        AgentProtocol.HostOrder order,
        AgentProtocol.SourceServer source,
        FoundMysqld found,
        AgentMemory memory,
        ImmutableArray<AgentStep>.Builder steps,
        ImmutableArray<string>.Builder warnings)
    {
        FoundChannel? channel = found.Channel;
        if (channel is not null && StoppedByHand(channel, memory) is { } thread)
        {
            steps.Add(Impossible(
                $"replication of {order.Host} was stopped by hand ({thread} thread), so it is not repointed from {channel.SourceIp}:{channel.SourcePort} "
                + $"to {source.Host}: run START SLAVE there when it may go on"));
            return;
        }

        bool byGtid = channel?.UsesGtid == true || (source.StartAt is null && found.CanFollowByGtid);
        if (!byGtid && source.StartAt is null)
        {
            steps.Add(Impossible(
                $"{order.Host} cannot be pointed at {source.Host}: its replication does not use GTIDs and no binlog position of {source.Host} is known; "
                + "point it by hand (CHANGE MASTER TO …) or switch it to GTID"));
            return;
        }

        if (channel is not null)
        {
            bool startable = !channel.SqlRunning && channel.SqlErrno == 0;
            if (startable)
                steps.Add(new AgentStep.StartApplier(channel.Name));
            if (channel.SqlRunning || startable)
                steps.Add(new AgentStep.ApplyRelayLog($"{channel.SourceIp}:{channel.SourcePort}"));
            else
                warnings.Add($"the applier of {order.Host} is not running ({channel.Error ?? "no error shown"}): what it had received from {channel.SourceIp} and not applied is left out");
            if (memory.Stopped != new StoppedThreads(true, true))
                steps.Add(new AgentStep.RememberStopped(new StoppedThreads(true, true)));
        }

        steps.Add(new AgentStep.Repoint(channel?.Name ?? "", source, byGtid ? null : source.StartAt, channel?.Options ?? ChannelOptions.None));
    }

    /// <summary>A thread that stands still without an error, and that MMM did not stop.</summary>
    private static string? StoppedByHand(FoundChannel channel, AgentMemory memory)
    {
        if (channel.IoStopped && channel.IoErrno == 0 && memory.Stopped?.Io != true)
            return "IO";
        return !channel.SqlRunning && channel.SqlErrno == 0 && memory.Stopped?.Sql != true ? "SQL" : null;
    }

    private static AgentStep.Impossible Impossible(string sentence) => new("repoint", StepLane.Replication, sentence);
}
