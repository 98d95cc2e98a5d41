namespace Mmm.Actors.Coordinator;

/// <summary>
/// Time for decisions: UTC as it was when the coordinator began, advanced by the monotonic clock. A clock that is stepped on the
/// host neither ages a failure nor makes one younger; documents of different coordinators still compare.
/// </summary>
public sealed class CoordinatorClock(TimeProvider time)
{
    private readonly DateTimeOffset _startedUtc = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();

    public DateTimeOffset Now => _startedUtc + time.GetElapsedTime(_started);
}
