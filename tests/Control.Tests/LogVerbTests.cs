using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary><c>mmm log tail</c>.</summary>
public sealed class LogVerbTests : IAsyncLifetime
{
    private readonly Cli _cli = new();
    private ImmutableArray<LogEntry> _entries = [];
    private DateTimeOffset _since = Sample.At;
    private long _oldest = 1;
    private FakeMonitor _monitor = null!;

    public async ValueTask InitializeAsync()
    {
        _monitor = await FakeMonitor.Start();
        _monitor.Log = Read;
        _cli.Environment["MMM_MONITORS"] = _monitor.Address;
        Add("starts");
        Add("the disk is \u001b[31mfull\nreally", "warning", "System.IO.IOException: full");
    }

    public ValueTask DisposeAsync() => _monitor.DisposeAsync();

    [Fact]
    public async Task Each_line_has_time_level_category_message_and_exception_and_cannot_command_the_terminal()
    {
        Ran ran = await _cli.Mmm("log", "tail");
        Assert.Equal(
            (0, "2010/02/11 12:43:16.250  info   Mmm.Monitor  starts\n2010/02/11 12:43:16.250  warn   Mmm.Monitor  the disk is  [31mfull really  [System.IO.IOException: full]\n", ""),
            (ran.Exit, ran.Out, ran.Error));
        Assert.Equal(2, JsonSerializer.Deserialize((await _cli.Mmm("log", "tail", "--json", "-n", "5", "--level", "debug")).Out, ApiFormat.Wire.LogReading)!.Latest);
        Assert.Equal(["?lines=20&after=0", "?lines=5&after=0&level=debug"], _monitor.Queries);
    }

    [Fact]
    public async Task A_log_without_such_lines_prints_nothing()
    {
        _entries = [];
        Assert.Equal((0, ""), ((await _cli.Mmm("log", "tail")).Exit, (await _cli.Mmm("log", "tail")).Out));
    }

    [Fact]
    public async Task An_older_monitor_without_the_route_is_an_error()
    {
        _monitor.Log = null;
        Assert.Equal(ExitCodes.Refused, (await _cli.Mmm("log", "tail")).Exit);
    }

    [Fact]
    public async Task Following_prints_every_new_line_once_until_Ctrl_C()
    {
        Ran ran = await _cli.MmmUntil(
            (output, _) =>
            {
                if (_entries.Length == 2 && output.Length > 0)
                    Add("third");
                else if (_entries.Length == 3 && output.EndsWith("third\n", StringComparison.Ordinal))
                    Add("fourth");
                return output.Contains("fourth", StringComparison.Ordinal);
            },
            false, "log", "tail", "--follow", "-n", "7", "--level", "information");
        Assert.Equal((ExitCodes.Interrupted, ""), (ran.Exit, ran.Error));
        Assert.Equal(["starts", "third", "fourth"], ran.Out.TrimEnd().Split('\n').Select(l => l.Split(' ')[^1]).Where(word => word != "full]"));
        Assert.Equal("?lines=7&after=0&level=information", _monitor.Queries[0]);
        Assert.Contains("?lines=2000&after=2&level=information", _monitor.Queries);
    }

    [Fact]
    public async Task Following_in_JSON_is_a_line_per_entry()
    {
        Ran ran = await _cli.MmmUntil((output, _) => output.Count(c => c == '\n') == 2, false, "--json", "log", "tail", "-f");
        Assert.Equal([1L, 2L], ran.Out.TrimEnd().Split('\n').Select(l => JsonSerializer.Deserialize(l, ApiFormat.Wire.LogEntry)!.Seq));
    }

    [Fact]
    public async Task An_outage_is_told_once_and_the_lines_after_it_are_printed()
    {
        Ran ran = await _cli.MmmUntil(
            (output, error) =>
            {
                _monitor.Away = output.Length > 0 && error.Length == 0;
                if (error.Length > 0 && _entries.Length == 2)
                    Add("after the outage");
                return output.Contains("after the outage", StringComparison.Ordinal);
            },
            false, "log", "tail", "--follow");
        Assert.Equal(ExitCodes.Interrupted, ran.Exit);
        string[] asides = ran.Error.TrimEnd().Split('\n');
        Assert.Equal(2, asides.Length);
        Assert.StartsWith("# Monitor mon1 does not answer, it is asked again every second. ERROR: Can't connect to any monitor!", asides[0], StringComparison.Ordinal);
        Assert.Equal("# Monitor mon1 answers again.", asides[1]);
    }

    [Fact]
    public async Task The_log_of_a_restarted_monitor_is_read_from_its_beginning()
    {
        Ran ran = await _cli.MmmUntil(
            (output, _) =>
            {
                if (output.Length > 0 && _since == Sample.At)
                    (_since, _entries) = (Sample.At.AddSeconds(9), [Entry(1, "starts again")]);
                return output.Contains("starts again", StringComparison.Ordinal);
            },
            false, "log", "tail", "--follow");
        Assert.Equal("# Monitor mon1 was restarted; its log begins anew.\n", ran.Error);
    }

    [Fact]
    public async Task Lines_that_the_monitor_no_longer_holds_are_counted()
    {
        Ran ran = await _cli.MmmUntil(
            (output, _) =>
            {
                if (output.Length > 0 && _oldest == 1)
                    (_oldest, _entries) = (13, [Entry(13, "much later")]);
                return output.Contains("much later", StringComparison.Ordinal);
            },
            false, "log", "tail", "--follow");
        Assert.Equal("# 10 lines are gone from the monitor's memory; its own log has them.\n", ran.Error);
    }

    [Fact]
    public async Task A_monitor_that_is_away_from_the_beginning_is_not_waited_for() =>
        Assert.Equal(ExitCodes.NoMonitor, (await _cli.Mmm("--monitors", BadMonitors.Dead(), "log", "tail", "--follow")).Exit);

    private LogReading Read(IQueryCollection query)
    {
        ImmutableArray<LogEntry> held = _entries;
        long after = long.Parse(query["after"].ToString(), CultureInfo.InvariantCulture);
        return new LogReading("mon1", _since, held.IsEmpty ? 0 : _oldest, held.IsEmpty ? 0 : held[^1].Seq, [.. held.Where(e => e.Seq > after)]);
    }

    private void Add(string message, string level = "information", string? exception = null) =>
        _entries = [.. _entries, Entry(_entries.Length + 1, message) with { Level = level, Exception = exception }];

    private static LogEntry Entry(long seq, string message) => new(seq, Sample.At.AddMilliseconds(250), "information", "Mmm.Monitor", message);
}
