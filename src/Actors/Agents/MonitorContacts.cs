using System.Collections.Immutable;
using Akka.Event;

namespace Mmm.Actors.Agents;

/// <summary>Which monitors have acknowledged a report lately; a change is one line in the log.</summary>
internal sealed class MonitorContacts
{
    /// <summary>Missed heartbeats after which a monitor counts as out of reach: one may be lost, but not one after the other.</summary>
    private const int Patience = 4;

    /// <summary>Agent and monitors are often started together, and a monitor takes a while to come up.</summary>
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly TimeSpan _heartbeat;
    private readonly ILoggingAdapter _log;
    private readonly Dictionary<string, (long At, bool? InReach)> _monitors;
    private readonly Dictionary<string, long> _heard = [];

    /// <param name="monitors">Configured names.</param>
    /// <param name="time">Clock.</param>
    /// <param name="heartbeat">Interval of the reports.</param>
    /// <param name="log">Of the agent.</param>
    public MonitorContacts(IEnumerable<string> monitors, TimeProvider time, TimeSpan heartbeat, ILoggingAdapter log)
    {
        _time = time;
        _heartbeat = heartbeat;
        _log = log;
        long now = time.GetTimestamp();
        _monitors = monitors.ToDictionary(m => m, _ => (now, (bool?)null));
    }

    public void Heard(string monitor)
    {
        if (!_monitors.TryGetValue(monitor, out (long At, bool? InReach) known) || known.InReach != true)
            _log.Info("Monitor '{0}' hears this agent.", monitor);
        _monitors[monitor] = (_time.GetTimestamp(), true);
        _heard[monitor] = _time.GetTimestamp();
    }

    /// <summary>Time since each configured monitor last acknowledged a report; null = it never has.</summary>
    public ImmutableSortedDictionary<string, TimeSpan?> LastHeard() =>
        _monitors.Keys.ToImmutableSortedDictionary(m => m, m => _heard.TryGetValue(m, out long at) ? _time.GetElapsedTime(at) : (TimeSpan?)null, StringComparer.Ordinal);

    public void Look()
    {
        foreach ((string monitor, (long at, bool? inReach)) in _monitors.ToArray())
        {
            if (inReach == false || _time.GetElapsedTime(at) < (inReach is null ? s_startPatience : _heartbeat * Patience))
                continue;
            _monitors[monitor] = (at, false);
            _log.Warning("Monitor '{0}' has not acknowledged a report for {1:0.0} s: it is down, or out of reach from here.", monitor, _time.GetElapsedTime(at).TotalSeconds);
        }
    }
}
