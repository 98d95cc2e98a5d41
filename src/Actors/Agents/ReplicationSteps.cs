using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>The steps that deal with the replication channel.</summary>
internal sealed class ReplicationSteps(IMysqlServer mysql, StepTerms terms, TimeProvider time)
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

    /// <summary>How long freshly started threads are watched for an error.</summary>
    private static readonly TimeSpan s_startWatch = TimeSpan.FromSeconds(2);

    public async Task<StepOutcome> CatchUpAsync(AgentProtocol.CatchUpOrder order, CancellationToken cancel)
    {
        FoundMysqld found = await UpAsync(cancel);
        TimeSpan timeout = TimeSpan.FromMilliseconds(order.TimeoutMs);
        switch (CatchUpRule.Choose(order, found.Channel))
        {
            case CatchUpWay.To to:
                ApplyWait wait = await mysql.WaitAppliedAsync(found.Channel!.Name, to.Position, timeout, cancel);
                return Judge(wait, $"{order.From}'s position {to.Position}", order, null);
            case CatchUpWay.RelayLogEnd end:
                ApplyWait received = await ApplyReceivedAsync(found.Channel!, timeout, cancel);
                return received == ApplyWait.Incomplete
                    ? await DropIncompleteAsync(order, end.Warning, cancel)
                    : Judge(received, $"the end of what was received from {order.From}", order, end.Warning);
            case CatchUpWay.PassOver pass:
                return StepOutcome.DoneBut("not caught up: " + pass.Warning);
            case CatchUpWay.Refuse refuse:
                return StepOutcome.Failed("cannot catch up: " + refuse.Sentence);
            default:
                throw new InvalidOperationException("no such way of catching up");
        }
    }

    public async Task<StepOutcome> ApplyRelayLogAsync(AgentStep.ApplyRelayLog step, CancellationToken cancel)
    {
        FoundChannel? channel = (await UpAsync(cancel)).Channel;
        if (channel is null)
            return StepOutcome.Done;
        ApplyWait wait = await ApplyReceivedAsync(channel, terms.ApplyTimeout, cancel);
        // The repoint that follows drops an incomplete transaction together with the relay log.
        return wait is ApplyWait.Reached or ApplyWait.Incomplete
            ? StepOutcome.Done
            : StepOutcome.DoneBut($"what had been received from {step.OldSource} was not applied to its end ({Reason(wait, terms.ApplyTimeout, null)}); the rest is left out");
    }

    public async Task<StepOutcome> StopAsync(AgentStep.StopReplication step, CancellationToken cancel)
    {
        await mysql.StopReplicationAsync(step.Channel, cancel);
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
        return await StartedAsync(cancel);
    }

    /// <summary>Waits until the applier has everything that was received, also what arrives meanwhile.</summary>
    private async Task<ApplyWait> ApplyReceivedAsync(FoundChannel channel, TimeSpan timeout, CancellationToken cancel)
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
            if (now.Received == end && settled)
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
    private async Task<StepOutcome> DropIncompleteAsync(AgentProtocol.CatchUpOrder order, string? warning, CancellationToken cancel)
    {
        FoundChannel channel = (await UpAsync(cancel)).Channel ?? throw new MysqlServerException("the replication channel disappeared while catching up");
        var source = new AgentProtocol.SourceServer(order.From, channel.SourceIp, channel.SourcePort, channel.Applied);
        await mysql.StopReplicationAsync(channel.Name, cancel);
        await mysql.ChangeSourceAsync(new AgentStep.Repoint(channel.Name, source, channel.UsesGtid ? null : channel.Applied, channel.Options), cancel);
        await mysql.StartReplicationAsync(channel.Name, new StoppedThreads(true, true), cancel);
        string dropped = $"the last transaction received from {order.From} had not arrived whole and was left out (applied up to {channel.Applied})";
        return StepOutcome.DoneBut(warning is null ? dropped : $"{warning}; {dropped}");
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
        while (time.GetElapsedTime(began) < s_startWatch && channel is { IoErrno: 0, SqlErrno: 0 });

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
