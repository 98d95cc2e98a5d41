using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>The steps that deal with the replication channel.</summary>
internal sealed class ReplicationSteps(IMysqlServer mysql, TailSteps tail, IMemory memory, StepTerms terms, TimeProvider time)
{
    private static readonly TimeSpan s_recheck = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// When a source has just died, its last bytes may still be in this machine's receive buffer: the IO thread notices the end within
    /// milliseconds. A source that vanished silently leaves it connected for minutes; after this long nothing more is expected.
    /// </summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(200);

    /// <summary>How often it is looked whether the applier waits for a rest that will not come.</summary>
    private static readonly TimeSpan s_idleLook = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks in a row that must find it waiting with nothing new received: one could fall between two events.</summary>
    private const int IdleLooks = 3;

    public async Task<StepOutcome> CatchUpAsync(AgentProtocol.CatchUpOrder order, CancellationToken cancel)
    {
        StepOutcome outcome = await ReachAsync(order, cancel);
        if (outcome.Failure is not null || order.UpTo is not null)
            return outcome;
        FoundMysqld now = await UpAsync(cancel);
        var loss = LossRule.Judge(order, now.History, now.Channel is { } channel && channel.SourceIp == order.FromIp ? channel.Applied : null, whole: order.Rest is { Port: > 0, Why: null } && outcome.Warnings.IsEmpty);
        if (loss.Forbidden is not null && !order.Force)
            return StepOutcome.Failed($"not made writable: {string.Join(", and ", new[] { loss.Lost, loss.Forbidden }.OfType<string>())}") with { Remember = outcome.Remember };
        string? forced = loss.Forbidden is null ? null : $"made writable by force although {loss.Forbidden}";
        return outcome with { Warnings = [.. outcome.Warnings, .. new[] { loss.Lost, forced }.OfType<string>()] };
    }

    private async Task<StepOutcome> ReachAsync(AgentProtocol.CatchUpOrder order, CancellationToken cancel)
    {
        FoundMysqld found = await UpAsync(cancel);
        TimeSpan timeout = TimeSpan.FromMilliseconds(order.TimeoutMs);
        switch (CatchUpRule.Choose(order, found.Channel))
        {
            case CatchUpWay.To to:
                ApplyWait wait = await mysql.WaitAppliedAsync(found.Channel!.Name, to.Position, timeout, cancel);
                return Judge(wait, $"{order.From}'s position {to.Position}", order, null);
            case CatchUpWay.RelayLogEnd end:
                return await ApplyAllAsync(order, end, found.Channel!, timeout, cancel);
            case CatchUpWay.PassOver pass:
                return StepOutcome.DoneBut("not caught up: " + pass.Warning);
            case CatchUpWay.Refuse refuse:
                return StepOutcome.Failed("cannot catch up: " + refuse.Sentence);
            default:
                throw new InvalidOperationException("no such way of catching up");
        }
    }

    /// <summary>What was received, and then what only the old source's binary log holds.</summary>
    private async Task<StepOutcome> ApplyAllAsync(
        AgentProtocol.CatchUpOrder order, CatchUpWay.RelayLogEnd end, FoundChannel channel, TimeSpan timeout, CancellationToken cancel)
    {
        long began = time.GetTimestamp();
        ApplyWait received = await ApplyReceivedAsync(channel, timeout, cancel);
        if (received is not (ApplyWait.Reached or ApplyWait.Incomplete))
            return Judge(received, $"the end of what was received from {order.From}", order, end.Warning);
        FoundChannel now = (await UpAsync(cancel)).Channel ?? throw new MysqlServerException("the replication channel disappeared while catching up");
        StepOutcome outcome = order.Rest is null ? StepOutcome.Done : await tail.FetchAsync(order.From, order.Rest, now, timeout - time.GetElapsedTime(began), cancel);
        if (order.Ahead is { } ahead)
            outcome = (await tail.FetchFromReplicaAsync(order.From, ahead, timeout - time.GetElapsedTime(began), cancel)).After(outcome);
        // Dropped if the old source's log could not be read: read from there, it is whole.
        if (received == ApplyWait.Incomplete && (await UpAsync(cancel)).Channel is { } left && left.Applied == now.Applied)
            outcome = (await DropIncompleteAsync(order, cancel)).After(outcome);
        return end.Warning is null ? outcome : outcome with { Warnings = [end.Warning, .. outcome.Warnings] };
    }

