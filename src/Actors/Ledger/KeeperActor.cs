using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Ledger;

/// <summary>
/// <c>/user/keeper</c> on every configured monitor: holds the documents of all MMM clusters on this node's disk and votes on them.
/// Owns: <c>state_dir/keeper.db</c>. Receives: <see cref="LedgerProtocol"/> from the ledgers of coordinators and from the other keepers.
/// Sends: answers, and <see cref="LedgerProtocol.ReadCopy"/> to the other keepers while it has no records. One record is being stored at a
/// time; what comes meanwhile waits. Behaviours: <see cref="Opening"/> (the disk is being read), <see cref="Ready"/>, and
/// <see cref="Abstaining"/> (the disk fails; it is opened again and again). After a restart: reads the disk; nothing else is remembered.
/// </summary>
public sealed class KeeperActor : ReceiveActor, IWithTimers
{
    /// <summary>Senders ask again at most once a second each, so this many waiting means a disk that hangs.</summary>
    private const int QueueLimit = 500;

    private static readonly TimeSpan s_ioPatience = TimeSpan.FromSeconds(3);
    private static readonly Backoff s_reopen = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5));
    private static readonly Backoff s_catchUp = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string _name;
    private readonly ImmutableArray<MonitorMember> _monitors;
    private readonly ImmutableArray<string> _clusterNames;
    private readonly long _life;
    private readonly ImmutableDictionary<string, ActorSelection> _others;
    private readonly KeeperDisk _disk;
    private readonly Dictionary<string, KeeperState> _clusters = new(StringComparer.Ordinal);
    private readonly Queue<(IActorRef Asker, LedgerProtocol.IMessage Message)> _waiting = new();

    private (KeeperStep Step, IActorRef Asker)? _storing;
    private long _attempt;
    private int _reopens;
    private int _catchUps;
    private string? _trouble;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="identity">This monitor's process; its start numbers a new life of the keeper.</param>
    /// <param name="monitors">Every configured monitor.</param>
    /// <param name="clusters">Every configured MMM cluster.</param>
    /// <param name="stateDir">monitor.state_dir.</param>
    /// <param name="time">The node's clock.</param>
    public static Props Props(ProcessIdentity identity, ImmutableArray<MonitorMember> monitors, ImmutableArray<string> clusters, string stateDir, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new KeeperActor(identity, monitors, clusters, stateDir, time));

    public KeeperActor(ProcessIdentity identity, ImmutableArray<MonitorMember> monitors, ImmutableArray<string> clusters, string stateDir, TimeProvider time)
    {
        _name = identity.Node;
        _monitors = monitors;
        _clusterNames = clusters;
        _life = time.GetUtcNow().UtcTicks;
        IActorContext context = Context;
        _others = monitors.Where(m => m.Name != identity.Node)
            .ToImmutableDictionary(m => m.Name, m => context.MonitorSelection(m, MonitorActors.Keeper));
        _disk = new KeeperDisk(stateDir, clusters, time, Self);
        foreach (string cluster in clusters)
            _clusters[cluster] = KeeperMachine.Abstain(Start(cluster, null, null), "its disk is being read");
        Opening();
    }

    protected override void PreStart() => Open();

    protected override void PostStop() => _disk.Close();

    private void Opening()
    {
        Receive<KeeperDisk.Opened>(HandleOpened);
        Receive<KeeperDisk.Failed>(HandleFailed);
        Receive<SlowDue>(_ => HandleSlow("reading"));
        Receive<LedgerProtocol.AskStatus>(_ => HandleAskStatus());
        Receive<LedgerProtocol.AskHolding>(HandleAskHolding);
        Receive<LedgerProtocol.IMessage>(Enqueue);
    }

    private void Ready()
    {
        Receive<LedgerProtocol.AskStatus>(_ => HandleAskStatus());
        Receive<LedgerProtocol.AskHolding>(HandleAskHolding);
        Receive<LedgerProtocol.IMessage>(HandleMessage);
        Receive<KeeperDisk.Written>(HandleWritten);
        Receive<KeeperDisk.Failed>(HandleFailed);
        Receive<SlowDue>(_ => HandleSlow("writing"));
        Receive<CatchUpDue>(_ => HandleCatchUp());
    }

    private void Abstaining()
    {
        Receive<ReopenDue>(_ => Open());
        Receive<LedgerProtocol.AskStatus>(_ => HandleAskStatus());
        Receive<LedgerProtocol.AskHolding>(HandleAskHolding);
        Receive<LedgerProtocol.IMessage>(m => Refuse(m, Sender));
    }

    private void Open()
    {
        Become(Opening);
        StartIo();
        _disk.Open(_attempt);
    }

    private void HandleOpened(KeeperDisk.Opened opened)
    {
        if (!EndIo(opened.Attempt))
            return;
        _reopens = 0;
        _catchUps = 0;
        _trouble = null;
        Become(Ready);
        foreach (string cluster in _clusterNames)
        {
            KeeperState state = Start(cluster, opened.Records.GetValueOrDefault(cluster), opened.Lost.GetValueOrDefault(cluster));
            _clusters[cluster] = state;
            LogStanding(state, "starts");
        }

        Next();
        HandleCatchUp();
    }

    private void HandleMessage(LedgerProtocol.IMessage message)
    {
        if (_storing is not null)
            Enqueue(message);
        else
            Take(message, Sender);
    }

    private void Enqueue(LedgerProtocol.IMessage message)
    {
        if (_trouble is not null || _waiting.Count >= QueueLimit)
            Refuse(message, Sender);
        else
            _waiting.Enqueue((Sender, message));
    }

    private void Next()
    {
        foreach (KeeperState state in _clusters.Values.ToArray())
        {
            if (_storing is null)
                CarryOut(KeeperCatchUp.Settle(state), ActorRefs.Nobody);
        }

        while (_storing is null && _waiting.TryDequeue(out (IActorRef Asker, LedgerProtocol.IMessage Message) next))
            Take(next.Message, next.Asker);
    }

    private void Take(LedgerProtocol.IMessage message, IActorRef asker)
    {
        if (ClusterOf(message) is { } cluster && _clusters.TryGetValue(cluster, out KeeperState? state))
            CarryOut(KeeperMachine.Step(state, message), asker);
        else
            Refuse(message, asker);
    }

    private void CarryOut(KeeperStep step, IActorRef asker)
    {
        if (step.Alarm is not null)
            _log.Error("Keeper of cluster {0}: {1}. This is a bug in mmm-monitor, please report it.", step.Next.Cluster, step.Alarm);
        if (step.Store is null)
        {
            _clusters[step.Next.Cluster] = step.Next;
            if (step.Reply is not null)
                asker.Tell(step.Reply);
            return;
        }

        _storing = (step, asker);
        StartIo();
        _disk.Write(_attempt, step.Store);
    }

    private void HandleWritten(KeeperDisk.Written written)
    {
        if (_storing is not { } stored || !EndIo(written.Attempt))
            return;
        _storing = null;
        if (_trouble is not null)
            _log.Info("Keeper: the disk answers again, after {0:F1} s", written.Took.TotalSeconds);
        _trouble = null;
        _log.Debug("Keeper of cluster {0}: stored {1} promised {2} in {3:F1} ms", stored.Step.Next.Cluster, stored.Step.Store!.Held, stored.Step.Store.Promised, written.Took.TotalMilliseconds);
        KeeperState before = _clusters[stored.Step.Next.Cluster];
        _clusters[before.Cluster] = stored.Step.Next;
        if (before.Standing != stored.Step.Next.Standing)
            LogStanding(stored.Step.Next, before.Standing == KeeperStanding.New && stored.Step.Next.Record!.Document is null ? "first installation" : "has copied the records of the others");
        if (stored.Step.Reply is not null)
            stored.Asker.Tell(stored.Step.Reply);
        Next();
    }

    private void HandleFailed(KeeperDisk.Failed failed)
    {
        if (!EndIo(failed.Attempt))
            return;
        // What was being stored may or may not be on disk. Nobody was told that it is, so either is right; what counts is what is read next.
        _storing = null;
        string why = failed.Cause is KeeperStoreException e ? e.Message : $"its disk failed: {failed.Cause.Message}";
        if (_trouble != why)
            _log.Error(failed.Cause is KeeperStoreException ? null : failed.Cause, "Keeper takes no part in decisions: {0}. It tries again by itself.", why);
        _trouble = why;
        foreach (string cluster in _clusterNames)
            _clusters[cluster] = KeeperMachine.Abstain(_clusters[cluster], why);
        Become(Abstaining);
        Timers.StartSingleTimer(ReopenDue.Instance, ReopenDue.Instance, s_reopen.After(_reopens++));
        RefuseAllWaiting();
    }

    private void HandleSlow(string doing)
    {
        _trouble = $"its disk has not answered for {s_ioPatience.TotalSeconds:F0} s while {doing}";
        _log.Warning("Keeper takes no part in decisions: {0}", _trouble);
        RefuseAllWaiting();
    }

    private void HandleCatchUp()
    {
        LedgerProtocol.ReadCopy[] requests = [.. _clusters.Values.Select(KeeperCatchUp.Request).OfType<LedgerProtocol.ReadCopy>()];
        foreach (LedgerProtocol.ReadCopy request in requests)
        {
            foreach (ActorSelection other in _others.Values)
                other.Tell(request);
        }

        if (requests.Length > 0)
            Timers.StartSingleTimer(CatchUpDue.Instance, CatchUpDue.Instance, s_catchUp.After(_catchUps++));
    }

    private void HandleAskStatus()
    {
        // A disk that hangs does not change what is recorded, but nobody gets an answer out of it.
        ImmutableArray<LedgerProtocol.KeeperView> views =
        [
            .. _clusterNames.Select(c => _clusters[c]).Select(s => new LedgerProtocol.KeeperView(
                s.Cluster, _trouble is null ? s.Standing : KeeperStanding.Unwritable, _trouble ?? KeeperCatchUp.Explain(s), s.Record?.Promised ?? Epoch.None, s.Record?.Held ?? DecisionId.None, s.Record?.Voters)),
        ];
        Sender.Tell(new LedgerProtocol.Status(_name, views));
    }

    private void HandleAskHolding(LedgerProtocol.AskHolding ask)
    {
        if (!_clusters.TryGetValue(ask.Cluster, out KeeperState? s))
            return;
        bool voting = s.Standing == KeeperStanding.Voting && _trouble is null;
        Sender.Tell(new LedgerProtocol.Holding(ask.Cluster, _name, voting, voting ? s.Record!.Held : DecisionId.None, voting ? s.Record!.Document : null, voting ? s.Record!.Voters : null));
    }

    private void RefuseAllWaiting()
    {
        while (_waiting.TryDequeue(out (IActorRef Asker, LedgerProtocol.IMessage Message) waiting))
            Refuse(waiting.Message, waiting.Asker);
    }

    /// <summary>Tells a ledger why nothing is promised or accepted; to the other keepers silence says as much.</summary>
    private void Refuse(LedgerProtocol.IMessage message, IActorRef asker)
    {
        if (message is not (LedgerProtocol.Prepare or LedgerProtocol.Accept))
            return;
        string cluster = ClusterOf(message)!;
        asker.Tell(_clusters.ContainsKey(cluster)
            ? new LedgerProtocol.NotVoting(cluster, _name, KeeperStanding.Unwritable, _trouble ?? "its disk is too slow for what it is asked")
            : new LedgerProtocol.NotVoting(cluster, _name, KeeperStanding.Misconfigured, $"it is not configured with a cluster {cluster}"));
    }

    private static string? ClusterOf(LedgerProtocol.IMessage message) => message switch
    {
        LedgerProtocol.Prepare m => m.Cluster,
        LedgerProtocol.Accept m => m.Cluster,
        LedgerProtocol.ReadCopy m => m.Cluster,
        LedgerProtocol.Copy m => m.Cluster,
        _ => null,
    };

    private KeeperState Start(string cluster, KeeperRecord? record, string? lostBecause) =>
        KeeperMachine.Start(cluster, _name, _monitors.Select(m => m.Name), record, lostBecause, _life);

    private void LogStanding(KeeperState state, string how)
    {
        if (state.Standing == KeeperStanding.Voting)
            _log.Info("Keeper of cluster {0} votes ({1}): promised {2}, holds decision {3}", state.Cluster, how, state.Record!.Promised, state.Record.Held);
        else
            _log.Warning("Keeper of cluster {0} does not vote: {1}", state.Cluster, state.Why);
    }

    private void StartIo()
    {
        _attempt++;
        Timers.StartSingleTimer(SlowDue.Instance, SlowDue.Instance, s_ioPatience);
    }

    /// <summary>False for the outcome of an earlier attempt.</summary>
    private bool EndIo(long attempt)
    {
        if (attempt != _attempt)
            return false;
        Timers.Cancel(SlowDue.Instance);
        return true;
    }

    private sealed record SlowDue
    {
        public static readonly SlowDue Instance = new();
    }

    private sealed record ReopenDue
    {
        public static readonly ReopenDue Instance = new();
    }

    private sealed record CatchUpDue
    {
        public static readonly CatchUpDue Instance = new();
    }
}
