using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Membership;

/// <summary>Whether a program listens somewhere.</summary>
public interface IListenCheck
{
    /// <summary>
    /// True when the machine is there and says that nothing listens on the port (connection refused): the process is gone. False for everything else, also for no answer within the
    /// deadline. Never throws for what the network does.
    /// </summary>
    Task<bool> RefusesAsync(string address, int port, CancellationToken cancel);
}

/// <summary>
/// <c>/user/dead-member</c> on every monitor node: a member whose process has died is downed at once, without the resolver's wait (1 to 2 s by default). When a
/// connection to a member ends, the member's machine is asked whether anything still listens there; twice refused, and with a quorum of the configured
/// members left, it is downed. A machine that is off, cut off or stands still does not refuse: the failure detector judges those.
/// Two nodes that judge at the same moment can down one member each, and both are right; the resolver never looks at members that are down, so this actor ends a node that
/// downing has left without a quorum. Keeps nothing that a restart would lose.
/// </summary>
public sealed class DeadMemberActor : ReceiveActor, IWithTimers
{
    private const int RefusalsNeeded = 2;

    /// <summary>A machine on the same network refuses within a millisecond.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(150);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly IListenCheck _check;
    private readonly int _quorum;
    private readonly TimeSpan _gossipInterval;
    private readonly HashSet<Address> _dead = [];
    private readonly HashSet<Address> _looking = [];

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="settings">How many monitors are configured.</param>
    /// <param name="check">Port.</param>
    public static Props Props(MmmSettings settings, IListenCheck check) => Akka.Actor.Props.Create(() => new DeadMemberActor(settings, check));

    public DeadMemberActor(MmmSettings settings, IListenCheck check)
    {
        _check = check;
        _quorum = settings.Quorum;
        _gossipInterval = settings.Monitor.Membership.GossipInterval;
        Receive<DisassociatedEvent>(m => HandleEnded(m.RemoteAddress));
        Receive<AssociationErrorEvent>(m => HandleEnded(m.RemoteAddress));
        Receive<LookDue>(m => Look(m.Member, m.Refusals));
        Receive<Looked>(HandleLooked);
        Receive<ClusterEvent.MemberRemoved>(HandleRemoved);
        Receive<QuorumDue>(_ => EndWithoutQuorum());
    }

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    private void HandleEnded(Address member)
    {
        if (IsMember(member) && _looking.Add(member))
            Look(member, 0);
    }

    private void Look(Address member, int refusals)
    {
        LookAsync(_check, member.Host, member.Port!.Value).PipeTo(Self, success: refused => new Looked(member, refused ? refusals + 1 : 0), failure: _ => new Looked(member, 0));

        static async Task<bool> LookAsync(IListenCheck check, string host, int port)
        {
            using var deadline = new CancellationTokenSource(s_deadline);
            return await check.RefusesAsync(host, port, deadline.Token).ConfigureAwait(false);
        }
    }

    private void HandleLooked(Looked looked)
    {
        if (looked.Refusals is > 0 and < RefusalsNeeded)
        {
            Timers.StartSingleTimer(looked.Member, new LookDue(looked.Member, looked.Refusals), s_pause);
            return;
        }

        _looking.Remove(looked.Member);
        if (looked.Refusals == 0 || !IsMember(looked.Member))
            _dead.Remove(looked.Member);
        else if (_dead.Add(looked.Member))
            Remove();
    }

    private void Remove()
    {
        _dead.RemoveWhere(d => !IsMember(d));
        int left = _cluster.State.Members.Count(m => m.Status == MemberStatus.Up && !_dead.Contains(m.Address) && !_cluster.State.Unreachable.Contains(m));
        // Without a quorum it is not for this node to decide who stays: the resolver ends the minority.
        if (left < _quorum)
            return;
        foreach (Address member in _dead)
        {
            _log.Warning("Monitor at {0}:{1} refuses connections: its process is gone. It is removed without waiting for its heartbeats.", member.Host, member.Port);
            _cluster.Down(member);
        }

        _dead.Clear();
    }

    // A member that left in order takes no quorum from anybody: two monitors may be stopped for maintenance. The cluster's state follows its events a moment later.
    private void HandleRemoved(ClusterEvent.MemberRemoved removed)
    {
        if (removed.PreviousStatus == MemberStatus.Down && removed.Member.UniqueAddress != _cluster.SelfUniqueAddress)
            Timers.StartSingleTimer(QuorumDue.Instance, QuorumDue.Instance, _gossipInterval);
    }

    private void EndWithoutQuorum()
    {
        int left = _cluster.State.Members.Count(m => m.Status is MemberStatus.Up or MemberStatus.Leaving);
        if (left >= _quorum)
            return;
        _log.Warning("Only {0} of the members are left, and {1} make a quorum. This monitor ends, to be started again and to wait for the others.", left, _quorum);
        _cluster.Down(_cluster.SelfAddress);
    }

    private bool IsMember(Address address) =>
        address != _cluster.SelfAddress && _cluster.State.Members.Any(m => m.Address == address && m.Status is not (MemberStatus.Down or MemberStatus.Removed));

    private sealed record LookDue(Address Member, int Refusals);

    private sealed record QuorumDue
    {
        public static readonly QuorumDue Instance = new();
    }

    private sealed record Looked(Address Member, int Refusals);
}