    public async Task<StepOutcome> ApplyRelayLogAsync(AgentStep.ApplyRelayLog step, CancellationToken cancel)
    {
        FoundChannel? channel = (await UpAsync(cancel)).Channel;
        if (channel is null)
            return StepOutcome.Done;
        // By GTID the new source sends again whatever comes from now on; to wait for that as well would never end while an old source that lives passes on what is written.
        ApplyWait wait = await ApplyReceivedAsync(channel, terms.ApplyTimeout, cancel, alsoLater: !step.MayLose);
        // The repoint that follows drops an incomplete transaction together with the relay log.
        if (wait is ApplyWait.Reached or ApplyWait.Incomplete)
            return StepOutcome.Done;
        string why = $"what had been received from {step.OldSource} was not applied to its end ({Reason(wait, terms.ApplyTimeout, null)})";
        // An applier that goes on gets there; by positions nobody sends again what is thrown away.
        return !step.MayLose && wait == ApplyWait.TimedOut ? StepOutcome.Failed($"{why}; it goes on, and is pointed at the new source when it is there") : StepOutcome.DoneBut($"{why}; the rest is left out");
    }

    public async Task<StepOutcome> HoldAsync(AgentStep.HoldAt step, CancellationToken cancel)
    {
        await HoldAsync(step.Channel, step.End, cancel);
        return StepOutcome.Done;
    }

    public async Task<StepOutcome> StopApplierAsync(AgentStep.StopApplier step, CancellationToken cancel)
    {
        await mysql.StopApplierAsync(step.Channel, cancel);
        return StepOutcome.Done;
    }

    /// <summary>As long as its source sends, and its applier applies, it gets there. When it does not, MMM's way: the new source from where that one began.</summary>
    public async Task<StepOutcome> ReachEndAsync(AgentStep.ReachEnd step, CancellationToken cancel)
    {
        AgentProtocol.BinlogPosition end = step.Log.Rest.End!;
        if ((await UpAsync(cancel)).Channel is not { } now)
            return StepOutcome.Done;
        if (now.Until != end || !now.SqlRunning)
            await HoldAsync(now.Name, end, cancel);
        long began = time.GetTimestamp();
        do
        {
            now = (await UpAsync(cancel)).Channel ?? now;
            if (now.Applied == end)
                return StepOutcome.Done;
            if (!now.SqlRunning || now.Until != end)
                return StepOutcome.Failed($"{Missing()}: the applier stopped{(now.Error is null ? "" : $": {now.Error}")}");
            await Task.Delay(s_recheck, time, cancel);
        }
        while (time.GetElapsedTime(began) < terms.ApplyTimeout);

        return now.IoRunning || BinlogPositions.Reaches(now.Received, end)
            ? StepOutcome.Failed($"{Missing()} so far; it is pointed at the new source when it is there")
            : StepOutcome.DoneBut($"{Missing()}, and no more comes (the IO thread is {now.IoState}{(now.Error is null ? "" : $": {now.Error}")}): the rest is missing on this server, compare its data with the others'");

        string Missing() => $"of what {step.Log.Host} wrote up to {end}, only what lies before {now.Applied?.ToString() ?? "an unknown position"} is applied here";
    }

    /// <summary>Has the applier stop at the end; one that has passed it meanwhile goes on as before.</summary>
    private async Task HoldAsync(string channel, AgentProtocol.BinlogPosition end, CancellationToken cancel)
    {
        await mysql.StopApplierAsync(channel, cancel);
        if (BinlogPositions.Passes((await UpAsync(cancel)).Channel?.Applied, end))
            await mysql.StartReplicationAsync(channel, new StoppedThreads(Io: false, Sql: true), cancel);
        else
            await mysql.StartApplierUntilAsync(channel, end, cancel);
    }

