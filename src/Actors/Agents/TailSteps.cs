using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>
/// Fetches what only the dead server's binary log holds: the channel is pointed for a moment at the agent that serves the log, by file and position, so that the server's own
/// receiver and applier do the work and keep its GTIDs. What cannot be fetched is told, never passed over in silence.
/// </summary>
/// <param name="mysql">The local server.</param>
/// <param name="memory">Where it is noted that the channel is pointed elsewhere.</param>
/// <param name="time">Clock of the deadline.</param>
internal sealed class TailSteps(IMysqlServer mysql, IMemory memory, TimeProvider time)
{
    /// <summary>At the least, so that a catch-up that used up its time still gets a rest of a few transactions.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);

    /// <param name="from">The host whose server has died.</param>
    /// <param name="rest">The end of its log.</param>
    /// <param name="channel">As it is now: everything that was received whole is applied.</param>
    /// <param name="deadline">How long the fetch may take.</param>
    /// <param name="cancel">The order has changed; the channel is pointed back by the next plan.</param>
    public async Task<StepOutcome> FetchAsync(string from, AgentProtocol.BinlogTail rest, FoundChannel channel, TimeSpan deadline, CancellationToken cancel)
    {
        string received = $"what was received of it ends at {channel.Applied?.ToString() ?? "an unknown position"}";
        if (rest is not { Port: > 0, End: { } end })
            return StepOutcome.DoneBut($"whether {from} had committed anything that no other server has is not known ({received}): {rest.Why ?? "the end of its binary log was not found in time"}");
        StepOutcome outcome = StepOutcome.Done;
        if (!BinlogPositions.Reaches(channel.Applied, end))
        {
            outcome = channel.Applied is { } applied
                ? await FetchAsync(from, channel, applied, rest.Port, end, deadline, cancel)
                : StepOutcome.DoneBut($"the binary log of {from} up to {end} is served, but {received}: it was left out");
        }

        return rest.Why is null ? outcome : outcome with { Warnings = [.. outcome.Warnings, $"what the binary log of {from} holds behind {end} cannot be read, and is left out: {rest.Why}"] };
    }

    /// <summary>A replica of the dead server, before it is pointed at the new active master.</summary>
    public async Task<StepOutcome> FetchRestAsync(AgentProtocol.PreviousLog log, TimeSpan deadline, CancellationToken cancel) =>
        (await UpAsync(cancel)).Channel is { } channel ? await FetchAsync(log.Host, log.Rest, channel, deadline, cancel) : StepOutcome.Done;

    /// <summary>Points a channel back. Safe to repeat.</summary>
    public async Task<StepOutcome> ReturnAsync(BorrowedChannel borrowed, CancellationToken cancel)
    {
        FoundChannel? now = (await UpAsync(cancel)).Channel;
        if (now?.SourceIp == borrowed.Source.Ip && now.SourcePort == borrowed.Source.Port)
        {
            // It never came to pointing it elsewhere, or it is back: this was cut off while it was stopped for that.
            await mysql.StartReplicationAsync(borrowed.Channel, new StoppedThreads(true, true), cancel);
            return Forget();
        }

        bool there = now is null || (borrowed.There is { } place ? now.SourceIp == place.Ip && now.SourcePort == place.Port : now.SourceIp == borrowed.Source.Ip);
        // Else somebody has pointed it to where they want it.
        if (!there)
            return Forget();
        await mysql.StopReplicationAsync(borrowed.Channel, cancel);
        // Its positions there are those of another log, unless it was the same log.
        AgentProtocol.BinlogPosition? startAt = now?.SourceIp == borrowed.Source.Ip ? (await UpAsync(cancel)).Channel?.Applied ?? borrowed.Source.StartAt : borrowed.Source.StartAt;
        await mysql.ChangeSourceAsync(new AgentStep.Repoint(borrowed.Channel, borrowed.Source, borrowed.UsesGtid ? null : startAt, borrowed.Options), cancel);
        await mysql.StartReplicationAsync(borrowed.Channel, new StoppedThreads(true, true), cancel);
        return Forget();

        static StepOutcome Forget() => StepOutcome.DoneAnd((m, _) => m with { Borrowed = null });
    }

