namespace Mmm.Agent.Tests.Actors;

/// <summary>The system's clocks, which a test can put forward.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ahead;

    public void Jump(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);
}
