using System.Collections.Immutable;
using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using Mmm.Actors.Security;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;
using Prometheus;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// <c>GET /metrics</c> in Prometheus' text format. Made anew for every scrape from what this node knows then: what has gone leaves no old value behind, and what is not known has no value.
/// Every series has the label <c>monitor</c>, this node's name: each monitor tells what it was told, and they need not agree.
/// </summary>
internal static class MonitorMetrics
{
    public const string Path = "/metrics";

    private static readonly string _version =
        typeof(MonitorMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void MapMetrics(this WebApplication app) => app.MapGet(Path, Read)
        .Tells<string>("Monitors", "Metrics", "In Prometheus' text format.", PrometheusConstants.TextContentTypeWithVersionAndEncoding).Refuses(503).DisableRateLimiting();

    private static async Task<IResult> Read(ActorSystem system, MmmSettings settings, IClusterReads reads, IServiceProvider services, CancellationToken cancel)
    {
        (MonitorsReading monitors, ImmutableArray<HeardSnapshot> heard) = await MonitorsEndpoint.Look(system, settings, reads, services.GetService<IKeeperStatus>(), cancel);
        return Results.Bytes(await TextOf(monitors, settings.Clusters.Keys, heard, cancel, services.GetService<CertificateStore>()?.Current.Ends), PrometheusConstants.TextContentTypeWithVersionAndEncoding);
    }

    /// <param name="monitors">As <c>GET /api/v1/monitors</c> answers.</param>
    /// <param name="clusters">Names of the configured clusters.</param>
    /// <param name="heard">The pictures this node has of them.</param>
    /// <param name="cancel">The scraper hung up.</param>
    /// <param name="certificateEnds">When this node's certificate expires; null = it has none.</param>
    internal static async Task<byte[]> TextOf(
        MonitorsReading monitors, IEnumerable<string> clusters, ImmutableArray<HeardSnapshot> heard, CancellationToken cancel, DateTimeOffset? certificateEnds = null)
    {
        CollectorRegistry registry = Metrics.NewCustomRegistry();
        registry.SetStaticLabels(new Dictionary<string, string> { ["monitor"] = monitors.Monitor });
        MetricFactory metrics = Metrics.WithCustomRegistry(registry);
        Monitors(metrics, monitors);
        if (certificateEnds is { } ends)
            metrics.CreateGauge("mmm_monitor_certificate_expiry_timestamp_seconds", "When the monitor's certificate, or the one of the authority that signed it, expires (Unix time).").Set(ends.ToUnixTimeSeconds());
        foreach (string cluster in clusters)
            ClusterMetrics.Add(metrics, cluster, heard.FirstOrDefault(h => h.Snapshot.Cluster == cluster));
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, cancel);
        return text.ToArray();
    }

    private static void Monitors(MetricFactory metrics, MonitorsReading monitors)
    {
        metrics.CreateGauge("mmm_monitor_info", "Always 1; the label says which version of MMM the monitor is of.", "version").WithLabels(_version).Set(1);
        metrics.CreateGauge("mmm_monitor_quorum", "How many of the voting monitors must agree.").Set(monitors.Quorum);
        Gauge up = metrics.CreateGauge("mmm_monitor_member_up", "1 = the configured monitor is a member of the monitors' cluster and can be reached, as this monitor sees it.", "member");
        Gauge votes = metrics.CreateGauge("mmm_monitor_member_votes", "1 = the keeper of the ledger on that monitor votes, 0 = it does not, or does not answer. No value for a monitor that cannot be reached.", "member");
        foreach (MonitorEntry member in monitors.Members.Where(m => m.Configured))
        {
            up.WithLabels(member.Name).Set(member.Reachable && member.Status == nameof(MemberStatus.Up) ? 1 : 0);
            if (member.Keeper is { } keeper)
                votes.WithLabels(member.Name).Set(keeper.Voting ? 1 : 0);
        }
    }
}
