using System.Collections.Immutable;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Coordinator;
using Mmm.Shared.History;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.History;

/// <summary>
/// <c>/user/chronicle</c> on every monitor: keeps what happened in each MMM cluster, in memory and in <c>state_dir/history.db</c>. Owns a <see cref="Chronicle"/> per cluster and the file.
/// Receives <see cref="HistoryProtocol"/> from the coordinators and the other chronicles, <see cref="Read"/> and <see cref="Follow"/> from this node's HTTP endpoint. Sends the other
/// chronicles, one after the other, what it has, and gets from them what it lacks. A disk that fails costs nothing but what a restart forgets, and the others have that. After a restart: reads the file.
/// </summary>
public sealed class ChronicleActor : ReceiveActor, IWithTimers
{
    /// <summary>HTTP endpoint -> this. Reply: a <see cref="ChroniclePage"/>.</summary>
    public sealed record Read(string Cluster, EventFilter Filter);

    /// <summary>HTTP endpoint -> this: write every new event of the cluster there. No reply; the writer is completed when its reader is too slow, and with this actor.</summary>
    public sealed record Follow(string Cluster, ChannelWriter<HistoryEvent> To);

    /// <summary>HTTP endpoint -> this: no more.</summary>
    public sealed record Unfollow(ChannelWriter<HistoryEvent> To);

    private sealed record ExchangeDue;

    private static readonly TimeSpan s_exchangeEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstExchange = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ImmutableArray<ActorSelection> _others;
    private readonly ChronicleDisk _disk;
    private readonly Dictionary<string, Chronicle> _chronicles;
    private readonly Dictionary<ChannelWriter<HistoryEvent>, string> _followers = [];
    private readonly List<(string Cluster, HistoryEvent Event)> _unsaved = [];

    private bool _writing;

    /// <summary>What earlier starts left in the file is known.</summary>
    private bool _opened;

    /// <summary>What is on disk is not known: everything is written anew.</summary>
    private bool _rewrite;
    private string? _trouble;
    private int _next;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="self">This monitor's configured name.</param>
    /// <param name="monitors">Every configured monitor.</param>
    /// <param name="clusters">Every configured MMM cluster.</param>
    /// <param name="stateDir">monitor.state_dir.</param>
    /// <param name="capacity">monitor.history_events.</param>
    public static Props Props(string self, ImmutableArray<MonitorMember> monitors, ImmutableArray<string> clusters, string stateDir, int capacity) =>
        Akka.Actor.Props.Create(() => new ChronicleActor(self, monitors, clusters, stateDir, capacity));

    public ChronicleActor(string self, ImmutableArray<MonitorMember> monitors, ImmutableArray<string> clusters, string stateDir, int capacity)
    {
        IActorContext context = Context;
        _others = [.. monitors.Where(m => m.Name != self).Select(m => context.MonitorSelection(m, MonitorActors.Chronicle))];
        _chronicles = clusters.ToDictionary(c => c, _ => Chronicle.Empty(capacity), StringComparer.Ordinal);
        _disk = new ChronicleDisk(Path.Combine(stateDir, "history.db"), Self);
        Receive<HistoryProtocol.Happened>(HandleHappened);
        Receive<HistoryProtocol.Have>(HandleHave);
        Receive<Read>(m => Sender.Tell(_chronicles.TryGetValue(m.Cluster, out Chronicle? c) ? c.Page(m.Filter) : new ChroniclePage([], false, false)));
        Receive<Follow>(m => _followers[m.To] = m.Cluster);
        Receive<Unfollow>(m => _followers.Remove(m.To));
        Receive<ChronicleDisk.Opened>(HandleOpened);
        Receive<ChronicleDisk.Written>(_ => HandleWritten());
        Receive<ChronicleDisk.Failed>(HandleFailed);
        Receive<ExchangeDue>(_ => HandleExchangeDue());
    }

