namespace Mmm.Actors.Ledger;

/// <summary>Doubling pauses.</summary>
/// <param name="First">After the first try.</param>
/// <param name="Most">The longest.</param>
internal readonly record struct Backoff(TimeSpan First, TimeSpan Most)
{
    /// <param name="tries">How many were made before this one.</param>
    public TimeSpan After(int tries) => tries >= 20 ? Most : TimeSpan.FromTicks(Math.Min(Most.Ticks, First.Ticks << tries));
}
