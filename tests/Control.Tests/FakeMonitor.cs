using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mmm.Shared.Api;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Tests;

/// <summary>A monitor's API with canned answers, on a free loopback port.</summary>
internal sealed class FakeMonitor : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeMonitor(WebApplication app) => _app = app;

    /// <summary>Commands received, in order.</summary>
    public List<CommandRequest> Commands { get; } = [];

    /// <summary>Its history of every cluster.</summary>
    public ConcurrentQueue<EventEntry> Events { get; } = [];

    /// <summary>Queries of its history, in order.</summary>
    public ConcurrentQueue<string> EventQueries { get; } = [];

    /// <summary>Requests received, of any kind.</summary>
    public int Requests { get; private set; }

    /// <summary>Changes of the members received, as in <c>PUT akka.tcp://mmm@10.0.0.2:8551 operation=down</c>.</summary>
    public List<string> Changes { get; } = [];

    /// <summary>Called after each of <see cref="Changes"/>.</summary>
    public Action? Changed { get; set; }

    public MonitorsReading Monitors { get; set; } = Sample.Monitors();

    public ManagementContracts.Members Members { get; set; } = Sample.Members();

    /// <summary>Shards of the region server-probe; null = it is not started.</summary>
    public ManagementContracts.Shards? Shards { get; set; }

    public ActorsReading? Actors { get; set; }

    /// <summary>The log that is answered; null = no such route, as in an older release.</summary>
    public Func<IQueryCollection, LogReading>? Log { get; set; }

    /// <summary>What it makes of its configuration: the answer, or what is wrong with it; null = no such route, as in an older release.</summary>
    public Func<(ReloadReading? Reloaded, string Wrong)>? Reload { get; set; }

    /// <summary>Query strings that were asked, in order.</summary>
    public List<string> Queries { get; } = [];

    /// <summary>Every route that changes something answers 405.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Every connection is cut.</summary>
    public bool Away { get; set; }

    public string Address => new Uri(_app.Urls.First()).Authority;

    public int Port => new Uri(_app.Urls.First()).Port;

    /// <param name="snapshots">Clusters it has a picture of.</param>
    /// <param name="ageMs">Age of the pictures.</param>
    /// <param name="token">Wanted from callers; null = none.</param>
    /// <param name="answer">To commands; null = no coordinator answers (503).</param>
    /// <param name="name">Its configured name.</param>
    /// <param name="silentClusters">Configured clusters it has heard nothing of.</param>
    /// <param name="body">Instead of everything: what any other server might answer.</param>
    /// <param name="eventsAreKnown">False: as a release that keeps no history.</param>
    public static async Task<FakeMonitor> Start(
        ClusterSnapshot[]? snapshots = null, long ageMs = 200, string? token = null, Func<CommandRequest, CommandAnswer>? answer = null, string name = "mon1", string[]? silentClusters = null, string? body = null, bool eventsAreKnown = true)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        FakeMonitor monitor = new(app);
        ClusterSnapshot[] known = snapshots ?? [Sample.Cluster()];
        app.Use((http, next) =>
        {
            monitor.Requests++;
            if (monitor.Away)
            {
                http.Abort();
                return Task.CompletedTask;
            }

            if (monitor.ReadOnly && http.Request.Method != HttpMethods.Get)
                return Problem(405, "Its configuration sets monitor.http_read_only; send commands to another monitor.").ExecuteAsync(http);
            return token is null || http.Request.Headers.Authorization == $"Bearer {token}" ? next(http) : Problem(401, "Send the token.").ExecuteAsync(http);
        });
        if (body is not null)
            app.Use((HttpContext http, RequestDelegate _) => Results.Text(body, "application/json").ExecuteAsync(http));
        app.MapGet(ApiPaths.Clusters, () => Json(
            new ClusterList(name, [.. known.Select(s => new ClusterEntry(s.Cluster, ageMs, s.Mode, s.Phase, s.ActiveMaster)), .. (silentClusters ?? []).Select(c => new ClusterEntry(c))]),
            ApiFormat.Wire.ClusterList));
        app.MapGet(ApiPaths.Clusters + "/{c}", (string c) => known.FirstOrDefault(s => s.Cluster == c) is { } found
            ? Json(Sample.Reading(found, ageMs, name), ApiFormat.Wire.ClusterReading)
            : silentClusters?.Contains(c) == true ? Problem(503, $"Monitor {name} has not heard from a coordinator.") : Problem(404, "No such cluster."));
        app.MapGet(ApiPaths.Clusters + "/{c}/events", (string c, int limit, HttpRequest request) =>
        {
            monitor.EventQueries.Enqueue(request.QueryString.Value ?? "");
            return eventsAreKnown && known.Any(s => s.Cluster == c) ? Json(new EventsReading(name, c, [.. monitor.Events.TakeLast(limit)], null, null), ApiFormat.Wire.EventsReading) : Problem(404, "No such cluster.");
        });
        app.MapPost(ApiPaths.Clusters + "/{c}/commands", async (string c, HttpContext http) =>
        {
            CommandRequest request = (await http.Request.ReadFromJsonAsync(ApiFormat.Wire.CommandRequest))!;
            monitor.Commands.Add(request);
            if (known.All(s => s.Cluster != c))
                return Problem(404, "No such cluster.");
            return answer is null ? Problem(503, "No coordinator answers.") : Json(answer(request), ApiFormat.Wire.CommandAnswer);
        });
        app.MapGet(ApiPaths.Ping, () => answer is null ? Problem(503, "No coordinator answers.") : Json(new CommandAnswer("ping", true, "OK: Pinged successfully!"), ApiFormat.Wire.CommandAnswer));
        app.MapGet(ApiPaths.Monitors, () => Json(monitor.Monitors, ApiFormat.Wire.MonitorsReading));
        app.MapGet(ApiPaths.Members, () => Json(monitor.Members, ApiFormat.Wire.Members));
        app.MapPut(ApiPaths.Members + "/{**address}", async (string address, HttpContext http) =>
        {
            string operation = (await http.Request.ReadFormAsync())["operation"].ToString();
            string node = Uri.UnescapeDataString(address);
            if (monitor.Members.All.All(m => m.Node != node))
                return Said(404, $"Member [{node}] not found");
            monitor.Changes.Add($"PUT {node} operation={operation}");
            monitor.Changed?.Invoke();
            return Said(200, $"{(operation == "down" ? "Downing" : "Leaving")} {node}");
        });
        app.MapPost(ApiPaths.Members, async (HttpContext http) =>
        {
            string address = (await http.Request.ReadFormAsync())["address"].ToString();
            monitor.Changes.Add($"POST address={address}");
            return Said(200, $"Joining {address}");
        });
        app.MapGet(ApiPaths.Shards, () => Json(new ManagementContracts.Regions(monitor.Shards is null ? [] : ["server-probe"]), ApiFormat.Wire.Regions));
        app.MapGet(ApiPaths.Shards + "/{region}", (string region) => monitor.Shards is { } shards && region == "server-probe"
            ? Json(shards, ApiFormat.Wire.Shards)
            : Said(404, $"Shard Region {region} is not started"));
        app.MapGet(ApiPaths.Actors, (HttpContext http) =>
        {
            monitor.Queries.Add(http.Request.QueryString.Value!);
            return monitor.Actors is { } actors ? Json(actors, ApiFormat.Wire.ActorsReading) : Problem(404, $"Monitor {name} has no actor {http.Request.Query["path"]}.");
        });
        app.MapGet(ApiPaths.Log, (HttpContext http) =>
        {
            monitor.Queries.Add(http.Request.QueryString.Value!);
            return monitor.Log is { } log ? Json(log(http.Request.Query), ApiFormat.Wire.LogReading) : Problem(404, "The paths served here are listed in docs/http-api.md.");
        });
        app.MapPost(ApiPaths.ConfigReload, () => monitor.Reload?.Invoke() switch
        {
            null => Problem(404, "The paths served here are listed in docs/http-api.md."),
            ({ } reloaded, _) => Json(reloaded, ApiFormat.Wire.ReloadReading),
            (null, var wrong) => Problem(422, wrong),
        });
        await app.StartAsync();
        return monitor;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IResult Json<T>(T value, JsonTypeInfo<T> type) => Results.Text(JsonSerializer.Serialize(value, type), "application/json");

    /// <summary>As Akka's management routes say everything, errors too.</summary>
    private static IResult Said(int status, string text) =>
        Results.Text(JsonSerializer.Serialize(new ManagementContracts.Message(text), ApiFormat.Wire.Message), "application/json", statusCode: status);

    private static IResult Problem(int status, string detail) => Results.Text(
        JsonSerializer.Serialize(new ProblemReading("urn:mmm:problem:test", "Test", status, detail), ApiFormat.Wire.ProblemReading), "application/problem+json", statusCode: status);
}

/// <summary>Addresses where nothing good happens.</summary>
internal static class BadMonitors
{
    /// <summary>A port that was free a moment ago: connections are refused.</summary>
    public static string Dead()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }

    /// <summary>Takes connections and never says a word.</summary>
    public static TcpListener Hanging()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }
}
