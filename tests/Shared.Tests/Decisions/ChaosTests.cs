using Xunit;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>
/// Safety under random faults (asserted by <see cref="World"/> after every step: rules of the document, one effective writer at most,
/// effects only after their decision is stored), then liveness: healed, everything is as configured.
/// </summary>
public sealed class ChaosTests
{
    public static TheoryData<int> Batches => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Batches))]
    public void Whatever_happens_nothing_breaks_and_a_healed_cluster_comes_to_rest(int batch)
    {
        for (int seed = batch * Seeds; seed < (batch + 1) * Seeds; seed++)
        {
            try
            {
                var chaos = new Chaos(seed);
                chaos.Run(90);
                chaos.Heal();
            }
            catch (Exception e)
            {
                throw new Xunit.Sdk.XunitException($"seed {seed}: {e.Message}", e);
            }
        }
    }

    /// <summary>Per batch; more for a long run: MMM_CHAOS_SEEDS=200.</summary>
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("MMM_CHAOS_SEEDS"), out int n) ? n : 5;
}
