using System.Collections.Immutable;
using Mmm.Actors.Hooks;
using Mmm.Shared.Agents;
using Mmm.Shared.Leases;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>
/// Carries single steps of a plan out over the ports. Keeps no state of its own, so a step may be cancelled and another begun at any time.
/// </summary>
/// <param name="ports">mysqld, addresses, announcements.</param>
/// <param name="guard">Whether an address may be shown.</param>
/// <param name="memory">What must be on disk before a step goes on.</param>
/// <param name="terms">Deadlines and counts.</param>
/// <param name="time">Clock of the pauses.</param>
internal sealed class StepRunner(AgentPorts ports, AddressGuard guard, IMemory memory, StepTerms terms, TimeProvider time)
{
    private readonly WriteBlocker _blocker = new(ports.Mysql, terms, time);
    private readonly TailSteps _tail = new(ports.Mysql, memory, time);
    private readonly ReplicationSteps _replication = new(ports.Mysql, new TailSteps(ports.Mysql, memory, time), memory, terms, time);

    /// <summary>Ends with an outcome, also when the step failed; throws only <see cref="OperationCanceledException"/>, when cancelled.</summary>
    /// <param name="step">What to do.</param>
    /// <param name="cover">What the host's leases allow.</param>
    /// <param name="early">The look at the network that has begun for the address of the step; null = none.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<StepOutcome> RunAsync(AgentStep step, LeaseCover cover, Task<AddressLooks>? early, CancellationToken cancel)
    {
        try
        {
            return await DispatchAsync(step, cover, early, cancel);
        }
        catch (MysqlServerException e)
        {
            return StepOutcome.Failed(e.Message);
        }
        catch (AddressException e)
        {
            return StepOutcome.Failed(e.Message);
        }
    }

    /// <summary>
    /// Once after the start: does what a takeover does, as far as it changes nothing. What is missing shows now instead of in the first
    /// failover, and that one does not wait for code to be compiled (measured: 300 ms).
    /// </summary>
    /// <returns>What is in the way, as sentences.</returns>
    public async Task<ImmutableArray<string>> RehearseAsync(FoundMysqld found, CancellationToken cancel)
    {
        var concerns = ImmutableArray.CreateBuilder<string>();
        await TryAsync(() => ports.Mysql.ThreadsAsync(cancel), concerns);
        await TryAsync(() => ports.Mysql.EndConnectionsAsync([], cancel), concerns);
        if (found.Channel is { SqlRunning: true, Applied: { } applied } channel)
        {
            await TryAsync(() => ports.Mysql.ApplierIdleAsync(cancel), concerns);
            await TryAsync(() => ports.Mysql.WaitAppliedAsync(channel.Name, applied, terms.StatementTimeout, cancel), concerns);
        }

        await TryAsync(() => ports.Addresses.CheckAsync(cancel), concerns);
        return concerns.ToImmutable();
    }

