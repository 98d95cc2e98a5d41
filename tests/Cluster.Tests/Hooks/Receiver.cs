using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mmm.Cluster.Tests.Hooks;

/// <summary>One request as it came.</summary>
internal sealed record Posted(string Path, string? Authorization, string? ContentType, string? Event, string? Signature, byte[] Body);

/// <summary>A webhook's receiver on loopback, whose answers a test writes.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(int port, Func<int, HttpResponse, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            IHeaderDictionary headers = context.Request.Headers;
            Posted.Enqueue(new Posted(
                context.Request.Path + context.Request.QueryString, headers.Authorization, context.Request.ContentType, headers["X-Mmm-Event"], headers["X-Mmm-Signature"], body.ToArray()));
            await answer(Posted.Count, context.Response);
        });
    }

    public ConcurrentQueue<Posted> Posted { get; } = new();

    public string Url => _app.Urls.Single();

    /// <param name="answer">How the request of this number, from 1, is answered.</param>
    /// <param name="port">0 = any.</param>
    public static async Task<Receiver> StartAsync(Func<int, HttpResponse, Task> answer, int port = 0)
    {
        var receiver = new Receiver(port, answer);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Answers with these, the last one for ever.</summary>
    public static Task<Receiver> StartAsync(params int[] statuses) => StartAsync((no, response) =>
    {
        response.StatusCode = statuses[Math.Min(no, statuses.Length) - 1];
        return Task.CompletedTask;
    });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
