using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Status;

/// <summary>
/// <c>/user/status-board</c> on every monitor node: keeps the latest picture the coordinator published of each MMM cluster, so
/// that reads never touch the coordinator.
/// Receives <see cref="StatusProtocol.ClusterSnapshot"/> and the queries of <see cref="StatusBoard"/>. After a restart it is empty until the
/// coordinator publishes again, within a second.
/// </summary>
public sealed class StatusBoardActor : ReceiveActor
{
    /// <summary>A coordinator publishes every second; one silent this long no longer outranks a lower one (a new one that found no quorum, say).</summary>
    public static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(5);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TimeProvider _time;
    private readonly SortedDictionary<string, Entry> _latest = new(StringComparer.Ordinal);
    private readonly HashSet<IActorRef> _followers = [];

    public static Props Props(TimeProvider time) => Akka.Actor.Props.Create(() => new StatusBoardActor(time));

    public StatusBoardActor(TimeProvider time)
    {
        _time = time;
        Receive<StatusProtocol.ClusterSnapshot>(HandleSnapshot);
        Receive<StatusBoard.GetSnapshot>(HandleGetSnapshot);
        Receive<StatusBoard.GetAll>(_ => Sender.Tell(new StatusBoard.AllSeen([.. _latest.Values.Select(SeenNow)])));
        Receive<StatusBoard.Follow>(HandleFollow);
        Receive<StatusBoard.Unfollow>(m => Forget(m.Follower));
        Receive<Terminated>(m => Forget(m.ActorRef));
    }

    private void HandleSnapshot(StatusProtocol.ClusterSnapshot snapshot)
    {
        if (_latest.TryGetValue(snapshot.Cluster, out Entry? known))
        {
            if (!IsNewer(snapshot, known.Snapshot) && _time.GetElapsedTime(known.ReceivedAt) < SilentAfter)
            {
                if (snapshot.Decision.Epoch < known.Snapshot.Decision.Epoch)
                    _log.Debug("Dropped a picture of {0} from the older coordinator on {1} (epoch {2})", snapshot.Cluster, snapshot.Coordinator, snapshot.Decision.Epoch);
                return;
            }

            if (known.Snapshot.Coordinator != snapshot.Coordinator)
                _log.Info("Cluster {0}: the coordinator is on {1} now (was on {2})", snapshot.Cluster, snapshot.Coordinator, known.Snapshot.Coordinator);
        }

        Entry entry = new(snapshot, _time.GetTimestamp());
        _latest[snapshot.Cluster] = entry;
        foreach (IActorRef follower in _followers)
            follower.Tell(SeenNow(entry));
    }

    private void HandleGetSnapshot(StatusBoard.GetSnapshot query) =>
        Sender.Tell(_latest.TryGetValue(query.Cluster, out Entry? entry) ? SeenNow(entry) : new StatusBoard.NotSeen(query.Cluster));

    private void HandleFollow(StatusBoard.Follow message)
    {
        if (_followers.Add(message.Follower))
            Context.Watch(message.Follower);
        foreach (Entry entry in _latest.Values)
            message.Follower.Tell(SeenNow(entry));
    }

    private void Forget(IActorRef follower)
    {
        if (_followers.Remove(follower))
            Context.Unwatch(follower);
    }

    /// <summary>Decision first; within one decision, and so one reign, by Seq.</summary>
    private static bool IsNewer(StatusProtocol.ClusterSnapshot offered, StatusProtocol.ClusterSnapshot known)
    {
        int byDecision = offered.Decision.CompareTo(known.Decision);
        return byDecision > 0 || (byDecision == 0 && offered.Seq > known.Seq);
    }

    private StatusBoard.Seen SeenNow(Entry entry) => new(entry.Snapshot, _time.GetElapsedTime(entry.ReceivedAt));

    private sealed record Entry(StatusProtocol.ClusterSnapshot Snapshot, long ReceivedAt);
}
