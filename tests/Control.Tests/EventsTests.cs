using System.Text.Json;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary><c>mmm events</c>.</summary>
public sealed class EventsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset _start = new(2010, 2, 11, 12, 43, 16, 250, TimeSpan.Zero);

    private readonly Cli _cli = new();
    private FakeMonitor _monitor = null!;

    public async ValueTask InitializeAsync()
    {
        _monitor = await FakeMonitor.Start();
        _cli.Environment["MMM_MONITORS"] = _monitor.Address;
        Happens(1, "coordinator", null, "Monitor 'mon2' decides from now on");
        Happens(2, "writer_moved", "db2", "Role 'writer(192.168.0.50)' is on 'db2'\n(351 ms after the decision)");
        Happens(3, "agent_done", "db2", "Host 'db2' has done what it shall");
    }

    public ValueTask DisposeAsync() => _monitor.DisposeAsync();

    [Fact]
    public async Task They_are_printed_one_per_line_with_milliseconds()
    {
        Ran ran = await _cli.Mmm("events");
        Assert.Equal(0, ran.Exit);
        Assert.Equal(
            """
            2010/02/11 12:43:17.250  coordinator          -         Monitor 'mon2' decides from now on
            2010/02/11 12:43:18.250  writer_moved         db2       Role 'writer(192.168.0.50)' is on 'db2' (351 ms after the decision)
            2010/02/11 12:43:19.250  agent_done           db2       Host 'db2' has done what it shall

            """,
            ran.Out);
        Assert.Equal(["?limit=50"], _monitor.EventQueries);
    }

    [Fact]
    public async Task What_is_wanted_is_asked_of_the_monitor()
    {
        Assert.Equal(2, (await _cli.Mmm("@C1", "events", "-n", "2", "--host", "db2", "--code", "writer_*")).Out.Count(c => c == '\n'));
        Assert.Equal(["?limit=2&host=db2&code=writer_%2A"], _monitor.EventQueries);
    }

    [Fact]
    public async Task As_JSON_they_are_the_monitors_answer()
    {
        Ran ran = await _cli.Mmm("events", "--json");
        Assert.Equal(["id-1", "id-2", "id-3"], JsonSerializer.Deserialize(ran.Out, ApiFormat.Wire.EventsReading)!.Events.Select(e => e.Id));
    }

    [Theory]
    [InlineData("--lines must be 1 to 1000.", "-n", "0")]
    [InlineData("--lines must be 1 to 1000.", "--lines", "1001")]
    [InlineData("'now' is one too many.", "now")]
    [InlineData("There is no option '--fellow'.", "--fellow")]
    public async Task A_wrong_line_is_told_what_is_allowed(string complaint, params string[] words)
    {
        Ran ran = await _cli.Mmm(["events", .. words]);
        Assert.Equal((2, ""), (ran.Exit, ran.Out));
        Assert.Contains(complaint, ran.Error, StringComparison.Ordinal);
        Assert.Contains("Usage: mmm [@CLUSTER] events [-n <lines>]", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_cluster_is_told_in_MMMs_manner() => Assert.Equal(1, (await _cli.Mmm("@C9", "events")).Exit);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Following_goes_on_over_an_outage_prints_each_once_and_ends_with_Ctrl_C(bool json)
    {
        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        StringWriter output = new(), error = new();
        using TextWriter safeOut = TextWriter.Synchronized(output), safeError = TextWriter.Synchronized(error);
        Task<int> running = MmmCli.Run(
            ["--monitors", _monitor.Address, "events", "-n", "2", "--follow", .. json ? ["--json"] : Array.Empty<string>()], Cli.Context(safeOut, safeError), interrupt.Token);
        await Printed(2);
        Happens(4, "up_again", "db1", "State of host 'db1' changed");
        await Printed(3);

        Assert.False(running.IsCompleted);
        await interrupt.CancelAsync();
        Assert.Equal(130, await running);
        string[] lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        if (json)
            Assert.Equal(["id-2", "id-3", "id-4"], lines.Select(l => JsonSerializer.Deserialize(l, ApiFormat.Wire.EventEntry)!.Id));

        async Task Printed(int count)
        {
            using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
            while (output.ToString().Count(c => c == '\n') < count)
                await Task.Delay(20, deadline.Token);
        }
    }

    [Fact]
    public async Task Following_waits_for_monitors_that_are_away()
    {
        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        StringWriter output = new(), error = new();
        using TextWriter safeOut = TextWriter.Synchronized(output), safeError = TextWriter.Synchronized(error);
        Task<int> running = MmmCli.Run(["--monitors", _monitor.Address, "events", "--follow"], Cli.Context(safeOut, safeError), interrupt.Token);
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while (output.ToString().Length == 0)
            await Task.Delay(20, deadline.Token);
        await _monitor.DisposeAsync();
        while (error.ToString().Length == 0)
            await Task.Delay(20, deadline.Token);

        Assert.False(running.IsCompleted);
        Assert.Contains("refuses the connection", error.ToString(), StringComparison.Ordinal);
        await interrupt.CancelAsync();
        Assert.Equal(130, await running);
    }

    private void Happens(int no, string code, string? host, string sentence) =>
        _monitor.Events.Enqueue(new EventEntry($"id-{no}", _start.AddSeconds(no), $"3@mon2/{no}", code, host, sentence));
}
