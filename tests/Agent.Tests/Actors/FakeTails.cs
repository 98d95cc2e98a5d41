using System.Collections.Concurrent;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>Binary logs whose end a test says.</summary>
public sealed class FakeTails : IBinlogTails
{
    private volatile TaskCompletionSource<BinlogTail> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;

    /// <summary>Where the searches began, oldest first.</summary>
    public ConcurrentQueue<(BinlogFiles Files, BinlogPosition? From)> Searches { get; } = new();

    /// <summary>Logs that are being served.</summary>
    public int Open => _open;

    public void Found(BinlogTail tail) => _end.SetResult(tail);

    public void Fails(string why) => _end.SetException(new TailException(why));

    public void Anew() => _end = new TaskCompletionSource<BinlogTail>(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<IOpenTail> OpenAsync(BinlogFiles files, BinlogPosition? from, CancellationToken cancel)
    {
        Searches.Enqueue((files, from));
        BinlogTail tail = await _end.Task.WaitAsync(cancel);
        Interlocked.Increment(ref _open);
        return new Served(this, tail);
    }

    public Task CheckAsync(BinlogFiles files, BinlogPosition? from, CancellationToken cancel) => Task.CompletedTask;

    public Task<LogChecked> OwnWritesAsync(BinlogFiles files, LogCheck check, CancellationToken cancel) => throw new TailException("nobody has written this log");

    private sealed class Served(FakeTails owner, BinlogTail tail) : IOpenTail
    {
        public BinlogTail Tail => tail;

        public ValueTask DisposeAsync()
        {
            Interlocked.Decrement(ref owner._open);
            return ValueTask.CompletedTask;
        }
    }
}
