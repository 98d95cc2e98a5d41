using Akka.Actor;
using Akka.Cluster.Sharding;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>Akka Management's <c>/cluster/shards</c>: the shard regions of this node, and <c>/cluster/shards/{name}</c>: the shards that one of them holds.</summary>
internal static class ShardEndpoints
{
    public static void MapShards(this WebApplication app)
    {
        app.MapGet(ApiPaths.Shards, Regions)
            .Tells<ManagementContracts.Regions>("Akka management", "The shard regions of this monitor", "As Akka Management answers.");
        app.MapGet($"{ApiPaths.Shards}/{{name}}", Shards)
            .Tells<ManagementContracts.Shards>("Akka management", "The shards that this monitor holds of a region", "As Akka Management answers.")
            .Produces<ManagementContracts.Message>(404).Refuses(503);
    }

    private static IResult Regions(ActorSystem system) => Results.Json(
        new ManagementContracts.Regions(system.HasExtension<ClusterSharding>() ? [.. ClusterSharding.Get(system).ShardTypeNames.Order(StringComparer.Ordinal)] : []),
        ApiFormat.Wire.Regions);

    private static async Task<IResult> Shards(string name, ActorSystem system, MmmSettings settings, CancellationToken cancel)
    {
        if (!system.HasExtension<ClusterSharding>() || !ClusterSharding.Get(system).ShardTypeNames.Contains(name))
            return Results.Json(new ManagementContracts.Message($"Shard Region {name} is not started"), ApiFormat.Wire.Message, statusCode: 404);
        try
        {
            ShardRegionStats stats = await ClusterSharding.Get(system).ShardRegion(name)
                .Ask<ShardRegionStats>(GetShardRegionStats.Instance, EndpointLimits.LocalDeadline, cancel);
            ManagementContracts.Shards shards = new([.. stats.Stats.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => new ManagementContracts.Shard(s.Key, s.Value))]);
            return Results.Json(shards, ApiFormat.Wire.Shards);
        }
        catch (AskTimeoutException)
        {
            return Problems.NotAnswering(settings.This);
        }
    }
}
