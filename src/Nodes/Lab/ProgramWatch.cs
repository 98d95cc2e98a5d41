using Mmm.Lab.Processes;

namespace Mmm.Lab;

/// <summary>
/// Evidence that waiting is in vain. How long a lab takes says how busy the machine is, and nothing more; a program that has ended, or ends
/// again and again, will not get better.
/// </summary>
internal sealed class ProgramWatch
{
    /// <summary>How long a busy machine may take for any one thing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Once may be the machine's fault (a monitor that was starved out of its cluster starts anew), three times in one wait is not.</summary>
    private const int TooManyRestarts = 3;

    private readonly LabCluster _lab;
    private readonly Dictionary<string, int> _restartsBefore;

    private ProgramWatch(LabCluster lab, Dictionary<string, int> restartsBefore)
    {
        _lab = lab;
        _restartsBefore = restartsBefore;
    }

    /// <summary>Restarts count from now on.</summary>
    public static async Task<ProgramWatch> BeginAsync(LabCluster lab, CancellationToken ct) =>
        new(lab, (await lab.ProcessesAsync(ct)).ToDictionary(p => p.Key, p => p.Restarts, StringComparer.Ordinal));

    /// <exception cref="LabException">A server, agent or monitor has ended for good, or keeps ending.</exception>
    public async Task CheckAsync(CancellationToken ct)
    {
        foreach (KeeperProtocol.KeptState p in await _lab.ProcessesAsync(ct))
        {
            if (!LabPrograms.Of(_lab.Plan, _lab.Plan[p.Host]).Contains(p.Program))
                continue;
            if (p is { Pid: 0, Wanted: false })
                throw new LabException($"{p.Program} on {p.Host} is not running (exit code {p.ExitCode}). {LogEnd(p)}");
            if (p.Restarts - _restartsBefore.GetValueOrDefault(p.Key) >= TooManyRestarts)
                throw new LabException($"{p.Program} on {p.Host} ends again and again (exit code {p.ExitCode}). {LogEnd(p)}");
        }
    }

    private string LogEnd(KeeperProtocol.KeptState p)
    {
        string file = _lab.Paths.Log(p.Host, p.Program);
        return "Its log ends: " + (File.Exists(file) ? string.Join(" | ", File.ReadLines(file).TakeLast(5)) : "(no log)");
    }
}
