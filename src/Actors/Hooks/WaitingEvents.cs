using Mmm.Shared.Hooks;

namespace Mmm.Actors.Hooks;

/// <summary>Events that wait their turn, oldest first; when there is no room the oldest goes.</summary>
/// <param name="capacity">Most that wait.</param>
public sealed class WaitingEvents(int capacity)
{
    /// <summary>A day's events of a restless cluster, some 2 MB at most.</summary>
    public const int DefaultCapacity = 1000;

    private readonly Queue<HookEvent> _queue = [];

    /// <summary>Dropped since the last <see cref="TakeDropped"/>.</summary>
    private long _dropped;

    /// <returns>False: the oldest was dropped for it, the first since <see cref="TakeDropped"/>.</returns>
    public bool Add(HookEvent e)
    {
        _queue.Enqueue(e);
        if (_queue.Count <= capacity)
            return true;
        _queue.Dequeue();
        return ++_dropped > 1;
    }

    /// <returns>Null: none waits.</returns>
    public HookEvent? Next() => _queue.TryDequeue(out HookEvent? e) ? e : null;

    /// <summary>How many were dropped, once nobody waits any more; zero before that.</summary>
    public long TakeDropped()
    {
        if (_queue.Count > 0)
            return 0;
        (long dropped, _dropped) = (_dropped, 0);
        return dropped;
    }
}
