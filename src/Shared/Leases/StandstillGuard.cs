namespace Mmm.Shared.Leases;

/// <summary>
/// Notices that a machine stood still without its monotonic clock noticing. A hypervisor that pauses a guest (stop and continue, snapshot, migration) also stops the guest's clocks;
/// what shows it is that the time of day is set right afterwards (guest tools, NTP): it gains on the monotonic clock at one blow. So does an operator's <c>date -s</c>: a gain is a doubt, not a proof.
/// </summary>
/// <param name="Lead">How far the time of day was ahead of the monotonic clock at the last look; null before the first.</param>
public readonly record struct StandstillGuard(TimeSpan? Lead)
{
    /// <summary>A gain between two looks that is not doubted: half of the smallest margin that others wait on top of a lease. Clocks that are slewed gain less (500 ppm, adjtimex).</summary>
    public static readonly TimeSpan Unnoticed = TimeSpan.FromMilliseconds(75);

    /// <summary>Looks at both clocks.</summary>
    /// <returns>How much the time of day gained since the last look when that is a doubt; else null. A step back is none: nobody stood still by it.</returns>
    public (StandstillGuard Next, TimeSpan? Gained) Look(DateTimeOffset timeOfDay, TimeSpan monotonic)
    {
        TimeSpan lead = timeOfDay - DateTimeOffset.UnixEpoch - monotonic;
        TimeSpan gained = lead - (Lead ?? lead);
        return (new StandstillGuard(lead), gained > Unnoticed ? gained : null);
    }
}
