using System.Collections.Immutable;
using Akka.Actor;
using Microsoft.Data.Sqlite;
using Mmm.Shared.History;

namespace Mmm.Actors.History;

/// <summary>Runs the chronicle's blocking disk work away from the actor's thread, one call at a time, and sends the outcome to the actor.</summary>
internal sealed class ChronicleDisk(string path, IActorRef self)
{
    private ChronicleStore? _store;
    private Task _last = Task.CompletedTask;

    /// <summary>Outcome: <see cref="Opened"/> or <see cref="Failed"/>.</summary>
    public void Open() => Run(() =>
    {
        (ChronicleStore store, string? aside) = ChronicleStore.Open(path);
        _store = store;
        return new Opened(store.ReadAll(), aside);
    });

    /// <summary>Outcome: <see cref="Written"/> or <see cref="Failed"/>.</summary>
    /// <param name="events">New ones.</param>
    /// <param name="floors">By cluster: what is older goes.</param>
    public void Add(ImmutableArray<(string Cluster, HistoryEvent Event)> events, ImmutableDictionary<string, EventId?> floors) => Run(() =>
    {
        Store().Add(events, floors);
        return new Written();
    });

    /// <summary>After a failure: these and no others. Outcome: <see cref="Written"/> or <see cref="Failed"/>.</summary>
    public void Rewrite(ImmutableArray<(string Cluster, HistoryEvent Event)> events) => Run(() =>
    {
        _store?.Dispose();
        _store = null;
        (_store, _) = ChronicleStore.Open(path);
        _store.Replace(events);
        return new Written();
    });

    /// <summary>Lets go of the file once the last call has returned.</summary>
    public void Close() => _last.ContinueWith(_ => _store?.Dispose(), TaskScheduler.Default);

    private ChronicleStore Store() => _store ?? throw new IOException("the file is not open");

    private void Run(Func<object> work)
    {
        Task<object> task = Task.Run(() =>
        {
            try
            {
                return work();
            }
            catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
            {
                return new Failed($"{path}: {e.Message}");
            }
        });
        _last = task;
        task.PipeTo(self);
    }

    /// <param name="Events">Everything that is in the file.</param>
    /// <param name="Aside">An earlier file was damaged and is kept aside: a sentence for operators; null = it was sound, or there was none.</param>
    internal sealed record Opened(ImmutableArray<(string Cluster, HistoryEvent Event)> Events, string? Aside);

    /// <summary>It is in the file.</summary>
    internal sealed record Written;

    /// <summary>It may or may not be in the file.</summary>
    internal sealed record Failed(string Sentence);
}
