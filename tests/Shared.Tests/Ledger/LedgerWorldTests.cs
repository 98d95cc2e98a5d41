using Xunit;

namespace Mmm.Shared.Tests.Ledger;

public sealed class LedgerWorldTests
{
    /// <summary>A longer search by hand: <c>MMM_SEEDS=100</c> runs a hundred times as many.</summary>
    private static readonly int s_times = int.Parse(Environment.GetEnvironmentVariable("MMM_SEEDS") ?? "1");

    [Theory]
    [InlineData(1, 300)]
    [InlineData(3, 2000)]
    [InlineData(5, 1000)]
    public void What_a_coordinator_was_told_to_be_stored_is_in_every_later_document_and_a_healed_world_goes_on(int keepers, int seeds)
    {
        int told = 0;
        seeds *= s_times;
        for (int seed = 0; seed < seeds; seed++)
        {
            var world = new LedgerWorld(seed, keepers);
            string? violation = world.Run(400 * keepers);
            Assert.True(violation is null, $"seed {seed}: {violation}\n{world.Trace}");
            told += world.Told;
            string? stuck = world.Heal();
            Assert.True(stuck is null, $"seed {seed}, healed: {stuck}\n{world.Trace}");
        }

        // The world must be one in which things get done, or it would prove nothing.
        Assert.True(told > 2 * seeds, $"only {told} documents were stored in {seeds} runs");
    }

    [Theory]
    [InlineData(1, 2, 1000)]
    [InlineData(3, 2, 2000)]
    [InlineData(3, 1, 1000)]
    public void And_so_it_is_while_monitors_come_to_vote_and_cease_to(int keepers, int spares, int seeds)
    {
        long told = 0, changes = 0;
        seeds *= s_times;
        for (int seed = 0; seed < seeds; seed++)
        {
            var world = new LedgerWorld(seed, keepers, spares: spares);
            string? violation = world.Run(1500);
            Assert.True(violation is null, $"seed {seed}: {violation}\n{world.Trace}");
            (told, changes) = (told + world.Told, changes + world.Changes);
            string? stuck = world.Heal();
            Assert.True(stuck is null, $"seed {seed}, healed: {stuck}\n{world.Trace}");
        }

        Assert.True(told > 2 * seeds && changes > seeds / 5, $"only {told} documents and {changes} changes of the voters were stored in {seeds} runs");
    }

    [Fact]
    public void Were_several_voters_exchanged_at_once_the_checker_would_find_a_violation()
    {
        int seed = 0;
        while (seed < 20000 && new LedgerWorld(seed, 3, Broken.TwoVotersAtOnce, spares: 2).Run(1500) is null)
            seed++;
        Assert.True(seed < 20000, $"it was not noticed in {seed} runs");
    }

    [Theory]
    [InlineData(Broken.QuorumOfTheLiving, 3)]
    [InlineData(Broken.BlankPretendsEmpty, 3)]
    [InlineData(Broken.AdoptedIsNotWrittenAgain, 3)]
    [InlineData(Broken.LowerEpochAccepted, 3)]
    [InlineData(Broken.AnswerBeforeStore, 3)]
    [InlineData(Broken.EarlierLifeCounts, 3)]
    [InlineData(Broken.CopyOfOneIsEnough, 3)]
    [InlineData(Broken.EpochsShared, 3)]
    [InlineData(Broken.BlankPretendsEmpty, 5)]
    [InlineData(Broken.AdoptedIsNotWrittenAgain, 5)]
    public void With_a_rule_taken_away_the_checker_finds_a_violation(Broken broken, int keepers)
    {
        int seed = 0;
        while (seed < 20000 && new LedgerWorld(seed, keepers, broken).Run(400 * keepers) is null)
            seed++;
        Assert.True(seed < 20000, $"{broken} was not noticed in {seed} runs");
        TestContext.Current.SendDiagnosticMessage($"{broken}: seed {seed}");
    }
}
