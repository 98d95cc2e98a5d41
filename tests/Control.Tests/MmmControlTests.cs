using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary>Under its old name the program behaves as MySQL-MMM's: exit code 0 for every answer, a newline after each.</summary>
public sealed class MmmControlTests
{
    private readonly Cli _cli = new();

    [Fact]
    public async Task Every_answer_exits_0_even_an_ERROR()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, false, "ERROR: Unknown host name 'dbx'!"));
        _cli.Environment["MMM_MONITORS"] = monitor.Address;
        Ran ran = await _cli.MmmControl("set_online", "dbx");
        Assert.Equal((0, "ERROR: Unknown host name 'dbx'!\n"), (ran.Exit, ran.Out));
    }

    [Fact]
    public async Task Show_ends_with_the_empty_line_the_original_prints()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        _cli.Environment["MMM_MONITORS"] = monitor.Address;
        Ran ran = await _cli.MmmControl("@C1", "show");
        Assert.EndsWith("slave/ONLINE. Roles: reader(192.168.0.53)\n\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal("ACTIVE\n", (await _cli.MmmControl("mode")).Out);
    }

    [Fact]
    public async Task Without_a_monitor_it_says_so_on_the_standard_output_and_exits_1()
    {
        _cli.Environment["MMM_MONITORS"] = BadMonitors.Dead();
        Ran ran = await _cli.MmmControl("ping");
        Assert.Equal((1, "ERROR: Can't connect to monitor daemon!\n"), (ran.Exit, ran.Out));
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("show", "db1")]
    [InlineData("move_role", "writer", "db1", "--force")]
    public async Task What_the_monitor_would_not_have_understood_gets_its_help(params string[] args)
    {
        Ran ran = await _cli.MmmControl(args);
        Assert.Equal(0, ran.Exit);
        Assert.StartsWith($"Invalid command '{string.Join(' ', args)}'\n\nValid commands are:\n    help ", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_arguments_it_dies_as_the_original()
    {
        Ran ran = await _cli.MmmControl("@C1");
        Assert.Equal((255, "See 'mmm_control help' for usage information\n"), (ran.Exit, ran.Error));
    }
}
