using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Agents;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent/lease</c>: holds this host's leases and lets nothing be shown without one. Owns an <see cref="AgentLease"/>. Receives
/// <see cref="OrderTaken"/>, <see cref="MysqldNow"/> and <see cref="HostReleased"/> from its parent, answers of granters and of other agents, and their
/// <see cref="LeaseProtocol.Hold"/>. Sends renewals to every granter, its parent <see cref="CoverSeen"/>, and an <see cref="Identify"/> to every agent that failsafe would
/// ask, so that there is a connection with it. It gives the addresses their lifetime in the kernel and takes them away when a lease ends, in that order and on its own thread (<see cref="AgentSetup.LeaseDispatcher"/>), and ends a mysqld that must not take writes any more and
/// cannot be made read-only. After a restart it knows of no lease, extends nothing, and the kernel's lifetimes run out.
/// </summary>
internal sealed class LeaseActor : ReceiveActor, IWithTimers
{
    /// <summary>Parent -> this: an order is obeyed from now on.</summary>
    /// <param name="Id">Its decision.</param>
    /// <param name="Roles">What it gives to the host.</param>
    /// <param name="Found">The host's first order since the agent started, remembered or new: role addresses that are on the host, see <see cref="FailsafePeer.Take(DecisionId, IEnumerable{RoleAddress}, IEnumerable{RoleAddress})"/>. Null = a later one.</param>
    /// <param name="Voters">The monitors whose grants count by it; null = as before.</param>
    public sealed record OrderTaken(DecisionId Id, ImmutableArray<RoleAddress> Roles, ImmutableSortedSet<RoleAddress>? Found, Voters? Voters);

    /// <summary>Parent -> this: mysqld as it was just seen, and whether it may take writes.</summary>
    /// <param name="MayWrite">By the order as far as it is leased.</param>
    /// <param name="Harmless">Dead, or read-only by its own word.</param>
    /// <param name="PidFile">To find its process by.</param>
    /// <param name="Why">Why it may not, for the log.</param>
    public sealed record MysqldNow(bool MayWrite, bool Harmless, string? PidFile, string? Why);

    /// <summary>Parent -> this: that host has let go of everything, by its own word.</summary>
    public sealed record HostReleased(string Host);

    /// <summary>This -> parent, at every change.</summary>
    public sealed record CoverSeen(LeaseCover Cover);

    /// <summary>Parent -> this, in the name of who asked it. Reply: the view with the leases as they are now.</summary>
    public sealed record Complete(AgentView View);

    private sealed record TickDue;

    private sealed record FenceDue;

    private sealed record LookDue;

    private sealed record GreetDue;

    /// <summary>Between two looks at the clocks; every message brings one as well.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(100);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AgentSetup _setup;
    private readonly IAddresses _addresses;
    private readonly ILocalWatch _watch;
    private readonly TimeProvider _clock;
    private readonly ImmutableArray<ActorSelection> _granters;
    private readonly ImmutableSortedDictionary<string, ActorSelection> _others;
    private AgentLease _lease;
    private StandstillGuard _standstill;
    private LeaseCover _told = LeaseCover.None;
    private ImmutableSortedDictionary<RoleAddress, TimeSpan> _shown = ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty;
    private MysqldNow _mysqld = new(true, true, null, null);
    private bool _fencing;
    private string? _trouble;

    public ITimerScheduler Timers { get; set; } = null!;

