using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Configuration;
using Mmm.Shared.Checks;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Probing;

/// <summary>
/// One per MySQL server, sharded over the monitors: reads its replication state every check period. Owns one connection, and one to its
/// source, whose positions tell a real backlog from a stepped wall clock (<see cref="SourceTrail"/>); is started and kept alive by <see cref="KeepProbing"/>; sends <see cref="ReplicationSight"/> to the coordinator's proxy. On another node after a rebalance it starts from "not checked yet".
/// </summary>
public sealed class ServerProbeActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ClusterSettings _cluster;
    private readonly Host _host;
    private readonly VantageActor.Setup _setup;
    private readonly IReplicationSight _sight;
    private readonly CancellationTokenSource _stop = new();
    private readonly CheckTrack _threads = new();
    private readonly CheckTrack _backlog = new();
    private readonly SourceTrail _trail;
    private readonly TimeSpan _period;
    private readonly TimeSpan _timeout;
    private readonly long _origin;
    private readonly PauseGuard _pause;
    private TimeSpan _countsFrom;
    private TimeSpan? _connectingSince;
    private bool _looking;
    private ReplicationReading? _last;
    private ReplicationChannel? _channel;
    private (Host Host, ISourceSight Sight)? _source;
    private bool _lookingAtSource;
    private string? _sourceProblem;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ClusterSettings cluster, Host host, VantageActor.Setup setup) =>
        Akka.Actor.Props.Create(() => new ServerProbeActor(cluster, host, setup));

    public ServerProbeActor(ClusterSettings cluster, Host host, VantageActor.Setup setup)
    {
        _cluster = cluster;
        _host = host;
        _setup = setup;
        _origin = setup.Time.GetTimestamp();
        CheckSettings threads = cluster.Checks[CheckKind.RepThreads];
        CheckSettings backlog = cluster.Checks[CheckKind.RepBacklog];
        _period = threads.CheckPeriod < backlog.CheckPeriod ? threads.CheckPeriod : backlog.CheckPeriod;
        _timeout = threads.Timeout < backlog.Timeout ? threads.Timeout : backlog.Timeout;
        _pause = new PauseGuard(_period, Now);
        _trail = new SourceTrail(cluster.MaxBacklog);
        _sight = setup.Ports.Mysql.WatchReplication(host, cluster.MonitorUser);

        Receive<KeepProbing>(_ => { });
        Receive<LookDue>(_ => HandleLookDue());
        Receive<Looked>(HandleLooked);
        Receive<SourceLooked>(HandleSourceLooked);
        Receive<SettingsTaken>(HandleSettingsTaken);
    }

    private TimeSpan Now => _setup.Time.GetElapsedTime(_origin);

    protected override void PreStart()
    {
        Timers.StartSingleTimer(LookDue.Instance, LookDue.Instance, Spread.Of(ServerProbes.IdOf(_cluster.Topology.Name, _host.Name), _period));
        if (ServerProbes.Follow(Context, _setup))
            ServerProbes.Renew(Context, _cluster.Topology.Name, _host.Name);
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
        _ = CloseAsync(_sight, _host.Name, _log);
        LeaveSource();
    }

    private void HandleSettingsTaken(SettingsTaken taken)
    {
        if (taken.Change.TouchesCluster(_cluster.Topology.Name))
            ServerProbes.Renew(Context, _cluster.Topology.Name, _host.Name, taken.Settings);
    }

    private void HandleLookDue()
    {
        AbstainAfterPause();
        Timers.StartSingleTimer(LookDue.Instance, LookDue.Instance, _period);
        if (_looking)
            return;
        _looking = true;
        _ = LookAsync(_sight, _timeout, Now, _stop.Token).PipeTo(Self);
    }

    private void HandleLooked(Looked result)
    {
        AbstainAfterPause();
        _looking = false;
        if (result.StartedAt < _countsFrom)
            return;

        result = result with { Reading = Corrected(result.Reading) };
        _last = result.Reading;
        ReplicationJudge.Judgement judgement = JudgeNow(result);
        _channel = judgement.Channel;
        bool changed = _threads.Record(judgement.Threads, _connectingSince ?? result.StartedAt);
        changed |= _backlog.Record(judgement.Backlog, result.StartedAt);
        if (changed)
            LogChange(judgement);

        // One look is one report: the two checks' periods are the same unless an operator made them differ.
        Report();
        LookAtSource();
    }

    /// <summary>A backlog that is too big by the server's own word is held against what its source had.</summary>
    private ReplicationReading Corrected(ReplicationReading reading) =>
        ReplicationJudge.Channel(reading, _cluster.Topology) is { } channel && channel.SecondsBehind > _cluster.MaxBacklog.TotalSeconds
            ? reading with { Channels = reading.Channels.Replace(channel, _trail.Corrected(channel, Now)) }
            : reading;

    /// <summary>Also while there is no backlog: what counts is what the source had before there was one.</summary>
    private void LookAtSource()
    {
        // A look that could not read anything does not mean another source.
        if (_lookingAtSource || _last?.Problem is not null)
            return;
        if (_channel is not { } channel || HostOf(channel.Source) is not { } source)
        {
            LeaveSource();
            return;
        }

        if (_source?.Host.Name != source.Name)
        {
            LeaveSource();
            _source = (source, _setup.Ports.Mysql.WatchSource(source, _cluster.MonitorUser));
        }

        _lookingAtSource = true;
        _ = LookAtSourceAsync(_source!.Value.Sight, channel.Source, _timeout, Now, _stop.Token).PipeTo(Self);
    }

    private void HandleSourceLooked(SourceLooked result)
    {
        _lookingAtSource = false;
        if (result.StartedAt < _countsFrom)
            return;
        if (result.Reading.End is { } end)
            _trail.Mark(result.Source, end, result.StartedAt);
        if (result.Reading.Problem is { } problem && problem != _sourceProblem && _backlog.IsFailing)
        {
            _log.Info(
                "Replication of {0}/{1}: whether its backlog is real could not be asked of its source {2}, so its own word counts: {3}",
                _cluster.Topology.Name, _host.Name, result.Source, problem);
        }

        _sourceProblem = _backlog.IsFailing ? result.Reading.Problem : null;
    }

    private void LeaveSource()
    {
        if (_source is { } source)
            _ = CloseAsync(source.Sight, source.Host.Name, _log);
        _source = null;
        _sourceProblem = null;
        _trail.Forget();
    }

    private ReplicationJudge.Judgement JudgeNow(Looked result)
    {
        TimeSpan patience = _cluster.Checks[CheckKind.RepThreads].TrapPeriod;
        ReplicationJudge.Judgement first = ReplicationJudge.Judge(result.Reading, _cluster.Topology, _cluster.MaxBacklog, TimeSpan.Zero, patience);
        if (first.Channel is null || !ReplicationJudge.IsConnecting(first.Channel))
        {
            // A look that could not read anything does not end the time the IO thread has been connecting.
            if (result.Reading.Problem is null)
                _connectingSince = null;
            return first;
        }

        _connectingSince ??= result.StartedAt;
        return ReplicationJudge.Judge(result.Reading, _cluster.Topology, _cluster.MaxBacklog, Now - _connectingSince.Value, patience);
    }

    private void AbstainAfterPause()
    {
        if (_pause.Observe(Now) is not { } gap)
            return;
        string why = $"Not checked since this monitor stood still for {gap.TotalSeconds:0.0} s";
        _threads.Forget(why);
        _backlog.Forget(why);
        _connectingSince = null;
        _trail.Forget();
        _last = null;
        _channel = null;
        _countsFrom = Now;
    }

    private void Report() => _setup.Coordinator.Tell(new ReplicationSight(
        _cluster.Topology.Name,
        _host.Name,
        _threads.Sight(Now),
        _backlog.Sight(Now),
        _channel is null ? null : IpOf(_channel.Source),
        _channel?.SecondsBehind,
        _last?.ReadOnly,
        _last?.Gtid));

    /// <summary>Replication may have been set up with a host's name instead of its address.</summary>
    private string IpOf(string source) => HostOf(source)?.Ip ?? source;

    private Host? HostOf(string source) =>
        _cluster.Topology.Hosts.TryGetValue(source, out Host? named) ? named : _cluster.Topology.Hosts.Values.FirstOrDefault(h => h.Ip == source);

    private void LogChange(ReplicationJudge.Judgement judgement) =>
        _log.Info(
            "Replication of {0}/{1}: rep_threads {2} {3}, rep_backlog {4} {5}",
            _cluster.Topology.Name, _host.Name, judgement.Threads.Outcome, judgement.Threads.Message, judgement.Backlog.Outcome, judgement.Backlog.Message);

    private static async Task<Looked> LookAsync(IReplicationSight sight, TimeSpan timeout, TimeSpan startedAt, CancellationToken stop)
    {
        try
        {
            return new Looked(startedAt, await sight.LookAsync(timeout, stop).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            return new Looked(startedAt, ReplicationReading.NotRead($"Error occurred: {e.Message}"));
        }
    }

    private static async Task<SourceLooked> LookAtSourceAsync(ISourceSight sight, string source, TimeSpan timeout, TimeSpan startedAt, CancellationToken stop)
    {
        try
        {
            return new SourceLooked(startedAt, source, await sight.LookAsync(timeout, stop).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            return new SourceLooked(startedAt, source, new SourceReading($"Error occurred: {e.Message}", null));
        }
    }

    private static async Task CloseAsync(IAsyncDisposable sight, string host, ILoggingAdapter log)
    {
        try
        {
            await sight.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            log.Debug("Closing the connection to {0}: {1}", host, e.Message);
        }
    }

    private sealed record LookDue
    {
        public static readonly LookDue Instance = new();
    }

    private sealed record Looked(TimeSpan StartedAt, ReplicationReading Reading);

    private sealed record SourceLooked(TimeSpan StartedAt, string Source, SourceReading Reading);
}
