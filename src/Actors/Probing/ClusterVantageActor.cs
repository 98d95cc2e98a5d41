using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Checks;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Probing;

/// <summary>
/// This node's view of the servers of one MMM cluster; child of <see cref="VantageActor"/>. Owns a connection per server.
/// Receives <see cref="SightProtocol.LookNow"/> and <see cref="VantageActor.NetworkSeen"/>; sends <see cref="SightProtocol.VantageReport"/> to the
/// coordinator's proxy every shortest check period, and at once when an outcome changes. A restart forgets what was measured: "not checked yet"
/// is the safe answer.
/// </summary>
public sealed class ClusterVantageActor : ReceiveActor, IWithTimers
{
    /// <summary>Changes that come close together share a report: a switch that dies must not cost a report per server.</summary>
    private static readonly TimeSpan ReportSpacing = TimeSpan.FromMilliseconds(50);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ClusterSettings _cluster;
    private readonly VantageActor.Setup _setup;
    private readonly SortedDictionary<string, Server> _servers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly long _origin;
    private readonly TimeSpan _period;
    private readonly PauseGuard _pause;
    private bool _networkOk;
    private long _seq;
    private TimeSpan? _reportedAt;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ClusterSettings cluster, VantageActor.Setup setup, bool networkOk) =>
        Akka.Actor.Props.Create(() => new ClusterVantageActor(cluster, setup, networkOk));

    public ClusterVantageActor(ClusterSettings cluster, VantageActor.Setup setup, bool networkOk)
    {
        _cluster = cluster;
        _setup = setup;
        _networkOk = networkOk;
        _origin = setup.Time.GetTimestamp();

        // Above every Seq of an earlier run of this actor in this process: the coordinator drops what is not newer.
        _seq = _origin;
        CheckSettings ping = cluster.Checks[CheckKind.Ping];
        CheckSettings mysql = cluster.Checks[CheckKind.Mysql];
        _period = ping.CheckPeriod < mysql.CheckPeriod ? ping.CheckPeriod : mysql.CheckPeriod;
        _pause = new PauseGuard(_period, Now);
        foreach (Host host in cluster.Topology.Hosts.Values)
        {
            IMysqlSight sight = setup.Ports.Mysql.Watch(host, cluster.MonitorUser);
            _servers[host.Name] = new Server(
                new Check(host, CheckKind.Ping, ping, stop => setup.Ports.Pinger.PingAsync(host.Ip, ping.Timeout, stop)),
                new Check(host, CheckKind.Mysql, mysql, stop => sight.LookAsync(mysql.Timeout, stop)),
                sight);
        }

        Watching();
    }

    private void Watching()
    {
        Receive<CheckDue>(HandleCheckDue);
        Receive<Checked>(HandleChecked);
        Receive<PeriodicReportDue>(_ => HandlePeriodicReportDue());
        Receive<ReportDue>(_ => HandleReportDue());
        Receive<VantageActor.NetworkSeen>(HandleNetworkSeen);
        Receive<SightProtocol.LookNow>(HandleLookNow);
    }

    private TimeSpan Now => _setup.Time.GetElapsedTime(_origin);

    protected override void PreStart()
    {
        foreach (Check check in _servers.Values.SelectMany(s => s.Checks))
            Arm(check, Spread.Of($"{_setup.Identity.Node}/{_cluster.Topology.Name}/{check.Host.Name}/{check.Kind}", check.Settings.CheckPeriod));
        Timers.StartSingleTimer(PeriodicReportDue.Instance, PeriodicReportDue.Instance, _period);
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
        foreach (Server server in _servers.Values)
            _ = CloseAsync(server.Sight, server.Mysql.Host.Name, _log);
    }

    private void HandleCheckDue(CheckDue due)
    {
        AbstainAfterPause();
        Arm(due.Check, due.Check.Settings.CheckPeriod);
        if (!due.Check.InFlight)
            Start(due.Check);
    }

    private void HandleChecked(Checked result)
    {
        AbstainAfterPause();
        Check check = result.Check;
        check.InFlight = false;
        TimeSpan now = Now;

        // The port keeps its deadline; a reading that comes far later means that this node was too starved to measure.
        bool tooLate = now - result.StartedAt > (check.Settings.Timeout * 2) + TimeSpan.FromSeconds(1);
        if (result.StartedAt >= check.CountsFrom && !tooLate)
        {
            bool changed = check.Track.Record(result.Reading, result.StartedAt);
            if (changed || check.Awaited)
                ReportSoon();
            if (changed)
                LogChange(check, result.Reading);
        }

        check.Awaited = check.Again;
        if (check.Again)
        {
            check.Again = false;
            Start(check);
        }
    }

    private void HandleLookNow(SightProtocol.LookNow order)
    {
        AbstainAfterPause();
        if (!_servers.TryGetValue(order.Host, out Server? server))
        {
            _log.Warning("Asked to look at host '{0}', which cluster {1} does not have in this monitor's configuration", order.Host, order.Cluster);
            return;
        }

        foreach (Check check in server.Checks)
        {
            // A run that is under way may have begun before the event that made the coordinator ask.
            if (check.InFlight)
            {
                check.Again = true;
            }
            else
            {
                check.Awaited = true;
                Start(check);
            }
        }
    }

    private void HandleNetworkSeen(VantageActor.NetworkSeen seen)
    {
        AbstainAfterPause();
        if (seen.Ok == _networkOk)
            return;
        _networkOk = seen.Ok;
        if (seen.Ok)
            Forget(c => c.Track.IsFailing, "Not checked since this monitor's own network came back");
        ReportSoon();
    }

    private void HandlePeriodicReportDue()
    {
        AbstainAfterPause();
        Timers.StartSingleTimer(PeriodicReportDue.Instance, PeriodicReportDue.Instance, _period);
        Report();
    }

    private void HandleReportDue()
    {
        AbstainAfterPause();
        Report();
    }

    /// <summary>Every handler begins with this: nothing measured across a pause of this process is used.</summary>
    private void AbstainAfterPause()
    {
        if (_pause.Observe(Now) is not { } gap)
            return;
        _log.Warning("Cluster {0}: this monitor stood still for {1:0.0} s; what it measured meanwhile is discarded", _cluster.Topology.Name, gap.TotalSeconds);
        Forget(_ => true, $"Not checked since this monitor stood still for {gap.TotalSeconds:0.0} s");
        Report();
    }

    private void Forget(Func<Check, bool> which, string why)
    {
        TimeSpan now = Now;
        foreach (Check check in _servers.Values.SelectMany(s => s.Checks).Where(which))
        {
            check.Track.Forget(why);
            check.CountsFrom = now;
        }
    }

    private void Start(Check check)
    {
        check.InFlight = true;
        _ = RunAsync(check, Now, _stop.Token).PipeTo(Self);
    }

    private static async Task<Checked> RunAsync(Check check, TimeSpan startedAt, CancellationToken stop)
    {
        try
        {
            return new Checked(check, startedAt, await check.Run(stop).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            // Ports turn every state of a server into a reading; this is a defect of ours and says nothing about the server.
            return new Checked(check, startedAt, CheckReading.Unknown($"Error occurred: {e.Message}"));
        }
    }

    private void Arm(Check check, TimeSpan delay) => Timers.StartSingleTimer(check, new CheckDue(check), delay);

    private void ReportSoon()
    {
        if (_reportedAt is not { } last || Now - last >= ReportSpacing)
            Report();
        else if (!Timers.IsTimerActive(ReportDue.Instance))
            Timers.StartSingleTimer(ReportDue.Instance, ReportDue.Instance, ReportSpacing);
    }

    private void Report()
    {
        Timers.Cancel(ReportDue.Instance);
        TimeSpan now = Now;
        _reportedAt = now;
        _setup.Coordinator.Tell(new SightProtocol.VantageReport(
            _cluster.Topology.Name,
            _setup.Identity.Node,
            _setup.Identity.StartedUtcTicks,
            ++_seq,
            _networkOk,
            [.. _servers.Select(s => new SightProtocol.ServerSight(s.Key, s.Value.Ping.Track.Sight(now), s.Value.Mysql.Track.Sight(now)))],
            _setup.Fingerprint,
            _setup.CertificateEnds?.Invoke()));
    }

    private void LogChange(Check check, CheckReading reading) =>
        _log.Info(
            "{0} on {1}/{2}: {3}{4}",
            CheckNames.NameOf(check.Kind), _cluster.Topology.Name, check.Host.Name, reading.Outcome, reading.Message.Length > 0 ? $": {reading.Message}" : "");

    private static async Task CloseAsync(IMysqlSight sight, string host, ILoggingAdapter log)
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

    private sealed class Check(Host host, CheckKind kind, CheckSettings settings, Func<CancellationToken, Task<CheckReading>> run)
    {
        public Host Host { get; } = host;

        public CheckKind Kind { get; } = kind;

        public CheckSettings Settings { get; } = settings;

        public Func<CancellationToken, Task<CheckReading>> Run { get; } = run;

        public CheckTrack Track { get; } = new();

        public bool InFlight { get; set; }

        /// <summary>Run once more when the run under way ends.</summary>
        public bool Again { get; set; }

        /// <summary>Report the run under way even if nothing changed: the coordinator asked.</summary>
        public bool Awaited { get; set; }

        /// <summary>Runs begun before this say nothing.</summary>
        public TimeSpan CountsFrom { get; set; }
    }

    private sealed record Server(Check Ping, Check Mysql, IMysqlSight Sight)
    {
        public ImmutableArray<Check> Checks { get; } = [Ping, Mysql];
    }

    private sealed record CheckDue(Check Check) : INoSerializationVerificationNeeded;

    private sealed record Checked(Check Check, TimeSpan StartedAt, CheckReading Reading) : INoSerializationVerificationNeeded;

    private sealed record PeriodicReportDue
    {
        public static readonly PeriodicReportDue Instance = new();
    }

    private sealed record ReportDue
    {
        public static readonly ReportDue Instance = new();
    }
}
