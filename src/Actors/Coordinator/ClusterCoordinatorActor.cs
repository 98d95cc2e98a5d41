using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Ledger;
using Mmm.Shared.Decisions;
using Mmm.Shared.History;
using Mmm.Shared.Hooks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;

namespace Mmm.Actors.Coordinator;

/// <summary>
/// Decides for one MMM cluster: feeds what comes in to <see cref="ClusterTransition"/> and carries out its effects.
/// Owns: the state and the child <c>ledger</c>. Receives: see <see cref="CoordinatorActor"/>. Sends: orders to agents, withdrawals to the
/// granters, pictures to the status boards, what it notes to the chronicles and to this node's hooks, LookNow to the vantages, KeepProbing to the probes, answers to operators, AskLastUp to the gateways.
/// Three behaviours: <see cref="Opening"/> (no reign yet), <see cref="Serving"/>, and <see cref="Storing"/> (a decision is on its way to the keepers;
/// nothing is sent and nothing else decided until a quorum has it). A refusal by a keeper or an agent ends the reign: back to Opening, with nothing
/// remembered but the ledger. After a restart: the same.
/// </summary>
public sealed class ClusterCoordinatorActor : ReceiveActor, IWithTimers, IWithStash
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PublishInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepProbingInterval = TimeSpan.FromSeconds(5);

    /// <summary>Two live coordinators (a paused VM that resumes) must not take epochs from each other in a tight circle: Akka downs one of them meanwhile.</summary>
    private static readonly TimeSpan ReopenAfter = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly MmmSettings _settings;
    private readonly ClusterSettings _cluster;
    private readonly CoordinatorSetup _setup;
    private readonly CoordinatorClock _clock;
    private readonly IActorRef _ledger;
    private readonly ImmutableArray<string> _configured;
    private readonly ImmutableDictionary<string, ActorSelection> _agents;
    private readonly ImmutableArray<ActorSelection> _boards;
    private readonly ImmutableArray<ActorSelection> _chronicles;
    private readonly ImmutableArray<ActorSelection> _vantages;
    private readonly ImmutableArray<ActorSelection> _granters;
    private readonly ImmutableArray<ActorSelection> _gateways;
    private readonly Dictionary<string, IActorRef> _askers = new(StringComparer.Ordinal);

    private ClusterState? _state;

    /// <summary>The last state whose document a quorum has: what the status boards may be shown.</summary>
    private ClusterState? _stored;
    private ImmutableArray<Effect> _held = [];
    private long _aboveCounter;
    private long _seq;
    private string? _trouble;
    private long _notesTold;

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    public static Props Props(MmmSettings settings, string cluster, CoordinatorSetup setup) =>
        Akka.Actor.Props.Create(() => new ClusterCoordinatorActor(settings, cluster, setup));

    public ClusterCoordinatorActor(MmmSettings settings, string cluster, CoordinatorSetup setup)
    {
        _settings = settings;
        _cluster = settings.Clusters[cluster];
        _setup = setup;
        _clock = new CoordinatorClock(setup.Time);
        _ledger = Context.ActorOf(setup.Ledger(cluster), "ledger");
        _configured = [.. settings.Monitors.Select(m => m.Name)];
        IActorContext context = Context;
        _agents = _cluster.Topology.Hosts.Values.ToImmutableDictionary(h => h.Name, h => context.AgentSelection(h));
        _boards = [.. settings.Monitors.Select(m => context.MonitorSelection(m, MonitorActors.StatusBoard))];
        _chronicles = [.. settings.Monitors.Select(m => context.MonitorSelection(m, MonitorActors.Chronicle))];
        _granters = [.. settings.Monitors.Select(m => context.MonitorSelection(m, MonitorActors.LeaseGranter))];
        _gateways = [.. settings.Monitors.Select(m => context.MonitorSelection(m, MonitorActors.AgentGateway))];
        _vantages = [.. settings.Monitors.Select(m => context.MonitorSelection(m, MonitorActors.Vantage))];
        Opening();
    }

    protected override void PreStart()
    {
        _ledger.Tell(new LedgerMessages.Open(_aboveCounter));
        Timers.StartPeriodicTimer(PublishDue.Instance, PublishDue.Instance, PublishInterval);
        Timers.StartPeriodicTimer(KeepProbingDue.Instance, KeepProbingDue.Instance, TimeSpan.Zero, KeepProbingInterval);
    }

    private void Opening()
    {
        Common();
        Receive<LedgerMessages.Opened>(HandleOpened);
        Receive<LedgerMessages.Unavailable>(m => SetTrouble(m.Sentence));
        Receive<LedgerMessages.SteppedDown>(m => StepDown(m.Higher, "a keeper has promised a higher epoch"));
        Receive<ReopenDue>(_ => _ledger.Tell(new LedgerMessages.Open(_aboveCounter)));
        Receive<ControlProtocol.Command>(m => Refuse(m, _trouble ?? "the decisions are being read from the monitors' ledger"));
        // Observers repeat themselves: what is dropped before the reign comes again within a second.
        Receive<SightProtocol.IMessage>(_ => { });
        Receive<AgentProtocol.IMessage>(_ => { });
        Receive<LeaseProtocol.IMessage>(_ => { });
        Receive<TickDue>(_ => { });
    }

    private void Serving()
    {
        Common();
        Receive<TickDue>(_ => HandleTick());
        Receive<SightProtocol.VantageReport>(m => Step(new VantageReported(_clock.Now, m)));
        Receive<SightProtocol.ReplicationSight>(m => Step(new ReplicationSeen(_clock.Now, m)));
        Receive<AgentProtocol.Report>(m => Step(new AgentReported(_clock.Now, m)));
        Receive<AgentProtocol.LastUp>(m => Step(new LastUpHeard(_clock.Now, m.Report)));
        Receive<AgentProtocol.Refused>(HandleRefused);
        Receive<LeaseProtocol.Withdrawn>(m => Step(new WithdrawalConfirmed(_clock.Now, m)));
        Receive<LeaseProtocol.Ages>(m => Step(new LeaseAgesSeen(_clock.Now, m)));
        Receive<ControlProtocol.Command>(HandleCommand);
        Receive<LedgerMessages.SteppedDown>(m => StepDown(m.Higher, "a keeper has promised a higher epoch"));
    }

    private void Storing()
    {
        Common();
        Receive<LedgerMessages.Stored>(HandleStored);
        Receive<LedgerMessages.SteppedDown>(m => StepDown(m.Higher, "a keeper has promised a higher epoch"));
        Receive<LedgerMessages.NoQuorum>(HandleNoQuorum);
        Receive<AgentProtocol.Refused>(HandleRefused);
        Receive<TickDue>(_ => ArmTick());
        Receive<ControlProtocol.Command>(m => WhileStoring(m));
        Receive<SightProtocol.IMessage>(m => WhileStoring(m));
        Receive<AgentProtocol.IMessage>(m => WhileStoring(m));
        Receive<LeaseProtocol.IMessage>(m => WhileStoring(m));
    }

    private void Common()
    {
        Receive<PublishDue>(_ => Publish());
        Receive<KeepProbingDue>(_ => HandleKeepProbing());
        Receive<KillHostEnded>(m => _log.Warning("Cluster {0}: {1}", _cluster.Topology.Name, m.Sentence));
    }

    private void HandleOpened(LedgerMessages.Opened opened)
    {
        if (!TryRead(opened.Document, out ClusterDocument? stored))
            return;
        _state = ClusterTransition.Begin(_cluster, _configured, opened.Voters, _settings.This, _setup.Fingerprint, opened.Id, stored, _clock.Now)
            .Noted("coordinator", null, $"Monitor '{_settings.This}' decides from now on (epoch {opened.Id.Epoch}; {(stored is null ? "first installation" : $"decision {opened.Id.Version} adopted")})");
        _stored = _state;
        _notesTold = 0;
        _trouble = null;
        _log.Info(
            "Cluster {0}: this monitor coordinates with epoch {1}; {2}", _cluster.Topology.Name, opened.Id.Epoch,
            stored is null ? "first installation, roles will be worked out from what the hosts show" : $"decision {opened.Id.Version} adopted");
        Become(Serving);
        ArmTick();
        // The vantages' next reports are up to a check period away; a takeover must not wait for them.
        foreach (string host in _cluster.Topology.Hosts.Keys)
            LookNow(host);
        foreach (ActorSelection gateway in _gateways)
            gateway.Tell(new AgentProtocol.AskLastUp(_cluster.Topology.Name));
        Publish();
    }

    private bool TryRead(string? text, out ClusterDocument? document)
    {
        document = null;
        try
        {
            document = text is null ? null : DocumentJson.Read(text);
            return true;
        }
        catch (JsonException e)
        {
            // Deciding without the past would be worse than deciding nothing.
            SetTrouble($"the stored decisions cannot be read by this version ({e.Message}); was this monitor downgraded? Nothing is decided here");
            Timers.StartSingleTimer(ReopenDue.Instance, ReopenDue.Instance, 10 * ReopenAfter);
            return false;
        }
    }

    private void HandleTick()
    {
        ArmTick();
        Step(new Ticked(_clock.Now));
    }

    private void HandleCommand(ControlProtocol.Command command)
    {
        _askers[command.Id] = Sender;
        Step(new CommandGiven(_clock.Now, command));
    }

    private void Step(ClusterEvent e)
    {
        ClusterState before = _state!;
        StepResult result = ClusterTransition.Step(before, e);
        _state = result.State;
        if (result.Effects.Length > 0 && result.Effects[0] is StoreDocument store)
        {
            _held = result.Effects.RemoveAt(0);
            _ledger.Tell(new LedgerMessages.Store(store.Version, DocumentJson.Write(store.Document), store.Document.Voters));
            Become(Storing);
            return;
        }

        _stored = _state;
        CarryOut(result.Effects);
        // Whether it can decide at all is not left to the next second either: after a takeover that is what everybody waits to see.
        if (before.NotesMade != _state.NotesMade || before.Blind != _state.Blind)
            Publish();
    }

    private void HandleStored(LedgerMessages.Stored stored)
    {
        if (stored.Id != new DecisionId(_state!.Epoch, _state.Version))
            return;
        _trouble = null;
        _stored = _state;
        ImmutableArray<Effect> effects = _held;
        _held = [];
        Become(Serving);
        CarryOut(effects);
        Publish();
        Stash.UnstashAll();
    }

    private void HandleNoQuorum(LedgerMessages.NoQuorum m)
    {
        SetTrouble(m.Sentence);
        // What was seen meanwhile is repeated by those who saw it; operators get an answer instead of a wait.
        foreach (Envelope e in Stash.ClearStash())
        {
            if (e.Message is ControlProtocol.Command command)
                Refuse(command, m.Sentence, e.Sender);
        }
    }

    private void WhileStoring(object message)
    {
        if (_trouble is null)
            Stash.Stash();
        else if (message is ControlProtocol.Command command)
            Refuse(command, _trouble);
    }

    private void HandleRefused(AgentProtocol.Refused refused)
    {
        _log.Warning("Cluster {0}: the agent on {1} refuses decision {2}: {3}", refused.Cluster, refused.Host, refused.Offered, refused.Why);
        if (refused.Highest.Epoch > _state!.Epoch)
            StepDown(refused.Highest.Epoch, $"the agent on {refused.Host} obeys a newer coordinator");
    }

    private void StepDown(Epoch higher, string why)
    {
        _log.Warning("Cluster {0}: epoch {1} ends on this monitor: {2} ({3})", _cluster.Topology.Name, _state?.Epoch ?? Epoch.None, why, higher);
        _aboveCounter = Math.Max(_aboveCounter, higher.Counter);
        foreach (Effect effect in _held)
        {
            if (effect is GiveAnswer { Answer: var a } && _askers.Remove(a.Id, out IActorRef? asker))
                asker.Tell(a with { Ok = false, Text = "ERROR: Another monitor has become the coordinator. Nothing was changed by this one. Please, try again.", Decision = null });
        }

        _askers.Clear();
        _held = [];
        _state = null;
        _stored = null;
        foreach (Envelope e in Stash.ClearStash())
        {
            if (e.Message is ControlProtocol.Command command)
                Refuse(command, "another monitor has become the coordinator", e.Sender);
        }

        Become(Opening);
        Timers.StartSingleTimer(ReopenDue.Instance, ReopenDue.Instance, ReopenAfter);
    }

    private void CarryOut(ImmutableArray<Effect> effects)
    {
        foreach (Effect effect in effects)
        {
            switch (effect)
            {
                case SendOrder { Order: var order }:
                    _agents[order.Host].Tell(order);
                    break;
                case RelayOrder { Via: var via, Order: var order }:
                    _agents[via].Tell(new AgentProtocol.Relay(order));
                    break;
                case SendWithdraw { Withdraw: var withdraw }:
                    foreach (ActorSelection granter in _granters)
                        granter.Tell(withdraw);
                    break;
                case TellVoters { Decided: var decided }:
                    foreach (ActorSelection granter in _granters)
                        granter.Tell(decided);
                    break;
                case TellVanished { To: var to, Vanished: var vanished }:
                    _agents[to].Tell(vanished);
                    break;
                case GiveAnswer { Answer: var answer }:
                    if (_askers.Remove(answer.Id, out IActorRef? asker))
                        asker.Tell(answer);
                    break;
                case LookAgain { Host: var host }:
                    LookNow(host);
                    break;
                case KillHost kill:
                    RunKillHost(kill);
                    break;
                default:
                    throw new InvalidOperationException($"{effect.GetType().Name} is not carried out here");
            }
        }

        // Orders first: nobody waits for what is only told.
        TellNotes();
    }

    private void RunKillHost(KillHost kill)
    {
        RunAsync(_setup.KillHost, kill, _settings.Monitor.KillHostTimeout).PipeTo(Self, failure: e => new KillHostEnded($"kill_host_bin for host '{kill.Host}' failed: {e.Message}"));

        static async Task<KillHostEnded> RunAsync(IKillHost port, KillHost kill, TimeSpan timeout)
        {
            using var deadline = new CancellationTokenSource(timeout);
            string? sentence = await port.RunAsync(kill.Host, kill.PingOk, deadline.Token).ConfigureAwait(false);
            return new KillHostEnded(sentence ?? $"host '{kill.Host}' is down and its agent is not reachable; no kill_host_bin is configured");
        }
    }

    private void LookNow(string host)
    {
        var look = new SightProtocol.LookNow(_cluster.Topology.Name, host);
        foreach (ActorSelection vantage in _vantages)
            vantage.Tell(look);
    }

    private void HandleKeepProbing()
    {
        foreach (string host in _cluster.Topology.Hosts.Keys)
            _setup.ServerProbes.Tell(new SightProtocol.KeepProbing(_cluster.Topology.Name, host));
    }

    private void Publish()
    {
        ClusterState shown = _stored ?? ClusterTransition.Begin(
            _cluster, _configured, Voters.First(_configured), _settings.This, _setup.Fingerprint, DecisionId.None, null, _clock.Now);
        string? trouble = _trouble ?? (_stored is null ? "the decisions are being read from the monitors' ledger" : null);
        StatusProtocol.ClusterSnapshot snapshot = Snapshots.Of(shown, ++_seq, trouble);
        foreach (ActorSelection board in _boards)
            board.Tell(snapshot);
    }

    private void SetTrouble(string sentence)
    {
        if (_trouble != sentence)
            _log.Warning("Cluster {0}: {1}", _cluster.Topology.Name, sentence);
        _trouble = sentence;
    }

    private void TellNotes()
    {
        int fresh = (int)Math.Min(_state!.NotesMade - _notesTold, _state.Notes.Length);
        if (fresh == 0)
            return;
        ImmutableArray<Note> notes = _state.Notes[^fresh..];
        long first = _state.NotesMade - fresh + 1;
        var happened = new HistoryProtocol.Happened(
            _cluster.Topology.Name, [.. notes.Select((n, i) => new HistoryEvent(new EventId(_state.Epoch, first + i), n.At, _state.Version, n.Code, n.Host, n.Sentence, n.Command))]);
        foreach (ActorSelection chronicle in _chronicles)
            chronicle.Tell(happened);
        TellHooks(happened.Events, notes);
        foreach (Note note in notes)
        {
            if (!TransitionSteps.IsStep(note.Code))
                _log.Info("Cluster {0} [{1}/{2}] {3}: {4}", _cluster.Topology.Name, _state.Epoch, _state.Version, note.Code, note.Sentence);
        }

        _notesTold = _state.NotesMade;
    }

    /// <summary>Told and forgotten: what hooks do has no way back into a decision.</summary>
    private void TellHooks(ImmutableArray<HistoryEvent> events, ImmutableArray<Note> notes)
    {
        if (_setup.Hooks is not { Count: > 0 } hooks)
            return;
        foreach (HookEvent told in events.SelectMany((e, i) => MonitorHooks.Of(e, notes[i].About, _cluster.Topology.Name, _settings.This)))
        {
            foreach (ICanTell hook in hooks)
                hook.Tell(told, Self);
        }
    }

    private void Refuse(ControlProtocol.Command command, string why, IActorRef? asker = null) =>
        (asker ?? Sender).Tell(new ControlProtocol.Answer(command.Id, false, MmmAnswers.NothingDecided(why), null));

    // One-shot and re-armed: after a paused VM a periodic timer would deliver its missed ticks in a burst.
    private void ArmTick() => Timers.StartSingleTimer(TickDue.Instance, TickDue.Instance, TickInterval);

    private sealed record TickDue
    {
        public static readonly TickDue Instance = new();
    }

    private sealed record PublishDue
    {
        public static readonly PublishDue Instance = new();
    }

    private sealed record KeepProbingDue
    {
        public static readonly KeepProbingDue Instance = new();
    }

    private sealed record ReopenDue
    {
        public static readonly ReopenDue Instance = new();
    }

    private sealed record KillHostEnded(string Sentence);
}
