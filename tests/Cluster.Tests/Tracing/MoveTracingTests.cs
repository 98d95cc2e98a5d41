using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mmm.Cluster.Tests.Membership;
using Mmm.Monitor.Endpoints;
using Mmm.Monitor.Tracing;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Mmm.Shared.Settings;
using Xunit;
using EventId = Mmm.Shared.History.EventId;

namespace Mmm.Cluster.Tests.Tracing;

/// <summary>Moves as they reach a collector, over OTLP/HTTP.</summary>
public sealed class MoveTracingTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Path, string? Type, byte[] Body)> _received = [];
    private readonly FakeHistory _history = new();
    private WebApplication _collector = null!;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _collector = builder.Build();
        _collector.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            _received.Enqueue((http.Request.Path, http.Request.ContentType, body.ToArray()));
        });
        await _collector.StartAsync();
    }

    public ValueTask DisposeAsync() => _collector.DisposeAsync();

    [Fact]
    public async Task A_move_that_this_monitor_ended_arrives_as_one_trace_with_its_steps_and_others_do_not()
    {
        await using ServiceProvider services = Services(new Uri($"{_collector.Urls.First()}/v1/traces"));
        IHostedService tracing = Assert.Single(services.GetServices<IHostedService>());
        await tracing.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.True(() => _history.Feed is not null, "it follows");

        // Of another monitor's reign; of long ago, fetched after a loss.
        _history.Happens("mon2", TimeSpan.Zero, "writer_move_started", "writer_moved");
        _history.Happens("mon1", TimeSpan.FromHours(-1), "writer_move_started", "writer_moved");
        _history.Happens("mon1", TimeSpan.Zero, "writer_move_started", "agent_step", "agent_done", "writer_moved");

        await Eventually.True(() => !_received.IsEmpty, "the collector gets it", 40);
        await tracing.StopAsync(TestContext.Current.CancellationToken);
        await services.DisposeAsync();
        Assert.All(_received, r => Assert.Equal(("/v1/traces", "application/x-protobuf"), (r.Path, r.Type)));
        // Names are clear text in protocol buffers.
        string text = string.Concat(_received.Select(r => Encoding.Latin1.GetString(r.Body)));
        foreach (string part in new[] { "mmm-monitor", "mon1", "releasing", "catch_up", "mmm.cluster", "C1" })
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Equal(1, text.Split("mmm.decision").Length - 1);
    }

    [Fact]
    public void Without_a_collector_there_is_nothing()
    {
        using ServiceProvider services = Services(null);
        Assert.Empty(services.GetServices<IHostedService>());
    }

    private ServiceProvider Services(Uri? endpoint)
    {
        MmmSettings settings = TestSettings.Of("mon1", TestSettings.Monitors(3));
        settings = settings with { Monitor = settings.Monitor with { OtlpEndpoint = endpoint } };
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(settings);
        services.AddSingleton<IHistory>(_history);
        services.AddMoveTracing(settings);
        return services.BuildServiceProvider();
    }

    private sealed class FakeHistory : IHistory, IHistoryFeed
    {
        private readonly Channel<HistoryEvent> _channel = Channel.CreateUnbounded<HistoryEvent>();
        private Chronicle _chronicle = Chronicle.Empty(1000);
        private int _no;

        public IHistoryFeed? Feed { get; private set; }

        public void Happens(string node, TimeSpan when, params string[] codes)
        {
            foreach (string code in codes)
            {
                string sentence = code == "agent_step" ? "Host 'db2' is at step catch_up: catching up" : code;
                var e = new HistoryEvent(new EventId(new Epoch(1, node, "a"), ++_no), TimeProvider.System.GetUtcNow() + when, _no, code, "db2", sentence);
                _chronicle = _chronicle.Add([e]).Next;
                _channel.Writer.TryWrite(e);
            }
        }

        public Task<ChroniclePage> Page(string cluster, EventFilter filter, CancellationToken cancel) => Task.FromResult(_chronicle.Page(filter));

        public Task<IHistoryFeed> Follow(string cluster, CancellationToken cancel) => Task.FromResult(Feed = this);

        public async Task<HistoryEvent?> NextAsync(TimeSpan patience, CancellationToken cancel) => await _channel.Reader.ReadAsync(cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
