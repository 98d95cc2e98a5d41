namespace Mmm.Agent.Tests.Actors;

/// <summary>The system's clocks, which a test can put forward or stop.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ahead;
    private long _stoppedAt = -1;
    private long _timeOfDayAhead;

    /// <summary>The monotonic clock.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));

    /// <summary>From here on the monotonic clock only goes by <see cref="Jump"/>, and the time of day with it.</summary>
    public void Stop() => Interlocked.Exchange(ref _stoppedAt, base.GetTimestamp());

    /// <summary>Somebody sets the time of day.</summary>
    public void SetTimeOfDay(TimeSpan by) => Interlocked.Add(ref _timeOfDayAhead, by.Ticks);

    public override long GetTimestamp() =>
        (Interlocked.Read(ref _stoppedAt) is >= 0 and var stopped ? stopped : base.GetTimestamp()) + Interlocked.Read(ref _ahead);

    public override DateTimeOffset GetUtcNow() =>
        Interlocked.Read(ref _stoppedAt) >= 0
            ? DateTimeOffset.UnixEpoch + GetElapsedTime(0) + TimeSpan.FromTicks(Interlocked.Read(ref _timeOfDayAhead))
            : base.GetUtcNow().AddTicks(Interlocked.Read(ref _timeOfDayAhead));
}
