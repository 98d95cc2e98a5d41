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
    /// <param name="channel">As it is now: everything that was received whole is applied.</param>
    /// <param name="asked">The answer of that host's agent.</param>
    /// <param name="deadline">How long the fetch may take.</param>
    /// <param name="cancel">The order has changed; the channel is pointed back by the next plan.</param>
    public async Task<StepOutcome> FetchAsync(string from, FoundChannel channel, Task<TailProtocol.Answer?> asked, TimeSpan deadline, CancellationToken cancel)
    {
        TailProtocol.Answer? answer = await asked;
        string received = $"what was received of it ends at {channel.Applied?.ToString() ?? "an unknown position"}";
        if (answer?.Tail is not { } tail)
        {
            return StepOutcome.DoneBut(
                $"whether {from} had committed anything that no other server has is not known ({received}): {answer?.Why ?? $"its agent does not answer"}");
        }

        if (BinlogPositions.Reaches(channel.Applied, tail.End))
            return StepOutcome.Done;
        if (channel.Applied is not { } applied)
            return StepOutcome.DoneBut($"the binary log of {from} up to {tail.End} is served, but {received}: it was left out");
        return await FetchAsync(from, channel, applied, tail, deadline < s_least ? s_least : deadline, cancel);
    }

    /// <summary>Points a channel back. Safe to repeat.</summary>
    public async Task<StepOutcome> ReturnAsync(BorrowedChannel borrowed, CancellationToken cancel)
    {
        FoundChannel? now = (await UpAsync(cancel)).Channel;
        // It never came to pointing it elsewhere, or somebody has pointed it to where they want it.
        if (now is not null && (now.SourceIp != borrowed.Source.Ip || now.SourcePort == borrowed.Source.Port))
            return Forget();
        await mysql.StopReplicationAsync(borrowed.Channel, cancel);
        AgentProtocol.BinlogPosition? startAt = (await UpAsync(cancel)).Channel?.Applied ?? borrowed.Source.StartAt;
        await mysql.ChangeSourceAsync(new AgentStep.Repoint(borrowed.Channel, borrowed.Source, borrowed.UsesGtid ? null : startAt, borrowed.Options), cancel);
        await mysql.StartReplicationAsync(borrowed.Channel, new StoppedThreads(true, true), cancel);
        return Forget();

        static StepOutcome Forget() => StepOutcome.DoneAnd((m, _) => m with { Borrowed = null });
    }

    private async Task<StepOutcome> FetchAsync(
        string from, FoundChannel channel, AgentProtocol.BinlogPosition applied, TailProtocol.Tail tail, TimeSpan deadline, CancellationToken cancel)
    {
        long began = time.GetTimestamp();
        var borrowed = new BorrowedChannel(channel.Name, new AgentProtocol.SourceServer(from, channel.SourceIp, channel.SourcePort, applied), channel.UsesGtid, channel.Options);
        if (await memory.SaveAsync(m => m with { Borrowed = borrowed }, cancel) is { } unsaved)
            return StepOutcome.DoneBut($"what only the binary log of {from} holds ({applied} to {tail.End}) was left out, because this could not be stored: {unsaved}");
        string? failure = null;
        try
        {
            var source = new AgentProtocol.SourceServer(from, channel.SourceIp, tail.Port, applied);
            await mysql.StopReplicationAsync(channel.Name, cancel);
            await mysql.ChangeSourceAsync(new AgentStep.Repoint(channel.Name, source, applied, channel.Options, WithoutTls: true), cancel);
            await mysql.StartReplicationAsync(channel.Name, new StoppedThreads(true, true), cancel);
            ApplyWait wait = await mysql.WaitAppliedAsync(channel.Name, tail.End, deadline, cancel);
            if (wait != ApplyWait.Reached)
                failure = wait == ApplyWait.TimedOut ? $"it took longer than {deadline.TotalSeconds:0.#} s" : "the applier stopped";
        }
        catch (MysqlServerException e)
        {
            failure = e.Message;
        }

        FoundChannel? after = (await UpAsync(cancel)).Channel;
        StepOutcome returned = await ReturnAsync(borrowed, cancel);
        if (failure is null)
            return returned with { Told = $"what only {from} had was fetched from its binary log, {applied} to {tail.End}, in {time.GetElapsedTime(began).TotalMilliseconds:0} ms" };
        string why = $"{failure}{(after?.Error is { } error ? $": {error}" : "")}";
        return returned with { Warnings = [$"what only the binary log of {from} holds, {after?.Applied ?? applied} to {tail.End}, could not be fetched and is not on this server: {why}"] };
    }

    private async Task<FoundMysqld> UpAsync(CancellationToken cancel)
    {
        FoundMysqld found = await mysql.LookAsync(cancel);
        return found.State == AgentProtocol.MysqldState.Up ? found : throw new MysqlServerException(found.Message ?? "mysqld does not answer");
    }
}
