using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;

namespace Mmm.Simulation.Machines;

/// <summary>
/// A coordinator on a monitor, as the product's shell: opens the ledger, feeds what comes in to <see cref="ClusterTransition"/>, stores what is decided and only
/// then lets its effects leave. Any refusal ends its reign, and it begins anew after a second.
/// </summary>
internal sealed class CoordinatorNode
{
    private static readonly DateTimeOffset s_day = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly MonitorProcess _process;
    private readonly List<Action> _stash = [];
    private readonly Dictionary<string, (long, long)> _heard = [];
    private ProposerState _ledger;
    private ClusterState? _state;
    private ImmutableArray<Effect> _held = [];
    private string _path = "";
    private TimeSpan _storingSince;
    private long _aboveCounter;
    private int _resends;

    public CoordinatorNode(World world, MonitorProcess process)
    {
        (_world, _process) = (world, process);
        _ledger = LedgerProposer.Create(world.Setup.Topology.Name, world.Setup.Monitors, process.Name, $"i{world.NewIncarnation()}");
        Tick();
        Resend();
    }

    /// <summary>What it decides by; null while it has no reign.</summary>
    public ClusterState? State => _state;

    /// <summary>The process has not begun another one meanwhile.</summary>
    private bool IsCurrent => ReferenceEquals(_process.Coordinator, this);

    private bool Storing => _ledger.Phase == ReignPhase.Storing;

    private DateTimeOffset Now => s_day + _process.Local;

    public void Open() => Drive(LedgerProposer.Open(_ledger, _aboveCounter));

    public void Answered(LedgerProtocol.IAnswer answer) => Drive(LedgerProposer.Take(_ledger, _world.Mutation == Mutation.VotersOfTheFile && answer is LedgerProtocol.Promise p
        ? p with { Voters = _world.Setup.Voters with { Generation = p.Voters.Generation } }
        : answer));

    public void Saw(SightProtocol.VantageReport report) => Feed(() => new VantageReported(Now, report));

    public void Probed(SightProtocol.ReplicationSight sight) => Feed(() => new ReplicationSeen(Now, sight));

    public void Aged(LeaseProtocol.Ages ages) => Feed(() => new LeaseAgesSeen(Now, ages));

    public void Confirmed(LeaseProtocol.Withdrawn confirmed) => Feed(() => new WithdrawalConfirmed(Now, confirmed));

    public void Heard(AgentProtocol.Report report)
    {
        // Every gateway forwards every report: the second and third copy change nothing.
        if (_state is null || (_heard.TryGetValue(report.Host, out (long, long) last) && last == (report.Incarnation, report.Seq)))
            return;
        _heard[report.Host] = (report.Incarnation, report.Seq);
        Feed(() => new AgentReported(Now, report));
    }

    /// <summary>Whose word counts; empty while it does not serve.</summary>
    public ImmutableArray<string> Voters => _state?.Voters.Names ?? [];

    private Mmm.Shared.Ledger.Voters Counting(Mmm.Shared.Ledger.Voters voters) => _world.Mutation == Mutation.OneMonitorSees ? voters with { Names = [_process.Name] } : voters;

    public void Command(ControlProtocol.Command command) => Feed(() => new CommandGiven(Now, command));

    public void Refused(DecisionId highest)
    {
        if (_state is not null && highest.Epoch > _state.Epoch)
            StepDown(highest.Epoch);
    }

    private void Tick() => _process.After(_world.Between(0.15, 0.25), () =>
    {
        if (!IsCurrent)
            return;
        Feed(() => new Ticked(Now));
        Tick();
    });

    private void Resend() => _process.After(TimeSpan.FromSeconds(_ledger.Phase == ReignPhase.Serving ? 1 : _resends < 3 ? 0.1 : 0.5), () =>
    {
        if (!IsCurrent)
            return;
        _resends++;
        ProposerStep step = LedgerProposer.Retry(_ledger);
        _ledger = step.Next;
        Ask();
        Resend();
    });

    private void Ask()
    {
        foreach ((string keeper, LedgerProtocol.IMessage message) in LedgerProposer.Outstanding(_ledger))
        {
            MonitorProcess to = _world.Monitors.First(m => m.Name == keeper);
            _world.Net.Send(_process.Node, to, () => to.Keeper.Take(message, _process));
        }
    }

