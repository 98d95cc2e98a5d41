using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Mmm.Actors.Membership;

/// <summary>
/// <c>/user/coordinator-watch</c> on every monitor node: makes sure that the coordinator runs where it should, on the oldest member. Akka's singleton manager has an end state
/// from which it never starts a singleton again; a node that is the oldest and has none for <c>patience</c> ends itself, so that the next oldest takes over
/// and this one comes back with a fresh manager. Keeps nothing that a restart would lose.
/// </summary>
public sealed class CoordinatorWatchActor : ReceiveActor, IWithTimers
{
    /// <summary>An orderly hand-over takes under a second, one whose old node hangs a few; the coordinator's own start is immediate.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private long? _missingSince;
    private long _look;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(TimeProvider time, TimeSpan patience) => Akka.Actor.Props.Create(() => new CoordinatorWatchActor(time, patience));

    public CoordinatorWatchActor(TimeProvider time, TimeSpan patience)
    {
        _time = time;
        _patience = patience;
        Receive<LookDue>(_ => HandleLookDue());
        Receive<ActorIdentity>(HandleIdentity);
    }

    protected override void PreStart() => Timers.StartSingleTimer(LookDue.Instance, LookDue.Instance, LookInterval);

    private void HandleLookDue()
    {
        Timers.StartSingleTimer(LookDue.Instance, LookDue.Instance, LookInterval);
        if (IsOldest())
            Context.ActorSelection($"/user/{MonitorActors.Coordinator}/{MonitorActors.Coordinator}").Tell(new Identify(++_look));
        else
            _missingSince = null;
    }

    private void HandleIdentity(ActorIdentity identity)
    {
        if (!identity.MessageId.Equals(_look))
            return;
        if (identity.Subject is not null || !IsOldest())
        {
            _missingSince = null;
            return;
        }

        _missingSince ??= _time.GetTimestamp();
        if (_time.GetElapsedTime(_missingSince.Value) < _patience)
            return;
        _log.Error("This monitor is the oldest and should run the coordinator, but has run none for {0:0} s. It ends, to be started again; another monitor takes over.", _patience.TotalSeconds);
        Timers.CancelAll();
        _ = CoordinatedShutdown.Get(Context.System).Run(RestartReason.NoCoordinator);
    }

    private bool IsOldest()
    {
        Member self = _cluster.SelfMember;
        return self.Status == MemberStatus.Up
            && _cluster.State.Members.All(m => m.UniqueAddress == self.UniqueAddress || m.Status != MemberStatus.Up || self.IsOlderThan(m));
    }

    private sealed record LookDue
    {
        public static readonly LookDue Instance = new();
    }
}
