using Microsoft.Extensions.Logging;
using Mmm.Monitor.Logs;
using Mmm.Shared.Api;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>GET /api/v1/log, and what is held for it.</summary>
public sealed class LogTests : IAsyncLifetime
{
    private EndpointNode _node = null!;

    private HttpClient Http => _node.Http;

    public async ValueTask InitializeAsync() => _node = await EndpointNode.Start();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_log_that_has_just_begun_is_empty()
    {
        LogReading log = await Http.Reads(ApiPaths.Log, ApiFormat.Wire.LogReading);
        Assert.Equal(("mon1", 0, 0, 0), (log.Monitor, log.Oldest, log.Latest, log.Entries.Length));
    }

    [Theory]
    [InlineData("", "1 2 3 4 5 6")]
    [InlineData("?lines=2", "5 6")]
    [InlineData("?level=warning", "4 5 6")]
    [InlineData("?level=WARNING&lines=2", "5 6")]
    [InlineData("?level=critical", "6")]
    [InlineData("?after=4", "5 6")]
    [InlineData("?after=4&level=error", "5 6")]
    [InlineData("?after=6", "")]
    [InlineData("?after=9223372036854775807", "")]
    public async Task The_latest_lines_that_fit_come_oldest_first(string query, string lines)
    {
        foreach (LogLevel level in Enum.GetValues<LogLevel>().Where(l => l != LogLevel.None))
            _node.Log.Add(level, "Some.Class", $"a line of {level}", null);
        LogReading log = await Http.Reads(ApiPaths.Log + query, ApiFormat.Wire.LogReading);
        Assert.Equal((lines, 1, 6), (string.Join(' ', log.Entries.Select(e => e.Seq)), log.Oldest, log.Latest));
        Assert.All(log.Entries, e => Assert.Equal(e.Message, $"a line of {e.Level}", ignoreCase: true));
    }

    [Theory]
    [InlineData("lines=0", "'lines' must be a whole number from 1 to 2000.")]
    [InlineData("lines=2001", "'lines' must be a whole number from 1 to 2000.")]
    [InlineData("lines=", "'lines' must be a whole number from 1 to 2000.")]
    [InlineData("lines=ten", "'lines' must be a whole number from 1 to 2000.")]
    [InlineData("after=-1", "'after' must be a whole number from 0 to 9223372036854775807.")]
    [InlineData("after=9223372036854775808", "'after' must be a whole number from 0 to 9223372036854775807.")]
    [InlineData("level=loud", "'level' must be one of trace, debug, information, warning, error, critical.")]
    [InlineData("level=", "'level' must be one of trace, debug, information, warning, error, critical.")]
    [InlineData("level=3", "'level' must be one of trace, debug, information, warning, error, critical.")]
    public async Task Nonsense_is_a_400_that_names_the_fault(string query, string fault) =>
        Assert.Equal(fault, (await Http.Refuses(400, "bad-request", HttpMethod.Get, $"{ApiPaths.Log}?{query}")).Detail);

    [Fact]
    public void The_oldest_lines_go_when_there_are_too_many()
    {
        LogRing ring = new(TimeProvider.System);
        for (int i = 0; i < LogRing.Capacity + 500; i++)
            ring.Add(LogLevel.Information, "c", "m", null);
        LogReading log = ring.Read("mon1", LogRing.Capacity, 0, 10);
        Assert.Equal((501, 2500, 501, 2500, 2000), (log.Oldest, log.Latest, log.Entries[0].Seq, log.Entries[^1].Seq, log.Entries.Length));
    }

    [Fact]
    public void Long_texts_are_cut_and_of_an_exception_the_first_line_is_kept()
    {
        LogRing ring = new(TimeProvider.System);
        ring.Add(LogLevel.Error, "c", new string('a', 2046) + "😀😀", new InvalidOperationException("first\nsecond"));
        LogEntry entry = ring.Read("mon1", 1, 0, 0).Entries.Single();
        Assert.Equal((new string('a', 2046) + "…", "System.InvalidOperationException: first"), (entry.Message, entry.Exception));
    }

    [Fact]
    public void What_the_host_logs_is_held_behind_its_filters()
    {
        LogRing ring = new(TimeProvider.System);
        using ILoggerFactory factory = LoggerFactory.Create(b => b.AddFilter("Loud", LogLevel.Critical).AddProvider(new LogRingProvider(ring)));
        factory.CreateLogger("Loud").LogError("not this");
        factory.CreateLogger("Quiet").LogWarning(new IOException("disk"), "{Monitor} is {State}", "mon2", "gone");
        LogEntry entry = ring.Read("mon1", 10, 0, 0).Entries.Single();
        Assert.Equal(("warning", "Quiet", "mon2 is gone", "System.IO.IOException: disk"), (entry.Level, entry.Category, entry.Message, entry.Exception));
    }

    [Fact]
    public async Task Writers_on_many_threads_lose_no_line()
    {
        LogRing ring = new(TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 400; i++)
                ring.Add(LogLevel.Information, "c", "m", null);
        })));
        Assert.Equal(Enumerable.Range(1, 1600).Select(i => (long)i), ring.Read("mon1", 2000, 0, 0).Entries.Select(e => e.Seq));
    }
}