    private void Drive(ProposerStep step)
    {
        _ledger = step.Next;
        if (step.AskNow)
        {
            _resends = 0;
            Ask();
        }

        switch (step.Outcome)
        {
            case ReignOpened opened:
                _path = Documents.PathOf(opened.Document!);
                _world.Judge.Chosen(opened.Id, _path, $"opened by {_process.Name}");
                _state = ClusterTransition.Begin(
                    _world.Setup.Cluster, _world.Setup.Monitors, Counting(opened.Voters), _process.Name, null, opened.Id, Documents.Read(opened.Document!), Now);
                _heard.Clear();
                _world.Log(_process.Name, $"its reign {opened.Id} begins");
                foreach (MonitorProcess m in _world.Monitors)
                    _world.Net.Send(_process.Node, m, m.LookNow);
                break;
            case DocumentStored stored:
                ImmutableArray<Effect> effects = _held;
                _held = [];
                if (_world.Mutation != Mutation.EffectsBeforeStore)
                {
                    _world.Judge.Chosen(stored.Id, _path, $"decided by {_process.Name}");
                    CarryOut(effects);
                }

                Unstash();
                break;
            case ReignEnded ended:
                StepDown(ended.Higher);
                break;
        }
    }

    private void Feed(Func<ClusterEvent> e)
    {
        if (_state is null || !IsCurrent)
            return;
        if (Storing)
        {
            // What comes while a decision is on its way waits for it, but not for ever: those who saw it repeat it.
            if (_process.Local - _storingSince < s_patience)
                _stash.Add(() => Feed(e));
            else
                _stash.Clear();
            return;
        }

        ClusterState before = _state;
        ClusterEvent now = e();
        StepResult result = ClusterTransition.Step(before, now);
        _state = now is WithdrawalConfirmed w ? _world.Rules.AfterConfirmed(before, result.State, w.Confirmed.Host) : result.State;
        if (_world.Tracing)
        {
            foreach (Note n in _state.Notes.TakeLast((int)Math.Min(_state.NotesMade - before.NotesMade, 100)))
                _world.Log(_process.Name, $"{_state.Epoch}/{_state.Version} {n.Code}: {n.Sentence}");
        }

        if (!_state.Broken.IsEmpty)
            _world.Judge.Fail("rules", $"{_process.Name}: {string.Join("; ", _state.Broken)}");
        if (result.Effects.Length > 0 && result.Effects[0] is StoreDocument store)
        {
            _held = result.Effects.RemoveAt(0);
            _storingSince = _process.Local;
            _path += $".{_world.NewDocument()}";
            if (_world.Mutation == Mutation.EffectsBeforeStore)
            {
                _world.Judge.Chosen(new DecisionId(_state.Epoch, _state.Version), _path, $"told before it was stored by {_process.Name}");
                CarryOut(_held);
            }

            _world.Count("decision");
            Drive(LedgerProposer.Store(_ledger, store.Version, Documents.Write(_path, store.Document), _world.Mutation == Mutation.OneMonitorSees ? null : store.Document.Voters));
            return;
        }

        CarryOut(result.Effects);
    }

    private void Unstash()
    {
        Action[] stash = [.. _stash];
        _stash.Clear();
        foreach (Action a in stash)
            a();
    }

    private void StepDown(Epoch higher)
    {
        _world.Log(_process.Name, $"its reign {_ledger.Epoch} ends: {higher} is known");
        _aboveCounter = Math.Max(_aboveCounter, higher.Counter);
        (_state, _held) = (null, []);
        _stash.Clear();
        _ledger = _ledger with { Phase = ReignPhase.Closed };
        _process.After(TimeSpan.FromSeconds(1), () =>
        {
            if (IsCurrent && _state is null && _ledger.Phase == ReignPhase.Closed)
                Open();
        });
    }

    private void CarryOut(ImmutableArray<Effect> effects)
    {
        int mon = _process.Index;
        foreach (Effect effect in effects)
        {
            switch (effect)
            {
                case SendOrder { Order: var order }:
                    AgentProcess agent = _world.HostOf(order.Host).Agent;
                    _world.Net.Send(mon, agent, () => agent.Take(order, mon, null));
                    break;
                case RelayOrder relay:
                    AgentProcess via = _world.HostOf(relay.Via).Agent;
                    _world.Count("relay");
                    _world.Net.Send(mon, via, () => via.Relay(relay.Order, mon));
                    break;
                case SendWithdraw { Withdraw: var withdraw }:
                    _world.Log(_process.Name, $"withdraws from {withdraw.Host} by {withdraw.Id} all but [{string.Join(' ', withdraw.Allowed)}]");
                    _world.Count("withdraw");
                    foreach (MonitorProcess m in _world.Monitors)
                        _world.Net.Send(mon, m, () => m.Withdraw(withdraw, _process));
                    break;
                case TellVoters { Decided: var decided }:
                    foreach (MonitorProcess m in _world.Monitors)
                        _world.Net.Send(mon, m, () => m.Know(decided));
                    break;
                case LookAgain:
                    foreach (MonitorProcess m in _world.Monitors)
                        _world.Net.Send(mon, m, m.LookNow);
                    break;
            }
        }
    }
}
