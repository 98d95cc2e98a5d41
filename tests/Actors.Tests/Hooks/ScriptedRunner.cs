using System.Collections.Concurrent;
using Mmm.Actors.Hooks;
using Mmm.Shared.Hooks;

namespace Mmm.Actors.Tests.Hooks;

/// <summary>Runs nothing, and ends when the test says so.</summary>
internal sealed class ScriptedRunner : IHookRunner
{
    private readonly ConcurrentQueue<string> _began = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile HookEnd _end = new(HookEndKind.Exited, 0, "");

    public IEnumerable<string> Began => _began;

    public bool Throws { get; set; }

    /// <summary>What runs, and what is run from now on, ends so.</summary>
    public void EndAll(HookEnd end)
    {
        _end = end;
        _released.TrySetResult();
    }

    public async Task<HookEnd> RunAsync(string command, HookEvent e, TimeSpan timeout)
    {
        _began.Enqueue(e.Event);
        if (Throws)
            throw new InvalidOperationException("odd");
        await _released.Task;
        return _end;
    }
}
