using Mmm.Shared.Gtids;
using Xunit;

namespace Mmm.Shared.Tests.Gtids;

/// <summary>What a server that returns has and the active master lacks.</summary>
public sealed class GtidHistoryTests
{
    private const string A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private const string B = "7a3d9862-e9d0-11f1-9562-02fc00000001";

    [Theory]
    [InlineData("0-1-100", "0-1-100,0-2-105", "", "")]
    [InlineData("0-1-101", "0-1-100,0-2-105", "", "0-1-101")]
    [InlineData("0-1-103", "0-1-100,0-2-105", "", "0-1-101..0-1-103")]
    // Applied without being logged (log_slave_updates off), or restored from a backup.
    [InlineData("0-1-100", "0-2-105", "0-1-100", "")]
    [InlineData("0-1-101", "0-2-105", "0-1-100", "0-1-101")]
    // It logs what it applies: that others have gone on with the sequence says nothing of this server's.
    [InlineData("0-1-101", "0-1-100,0-3-500", "0-3-500", "0-1-101")]
    // Nothing of it was ever there.
    [InlineData("7-1-3", "0-2-105", "0-1-100", "7-1-1..7-1-3")]
    // What the other wrote itself it has, whatever it said before.
    [InlineData("0-1-100,0-2-107", "0-1-100,0-2-105", "", "")]
    [InlineData("11-11-5,12-12-9", "11-11-4,12-12-7", "", "11-11-5")]
    public void MariaDB(string executed, string others, string othersApplied, string missing) =>
        Assert.Equal(missing, GtidHistory.Missing(new GtidHistory(executed, ""), new GtidHistory(others, othersApplied), executed.Contains("12-12", StringComparison.Ordinal) ? "12" : "2"));

    [Theory]
    [InlineData($"{A}:1-100", $"{A}:1-100,{B}:1-5", "")]
    [InlineData($"{A}:1-101", $"{A}:1-100,{B}:1-5", $"{A}:101")]
    [InlineData($"{A}:1-101,{B}:1-9", $"{A}:1-100,{B}:1-5", $"{A}:101")]
    public void MySQL(string executed, string others, string missing) =>
        Assert.Equal(missing, GtidHistory.Missing(new GtidHistory(executed, null), new GtidHistory(others, null), B));

    [Fact]
    public void Different_families_cannot_be_compared()
    {
        Assert.Null(GtidHistory.Missing(new GtidHistory("0-1-5", ""), new GtidHistory($"{A}:1-5", null), null));
        Assert.Null(GtidHistory.Missing(new GtidHistory("0-1-5", null), new GtidHistory($"{A}:1-5", null), null));
        Assert.Null(GtidHistory.Missing(new GtidHistory("0-1", ""), new GtidHistory("0-1-5", ""), null));
    }
}
