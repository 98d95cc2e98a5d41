using System.Collections.Concurrent;

namespace Mmm.Lab.Processes;

/// <summary>Runs everything that is posted to it on one thread, so that the keeper's state needs no locks.</summary>
internal sealed class SingleThread : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Work, object? State)> _queue = [];

    public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Post only.");

    /// <summary>Runs <paramref name="main"/> and everything it awaits here until it completes.</summary>
    public static int Run(Func<Task<int>> main)
    {
        SingleThread context = new();
        SetSynchronizationContext(context);
        Task<int> task = main();
        task.ContinueWith(_ => context._queue.CompleteAdding(), TaskScheduler.Default);
        foreach ((SendOrPostCallback work, object? state) in context._queue.GetConsumingEnumerable())
            work(state);
        return task.GetAwaiter().GetResult();
    }
}
