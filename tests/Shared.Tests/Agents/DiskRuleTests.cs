using Mmm.Shared.Agents;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Agents;

/// <summary>What is made of a write to the disk of mysqld's data.</summary>
public sealed class DiskRuleTests
{
    private const long Min = 16 << 20;

    [Theory]
    [InlineData(0, DiskState.Ok)]
    [InlineData(28, DiskState.Full)]
    [InlineData(122, DiskState.Full)]
    [InlineData(30, DiskState.ReadOnly)]
    [InlineData(5, DiskState.ReadOnly)]
    [InlineData(13, DiskState.Unknown)]
    [InlineData(2, DiskState.Unknown)]
    public void Its_error_tells(int errno, DiskState state) =>
        Assert.Equal(
            new DiskFacts(state, "/data", errno == 0 ? null : "said so", errno == 0 ? 1L << 40 : null),
            DiskRule.Judge(new DiskProbe("/data", errno, errno == 0 ? null : "said so", errno == 0 ? 1L << 40 : null), null, Min));

    [Theory]
    [InlineData(Min, DiskState.Ok, DiskState.Ok)]
    [InlineData(Min - 1, DiskState.Ok, DiskState.Full)]
    [InlineData((2 * Min) - 1, DiskState.Full, DiskState.Full)]
    [InlineData(2 * Min, DiskState.Full, DiskState.Ok)]
    public void One_with_too_little_space_is_full_until_twice_that_is_free(long free, DiskState before, DiskState now) =>
        Assert.Equal(now, DiskRule.Judge(new DiskProbe("/data", 0, null, free), new DiskFacts(before, "/data", null, null), Min).State);

    [Fact]
    public void The_sentences_say_how_much_is_missing_and_by_which_setting()
    {
        Assert.Equal("3 MiB are free, fewer than 16 (disk.min_free_mb)", DiskRule.Judge(new DiskProbe("/data", 0, null, 3 << 20), null, Min).Message);
        Assert.Equal(
            "20 MiB are free again, and 32 are needed to go on (twice disk.min_free_mb)",
            DiskRule.Judge(new DiskProbe("/data", 0, null, 20 << 20), new DiskFacts(DiskState.Full, "/data", null, null), Min).Message);
    }
}