    public LeaseActor(AgentSetup setup, IAddresses addresses, ILocalWatch watch, TimeProvider clock)
    {
        _setup = setup;
        _addresses = addresses;
        _watch = watch;
        _clock = clock;
        IActorContext context = Context;
        _granters = [.. setup.Gateways.Select(g => context.ActorSelection(g.Granter))];
        _others = setup.Topology.Hosts.Values.Where(h => h.Name != setup.Host.Name)
            .ToImmutableSortedDictionary(h => h.Name, h => context.LeaseSelection(h), StringComparer.Ordinal);
        _lease = AgentLease.Start(
            new LeaseHolderSetup(
                setup.Topology, setup.Host.Name, setup.Incarnation, new LeaseTerms(setup.LeaseTtl), setup.Lease.Failsafe, setup.Lease.KeepBalanced),
            setup.Gateways.Select(g => g.Monitor),
            Now);
        Receive<OrderTaken>(m => HandleOrderTaken(m));
        Receive<MysqldNow>(HandleMysqldNow);
        Receive<HostReleased>(m => Apply(_lease.Released(m.Host, Now)));
        Receive<LeaseProtocol.Granted>(m => If(m.Cluster, m.Host, () => Apply(_lease.Take(m, Now))));
        Receive<LeaseProtocol.Held>(m => If(m.Cluster, m.Host, () => Apply(_lease.Take(m, Now))));
        Receive<LeaseProtocol.Hold>(m => If(m.Cluster, null, () => Apply(_lease.Take(m, Now))));
        Receive<Complete>(m => Sender.Tell(m.View with { Cover = _lease.CoverAt(Now), Now = Now }));
        Receive<TickDue>(_ => Apply(_lease.Tick(Now)));
        Receive<FenceDue>(_ => HandleFenceDue());
        Receive<LookDue>(_ => { });
        Receive<GreetDue>(_ => HandleGreetDue());
        Receive<ActorIdentity>(_ => { });
    }

    public static Props Props(AgentSetup setup, IAddresses addresses, ILocalWatch watch, TimeProvider clock)
    {
        Props props = Akka.Actor.Props.Create(() => new LeaseActor(setup, addresses, watch, clock));
        return setup.LeaseDispatcher is { } dispatcher ? props.WithDispatcher(dispatcher) : props;
    }

