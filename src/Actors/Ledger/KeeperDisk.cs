using System.Collections.Immutable;
using Akka.Actor;
using Mmm.Shared.Ledger;

namespace Mmm.Actors.Ledger;

/// <summary>
/// Runs the keeper's blocking disk work away from the actor's thread, one call at a time, and sends the outcome to the actor. A call
/// cannot be cancelled: whether a write reached the disk is only known when it returns.
/// </summary>
internal sealed class KeeperDisk(string stateDir, ImmutableArray<string> clusters, TimeProvider time, IActorRef self)
{
    private KeeperStore? _store;
    private Task _last = Task.CompletedTask;

    /// <summary>Opens the store, or opens it again. Outcome: <see cref="Opened"/> or <see cref="Failed"/>.</summary>
    public void Open(long attempt) => Run(attempt, () =>
    {
        _store?.Dispose();
        _store = null;
        _store = KeeperStore.Open(stateDir, clusters);
        return new Opened(attempt, _store.Records, _store.Lost);
    });

    /// <summary>Stores a record. Outcome: <see cref="Written"/> or <see cref="Failed"/>.</summary>
    public void Write(long attempt, KeeperRecord record) => Run(attempt, () =>
    {
        long started = time.GetTimestamp();
        (_store ?? throw new InvalidOperationException("the store is not open")).Write(record);
        return new Written(attempt, time.GetElapsedTime(started));
    });

    /// <summary>Lets go of the file and its lock once the last call has returned.</summary>
    public void Close() => _last.ContinueWith(_ => _store?.Dispose(), TaskScheduler.Default);

    private void Run(long attempt, Func<object> work)
    {
        Task<object> task = Task.Run(work);
        _last = task;
        task.PipeTo(self, failure: e => new Failed(attempt, e));
    }

    /// <summary>The store is open.</summary>
    internal sealed record Opened(long Attempt, IReadOnlyDictionary<string, KeeperRecord> Records, IReadOnlyDictionary<string, string> Lost);

    /// <summary>The record is on disk.</summary>
    internal sealed record Written(long Attempt, TimeSpan Took);

    /// <summary>The call failed.</summary>
    internal sealed record Failed(long Attempt, Exception Cause);
}
