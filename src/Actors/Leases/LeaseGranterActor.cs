using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Decisions;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Leases;

/// <summary>
/// <c>/user/lease-granter</c> on every configured monitor: grants the hosts of all MMM clusters their leases. Owns one <see cref="LeaseGranter"/> per cluster.
/// Receives: <see cref="LeaseProtocol.Renew"/> from agents, <see cref="LeaseProtocol.Withdraw"/> and <see cref="LeaseProtocol.VotersDecided"/> from coordinators, <see cref="LedgerProtocol.Holding"/>
/// from keepers. Sends: the answers, <see cref="LeaseProtocol.Ages"/> to the coordinator, and after its start <see cref="LedgerProtocol.AskHolding"/> to
/// every keeper until a quorum has told what was decided; it grants nothing before. After a restart: the same.
/// </summary>
public sealed class LeaseGranterActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_agesInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_askInterval = TimeSpan.FromMilliseconds(200);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly MmmSettings _settings;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly long _incarnation;
    private readonly IActorRef _coordinator;
    private readonly ImmutableArray<ActorSelection> _keepers;
    private readonly Dictionary<string, LeaseGranter> _granters = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Cluster, string Keeper), LedgerProtocol.Holding> _holdings = [];

    /// <summary>Last refusal logged per host: a repeating one is logged when it changes.</summary>
    private readonly Dictionary<(string Cluster, string Host), string?> _refusals = [];
    private long _seq;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="settings">Monitors and clusters.</param>
    /// <param name="time">The node's clock.</param>
    /// <param name="coordinator">Singleton proxy.</param>
    public static Props Props(MmmSettings settings, TimeProvider time, IActorRef coordinator) =>
        Akka.Actor.Props.Create(() => new LeaseGranterActor(settings, time, coordinator));

    public LeaseGranterActor(MmmSettings settings, TimeProvider time, IActorRef coordinator)
    {
        _settings = settings;
        _time = time;
        _started = time.GetTimestamp();
        _incarnation = time.GetUtcNow().UtcTicks;
        _coordinator = coordinator;
        IActorContext context = Context;
        _keepers = [.. settings.Monitors.Select(m => context.MonitorSelection(m, MonitorActors.Keeper))];
        foreach ((string name, ClusterSettings cluster) in settings.Clusters)
            _granters[name] = LeaseGranter.Start(cluster.Topology, settings.This, new LeaseTerms(cluster.Decisions.LeaseTtl), Now);
        Receive<LeaseProtocol.Renew>(HandleRenew);
        Receive<LeaseProtocol.Withdraw>(HandleWithdraw);
        Receive<LeaseProtocol.VotersDecided>(HandleVotersDecided);
        Receive<LedgerProtocol.Holding>(HandleHolding);
        Receive<AskDue>(_ => Ask());
        Receive<AgesDue>(_ => HandleAgesDue());
    }

    protected override void PreStart()
    {
        Ask();
        Timers.StartSingleTimer(AgesDue.Instance, AgesDue.Instance, s_agesInterval);
    }

    private TimeSpan Now => _time.GetElapsedTime(_started);

    private void HandleRenew(LeaseProtocol.Renew request)
    {
        // An unknown cluster is an agent with another configuration: its gateway's log says so.
        if (!_granters.TryGetValue(request.Cluster, out LeaseGranter? granter))
            return;
        (_granters[request.Cluster], LeaseProtocol.Granted reply) = granter.Take(request, Now);
        Sender.Tell(reply);
        if (_refusals.GetValueOrDefault((request.Cluster, request.Host)) == reply.Why)
            return;
        _refusals[(request.Cluster, request.Host)] = reply.Why;
        if (reply.Why is null)
            _log.Info("Cluster {0}: host {1} is granted its lease again ({2})", request.Cluster, request.Host, string.Join(", ", reply.Addresses));
        else
            _log.Warning("Cluster {0}: host {1} is not granted everything that it claims by order {2}: {3}", request.Cluster, request.Host, request.Order, reply.Why);
    }

    private void HandleWithdraw(LeaseProtocol.Withdraw request)
    {
        if (!_granters.TryGetValue(request.Cluster, out LeaseGranter? granter))
            return;
        (_granters[request.Cluster], LeaseProtocol.Withdrawn? reply) = granter.Take(request, Now);
        if (reply is null)
            return;
        _log.Info(
            "Cluster {0}: lease of host {1} withdrawn by decision {2}, {3}; what is withdrawn was granted {4} ms ago or earlier", request.Cluster, request.Host, request.Id,
            request.Allowed.IsEmpty ? "nothing is left to it" : $"left: {string.Join(", ", request.Allowed)}", reply.AgeMs);
        Sender.Tell(reply);
    }

    private void HandleVotersDecided(LeaseProtocol.VotersDecided decided)
    {
        if (!_granters.TryGetValue(decided.Cluster, out LeaseGranter? granter) || decided.Generation <= granter.Generation)
            return;
        _granters[decided.Cluster] = granter.Knowing(decided.Generation, Now);
        _log.Info("Cluster {0}: the list of voting monitors has changed (generation {1}); leases are granted by it, and no longer by earlier ones", decided.Cluster, decided.Generation);
    }

    private void Ask()
    {
        bool waiting = false;
        foreach (LeaseGranter granter in _granters.Values.Where(g => !g.Ready))
        {
            waiting = true;
            foreach (ActorSelection keeper in _keepers)
                keeper.Tell(new LedgerProtocol.AskHolding(granter.Topology.Name));
        }

        if (waiting)
            Timers.StartSingleTimer(AskDue.Instance, AskDue.Instance, s_askInterval);
    }

    private void HandleHolding(LedgerProtocol.Holding holding)
    {
        if (!_granters.TryGetValue(holding.Cluster, out LeaseGranter? granter) || granter.Ready || _settings.Monitors.All(m => m.Name != holding.Keeper))
            return;
        if (holding.Voting)
            _holdings[(holding.Cluster, holding.Keeper)] = holding;
        else
            _holdings.Remove((holding.Cluster, holding.Keeper));
        List<LedgerProtocol.Holding> voters = [.. _holdings.Where(h => h.Key.Cluster == holding.Cluster).Select(h => h.Value)];
        LedgerProtocol.Holding? latest = voters.Where(h => h.Document is not null).MaxBy(h => h.Held);
        Voters counted = latest?.Voters ?? Voters.First(_settings.Monitors.Select(m => m.Name));
        if (!counted.HasQuorum(voters.Select(h => h.Keeper)))
            return;
        latest ??= voters[0];
        if (!TryRead(latest, out ImmutableSortedDictionary<string, ImmutableArray<RoleAddress>> held))
            return;
        _granters[holding.Cluster] = granter.Knowing(counted.CertainGeneration, Now).Adopt(latest.Held, held);
        _log.Info("Cluster {0}: leases are granted here, by decision {1} as {2} monitors hold it", holding.Cluster, latest.Held, voters.Count);
    }

    private bool TryRead(LedgerProtocol.Holding latest, out ImmutableSortedDictionary<string, ImmutableArray<RoleAddress>> held)
    {
        held = ImmutableSortedDictionary<string, ImmutableArray<RoleAddress>>.Empty;
        try
        {
            if (latest.Document is not null)
                held = LeaseHoldings.Of(DocumentJson.Read(latest.Document));
            return true;
        }
        catch (JsonException e)
        {
            _log.Error("Cluster {0}: no leases are granted here: decision {1} cannot be read by this version ({2}); was this monitor downgraded?", latest.Cluster, latest.Held, e.Message);
            return false;
        }
    }

    private void HandleAgesDue()
    {
        // One-shot and re-armed: after a pause missed ticks would arrive in a burst.
        Timers.StartSingleTimer(AgesDue.Instance, AgesDue.Instance, s_agesInterval);
        foreach ((string cluster, LeaseGranter granter) in _granters)
            _coordinator.Tell(new LeaseProtocol.Ages(cluster, _settings.This, _incarnation, ++_seq, granter.Ready, granter.Ages(Now), granter.Generation, (long)(Now - granter.GenerationSince).TotalMilliseconds));
    }

    private sealed record AskDue
    {
        public static readonly AskDue Instance = new();
    }

    private sealed record AgesDue
    {
        public static readonly AgesDue Instance = new();
    }
}