    private static async Task TryAsync(Func<Task> call, ImmutableArray<string>.Builder concerns)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is MysqlServerException or AddressException)
        {
            concerns.Add(e.Message);
        }
    }

    private Task<StepOutcome> DispatchAsync(AgentStep step, LeaseCover cover, Task<AddressLooks>? early, CancellationToken cancel) => step switch
    {
        AgentStep.Impossible s => Task.FromResult(StepOutcome.Failed(s.Sentence)),
        AgentStep.RemoveAddress s => RemoveAsync(s, cancel),
        AgentStep.AddAddress s => AddAsync(s, cover, early, cancel),
        AgentStep.BlockWrites => _blocker.BlockAsync(cancel),
        AgentStep.KillConnections => _blocker.EndClientsAsync(cancel),
        AgentStep.EndMysqld s => Task.FromResult(StepOutcome.DoneBut($"mysqld had to give up its role while its disk could not be written, and was ended so that its recovery mends its binary log: {ports.Watch.Kill(s.PidFile)}")),
        AgentStep.CatchUp s => _replication.CatchUpAsync(s.Order, cancel),
        AgentStep.HoldAt s => _replication.HoldAsync(s, cancel),
        AgentStep.StopApplier s => _replication.StopApplierAsync(s, cancel),
        AgentStep.ReachEnd s => _replication.ReachEndAsync(s, cancel),
        AgentStep.FetchRest s => _tail.FetchRestAsync(s.Log, terms.ApplyTimeout, cancel),
        AgentStep.ReturnChannel s => _tail.ReturnAsync(s.Borrowed, cancel),
        AgentStep.NotePosition => NotePositionAsync(cancel),
        AgentStep.SetSemiSyncSource s => SetSemiSyncAsync(s, cancel),
        AgentStep.SetSemiSyncReplica s => SetSemiSyncAsync(s, cancel),
        AgentStep.MakeWritable s => MakeWritableAsync(s, cancel),
        AgentStep.RememberStopped s => Task.FromResult(StepOutcome.DoneAnd((m, _) => m with { Stopped = s.Threads })),
        AgentStep.StopReplication s => _replication.StopAsync(s, cancel),
        AgentStep.RememberDropped s => Task.FromResult(StepOutcome.DoneAnd((m, _) => m with { Dropped = s.Channel, Stopped = null })),
        AgentStep.DropChannel s => _replication.DropAsync(s, cancel),
        AgentStep.CheckLog s => CheckLogAsync(s, cancel),
        AgentStep.StopReceiver s => _replication.StopReceiverAsync(s, cancel),
        AgentStep.StartReplication s => _replication.StartAsync(s, cancel),
        AgentStep.StartApplier s => _replication.StartApplierAsync(s, cancel),
        AgentStep.ApplyRelayLog s => _replication.ApplyRelayLogAsync(s, cancel),
        AgentStep.Repoint s => _replication.RepointAsync(s, cancel),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "not a step"),
    };

    private async Task<StepOutcome> RemoveAsync(AgentStep.RemoveAddress step, CancellationToken cancel)
    {
        await ports.Addresses.RemoveAsync(step.Address.Ip, cancel);
        return StepOutcome.Done;
    }

    private async Task<StepOutcome> AddAsync(AgentStep.AddAddress step, LeaseCover cover, Task<AddressLooks>? early, CancellationToken cancel)
    {
        StepOutcome asked = await guard.MayShowAsync(step.Address, early, cancel);
        return asked.Failure is not null ? asked : asked.And(await ShowAsync(step, cover, cancel));
    }

    private async Task<StepOutcome> ShowAsync(AgentStep.AddAddress step, LeaseCover cover, CancellationToken cancel)
    {
        int seconds = cover.Seconds(step.Address, ports.LeaseClock.GetElapsedTime(0));
        if (seconds == 0)
            return StepOutcome.Failed($"less than a second is left of the lease of {step.Address}: it is added once the lease is renewed") with { AwaitsLease = true };
        await ports.Addresses.AddAsync(step.Address.Ip, seconds, cancel);
        // A process that stood still in between has added it for longer than the lease.
        if (cover.Seconds(step.Address, ports.LeaseClock.GetElapsedTime(0)) + 1 < seconds)
        {
            await ports.Addresses.RemoveAsync(step.Address.Ip, cancel);
            return StepOutcome.Failed($"this agent stood still while it added {step.Address}: it is added once the lease is renewed") with { AwaitsLease = true };
        }

        try
        {
            // The first announcement belongs to the step: until it is out, clients still send to the old holder.
            await ports.Announcer.AnnounceAsync(step.Address.Ip, cancel);
            return StepOutcome.Done;
        }
        catch (AddressException e)
        {
            return StepOutcome.DoneBut($"{step.Address} is on the host but could not be announced: {e.Message}");
        }
    }

    private async Task<StepOutcome> NotePositionAsync(CancellationToken cancel)
    {
        FoundMysqld found = await ports.Mysql.LookAsync(cancel);
        if (found.State != AgentProtocol.MysqldState.Up)
            return StepOutcome.Failed($"the binlog position could not be read: {found.Message ?? "mysqld does not answer"}");
        return StepOutcome.DoneAnd((m, id) => m with { Noted = new AgentProtocol.TakeOver(id, found.Binlog) });
    }

    private async Task<StepOutcome> CheckLogAsync(AgentStep.CheckLog step, CancellationToken cancel)
    {
        try
        {
            AgentProtocol.LogChecked found = await ports.Tails.OwnWritesAsync(step.Files, step.Check, cancel);
            return StepOutcome.DoneAnd((m, _) => m with { Checked = found });
        }
        catch (TailException e)
        {
            return StepOutcome.Failed($"what it had written itself before it failed is not known: {e.Message}");
        }
    }

    private async Task<StepOutcome> SetSemiSyncAsync(AgentStep step, CancellationToken cancel)
    {
        try
        {
            await ports.Mysql.SetSemiSyncAsync(step, cancel);
            return StepOutcome.Done;
        }
        catch (MysqlServerException e) when (step is not AgentStep.SetSemiSyncSource { Required: true })
        {
            // Tried again after a while: the look says until then that it failed.
            return StepOutcome.DoneBut(e.Message);
        }
    }

    private async Task<StepOutcome> MakeWritableAsync(AgentStep.MakeWritable step, CancellationToken cancel)
    {
        // On disk already, unless mysqld has just been started, or the disk failed: then the next agent would spare this process as one that never took writes.
        if (step.Process is { } process && await memory.SaveAsync(m => m with { Answered = process }, cancel) is { } unsaved)
            return StepOutcome.Failed($"that this mysqld takes writes could not be stored: {unsaved}");
        try
        {
            await ports.Mysql.SetWritableAsync(cancel);
            return StepOutcome.DoneAnd((m, id) => m.TookOver() with { WritableFor = id });
        }
        catch (MysqlServerException e)
        {
            // Unless the server itself says that it is read-only it may have become writable without being able to tell, and then its data is the newest.
            bool nothingHappened = await ports.Mysql.LookAsync(cancel) is { State: AgentProtocol.MysqldState.Up, ReadOnly: true };
            StepOutcome failed = StepOutcome.Failed(e.Message);
            return nothingHappened ? failed : failed with { Remember = (m, _) => m.TookOver() };
        }
    }
}