    public async Task<StepOutcome> StopAsync(AgentStep.StopReplication step, CancellationToken cancel)
    {
        await mysql.StopReplicationAsync(step.Channel, cancel);
        return StepOutcome.Done;
    }

    public async Task<StepOutcome> DropAsync(AgentStep.DropChannel step, CancellationToken cancel)
    {
        await mysql.StopReplicationAsync(step.Channel, cancel);
        await mysql.DropChannelAsync(step.Channel, cancel);
        return StepOutcome.Done;
    }

    public async Task<StepOutcome> StopReceiverAsync(AgentStep.StopReceiver step, CancellationToken cancel)
    {
        await mysql.StopReceiverAsync(step.Channel, cancel);
        return StepOutcome.Done;
    }

    public async Task<StepOutcome> StartAsync(AgentStep.StartReplication step, CancellationToken cancel)
    {
        await mysql.StartReplicationAsync(step.Channel, step.Threads, cancel);
        return await StartedAsync(cancel);
    }

    public async Task<StepOutcome> StartApplierAsync(AgentStep.StartApplier step, CancellationToken cancel)
    {
        await mysql.StartReplicationAsync(step.Channel, new StoppedThreads(Io: false, Sql: true), cancel);
        return StepOutcome.Done;
    }

    public async Task<StepOutcome> RepointAsync(AgentStep.Repoint step, CancellationToken cancel)
    {
        if ((await UpAsync(cancel)).Channel is not null)
            await mysql.StopReplicationAsync(step.Channel, cancel);
        await mysql.ChangeSourceAsync(step, cancel);
        await mysql.StartReplicationAsync(step.Channel, new StoppedThreads(true, true), cancel);
        StepOutcome demoted = StepOutcome.DoneAnd((m, _) => step.Demote ? m with { Demoted = m.LastTakeOver } : m);
        return (await StartedAsync(cancel)).After(demoted);
    }

    /// <summary>Waits until the applier has everything that was received.</summary>
    /// <param name="channel">As found.</param>
    /// <param name="timeout">At most this long.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <param name="alsoLater">Also what arrives while it is waited.</param>
    private async Task<ApplyWait> ApplyReceivedAsync(FoundChannel channel, TimeSpan timeout, CancellationToken cancel, bool alsoLater = true)
    {
        long began = time.GetTimestamp();
        while (channel.Received is { } end)
        {
            TimeSpan left = timeout - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return ApplyWait.TimedOut;
            ApplyWait wait = await AppliedOrIdleAsync(channel, end, left, cancel);
            if (wait != ApplyWait.Reached)
                return wait;
            if ((await UpAsync(cancel)).Channel is not { } now || now.SourceIp != channel.SourceIp)
                return ApplyWait.ApplierStopped;
            bool settled = !channel.IoRunning || time.GetElapsedTime(began) >= s_settle;
            if (settled && (!alsoLater || now.Received == end))
                break;
            channel = now;
            if (channel.IoRunning)
                await Task.Delay(s_recheck, time, cancel);
        }

        return ApplyWait.Reached;
    }

