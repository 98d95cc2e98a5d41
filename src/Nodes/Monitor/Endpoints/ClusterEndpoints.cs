using System.Collections.Immutable;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/clusters and /api/v1/clusters/{cluster}: reads from this node's copy, without asking the coordinator.</summary>
internal static class ClusterEndpoints
{
    /// <summary>Pattern of one cluster's routes.</summary>
    public const string One = $"{ApiPaths.Clusters}/{{cluster}}";

    public static void MapClusters(this WebApplication app)
    {
        app.MapGet(ApiPaths.Clusters, List)
            .Tells<ClusterList>("Clusters", "Every cluster the monitor is configured with", "All but the name is null while the monitor has heard nothing of a cluster.").Refuses(503);
        app.MapGet(One, Read)
            .Tells<ClusterReading>("Clusters", "The whole picture of a cluster", "What the monitor was last told by the cluster's coordinator.").OfCluster();
    }

    private static async Task<IResult> List(MmmSettings settings, IClusterReads reads, CancellationToken cancel)
    {
        ImmutableArray<HeardSnapshot> heard = await reads.All(cancel);
        ClusterList list = new(settings.This, [.. settings.Clusters.Keys.Select(name => Entry(name, heard))]);
        return Results.Json(list, ApiFormat.Wire.ClusterList);
    }

    private static Task<IResult> Read([AsParameters] ClusterQuestion asked) =>
        asked.Answer(heard => Results.Json(new ClusterReading(asked.Settings.This, heard.AgeMs, heard.IsStale, heard.Snapshot), ApiFormat.Wire.ClusterReading));

    private static ClusterEntry Entry(string name, ImmutableArray<HeardSnapshot> heard)
    {
        HeardSnapshot? last = heard.FirstOrDefault(h => h.Snapshot.Cluster == name);
        return last is null
            ? new ClusterEntry(name)
            : new ClusterEntry(name, last.AgeMs, last.Snapshot.Mode, last.Snapshot.Phase, last.Snapshot.ActiveMaster);
    }
}
