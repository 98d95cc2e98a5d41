using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Coordinator;
using Mmm.Actors.Serialization;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Ledger;

/// <summary>
/// A coordinator's side of the ledger for one MMM cluster: its child <c>ledger</c>. Receives: <see cref="LedgerMessages"/> from the
/// coordinator, answers from the keepers. Sends: <see cref="LedgerProtocol"/> to the keeper of every configured monitor, again and again until each
/// has answered. Keepers are known by the configuration and alive by answering; cluster membership is never looked at. After a restart
/// the reign is over, as the coordinator is told.
/// </summary>
public sealed class LedgerActor : ReceiveActor, IWithTimers
{
    /// <summary>Longest document in UTF-8 bytes: escaped inside the message it must stay under <see cref="WireSerializer.MaxBytes"/>.</summary>
    public const int MaxDocumentBytes = (WireSerializer.MaxBytes / 2) - (16 * 1024);

    private static readonly Backoff s_resend = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));

    /// <summary>Only stragglers are asked: a quorum has the document.</summary>
    private static readonly Backoff s_repair = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    /// <summary>Shorter waits for keepers are not worth a sentence.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(1000);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TimeProvider _time;
    private readonly ImmutableDictionary<string, ActorSelection> _keepers;

    private ProposerState _state;
    private IActorRef _coordinator = ActorRefs.Nobody;
    private int _resends;
    private long _askedAt;
    private string? _told;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="cluster">MMM cluster.</param>
    /// <param name="monitors">Every configured monitor.</param>
    /// <param name="identity">This monitor's process.</param>
    /// <param name="time">The node's clock.</param>
    public static Props Props(string cluster, ImmutableArray<MonitorMember> monitors, ProcessIdentity identity, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new LedgerActor(cluster, monitors, identity, time));

    public LedgerActor(string cluster, ImmutableArray<MonitorMember> monitors, ProcessIdentity identity, TimeProvider time)
    {
        _time = time;
        IActorContext context = Context;
        _keepers = monitors.ToImmutableDictionary(m => m.Name, m => context.MonitorSelection(m, MonitorActors.Keeper));
        // Epochs must never be shared, not even by two ledgers that follow each other in one process.
        string incarnation = $"{identity.Incarnation}-{time.GetTimestamp():x}";
        _state = LedgerProposer.Create(cluster, monitors.Select(m => m.Name), identity.Node, incarnation);
        Receive<LedgerMessages.Open>(HandleOpen);
        Receive<LedgerMessages.Store>(HandleStore);
        Receive<LedgerProtocol.IAnswer>(m => Apply(LedgerProposer.Take(_state, m)));
        Receive<ResendDue>(_ => HandleResend());
    }

    protected override void PostRestart(Exception reason) => Context.Parent.Tell(new LedgerMessages.SteppedDown(Epoch.None));

    private void HandleOpen(LedgerMessages.Open open)
    {
        _coordinator = Sender;
        Apply(LedgerProposer.Open(_state, open.AboveCounter));
    }

    private void HandleStore(LedgerMessages.Store store)
    {
        // A step-down and the next decision may have crossed: the coordinator learns of the former.
        if (_state.Phase == ReignPhase.Closed)
            return;
        int bytes = Encoding.UTF8.GetByteCount(store.Document);
        if (bytes > MaxDocumentBytes)
        {
            string sentence = $"the state of cluster {_state.Cluster} has {bytes} bytes, and at most {MaxDocumentBytes} can be stored: it has too many hosts and roles";
            _log.Error("Ledger: {0}", sentence);
            Sender.Tell(new LedgerMessages.NoQuorum(sentence));
            return;
        }

        Apply(LedgerProposer.Store(_state, store.Version, store.Document, store.Voters));
    }

    private void HandleResend()
    {
        ProposerStep step = LedgerProposer.Retry(_state);
        if (step.AskNow)
        {
            // The wait goes on: it is still the same question to the coordinator.
            _state = step.Next;
        }

        Ask();
        TellWhatIsMissing();
    }

    private void Apply(ProposerStep step)
    {
        _state = step.Next;
        if (step.AskNow)
        {
            _resends = 0;
            _askedAt = _time.GetTimestamp();
            _told = null;
            Ask();
        }

        switch (step.Outcome)
        {
            case ReignOpened opened:
                Settled();
                _coordinator.Tell(new LedgerMessages.Opened(opened.Id, opened.Document, opened.Voters));
                break;
            case DocumentStored stored:
                Settled();
                _coordinator.Tell(new LedgerMessages.Stored(stored.Id));
                break;
            case ReignEnded ended:
                Timers.Cancel(ResendDue.Instance);
                _coordinator.Tell(new LedgerMessages.SteppedDown(ended.Higher));
                break;
        }
    }

    private void Settled()
    {
        _log.Debug("Ledger of cluster {0}: {1} on disk at a quorum after {2:F1} ms", _state.Cluster, _state.Current, _time.GetElapsedTime(_askedAt).TotalMilliseconds);
        _told = null;
        _resends = 0;
        ArmResend();
    }

    private void Ask()
    {
        foreach ((string keeper, LedgerProtocol.IMessage message) in LedgerProposer.Outstanding(_state))
            _keepers[keeper].Tell(message);
        ArmResend();
    }

    private void TellWhatIsMissing()
    {
        if (_time.GetElapsedTime(_askedAt) < s_patience || LedgerSentences.Missing(_state) is not { } sentence || sentence == _told)
            return;
        _told = sentence;
        _coordinator.Tell(_state.Phase == ReignPhase.Storing ? new LedgerMessages.NoQuorum(sentence) : new LedgerMessages.Unavailable(sentence));
    }

    /// <summary>One-shot and re-armed, also while nothing is outstanding, so that a straggler's lost answer is noticed.</summary>
    private void ArmResend() =>
        Timers.StartSingleTimer(ResendDue.Instance, ResendDue.Instance, (_state.Phase == ReignPhase.Serving ? s_repair : s_resend).After(_resends++));

    private sealed record ResendDue
    {
        public static readonly ResendDue Instance = new();
    }
}