    /// <summary>Waits for a position, but not for the rest of a transaction that nobody sends any more.</summary>
    private async Task<ApplyWait> AppliedOrIdleAsync(FoundChannel channel, AgentProtocol.BinlogPosition end, TimeSpan timeout, CancellationToken cancel)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<ApplyWait> wait = mysql.WaitAppliedAsync(channel.Name, end, timeout, giveUp.Token);
        try
        {
            long began = time.GetTimestamp();
            for (int idle = 0; idle < IdleLooks;)
            {
                if (await Task.WhenAny(wait, Task.Delay(s_idleLook, time, giveUp.Token)) == wait)
                    return await wait;
                cancel.ThrowIfCancellationRequested();
                if (time.GetElapsedTime(began) < s_settle)
                    continue;
                FoundChannel? now = (await UpAsync(cancel)).Channel;
                bool waits = now is { SqlRunning: true } && now.SourceIp == channel.SourceIp && now.Received == end && await mysql.ApplierIdleAsync(cancel);
                idle = waits ? idle + 1 : 0;
            }

            return ApplyWait.Incomplete;
        }
        finally
        {
            if (!wait.IsCompleted)
            {
                await giveUp.CancelAsync();
                await wait.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    /// <summary>
    /// Frees the row locks of a transaction that arrived only in part: the relay log is dropped and fetched again from the end of what is applied. Nothing is
    /// lost by that which had arrived whole, and the rest comes with its first part should the old source return.
    /// </summary>
    private async Task<StepOutcome> DropIncompleteAsync(AgentProtocol.CatchUpOrder order, CancellationToken cancel)
    {
        FoundChannel channel = (await UpAsync(cancel)).Channel ?? throw new MysqlServerException("the replication channel disappeared while catching up");
        var source = new AgentProtocol.SourceServer(order.From, channel.SourceIp, channel.SourcePort, channel.Applied);
        // Cut off in between, it is started again by the next plan.
        if (await memory.SaveAsync(m => m with { Stopped = new StoppedThreads(true, true) }, cancel) is { } unsaved)
            return StepOutcome.Failed($"the last transaction received from {order.From} has not arrived whole, and that replication is stopped to leave it out could not be stored: {unsaved}");
        await mysql.StopReplicationAsync(channel.Name, cancel);
        await mysql.ChangeSourceAsync(new AgentStep.Repoint(channel.Name, source, channel.UsesGtid ? null : channel.Applied, channel.Options), cancel);
        await mysql.StartReplicationAsync(channel.Name, new StoppedThreads(true, true), cancel);
        StepOutcome left = StepOutcome.DoneBut($"the last transaction received from {order.From} had not arrived whole and was left out (applied up to {channel.Applied})");
        return left with { Remember = (m, _) => m with { Stopped = null } };
    }

    /// <summary>Looks whether the threads come up. An error is a warning: it also shows in the checks, and restarting over and over could undo a repair.</summary>
    private async Task<StepOutcome> StartedAsync(CancellationToken cancel)
    {
        long began = time.GetTimestamp();
        FoundChannel? channel;
        do
        {
            channel = (await UpAsync(cancel)).Channel;
            if (channel is { IoRunning: true, SqlRunning: true })
                break;
            await Task.Delay(s_recheck, time, cancel);
        }
        while (time.GetElapsedTime(began) < terms.StartWatch && channel is { IoErrno: 0, SqlErrno: 0 });

        StepOutcome started = StepOutcome.DoneAnd((m, _) => m with { Stopped = null });
        if (channel is { IoStopped: false, SqlRunning: true, IoErrno: 0 })
            return started;
        return started with { Warnings = [$"replication was started but does not run well: IO thread {channel?.IoState ?? "unknown"}, SQL thread {(channel?.SqlRunning == true ? "Yes" : "No")}: {channel?.Error ?? "no error shown"}"] };
    }

    private async Task<FoundMysqld> UpAsync(CancellationToken cancel)
    {
        FoundMysqld found = await mysql.LookAsync(cancel);
        return found.State == AgentProtocol.MysqldState.Up ? found : throw new MysqlServerException(found.Message ?? "mysqld does not answer");
    }

    private static StepOutcome Judge(ApplyWait wait, string goal, AgentProtocol.CatchUpOrder order, string? warning)
    {
        if (wait == ApplyWait.Reached)
            return warning is null ? StepOutcome.Done : StepOutcome.DoneBut(warning);
        string why = $"{goal} was not reached: {Reason(wait, TimeSpan.FromMilliseconds(order.TimeoutMs), order.From)}";
        return order.Force ? StepOutcome.DoneBut($"not caught up: {why}; forced: going on without") : StepOutcome.Failed($"not caught up: {why}");
    }

    private static string Reason(ApplyWait wait, TimeSpan timeout, string? source) => wait == ApplyWait.TimedOut
        ? $"it took longer than {timeout.TotalSeconds:0.#} s"
        : $"the applier stopped, see SHOW SLAVE STATUS{(source is null ? "" : $" (source {source})")}";
}
