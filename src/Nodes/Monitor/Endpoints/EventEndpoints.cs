using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.History;
using Mmm.Shared.Settings;
using EventId = Mmm.Shared.History.EventId;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/clusters/{cluster}/events, a page of the history or, asked for as text/event-stream, what happens from now on.</summary>
internal static class EventEndpoints
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;

    private const string Stream = "text/event-stream";

    /// <summary>A reader that hears nothing for so long is told that the connection lives, and so is everything between it and us.</summary>
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(10);

    public static void MapEvents(this WebApplication app) => app.MapGet($"{ClusterEndpoints.One}/events", Answer)
        .Tells<EventsReading>("Events", "What happened", "A page of the history, oldest first; asked for as text/event-stream, a live stream of server-sent events.")
        .WithMetadata(new DocumentedStream(
            Stream, "'event: event' with the event as data and its id as id; 'event: connected' once everything that was asked for has been sent; 'event: heartbeat' every 10 s in which nothing happens."))
        .Takes(
            new DocumentedArgument("limit", $"Events of a page; {DefaultLimit} if not given.", 1, MaxLimit),
            new DocumentedArgument("before", "Only what is older than the event with this id."),
            new DocumentedArgument("after", "Only what is newer than the event with this id."),
            new DocumentedArgument("host", "Only of this host."),
            new DocumentedArgument("code", "Only with this code; 'writer_*': every code that begins so."),
            new DocumentedArgument("Last-Event-ID", "As 'after', of a reader that comes back.", IsHeader: true))
        .Refuses(400, 404, 503);

    private static async Task<IResult> Answer(
        string cluster, HttpRequest request, MmmSettings settings, IHistory history, StreamReaders readers, IHostApplicationLifetime life, CancellationToken cancel)
    {
        if (!settings.Clusters.ContainsKey(cluster))
            return ClusterQuestion.UnknownCluster(cluster, settings);
        (EventFilter? filter, string? wrong) = FilterOf(request);
        if (filter is null)
            return Problems.BadRequest(wrong!);
        if (request.Headers.Accept.Any(a => a?.Contains(Stream, StringComparison.OrdinalIgnoreCase) == true))
        {
            if (filter.Before is not null)
                return Problems.BadRequest("before is of no use in a stream, which goes forward; allowed: after, or the header Last-Event-ID");
            if (!readers.TrySeat(request.HttpContext))
                return Problems.TooManyReaders();
            return TypedResults.ServerSentEvents(Follow(cluster, filter, history, await history.Follow(cluster, cancel), life.ApplicationStopping, cancel));
        }

        ChroniclePage page = await history.Page(cluster, filter, cancel);
        return Results.Json(
            new EventsReading(
                settings.This, cluster, [.. page.Events.Select(Entry)],
                page.HasOlder ? page.Events[0].Id.ToString() : null, page.HasNewer ? page.Events[^1].Id.ToString() : null),
            ApiFormat.Wire.EventsReading);
    }

    /// <summary>What came after the last one that the reader has, then what comes. Without such a one only what comes.</summary>
    private static async IAsyncEnumerable<SseItem<string>> Follow(
        string cluster, EventFilter filter, IHistory history, IHistoryFeed from, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancel)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancel);
        await using IHistoryFeed feed = from;
        var told = new HashSet<EventId>();
        if (filter.After is not null)
        {
            for (EventFilter next = filter with { Limit = MaxLimit }; ;)
            {
                ChroniclePage page = await history.Page(cluster, next, end.Token);
                foreach (HistoryEvent missed in page.Events)
                {
                    told.Add(missed.Id);
                    yield return Item(missed);
                }

                if (!page.HasNewer)
                    break;
                next = next with { After = page.Events[^1].Id };
            }
        }

        // The first bytes tell the reader that it is connected.
        yield return new SseItem<string>("{}", "connected");
        while (true)
        {
            HistoryEvent? e;
            try
            {
                e = await feed.NextAsync(s_heartbeat, end.Token);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
            catch (System.Threading.Channels.ChannelClosedException)
            {
                yield break;
            }

            if (e is null)
                yield return new SseItem<string>("{}", "heartbeat");
            else if (filter.Wants(e) && !told.Contains(e.Id))
                yield return Item(e);
        }
    }

    private static SseItem<string> Item(HistoryEvent e) => new(JsonSerializer.Serialize(Entry(e), ApiFormat.Wire.EventEntry), "event") { EventId = e.Id.ToString() };

    public static EventEntry Entry(HistoryEvent e) => new(e.Id.ToString(), e.AtUtc, e.Decision().ToString(), e.Code, e.Host, e.Sentence, e.Command);

    private static (EventFilter? Filter, string? Wrong) FilterOf(HttpRequest request)
    {
        int limit = DefaultLimit;
        if (One(request, "limit") is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
            return (null, $"limit is '{text}'; allowed: 1 to {MaxLimit}");
        string? after = One(request, "after") ?? (request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : null);
        string? before = One(request, "before");
        if (after is not null && before is not null)
            return (null, "after and before are both given; allowed: one of them");
        foreach ((string name, string? id) in new[] { ("after", after), ("before", before) })
        {
            if (id is not null && EventId.TryParse(id) is null)
                return (null, $"{name} is '{id}'; allowed: the id of an event");
        }

        return (new EventFilter(limit, before is null ? null : EventId.TryParse(before), after is null ? null : EventId.TryParse(after), One(request, "host"), One(request, "code")), null);
    }

    private static string? One(HttpRequest request, string name) => request.Query.TryGetValue(name, out var value) ? value.ToString() : null;
}
