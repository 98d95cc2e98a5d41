using System.Collections.Concurrent;
using Mmm.Actors.Hooks;
using Mmm.Shared.Hooks;

namespace Mmm.Agent.Tests.Actors;

/// <summary>Runs nothing; programs whose name is held hang until they are let go.</summary>
internal sealed class GatedHooks : IHookRunner
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<HookEnd>> _held = new();
    private int _running;

    public ConcurrentQueue<HookEvent> Began { get; } = new();

    /// <summary>Most that ran at the same time.</summary>
    public int MostAtOnce { get; private set; }

    public string Names => string.Join(' ', Began.Select(b => b.Event));

    /// <summary>What was done elsewhere when each began; null = not looked at.</summary>
    public Func<string>? Look { get; set; }

    public ConcurrentQueue<string> Seen { get; } = new();

    public TaskCompletionSource<HookEnd> Hold(string name) => _held.GetOrAdd(name, _ => new TaskCompletionSource<HookEnd>(TaskCreationOptions.RunContinuationsAsynchronously));

    public void LetGo(string name, HookEnd? end = null)
    {
        if (_held.TryRemove(name, out TaskCompletionSource<HookEnd>? held))
            held.SetResult(end ?? new HookEnd(HookEndKind.Exited, 0, ""));
    }

    public async Task<HookEnd> RunAsync(string command, HookEvent e, TimeSpan timeout)
    {
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _running));
        if (Look is { } look)
            Seen.Enqueue($"{e.Event} {look()}");
        Began.Enqueue(e);
        try
        {
            return _held.TryGetValue(e.Event, out TaskCompletionSource<HookEnd>? held) ? await held.Task : new HookEnd(HookEndKind.Exited, 0, "");
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
