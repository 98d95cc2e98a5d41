using System.Diagnostics;
using System.Threading.Channels;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.History;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Tracing;

/// <summary>
/// Exports each move of an active master role as one OpenTelemetry trace. Of several monitors the one that decided its end does it. Made from the history afterwards: nothing that
/// happens during a move waits for a collector.
/// </summary>
internal sealed partial class MoveTracing(MmmSettings settings, IHistory history, TimeProvider time, ILogger<MoveTracing> log) : BackgroundService
{
    /// <summary>Name of the source of the spans.</summary>
    public const string SourceName = "Mmm.Monitor";

    /// <summary>Replicas are pointed at the new master when the move has ended; that belongs to it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Older ones came from another monitor, after this one had lost its history.</summary>
    private static readonly TimeSpan s_oldest = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    private readonly ActivitySource _source = new(SourceName);

    public override void Dispose()
    {
        _source.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(settings.Clusters.Keys.Select(c => WatchAsync(c, stoppingToken)));

    private async Task WatchAsync(string cluster, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using IHistoryFeed feed = await history.Follow(cluster, stopping);
                while (true)
                {
                    if (await feed.NextAsync(s_oldest, stopping) is { } e && MoveTrace.Ends(e) && e.Id.Epoch.Node == settings.This && time.GetUtcNow() - e.AtUtc < s_oldest)
                        await ExportAsync(cluster, e, stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is ChannelClosedException or TimeoutException)
            {
                // The chronicle is not there yet, or this was too slow for it.
                using var timer = new PeriodicTimer(s_again, time);
                await timer.WaitForNextTickAsync(stopping);
            }
        }
    }

    private async Task ExportAsync(string cluster, HistoryEvent end, CancellationToken stopping)
    {
        using (var timer = new PeriodicTimer(s_patience, time))
            await timer.WaitForNextTickAsync(stopping);
        ChroniclePage page = await history.Page(cluster, new EventFilter(EventEndpoints.MaxLimit), stopping);
        if (MoveTrace.Of(page.Events, end.Id) is not { } trace)
            return;
        using Activity? root = Span(trace, default);
        if (root is null)
            return;
        root.SetTag("mmm.cluster", cluster).SetTag("mmm.decision", end.Decision().ToString());
        foreach (TraceSpan child in trace.Children)
            Span(child, root.Context)?.Dispose();
        LogExported(log, trace.Name, cluster, root.TraceId.ToString());
    }

    private Activity? Span(TraceSpan span, ActivityContext parent)
    {
        Activity? activity = _source.StartActivity(span.Name, ActivityKind.Internal, parent, startTime: span.Start);
        activity?.SetTag("mmm.sentence", span.Sentence);
        if (span.Host is not null)
            activity?.SetTag("mmm.host", span.Host);
        activity?.SetStatus(span.Failure is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, span.Failure);
        activity?.SetEndTime(span.End.UtcDateTime);
        return activity;
    }

    [LoggerMessage(1, LogLevel.Information, "The {What} of cluster {Cluster} goes to the collector as trace {TraceId}")]
    private static partial void LogExported(ILogger log, string what, string cluster, string traceId);
}