    /// <summary>A replica that has received more of the vanished server than this one has it all in its own log.</summary>
    public async Task<StepOutcome> FetchFromReplicaAsync(string from, AgentProtocol.AheadReplica ahead, TimeSpan deadline, CancellationToken cancel)
    {
        FoundChannel channel = (await UpAsync(cancel)).Channel ?? throw new MysqlServerException("the replication channel disappeared while catching up");
        if (BinlogPositions.Reaches(channel.Applied, ahead.Received))
            return StepOutcome.Done;
        string behind = $"{ahead.Host} has received more of {from} (up to {ahead.Received}) than this host ({channel.Applied?.ToString() ?? "an unknown position"})";
        if (ahead.Gtid is null || !channel.UsesGtid)
            return StepOutcome.DoneBut($"{behind}, and that is left out: {ahead.Why ?? "replication by positions cannot go on at another replica"}; {ahead.Host} will not be able to follow this host");
        var source = new AgentProtocol.SourceServer(ahead.Host, ahead.Ip, ahead.Port, null);
        return await BorrowAsync(
            from, channel, new AgentStep.Repoint(channel.Name, source, null, channel.Options), d => mysql.WaitGtidAsync(ahead.Gtid, d, cancel), deadline,
            ms => $"what only {ahead.Host} had received of {from}, up to {ahead.Received}, was fetched from it in {ms:0} ms",
            (_, why) => $"{behind}, and that could not be fetched: {why}; {ahead.Host} will not be able to follow this host", cancel);
    }

    private Task<StepOutcome> FetchAsync(
        string from, FoundChannel channel, AgentProtocol.BinlogPosition applied, int port, AgentProtocol.BinlogPosition end, TimeSpan deadline, CancellationToken cancel)
    {
        var source = new AgentProtocol.SourceServer(from, channel.SourceIp, port, applied);
        return BorrowAsync(
            from, channel, new AgentStep.Repoint(channel.Name, source, applied, channel.Options, ToAgent: true), d => mysql.WaitAppliedAsync(channel.Name, end, d, cancel), deadline,
            ms => $"what only {from} had was fetched from its binary log, {applied} to {end}, in {ms:0} ms",
            (after, why) => $"what only the binary log of {from} holds, {after?.Applied ?? applied} to {end}, could not be fetched and is not on this server: {why}", cancel);
    }

    /// <summary>Points the channel elsewhere for a moment.</summary>
    /// <param name="from">Whose channel it is.</param>
    /// <param name="channel">As it is.</param>
    /// <param name="there">Where it is pointed.</param>
    /// <param name="wait">Until it has what is wanted.</param>
    /// <param name="deadline">Of that.</param>
    /// <param name="told">For the log, with milliseconds.</param>
    /// <param name="failed">A warning, with the channel as it was left and a reason.</param>
    /// <param name="cancel">The order has changed; the channel is pointed back by the next plan.</param>
    private async Task<StepOutcome> BorrowAsync(
        string from, FoundChannel channel, AgentStep.Repoint there, Func<TimeSpan, Task<ApplyWait>> wait, TimeSpan deadline,
        Func<double, string> told, Func<FoundChannel?, string, string> failed, CancellationToken cancel)
    {
        long began = time.GetTimestamp();
        TimeSpan within = deadline < s_least ? s_least : deadline;
        var borrowed = new BorrowedChannel(channel.Name, new AgentProtocol.SourceServer(from, channel.SourceIp, channel.SourcePort, channel.Applied), channel.UsesGtid, channel.Options, there.Source);
        if (await memory.SaveAsync(m => m with { Borrowed = borrowed }, cancel) is { } unsaved)
            return StepOutcome.DoneBut(failed(channel, $"this could not be stored: {unsaved}"));
        string? failure = null;
        try
        {
            await mysql.StopReplicationAsync(channel.Name, cancel);
            await mysql.ChangeSourceAsync(there, cancel);
            await mysql.StartReplicationAsync(channel.Name, new StoppedThreads(true, true), cancel);
            ApplyWait waited = await wait(within);
            if (waited != ApplyWait.Reached)
                failure = waited == ApplyWait.TimedOut ? $"it took longer than {within.TotalSeconds:0.#} s" : "the applier stopped";
        }
        catch (MysqlServerException e)
        {
            failure = e.Message;
        }

        FoundChannel? after = (await UpAsync(cancel)).Channel;
        StepOutcome returned = await ReturnAsync(borrowed, cancel);
        return failure is null
            ? returned with { Told = told(time.GetElapsedTime(began).TotalMilliseconds) }
            : returned with { Warnings = [failed(after, $"{failure}{(after?.Error is { } error ? $": {error}" : "")}")] };
    }

    private async Task<FoundMysqld> UpAsync(CancellationToken cancel)
    {
        FoundMysqld found = await mysql.LookAsync(cancel);
        return found.State == AgentProtocol.MysqldState.Up ? found : throw new MysqlServerException(found.Message ?? "mysqld does not answer");
    }
}
