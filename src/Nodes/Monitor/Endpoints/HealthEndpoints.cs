using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /alive and /ready, for service managers and load balancers; they need no token and tell no more than they must.</summary>
internal static class HealthEndpoints
{
    public const string Alive = "/alive";
    public const string Ready = "/ready";

    public static void MapHealth(this WebApplication app)
    {
        app.MapGet(Alive, () => Results.Json(new ManagementContracts.Message("alive"), ApiFormat.Wire.Message))
            .Tells<ManagementContracts.Message>("Health", "The process answers", "For service managers.").WithMetadata(new NeedsNoToken()).DisableRateLimiting();
        app.MapGet(Ready, AnswerReady)
            .Tells<ManagementContracts.Message>("Health", "Reads of this monitor are worth something", "A member that is Up, with a fresh picture of every configured cluster.")
            .Refuses(503).WithMetadata(new NeedsNoToken()).DisableRateLimiting();
    }

    /// <summary>Ready: a member that is Up, and a fresh snapshot of every cluster, so that reads from this node are worth something.</summary>
    private static async Task<IResult> AnswerReady(ActorSystem system, MmmSettings settings, IClusterReads reads, CancellationToken cancel)
    {
        Cluster cluster = Cluster.Get(system);
        if (cluster.IsTerminated || cluster.SelfMember.Status != MemberStatus.Up)
            return Problems.NotReady($"Monitor {settings.This} is no member of the monitors' cluster yet (or any more): {(cluster.IsTerminated ? "stopped" : cluster.SelfMember.Status)}.");

        ImmutableArray<HeardSnapshot> heard = await reads.All(cancel);
        foreach (string name in settings.Clusters.Keys)
        {
            HeardSnapshot? last = heard.FirstOrDefault(h => h.Snapshot.Cluster == name);
            if (last is null)
                return Problems.NotReady($"Monitor {settings.This} has not heard from a coordinator of cluster {name} yet.");
            if (last.IsStale)
                return Problems.NotReady($"Monitor {settings.This} last heard from a coordinator of cluster {name} {last.Age.TotalSeconds:F0} s ago.");
        }

        return Results.Json(new ManagementContracts.Message("ready"), ApiFormat.Wire.Message);
    }
}
