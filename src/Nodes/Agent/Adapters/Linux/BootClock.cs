namespace Mmm.Agent.Adapters.Linux;

/// <summary>
/// The clock of the leases: monotonic, not touched by whoever sets the time, and going on while the machine is suspended (CLOCK_BOOTTIME), so that a lease that ran
/// out meanwhile is over on waking up.
/// </summary>
public sealed class BootClock : TimeProvider
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    public override long TimestampFrequency => NanosecondsPerSecond;

    public override long GetTimestamp()
    {
        Span<long> time = stackalloc long[2];
        return LibC.ClockGetTime(LibC.ClockBootTime, time) == 0
            ? (time[0] * NanosecondsPerSecond) + time[1]
            : throw new InvalidOperationException($"this kernel has no CLOCK_BOOTTIME: {LibC.LastError()}");
    }
}
