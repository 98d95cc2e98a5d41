namespace Mmm.Actors.Probing;

/// <summary>
/// Notices that this process did not run for a while (SIGSTOP, a paused or starved virtual machine): then whatever was being measured says
/// something about this node and nothing about the servers. The owner calls <see cref="Observe"/> with every message it handles and keeps a
/// timer running at <paramref name="pulse"/>, so the gap between two calls is at most a little more than that while all is well.
/// </summary>
/// <param name="pulse">Period of the owner's own timer.</param>
/// <param name="start">Monotonic now.</param>
public sealed class PauseGuard(TimeSpan pulse, TimeSpan start)
{
    private TimeSpan _last = start;

    /// <summary>Three missed pulses: one may be late by the scheduler's tick and a busy thread pool.</summary>
    public TimeSpan Limit { get; } = pulse * 3;

    /// <summary>Length of the pause that has just ended; null when there was none.</summary>
    public TimeSpan? Observe(TimeSpan now)
    {
        TimeSpan gap = now - _last;
        _last = now;
        return gap > Limit ? gap : null;
    }
}
