using CsCheck;
using Xunit;

namespace Mmm.Shared.Tests.Leases;

public sealed class LeaseSchedulePropertyTests
{
    /// <summary>A longer search by hand: <c>MMM_SEEDS=100</c> runs a hundred times as many.</summary>
    private static readonly int s_times = int.Parse(Environment.GetEnvironmentVariable("MMM_SEEDS") ?? "1");

    [Fact]
    public void No_lease_outlasts_what_a_quorum_of_granters_accounts_for()
    {
        int held = 0, over = 0, runs = 0;
        Gen.Int[0, int.MaxValue - 1].Sample(seed =>
        {
            var schedule = new LeaseSchedule(seed);
            string? violation = schedule.Run();
            Assert.True(violation is null, $"seed {seed}: {violation}");
            Interlocked.Add(ref held, schedule.Held);
            Interlocked.Add(ref over, schedule.Over ? 1 : 0);
            Interlocked.Increment(ref runs);
        }, iter: 300 * s_times, threads: 2);
        // The schedules must be such that leases are held and end, or they would prove nothing.
        Assert.True(held > 100 * runs, $"the host had its lease at {held} moments of {runs} runs");
        Assert.True(over > runs / 2, $"the withdrawal ended in {over} of {runs} runs");
    }
}
