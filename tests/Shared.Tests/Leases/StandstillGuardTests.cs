using Mmm.Shared.Leases;
using Xunit;

namespace Mmm.Shared.Tests.Leases;

public sealed class StandstillGuardTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 100, false)]
    [InlineData(0, 175, false)]
    [InlineData(0, 176, true)]
    [InlineData(0, 3600_000, true)]
    [InlineData(0, -3600_000, false)]
    public void A_time_of_day_that_gains_on_the_monotonic_clock_at_one_blow_is_a_doubt(int first, int second, bool doubted)
    {
        (StandstillGuard guard, TimeSpan? atFirst) = default(StandstillGuard).Look(s_noon.AddMilliseconds(first), TimeSpan.FromSeconds(5));

        (_, TimeSpan? gained) = guard.Look(s_noon.AddMilliseconds(second), TimeSpan.FromSeconds(5.1));

        Assert.Null(atFirst);
        Assert.Equal(doubted ? TimeSpan.FromMilliseconds(second - 100) : null, gained);
    }

    [Fact]
    public void Each_gain_is_doubted_once_and_small_ones_do_not_add_up()
    {
        var guard = default(StandstillGuard);
        DateTimeOffset timeOfDay = s_noon;
        TimeSpan monotonic = TimeSpan.Zero;
        List<TimeSpan?> gains = [];
        foreach (int gain in (int[])[0, 20, 20, 20, 20, 20, 500, 0])
        {
            (guard, TimeSpan? gained) = guard.Look(timeOfDay += TimeSpan.FromMilliseconds(100 + gain), monotonic += TimeSpan.FromMilliseconds(100));
            gains.Add(gained);
        }

        Assert.Equal([null, null, null, null, null, null, TimeSpan.FromMilliseconds(500), null], gains);
    }
}
