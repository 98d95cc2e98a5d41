using System.Text.Json;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary><c>mmm watch</c>.</summary>
public sealed class WatchVerbTests : IAsyncLifetime
{
    private const string Outage = "ERROR: Can't connect to any monitor!";

    private readonly Cli _cli = new();
    private FakeMonitor _monitor = null!;

    public async ValueTask InitializeAsync()
    {
        _monitor = await FakeMonitor.Start();
        _cli.Environment["MMM_MONITORS"] = _monitor.Address;
    }

    public ValueTask DisposeAsync() => _monitor.DisposeAsync();

    [Fact]
    public async Task Without_a_terminal_there_is_a_block_per_interval_until_Ctrl_C()
    {
        Ran ran = await _cli.MmmUntil((output, _) => Count(output, "Cluster C1  ACTIVE") == 3, false, "watch", "--interval", "3.5");
        Assert.Equal((ExitCodes.Interrupted, ""), (ran.Exit, ran.Error));
        Assert.Equal(3, Count(ran.Out, "  every 3.5 s, Ctrl-C ends\n\nMonitors  2 of 3 up"));
        Assert.DoesNotContain('\e', ran.Out);
    }

    [Fact]
    public async Task On_a_terminal_each_picture_is_drawn_over_the_last()
    {
        Ran ran = await _cli.MmmUntil((output, _) => Count(output, "\e[H") == 3, true, "watch");
        Assert.StartsWith("\e[H", ran.Out, StringComparison.Ordinal);
        Assert.All(ran.Out.Split("\e[H").Skip(1).SkipLast(1), picture => Assert.EndsWith("\e[K\n\e[J", picture, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_outage_is_shown_and_lived_through(bool terminal)
    {
        Ran ran = await _cli.MmmUntil(
            (output, _) =>
            {
                string[] pictures = output.Split("  every 2 s, Ctrl-C ends");
                bool seen = pictures.Any(p => p.Contains(Outage, StringComparison.Ordinal));
                _monitor.Away = pictures.Length > 1 && !seen;
                return seen && pictures[^1].Contains("Cluster C1", StringComparison.Ordinal) && !pictures[^1].Contains(Outage, StringComparison.Ordinal);
            },
            terminal, "watch");
        Assert.Equal((ExitCodes.Interrupted, ""), (ran.Exit, ran.Error));
        Assert.Equal(terminal, ran.Out.Contains("\e[K\nAs it was at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Json_is_a_picture_or_a_problem_per_line()
    {
        Ran ran = await _cli.MmmUntil(
            (output, _) =>
            {
                _monitor.Away = output.Contains('\n', StringComparison.Ordinal);
                return output.Contains("urn:mmm:problem:no-monitor", StringComparison.Ordinal);
            },
            false, "watch", "--json");
        string[] lines = ran.Out.TrimEnd().Split('\n');
        Assert.Equal("C1", JsonSerializer.Deserialize(lines[0], ApiFormat.Wire.StatusReading)!.Clusters.Single().Snapshot.Cluster);
        Assert.Equal("urn:mmm:problem:no-monitor", JsonSerializer.Deserialize(lines[^1], ApiFormat.Wire.ProblemReading)!.Type);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
