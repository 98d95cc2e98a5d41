namespace Mmm.Control.Tests;

/// <summary>The bearer token.</summary>
public sealed class TokenTests
{
    private readonly Cli _cli = new();

    [Fact]
    public async Task The_right_token_opens()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(token: "sesame-sesame-sesame");
        _cli.Environment["MMM_TOKEN"] = "sesame-sesame-sesame";
        Assert.Equal(0, (await _cli.Mmm("--monitors", monitor.Address, "show")).Exit);
    }

    [Theory]
    [InlineData("wrong-wrong-wrong")]
    [InlineData("")]
    public async Task A_wrong_or_missing_one_exits_5_and_is_not_shown(string token)
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(token: "sesame-sesame-sesame");
        _cli.Environment["MMM_TOKEN"] = token;
        Ran ran = await _cli.Mmm("--monitors", $"{BadMonitors.Dead()},{monitor.Address}", "show");
        Assert.Equal(ExitCodes.NotAuthorised, ran.Exit);
        Assert.Contains("MMM_TOKEN", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-wrong", ran.Error, StringComparison.Ordinal);
    }
}
