namespace Mmm.Lab.Client;

/// <summary>Counts what the client sees; times are milliseconds of the run's monotonic clock.</summary>
internal sealed class WriteLog(long run)
{
    private readonly Dictionary<int, long> _by = [];
    private readonly Dictionary<string, long> _failures = new(StringComparer.Ordinal);
    private readonly List<long> _unsaved = [];
    private double? _lastAt;
    private double _longest;
    private long _acknowledged;
    private long _failed;
    private int _lastServer;

    public void Acknowledged(long id, int server, double atMs)
    {
        // Starting up is no outage: the first acknowledgement begins the count.
        _longest = Math.Max(_longest, atMs - (_lastAt ?? atMs));
        _lastAt = atMs;
        _acknowledged++;
        _lastServer = server;
        _by[server] = _by.GetValueOrDefault(server) + 1;
        _unsaved.Add(id);
    }

    public void Failed(string kind)
    {
        _failed++;
        _failures[kind] = _failures.GetValueOrDefault(kind) + 1;
    }

    /// <summary>Appends the acknowledged ids first, so that no report ever counts a row that is not listed.</summary>
    public void Save(LabPaths paths, double nowMs, bool finished)
    {
        File.AppendAllLines(paths.ClientAcknowledged, _unsaved.Select(id => id.ToString()));
        _unsaved.Clear();
        double present = nowMs - (_lastAt ?? 0);
        new ClientReport(run, finished, (long)nowMs, _acknowledged, _failed, (long)Math.Max(_longest, present), _lastAt is null ? null : (long)present,
            new Dictionary<int, long>(_by), _lastServer, new Dictionary<string, long>(_failures)).Write(paths);
    }
}
