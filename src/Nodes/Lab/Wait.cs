namespace Mmm.Lab;

/// <summary>Waits for a condition, never for a time.</summary>
public static class Wait
{
    /// <param name="what">The condition as words that follow "until".</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="condition">Asked again and again.</param>
    /// <param name="every">Pause between two looks; 50 ms unless told.</param>
    /// <param name="why">Told when the deadline passes: what is true instead.</param>
    /// <param name="ct">Ends the wait early.</param>
    /// <exception cref="LabException">The deadline passed.</exception>
    public static async Task UntilAsync(
        string what, TimeSpan deadline, Func<CancellationToken, Task<bool>> condition, TimeSpan? every = null, Func<Task<string>>? why = null, CancellationToken ct = default)
    {
        TimeProvider clock = TimeProvider.System;
        long start = clock.GetTimestamp();
        while (!await condition(ct))
        {
            if (clock.GetElapsedTime(start) >= deadline)
                throw new LabException($"After {deadline.TotalSeconds:0.#} s it is still not so that {what}.{(why is null ? "" : " " + await why())}");
            await Task.Delay(every ?? TimeSpan.FromMilliseconds(50), clock, ct);
        }
    }
}
