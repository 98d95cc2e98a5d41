using System.Collections.Immutable;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/clusters and /api/v1/clusters/{cluster}: reads from this node's copy, without asking the coordinator.</summary>
internal static class ClusterEndpoints
{
    public static void MapClusters(this WebApplication app)
    {
        app.MapGet(ApiPaths.Clusters, List);
        app.MapGet($"{ApiPaths.Clusters}/{{cluster}}", Read);
    }

    private static async Task<IResult> List(MmmSettings settings, IClusterReads reads, CancellationToken cancel)
    {
        ImmutableArray<HeardSnapshot> heard = await reads.All(cancel);
        ClusterList list = new(settings.This, [.. settings.Clusters.Keys.Select(name => Entry(name, heard))]);
        return Results.Json(list, ApiFormat.Wire.ClusterList);
    }

    private static async Task<IResult> Read(string cluster, MmmSettings settings, IClusterReads reads, CancellationToken cancel)
    {
        if (!settings.Clusters.ContainsKey(cluster))
            return UnknownCluster(cluster, settings);
        HeardSnapshot? heard = (await reads.All(cancel)).FirstOrDefault(h => h.Snapshot.Cluster == cluster);
        return heard is null
            ? Problems.NoSnapshot(settings.This, cluster)
            : Results.Json(new ClusterReading(settings.This, heard.AgeMs, heard.IsStale, heard.Snapshot), ApiFormat.Wire.ClusterReading);
    }

    public static IResult UnknownCluster(string cluster, MmmSettings settings) =>
        Problems.NotFound($"Monitor {settings.This} knows no cluster '{cluster}'. Clusters are: {string.Join(", ", settings.Clusters.Keys)}");

    private static ClusterEntry Entry(string name, ImmutableArray<HeardSnapshot> heard)
    {
        HeardSnapshot? last = heard.FirstOrDefault(h => h.Snapshot.Cluster == name);
        return last is null
            ? new ClusterEntry(name)
            : new ClusterEntry(name, last.AgeMs, last.Snapshot.Mode, last.Snapshot.Phase, last.Snapshot.ActiveMaster);
    }
}
