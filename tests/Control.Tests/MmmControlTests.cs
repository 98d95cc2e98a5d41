using System.Diagnostics;
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

    [Fact]
    public async Task It_is_built_beside_mmm_as_a_link_that_can_be_moved_with_its_folder()
    {
        string link = Path.Combine(BuiltControl(), "mmm_control");
        Assert.Equal("mmm", new FileInfo(link).LinkTarget);
        await using FakeMonitor monitor = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, false, "ERROR: Unknown host name 'dbx'!"));

        Assert.Equal((0, "ERROR: Unknown host name 'dbx'!\n"), await Process(link, monitor.Address, "set_online", "dbx"));
        Assert.Equal((1, "ERROR: Unknown host name 'dbx'!\n"), await Process(Path.Combine(BuiltControl(), "mmm"), monitor.Address, "set_online", "dbx"));
    }

    /// <summary>…/src/Nodes/Control/bin/CONFIGURATION/FRAMEWORK of this run's configuration.</summary>
    private static string BuiltControl()
    {
        DirectoryInfo framework = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        DirectoryInfo root = framework;
        while (!File.Exists(Path.Combine(root.FullName, "Mmm.Actors.sln")))
            root = root.Parent ?? throw new InvalidOperationException($"{framework} is not below the solution.");
        return Path.Combine(root.FullName, "src/Nodes/Control/bin", framework.Parent!.Name, framework.Name);
    }

    private static async Task<(int Exit, string Out)> Process(string program, string monitors, params string[] args)
    {
        ProcessStartInfo start = new(program, args) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["MMM_MONITORS"] = monitors } };
        using Process process = System.Diagnostics.Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _ = await errors;
        return (process.ExitCode, output);
    }
}
