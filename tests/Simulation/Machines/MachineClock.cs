namespace Mmm.Simulation.Machines;

/// <summary>
/// A machine's monotonic clock: it started anywhere, and runs up to 1 % too fast or too slow. Only the world knows the true time; the
/// machines under test are given nothing but this.
/// </summary>
/// <param name="rate">Seconds it counts in a true second.</param>
/// <param name="offset">What it showed at the beginning of the world.</param>
internal sealed class MachineClock(double rate, TimeSpan offset)
{
    public TimeSpan Read(TimeSpan trueTime) => offset + (trueTime * rate);

    /// <summary>How long such a span of this clock truly takes.</summary>
    public TimeSpan TrueSpan(TimeSpan local) => local / rate;

    public override string ToString() => $"rate {rate:0.0000}";
}
