using System.Collections.Concurrent;
using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>A server in memory whose calls a test can hold back, and that notes what was done to it.</summary>
public sealed class ScriptedMysql : IMysqlServer
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = new();

    public ConcurrentQueue<string> Done { get; } = new();

    public FoundMysqld State { get; set; } = new(MysqldState.Up, null, ReadOnly: true, Binlog: new BinlogPosition("binlog.000003", 77));

    public ApplyWait Applied { get; set; } = ApplyWait.Reached;

    public string? WritableFailure { get; set; }

    public IReadOnlySet<string> SparedUsers { get; } = ImmutableHashSet<string>.Empty;

    /// <summary>Calls of this name wait until the returned source completes, or they are cancelled.</summary>
    public TaskCompletionSource Hold(string call) => _held.GetOrAdd(call, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public async Task<FoundMysqld> LookAsync(CancellationToken cancel)
    {
        await WaitAsync("look", cancel);
        return State;
    }

    public async Task SetReadOnlyAsync(TimeSpan deadline, CancellationToken cancel)
    {
        await DoAsync("read_only on", cancel);
        State = State with { ReadOnly = true };
    }

    public async Task SetWritableAsync(CancellationToken cancel)
    {
        await DoAsync("read_only off", cancel);
        if (WritableFailure is { } why)
            throw new MysqlServerException(why);
        State = State with { ReadOnly = false };
    }

    public Task<ImmutableArray<ClientThread>> ThreadsAsync(CancellationToken cancel) => Task.FromResult(ImmutableArray<ClientThread>.Empty);

    public Task EndConnectionsAsync(ImmutableArray<long> ids, CancellationToken cancel) => ids.IsEmpty ? Task.CompletedTask : DoAsync("end connections", cancel);

    /// <summary>The applier waits for more; false: it is busy for as long as it is waited for.</summary>
    public bool Idle { get; set; }

    public Task<bool> ApplierIdleAsync(CancellationToken cancel) => Task.FromResult(Idle);

    public async Task<ApplyWait> WaitAppliedAsync(string channel, BinlogPosition position, TimeSpan timeout, CancellationToken cancel)
    {
        await DoAsync("wait applied", cancel);
        return Applied;
    }

    public async Task<ApplyWait> WaitGtidAsync(string gtid, TimeSpan timeout, CancellationToken cancel)
    {
        await DoAsync("wait gtid", cancel);
        return Applied;
    }

    public async Task StopReplicationAsync(string channel, CancellationToken cancel)
    {
        await DoAsync("stop replication", cancel);
        State = State with { Channel = State.Channel! with { IoState = "No", SqlRunning = false } };
    }

    public async Task DropChannelAsync(string channel, CancellationToken cancel)
    {
        await DoAsync("drop channel", cancel);
        State = State with { Channel = null };
    }

    public async Task StartReplicationAsync(string channel, StoppedThreads threads, CancellationToken cancel)
    {
        await DoAsync("start replication", cancel);
        State = State with { Channel = State.Channel! with { IoState = threads.Io ? "Yes" : State.Channel.IoState, SqlRunning = threads.Sql || State.Channel.SqlRunning } };
    }

    public Task<ServerSetup> SetupAsync(CancellationToken cancel) => Task.FromResult(new ServerSetup([], []));

    public Task SetSemiSyncAsync(AgentStep step, CancellationToken cancel) => DoAsync("semi-sync", cancel);

    public async Task StopReceiverAsync(string channel, CancellationToken cancel)
    {
        await DoAsync("stop receiver", cancel);
        State = State with { Channel = State.Channel! with { IoState = "No" } };
    }

    public async Task StopApplierAsync(string channel, CancellationToken cancel)
    {
        await DoAsync("stop applier", cancel);
        State = State with { Channel = State.Channel! with { SqlRunning = false } };
    }

    public async Task StartApplierUntilAsync(string channel, BinlogPosition end, CancellationToken cancel)
    {
        await DoAsync($"start applier until {end}", cancel);
        State = State with { Channel = State.Channel! with { SqlRunning = true, Until = end } };
    }

    public async Task ChangeSourceAsync(AgentStep.Repoint repoint, CancellationToken cancel)
    {
        await DoAsync("change source", cancel);
        FoundChannel before = State.Channel ?? new FoundChannel(repoint.Channel, "", 0, "No", false, 0, 0, null, true, null, 0, repoint.Options);
        State = State with { Channel = before with { SourceIp = repoint.Source.Ip, SourcePort = repoint.Source.Port } };
    }

    /// <summary>A call that goes on when it is cancelled, as a statement does that has reached the server.</summary>
    public string? Stubborn { get; set; }

    private async Task DoAsync(string call, CancellationToken cancel)
    {
        Done.Enqueue(call);
        await WaitAsync(call, cancel);
    }

    private Task WaitAsync(string call, CancellationToken cancel) => _held.TryGetValue(call, out TaskCompletionSource? gate) ? gate.Task.WaitAsync(call == Stubborn ? CancellationToken.None : cancel) : Task.CompletedTask;
}
