using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/monitors: configured monitors beside Akka's members, by the names operators use.</summary>
internal static class MonitorsEndpoint
{
    public const string Absent = "absent";

    public static void MapMonitors(this WebApplication app) => app.MapGet(ApiPaths.Monitors, Read);

    private static async Task<IResult> Read(ActorSystem system, MmmSettings settings, IClusterReads reads, IServiceProvider services, CancellationToken cancel)
    {
        Task<ImmutableArray<HeardSnapshot>> heard = reads.All(cancel);
        Task<KeeperEntry?> own = services.GetService<IKeeperStatus>()?.Own(cancel) ?? Task.FromResult<KeeperEntry?>(null);
        return Results.Json(View(Cluster.Get(system).State, settings, await heard, await own), ApiFormat.Wire.MonitorsReading);
    }

    internal static MonitorsReading View(
        ClusterEvent.CurrentClusterState state, MmmSettings settings, ImmutableArray<HeardSnapshot> heard, KeeperEntry? ownKeeper)
    {
        Dictionary<string, Member> members = [];
        foreach (Member member in state.Members)
            members[Place(member.Address)] = member;
        IEnumerable<MonitorEntry> configured = settings.Monitors.Select(monitor =>
        {
            string place = $"{monitor.Address}:{monitor.Port}";
            bool present = members.Remove(place, out Member? member);
            return new MonitorEntry(
                monitor.Name, place, monitor.HttpPort, present ? member!.Status.ToString() : Absent, present && !state.Unreachable.Contains(member!), true,
                monitor.Name == settings.This ? ownKeeper : null);
        });
        ImmutableArray<MonitorEntry> known = [.. configured];
        IEnumerable<MonitorEntry> strangers = members.OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => new MonitorEntry(m.Key, m.Key, null, m.Value.Status.ToString(), !state.Unreachable.Contains(m.Value), false));

        string? leader = state.Leader is null ? null : Place(state.Leader);
        return new MonitorsReading(
            settings.This,
            settings.Quorum,
            [.. known, .. strangers],
            known.FirstOrDefault(m => m.Address == leader)?.Name ?? leader,
            heard.Where(h => !h.IsStale).OrderBy(h => h.Age).FirstOrDefault()?.Snapshot.Coordinator);
    }

    private static string Place(Address address) => $"{address.Host}:{address.Port}";
}
