using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Membership;

/// <summary>
/// <c>/user/bootstrap</c> on every monitor node: carries out <see cref="Bootstrap"/>. Tells every configured monitor of itself several times a second, joins or forms
/// the cluster, and for as long as the node lives watches for another cluster of the same installation. A restart loses nothing: the next words bring it all back.
/// </summary>
public sealed class BootstrapActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan HelloInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>A peer not heard of for this long is not there: four words missed.</summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromMilliseconds(1000);

    /// <summary>How long another cluster must outrank ours before we go: gossip of a peer that is just joining converges far sooner.</summary>
    private static readonly TimeSpan GiveWayAfter = TimeSpan.FromSeconds(4);

    /// <summary>
    /// How long after the last word of a cluster none is formed: longer than the members need to remove one of them that went silent, so that a cluster that may have
    /// taken this node in is gone or heard of again.
    /// </summary>
    private static readonly TimeSpan ClusterRemembered = TimeSpan.FromSeconds(10);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly MmmSettings _settings;
    private readonly TimeProvider _time;
    private readonly ImmutableArray<string> _configured;
    private readonly ImmutableDictionary<string, ActorSelection> _peers;
    private readonly Dictionary<string, Word> _words = new(StringComparer.Ordinal);
    private readonly long _origin;
    private TimeSpan? _majoritySince;
    private TimeSpan? _clusterHeardAt;
    private TimeSpan? _outrankedSince;
    private TimeSpan _joinAskedAt;
    private string? _saidLast;
    private string? _heardLast;
    private bool _formed;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(MmmSettings settings, TimeProvider time) => Akka.Actor.Props.Create(() => new BootstrapActor(settings, time));

    public BootstrapActor(MmmSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _origin = time.GetTimestamp();
        _configured = [.. settings.Monitors.Select(m => m.Name)];
        _peers = settings.Monitors.Where(m => m.Name != settings.This)
            .ToImmutableDictionary(m => m.Name, m => Context.MonitorSelection(m, MonitorActors.Bootstrap));

        Receive<BootstrapProtocol.Hello>(HandleHello);
        Receive<HelloDue>(_ => HandleHelloDue());
    }

    /// <summary>Akka address of a configured monitor.</summary>
    private static Address AddressOf(MonitorMember monitor) => new(WellKnown.Protocol(Context.System), MonitorActors.SystemName, monitor.Address, monitor.Port);

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    protected override void PreStart() => Self.Tell(HelloDue.Instance);

    private void HandleHello(BootstrapProtocol.Hello hello)
    {
        if (!_peers.ContainsKey(hello.Monitor))
            return;
        _words[hello.Monitor] = new Word(hello, Now);
        if (hello.InCluster)
            _clusterHeardAt = Now;
    }

    private void HandleHelloDue()
    {
        Timers.StartSingleTimer(HelloDue.Instance, HelloDue.Instance, HelloInterval);
        Bootstrap.View view = ViewNow();
        SayWhoIsHeard(view);
        SayHello(view);
        Act(Bootstrap.Decide(view), view);
    }

    private void SayWhoIsHeard(Bootstrap.View view)
    {
        string heard = string.Join(", ", view.Heard.Keys);
        if (heard == _heardLast)
            return;
        _heardLast = heard;
        if (_peers.Count > 0)
            _log.Info("Other monitors heard: {0} ({1} of {2})", heard.Length > 0 ? heard : "none", view.Heard.Count, _peers.Count);
    }

    private void SayHello(Bootstrap.View view)
    {
        BootstrapProtocol.Hello hello = new(
            view.Me, view.MyUid, view.InCluster, view.InCluster ? null : Bootstrap.CandidateOf(view), view.MyMembers);
        foreach (ActorSelection peer in _peers.Values)
            peer.Tell(hello);
    }

    private void Act(Bootstrap.Step step, Bootstrap.View view)
    {
        if (step is not Bootstrap.GiveWay)
            _outrankedSince = null;
        switch (step)
        {
            case Bootstrap.Join join:
                HandleJoin(join);
                break;
            case Bootstrap.Form when !_formed:
                _log.Info("A majority of the configured monitors is there and none is in a cluster: {0} forms it", _settings.This);
                _formed = true;
                _cluster.Join(_cluster.SelfAddress);
                break;
            case Bootstrap.GiveWay giveWay:
                HandleGiveWay(giveWay);
                break;
            case Bootstrap.Wait wait when !view.InCluster:
                Say($"Not in a cluster yet: {wait.Why}");
                break;
            default:
                break;
        }
    }

    private void HandleJoin(Bootstrap.Join join)
    {
        // Akka goes on trying by itself; asked anew now and then because those it tries may be gone.
        if (_joinAskedAt != TimeSpan.Zero && Now - _joinAskedAt < _settings.Monitor.Membership.SeedNodeTimeout * 3)
            return;
        _joinAskedAt = Now;
        Say($"Joining the cluster through {string.Join(", ", join.Through)}");
        _cluster.JoinSeedNodes(_settings.Monitors.Where(m => join.Through.Contains(m.Name)).Select(AddressOf));
    }

    private void HandleGiveWay(Bootstrap.GiveWay giveWay)
    {
        _outrankedSince ??= Now;
        if (Now - _outrankedSince < GiveWayAfter)
            return;
        _log.Error("This monitor is in another cluster than {0}, whose cluster has more of the configured monitors. It stops, to be restarted and to join that one.", giveWay.To);
        Timers.Cancel(HelloDue.Instance);
        _ = CoordinatedShutdown.Get(Context.System).Run(RestartReason.Outranked);
    }

    private Bootstrap.View ViewNow()
    {
        TimeSpan now = Now;
        foreach (string silent in _words.Where(w => now - w.Value.At > HeardWithin).Select(w => w.Key).ToArray())
            _words.Remove(silent);

        if (_words.Count + 1 < _settings.Quorum)
            _majoritySince = null;
        else
            _majoritySince ??= now;

        ClusterEvent.CurrentClusterState state = _cluster.State;
        return new Bootstrap.View(
            _settings.This,
            _cluster.SelfUniqueAddress.Uid,
            state.Members.Any(m => m.UniqueAddress == _cluster.SelfUniqueAddress),
            [.. state.Members.Where(m => m.Status == MemberStatus.Up && !state.Unreachable.Contains(m)).Select(Seen).OfType<BootstrapProtocol.MemberSeen>()],
            _configured,
            _words.ToImmutableSortedDictionary(w => w.Key, w => w.Value.Hello),
            now - _majoritySince > _settings.Monitor.Membership.SeedNodeTimeout,
            now - _clusterHeardAt < ClusterRemembered);
    }

    private BootstrapProtocol.MemberSeen? Seen(Member member)
    {
        MonitorMember? monitor = _settings.Monitors.FirstOrDefault(m => AddressOf(m) == member.Address);
        return monitor is null ? null : new BootstrapProtocol.MemberSeen(monitor.Name, member.UniqueAddress.Uid);
    }

    private void Say(string sentence)
    {
        if (sentence == _saidLast)
            return;
        _saidLast = sentence;
        _log.Info("{0}", sentence);
    }

    private sealed record Word(BootstrapProtocol.Hello Hello, TimeSpan At);

    private sealed record HelloDue
    {
        public static readonly HelloDue Instance = new();
    }
}
