using System.Collections.Immutable;

namespace Mmm.Control.Monitors;

/// <summary>
/// Asks one monitor after the other without waiting for the slow: the next is asked as soon as one fails or has been silent for
/// a moment; the first good answer wins and ends the others.
/// </summary>
internal static class Hedge
{
    /// <param name="monitors">In the order of preference.</param>
    /// <param name="ask">Asks one; must not throw except for cancellation.</param>
    /// <param name="patience">How long one may be silent before the next is asked as well.</param>
    /// <param name="deadline">For all of it.</param>
    /// <param name="cancel">The caller's.</param>
    /// <returns>Every attempt that ended, in the order of their ends; the last one is the good answer if there is one.</returns>
    public static async Task<ImmutableArray<Attempt<T>>> Ask<T>(
        IReadOnlyList<MonitorAddress> monitors,
        Func<MonitorAddress, CancellationToken, Task<Attempt<T>>> ask,
        TimeSpan patience,
        TimeSpan deadline,
        CancellationToken cancel)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(deadline);
        ImmutableArray<Attempt<T>>.Builder ended = ImmutableArray.CreateBuilder<Attempt<T>>();
        List<(MonitorAddress Monitor, Task<Attempt<T>> Task)> running = [];
        int next = 0;
        while (next < monitors.Count || running.Count > 0)
        {
            if (next < monitors.Count)
            {
                running.Add((monitors[next], ask(monitors[next], limit.Token)));
                next++;
            }

            if (await FirstToEnd(running.Select(r => r.Task), next < monitors.Count ? patience : Timeout.InfiniteTimeSpan, limit.Token) is not { } first)
                continue;
            (MonitorAddress monitor, _) = running.Find(r => r.Task == first);
            running.RemoveAll(r => r.Task == first);
            Attempt<T> attempt = await Result(monitor, first, cancel);
            ended.Add(attempt);
            if (attempt is Attempt<T>.Answered { Good: true })
            {
                await limit.CancelAsync();
                break;
            }
        }

        return ended.ToImmutable();
    }

    /// <summary>Null: none has ended within that time.</summary>
    private static async Task<Task<Attempt<T>>?> FirstToEnd<T>(IEnumerable<Task<Attempt<T>>> running, TimeSpan patience, CancellationToken cancel)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task pause = Task.Delay(patience, stop.Token);
        Task first = await Task.WhenAny([.. running, pause]);
        await stop.CancelAsync();
        return first as Task<Attempt<T>> ?? (cancel.IsCancellationRequested ? await Task.WhenAny(running) : null);
    }

    private static async Task<Attempt<T>> Result<T>(MonitorAddress monitor, Task<Attempt<T>> task, CancellationToken cancel)
    {
        try
        {
            return await task;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Attempt<T>.Failed(monitor, FailureKind.NoAnswer, "gave no answer in time");
        }
    }
}
