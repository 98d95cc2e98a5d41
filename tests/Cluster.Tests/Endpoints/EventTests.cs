using System.Net.ServerSentEvents;
using Mmm.Shared.Api;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>The history over HTTP: pages, and a stream.</summary>
public sealed class EventTests : IAsyncLifetime
{
    private EndpointNode _node = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start();
        _node.Chronicle = _node.Chronicle.Add(Enumerable.Range(1, 250).Select(Event)).Next;
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Pages_lead_back_to_the_beginning()
    {
        List<long> seen = [];
        EventsReading page = await Read("");
        Assert.Equal(("mon1", "C1", 100, null), (page.Monitor, page.Cluster, page.Events.Length, page.Newer));
        while (true)
        {
            seen.InsertRange(0, page.Events.Select(No));
            if (page.Older is null)
                break;
            page = await Read($"?before={page.Older}");
        }

        Assert.Equal(Enumerable.Range(1, 250).Select(n => (long)n), seen);
        Assert.Equal([101, 102, 103], (await Read($"?after={Event(100).Id}&limit=3")).Events.Select(No));
        Assert.Equal([238, 244, 250], (await Read("?host=db1&code=st*&limit=3")).Events.Select(No));
        EventEntry entry = (await Read("?limit=1")).Events.Single();
        Assert.Equal(new EventEntry(Event(250).Id.ToString(), Event(250).AtUtc, "3@mon2/250", "step", "db1", "event 250"), entry);
    }

    [Theory]
    [InlineData("?limit=0", "limit is '0'; allowed: 1 to 1000")]
    [InlineData("?limit=1001", "limit is '1001'; allowed: 1 to 1000")]
    [InlineData("?limit=ten", "limit is 'ten'; allowed: 1 to 1000")]
    [InlineData("?before=x", "before is 'x'; allowed: the id of an event")]
    [InlineData("?after=1:2", "after is '1:2'; allowed: the id of an event")]
    [InlineData("?after=1:a:b:1&before=1:a:b:1", "after and before are both given; allowed: one of them")]
    public async Task A_wrong_question_is_told_what_is_allowed(string query, string detail) =>
        Assert.Equal(detail, (await _node.Http.Refuses(400, "bad-request", HttpMethod.Get, ApiPaths.Events("C1") + query)).Detail);

    [Fact]
    public async Task An_unknown_cluster_and_a_silent_chronicle_are_told()
    {
        await _node.Http.Refuses(404, "not-found", HttpMethod.Get, ApiPaths.Events("C9"));
        _node.BoardIsDead = true;
        await _node.Http.Refuses(503, "monitor-starting", HttpMethod.Get, ApiPaths.Events("C1"), header: "Retry-After");
    }

    [Fact]
    public async Task A_stream_begins_behind_what_the_reader_has_and_goes_on_with_what_happens()
    {
        await using IAsyncEnumerator<SseItem<string>> stream = await Stream($"?after={Event(248).Id}");
        Assert.Equal(["event 249", "event 250"], [await NextEvent(stream), await NextEvent(stream)]);

        await Eventually.True(() => !_node.Followers.IsEmpty, "it is followed");
        // Noted while the stream began: it is told once.
        _node.Followers.Single().Writer.TryWrite(Event(250));
        _node.Followers.Single().Writer.TryWrite(Event(251));
        Assert.Equal("event 251", await NextEvent(stream));
        Assert.Equal(Event(251).Id.ToString(), stream.Current.EventId);
    }

    [Fact]
    public async Task A_reader_that_comes_back_gets_what_it_missed_by_the_header_of_the_standard()
    {
        await using IAsyncEnumerator<SseItem<string>> stream = await Stream("?host=db1", lastEventId: Event(240).Id.ToString());
        Assert.Equal(["event 241", "event 244", "event 247", "event 250"], [await NextEvent(stream), await NextEvent(stream), await NextEvent(stream), await NextEvent(stream)]);
    }

    [Fact]
    public async Task Without_a_beginning_a_stream_has_only_what_happens_and_it_shows_that_it_lives()
    {
        await using IAsyncEnumerator<SseItem<string>> stream = await Stream("");
        await stream.MoveNextAsync();
        Assert.Equal("connected", stream.Current.EventType);
        await stream.MoveNextAsync();
        Assert.Equal("heartbeat", stream.Current.EventType);
        _node.Followers.Single().Writer.TryWrite(Event(251));
        Assert.Equal("event 251", await NextEvent(stream));

        // A reader that was too slow begins anew from the last one it has.
        _node.Followers.Single().Writer.Complete();
        while (await stream.MoveNextAsync())
            Assert.Equal("heartbeat", stream.Current.EventType);
    }

    [Fact]
    public async Task A_stream_goes_forward_only() => Assert.Equal(
        "before is of no use in a stream, which goes forward; allowed: after, or the header Last-Event-ID",
        (await _node.Http.Refuses(400, "bad-request", HttpMethod.Get, $"{ApiPaths.Events("C1")}?before={Event(1).Id}", change: r => r.Headers.Add("Accept", "text/event-stream"))).Detail);

    private Task<EventsReading> Read(string query) => _node.Http.Reads(ApiPaths.Events("C1") + query, ApiFormat.Wire.EventsReading);

    private async Task<IAsyncEnumerator<SseItem<string>>> Stream(string query, string? lastEventId = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(ApiPaths.Events("C1") + query, UriKind.Relative));
        request.Headers.Add("Accept", "text/event-stream");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        HttpResponseMessage response = await _node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return SseParser.Create(await response.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel).GetAsyncEnumerator(Cancel);
    }

    /// <summary>The sentence of the next event; signs of life are passed over.</summary>
    private static async Task<string> NextEvent(IAsyncEnumerator<SseItem<string>> stream)
    {
        do
            Assert.True(await stream.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel), "the stream has ended");
        while (stream.Current.EventType != "event");
        return System.Text.Json.JsonSerializer.Deserialize(stream.Current.Data, ApiFormat.Wire.EventEntry)!.Sentence;
    }

    private static long No(EventEntry e) => EventId.TryParse(e.Id)!.No;

    private static HistoryEvent Event(int no) => new(
        new EventId(new Epoch(3, "mon2", "08de2a1c5e0f4b00"), no), DateTimeOffset.UnixEpoch.AddSeconds(no), no, no % 2 == 0 ? "step" : "code", no % 3 == 1 ? "db1" : null, $"event {no}");
}