    protected override void PreStart()
    {
        Open();
        Timers.StartPeriodicTimer("exchange", new ExchangeDue(), s_firstExchange, s_exchangeEvery);
    }

    protected override void PostStop()
    {
        foreach (ChannelWriter<HistoryEvent> follower in _followers.Keys)
            follower.TryComplete();
        _disk.Close();
    }

    private void HandleHappened(HistoryProtocol.Happened happened)
    {
        if (!Take(happened.Cluster, happened.Events, save: true))
            return;
        // Another chronicle's gift may not have been all of it.
        if (Sender.Path.Name == MonitorActors.Chronicle)
            Sender.Tell(_chronicles[happened.Cluster].Have(happened.Cluster));
    }

    private void HandleHave(HistoryProtocol.Have have)
    {
        if (_chronicles.TryGetValue(have.Cluster, out Chronicle? chronicle) && chronicle.MissingIn(have) is { IsEmpty: false } missing)
            Sender.Tell(new HistoryProtocol.Happened(have.Cluster, missing));
    }

    /// <returns>There was something new.</returns>
    private bool Take(string cluster, IEnumerable<HistoryEvent> events, bool save)
    {
        if (!_chronicles.TryGetValue(cluster, out Chronicle? chronicle))
            return false;
        ChronicleStep step = chronicle.Add(events);
        _chronicles[cluster] = step.Next;
        if (step.Added.IsEmpty)
            return false;
        if (save)
        {
            _unsaved.AddRange(step.Added.Select(e => (cluster, e)));
            Tell(cluster, step.Added);
            Write();
        }

        return true;
    }

    private void Tell(string cluster, ImmutableArray<HistoryEvent> added)
    {
        foreach (ChannelWriter<HistoryEvent> follower in _followers.Where(f => f.Value == cluster).Select(f => f.Key).ToArray())
        {
            if (added.All(follower.TryWrite))
                continue;
            follower.TryComplete();
            _followers.Remove(follower);
        }
    }

    private void HandleExchangeDue()
    {
        if (!_opened && !_writing)
            Open();
        if (_rewrite)
            Write();
        if (_others.IsEmpty)
            return;
        ActorSelection other = _others[_next++ % _others.Length];
        foreach ((string cluster, Chronicle chronicle) in _chronicles)
            other.Tell(chronicle.Have(cluster));
    }

    private void Open()
    {
        _writing = true;
        _disk.Open();
    }

    private void Write()
    {
        if (_writing || !_opened || (_unsaved.Count == 0 && !_rewrite))
            return;
        _writing = true;
        ImmutableDictionary<string, EventId?> floors = _chronicles.ToImmutableDictionary(c => c.Key, c => c.Value.Floor);
        if (_rewrite)
            _disk.Rewrite([.. _chronicles.SelectMany(c => c.Value.Events.Values.Select(e => (c.Key, e)))]);
        else
            _disk.Add([.. _unsaved], floors);
        _unsaved.Clear();
    }

    private void HandleOpened(ChronicleDisk.Opened opened)
    {
        if (opened.Aside is { } aside)
            _log.Error("{0}", aside);
        foreach (IGrouping<string, HistoryEvent> cluster in opened.Events.GroupBy(e => e.Cluster, e => e.Event))
            Take(cluster.Key, cluster, save: false);
        _opened = true;
        HandleWritten();
    }

    private void HandleWritten()
    {
        if (_trouble is not null)
            _log.Info("The history is stored again.");
        _trouble = null;
        _writing = false;
        _rewrite = false;
        Write();
    }

    /// <summary>Tried again with the next exchange: what happens meanwhile is kept in memory, and by the other monitors.</summary>
    private void HandleFailed(ChronicleDisk.Failed failed)
    {
        if (_trouble != failed.Sentence)
            _log.Error("The history cannot be stored on this monitor: {0}", failed.Sentence);
        _trouble = failed.Sentence;
        _writing = false;
        _rewrite = _opened;
    }
}
