namespace Mmm.Shared.Leases;

/// <summary>Durations that follow from <c>lease.ttl</c>.</summary>
/// <param name="Ttl">How long a lease runs from the moment its request was sent.</param>
public sealed record LeaseTerms(TimeSpan Ttl)
{
    /// <summary>
    /// Waited on top of the ttl before somebody else may hold what was leased: 2 % for clocks that run at different rates, and 150 ms for the kernel, which removes
    /// an address up to 0.13 s after its lifetime (measured on Linux 6).
    /// </summary>
    public TimeSpan Margin => (Ttl * 0.02) + TimeSpan.FromMilliseconds(150);

    /// <summary>How long a promise of one ttl is kept, and a restarted process waits where it may have forgotten one.</summary>
    public TimeSpan Promise => Ttl + Margin;

    /// <summary>Time between two renewals: five chances within a ttl.</summary>
    public TimeSpan RenewEvery => Ttl / 5;

    /// <summary>What must be left of a lease when the other hosts are asked to let this one go on (failsafe): asked at two thirds.</summary>
    public TimeSpan FailsafeAt => Ttl / 3;

    /// <summary>Time between two such requests.</summary>
    public TimeSpan HoldEvery => Ttl / 10;

    /// <summary>How long a lease whose age has come into doubt may wait for its renewal; answers take milliseconds.</summary>
    public TimeSpan ProveWithin => Ttl / 10;

    /// <summary>
    /// Lifetime of an address in the kernel, in whole seconds, rounded down so that it never outlasts the lease; zero = the address must not be shown.
    /// </summary>
    public static int KernelSeconds(TimeSpan left) => left <= TimeSpan.Zero ? 0 : (int)Math.Min(left.TotalSeconds, int.MaxValue);
}