    private TimeSpan Now => _clock.GetElapsedTime(0);

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("look", new LookDue(), TimeSpan.Zero, s_lookEvery);
        if (!_lease.Holder.Setup.FailsafePeers.IsEmpty)
            Timers.StartPeriodicTimer("greet", new GreetDue(), TimeSpan.Zero, _setup.LeaseTtl);
    }

    /// <summary>Before anything else is believed, also an answer that was waiting: has this machine stood still?</summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        (_standstill, TimeSpan? gained) = _standstill.Look(_clock.GetUtcNow(), Now);
        if (gained is { } by)
        {
            if (!_told.Until.IsEmpty)
                _log.Warning("The time of day gained {0:0.0##} s on the monotonic clock: it was set, or this machine stood still unnoticed. The leases end in {1:0.##} s unless they are renewed until then.", by.TotalSeconds, _lease.Holder.Setup.Terms.ProveWithin.TotalSeconds);
            Apply(_lease.Doubt(Now));
        }

        return base.AroundReceive(receive, message);
    }

    /// <summary>Another cluster's or host's message is none of ours, wherever it went astray.</summary>
    private void If(string cluster, string? host, Action take)
    {
        if (cluster == _setup.Topology.Name && (host is null || host == _setup.Host.Name))
            take();
    }

    private void HandleOrderTaken(OrderTaken m)
    {
        if (m.Voters is { } voters && voters != _lease.Holder.Voters)
        {
            _log.Info("The monitors {0} vote on leases from now on.", voters);
            string[] unknown = [.. voters.Names.Where(v => _setup.Gateways.All(g => g.Monitor != v))];
            if (unknown.Length > 0)
                _log.Warning("The voting monitors {0} are not in this agent's configuration, so it cannot ask them for its leases: add them to monitors {{ }} and reload the agent.", string.Join(", ", unknown));
        }

        Apply(_lease.Take(m.Id, m.Roles, m.Found is not null, Now, m.Found, m.Voters));
    }

    /// <summary>
    /// Keeps a connection with whoever will be asked when the monitors do not answer: what is left of the lease then is a fraction of its ttl, and a connection that begins only then has been
    /// seen to take half a second and more with certificates. The answer says nothing, and a lost one is followed by the next.
    /// </summary>
    private void HandleGreetDue()
    {
        foreach (string host in _lease.Holder.Setup.FailsafePeers)
            _others[host].Tell(new Identify(host));
    }

    private void Apply(AgentLeaseStep step)
    {
        _lease = step.Next;
        // What may not be shown any more goes before anything else is said or done.
        if (!step.Lapsed.IsEmpty)
            TakeAway(step.Lapsed);
        foreach (LeaseProtocol.IMessage ask in step.Asks)
            Send(ask);
        if (step.Reply is { } reply)
            Sender.Tell(reply);
        LeaseCover cover = _lease.CoverAt(Now);
        Extend(cover);
        Tell(cover);
        if (_lease.WakeAt(Now) is { } at)
            Timers.StartSingleTimer("tick", new TickDue(), at > Now ? at - Now : TimeSpan.Zero);
        else
            Timers.Cancel("tick");
    }

    private void TakeAway(ImmutableSortedSet<RoleAddress> lapsed)
    {
        _log.Error("The lease of {0} has run out: {1}", string.Join(", ", lapsed), lapsed.Select(a => _lease.Obstacle(a, Now)).FirstOrDefault(o => o is not null) ?? "it was not renewed");
        _shown = _shown.RemoveRange(lapsed);
        Try(() => _addresses.Remove([.. lapsed.Select(a => a.Ip)]));
        if (lapsed.Contains(_setup.Topology.WriterAddress) && !_mysqld.Harmless)
            Fence();
    }

    private void Send(LeaseProtocol.IMessage ask)
    {
        if (ask is LeaseProtocol.Hold hold)
        {
            // While they agree, asking them again is no news.
            if (!_told.ByPeers)
                _log.Warning("No quorum of monitors renews the lease of {0}: asking the other hosts that may carry it to let it go on.", string.Join(", ", hold.Addresses));
            foreach (string host in hold.Addresses.SelectMany(a => _lease.Holder.Setup.Rivals(a)).Distinct())
                _others[host].Tell(ask);
            return;
        }

        foreach (ActorSelection granter in _granters)
            granter.Tell(ask);
    }

    /// <summary>The kernel's lifetime is raised whenever the lease was renewed; it never outlasts the lease.</summary>
    private void Extend(LeaseCover cover)
    {
        ImmutableArray<RoleAddress> renewed = [.. cover.Until.Where(u => !_shown.TryGetValue(u.Key, out TimeSpan until) || u.Value > until).Select(u => u.Key)];
        _shown = cover.Until;
        TimeSpan now = Now;
        Dictionary<string, int> seconds = renewed.ToDictionary(a => a.Ip, a => cover.Seconds(a, now)).Where(s => s.Value > 0).ToDictionary();
        if (seconds.Count > 0)
            Try(() => _addresses.Extend(seconds));
    }

    private void Tell(LeaseCover cover)
    {
        bool changed = cover.Order != _told.Order || cover.ByPeers != _told.ByPeers || cover.QuietUntil != _told.QuietUntil || !cover.Until.SequenceEqual(_told.Until) || !cover.Pending.SetEquals(_told.Pending)
            || !cover.Obstacles.Keys.SequenceEqual(_told.Obstacles.Keys);
        if (!changed)
            return;
        if (cover.ByPeers != _told.ByPeers)
            _log.Warning(cover.ByPeers ? "Failsafe: the other hosts agree that this one goes on." : "Failsafe has ended: the monitors renew the lease, or it is over.");
        _told = cover;
        Context.Parent.Tell(new CoverSeen(cover));
    }

    private void HandleMysqldNow(MysqldNow seen)
    {
        _mysqld = seen;
        if (seen.MayWrite || seen.Harmless)
            EndFencing();
        else
            Fence();
    }

    private void Fence()
    {
        if (_fencing)
            return;
        _fencing = true;
        Timers.StartSingleTimer("fence", new FenceDue(), _setup.Lease.FencingTimeout);
    }

    private void EndFencing()
    {
        _fencing = false;
        Timers.Cancel("fence");
    }

    private void HandleFenceDue()
    {
        if (!_fencing)
            return;
        _fencing = false;
        string why = _mysqld.Why ?? "its lease has run out";
        if (!_setup.Lease.KillMysqld)
        {
            _log.Error("mysqld must not take writes any more ({0}), and has not become read-only within {1:0.#} s; it goes on running, as fencing.kill_mysqld is off", why, _setup.Lease.FencingTimeout.TotalSeconds);
            return;
        }

        _log.Error("mysqld must not take writes any more ({0}), and has not become read-only within {1:0.#} s: {2}", why, _setup.Lease.FencingTimeout.TotalSeconds, _watch.Kill(_mysqld.PidFile));
    }

    private void Try(Action change)
    {
        try
        {
            change();
            _trouble = null;
        }
        catch (AddressException e)
        {
            // The kernel takes a leased address away by itself; the parent's plan tries again.
            if (e.Message != _trouble)
                _log.Error("The lifetimes of role addresses cannot be changed: {0}", e.Message);
            _trouble = e.Message;
        }
    }
}
