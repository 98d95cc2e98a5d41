using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Probing;

/// <summary>
/// <c>/user/vantage</c> on every monitor node: sees for itself whether each server answers, so that "down" is a quorum's judgement. Owns the network
/// check (MMM's <c>ping_ips</c>) and one <see cref="ClusterVantageActor"/> per MMM cluster; passes <see cref="LookNow"/> on to it.
/// </summary>
public sealed class VantageActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly MmmSettings _settings;
    private readonly Setup _setup;
    private readonly Dictionary<string, IActorRef> _clusters = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly long _origin;
    private readonly PauseGuard _pause;
    private TimeSpan _countsFrom;
    private bool _pinging;

    /// <summary>Null until the first round: a node that does not know its own network abstains.</summary>
    private bool? _networkOk;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>What every observer of a node is given.</summary>
    /// <param name="Identity">This start of this node.</param>
    /// <param name="Ports">How servers are looked at.</param>
    /// <param name="Coordinator">Singleton proxy.</param>
    /// <param name="Time">Monotonic clock.</param>
    /// <param name="Fingerprint">Of the settings, for the reports; null = none.</param>
    /// <param name="IsOld">The node runs with other settings by now than this was made by; null = it never does.</param>
    /// <param name="CertificateEnds">End of the node's certificate as it is now; null = it has none.</param>
    public sealed record Setup(
        ProcessIdentity Identity, ProbingPorts Ports, IActorRef Coordinator, TimeProvider Time, string? Fingerprint, Func<bool>? IsOld = null, Func<DateTimeOffset>? CertificateEnds = null);

    /// <summary>Parent -> child: state of this node's own network.</summary>
    public sealed record NetworkSeen(bool Ok);

    public static Props Props(MmmSettings settings, Setup setup) => Akka.Actor.Props.Create(() => new VantageActor(settings, setup));

    public VantageActor(MmmSettings settings, Setup setup)
    {
        _settings = settings;
        _setup = setup;
        _origin = setup.Time.GetTimestamp();
        _pause = new PauseGuard(settings.Monitor.PingInterval, Now);
        Receive<NetworkCheckDue>(_ => HandleNetworkCheckDue());
        Receive<NetworkChecked>(HandleNetworkChecked);
        Receive<LookNow>(HandleLookNow);
    }

    private TimeSpan Now => _setup.Time.GetElapsedTime(_origin);

    private bool HasNetworkCheck => !_settings.Monitor.PingIps.IsEmpty;

    protected override void PreStart()
    {
        foreach ((string name, ClusterSettings cluster) in _settings.Clusters)
            _clusters[name] = Context.ActorOf(ClusterVantageActor.Props(cluster, _setup, !HasNetworkCheck), Uri.EscapeDataString(name));
        if (HasNetworkCheck)
            Self.Tell(NetworkCheckDue.Instance);
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void HandleLookNow(LookNow order)
    {
        if (_clusters.TryGetValue(order.Cluster, out IActorRef? child))
            child.Forward(order);
        else
            _log.Warning("Asked to look at cluster '{0}', which this monitor's configuration does not have", order.Cluster);
    }

    private void HandleNetworkCheckDue()
    {
        Timers.StartSingleTimer(NetworkCheckDue.Instance, NetworkCheckDue.Instance, _settings.Monitor.PingInterval);
        AbstainAfterPause();
        if (_pinging)
            return;
        _pinging = true;
        _ = PingAllAsync(_setup.Ports.Pinger, [.. _settings.Monitor.PingIps], _settings.Monitor.PingInterval, Now, _stop.Token).PipeTo(Self);
    }

    private void HandleNetworkChecked(NetworkChecked result)
    {
        _pinging = false;
        AbstainAfterPause();
        if (result.StartedAt < _countsFrom || _networkOk == result.Ok)
            return;
        if (result.Ok)
            _log.Info("Network is reachable");
        else
            _log.Error("Network is unreachable: none of ping_ips answers ({0}). This monitor's view of the servers does not count until one does.", result.Message);
        _networkOk = result.Ok;
        Tell(new NetworkSeen(result.Ok));
    }

    private void AbstainAfterPause()
    {
        if (_pause.Observe(Now) is not null)
            _countsFrom = Now;
    }

    private void Tell(NetworkSeen seen)
    {
        foreach (IActorRef child in _clusters.Values)
            child.Tell(seen);
    }

    /// <summary>The network is there as soon as one address answers.</summary>
    private static async Task<NetworkChecked> PingAllAsync(IPinger pinger, string[] ips, TimeSpan timeout, TimeSpan startedAt, CancellationToken stop)
    {
        List<Task<CheckReading>> pings = [.. ips.Select(ip => PingAsync(pinger, ip, timeout, stop))];
        List<string> problems = [];
        while (pings.Count > 0)
        {
            Task<CheckReading> done = await Task.WhenAny(pings).ConfigureAwait(false);
            pings.Remove(done);
            CheckReading reading = await done.ConfigureAwait(false);
            if (reading.Outcome == Outcome.Ok)
                return new NetworkChecked(true, startedAt, "");
            problems.Add(reading.Message);
        }

        return new NetworkChecked(false, startedAt, string.Join("; ", problems));
    }

    private static async Task<CheckReading> PingAsync(IPinger pinger, string ip, TimeSpan timeout, CancellationToken stop)
    {
        try
        {
            return await pinger.PingAsync(ip, timeout, stop).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return CheckReading.Unknown($"{ip}: {e.Message}");
        }
    }

    private sealed record NetworkCheckDue
    {
        public static readonly NetworkCheckDue Instance = new();
    }

    private sealed record NetworkChecked(bool Ok, TimeSpan StartedAt, string Message);
}