/// <summary>What an agent works with.</summary>
/// <param name="Mysql">The local mysqld.</param>
/// <param name="Addresses">The host's addresses.</param>
/// <param name="Announcer">Tells the neighbours.</param>
/// <param name="Neighbours">Asks them.</param>
/// <param name="Watch">mysqld's process.</param>
/// <param name="Store">What is remembered.</param>
/// <param name="LeaseClock">Monotonic, and goes on while the machine is suspended.</param>
/// <param name="Tails">Serves mysqld's binary log once it is dead.</param>
/// <param name="Disk">That of mysqld's data.</param>
/// <param name="Connections">mysqld's.</param>
/// <param name="Hooks">Runs agent.hooks.command; null = nothing is run.</param>
public sealed record AgentPorts(
    IMysqlServer Mysql, IAddresses Addresses, IAnnouncer Announcer, INeighbours Neighbours, ILocalWatch Watch, IAgentStore Store, TimeProvider LeaseClock, IBinlogTails Tails, IDisk Disk,
    IConnections Connections, IHookRunner? Hooks = null);

/// <summary>Deadlines and counts of the steps.</summary>
/// <param name="WriterGrace">How long running writers may finish once read_only is being set.</param>
/// <param name="KillRounds">MMM's max_kill_retries.</param>
/// <param name="KillInterval">Pause between two rounds.</param>
/// <param name="StatementTimeout">Deadline of a single statement.</param>
/// <param name="ApplyTimeout">Deadline of applying the relay log before a repoint.</param>
/// <param name="StartWatch">How long freshly started replication threads are watched for an error; one that is still connecting then counts as started.</param>
public sealed record StepTerms(TimeSpan WriterGrace, int KillRounds, TimeSpan KillInterval, TimeSpan StatementTimeout, TimeSpan ApplyTimeout, TimeSpan StartWatch);
