using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/monitors: configured monitors beside Akka's members, by the names operators use.</summary>
internal static class MonitorsEndpoint
{
    public const string Absent = "absent";

    public static void MapMonitors(this WebApplication app) => app.MapGet(ApiPaths.Monitors, Read)
        .Tells<MonitorsReading>("Monitors", "The monitors", "By their configured names, as the answering one sees them.").Refuses(503);

    private static async Task<IResult> Read(ActorSystem system, MmmSettings settings, IClusterReads reads, IServiceProvider services, CancellationToken cancel) =>
        Results.Json((await Look(system, settings, reads, services.GetService<IKeeperStatus>(), cancel)).Monitors, ApiFormat.Wire.MonitorsReading);

    /// <summary>
    /// What this node knows now: the monitors, and the pictures of the clusters. Keepers and status board are asked at the same time; a monitor that is known to be gone is not
    /// asked, so it takes no longer than the longer of their deadlines.
    /// </summary>
    /// <exception cref="TimeoutException">This node's status board does not answer.</exception>
    public static async Task<(MonitorsReading Monitors, ImmutableArray<HeardSnapshot> Heard)> Look(
        ActorSystem system, MmmSettings settings, IClusterReads reads, IKeeperStatus? keeperStatus, CancellationToken cancel)
    {
        ClusterEvent.CurrentClusterState state = Cluster.Get(system).State;
        HashSet<string> present = [.. state.Members.Where(m => !state.Unreachable.Contains(m)).Select(m => Place(m.Address))];
        IEnumerable<MonitorMember> reachable = settings.Monitors.Where(m => present.Contains(Place(m)));
        Task<ImmutableDictionary<string, KeeperEntry>> keepers =
            keeperStatus?.Of(reachable, cancel) ?? Task.FromResult(ImmutableDictionary<string, KeeperEntry>.Empty);
        ImmutableArray<HeardSnapshot> heard = await reads.All(cancel);
        return (View(state, settings, heard, await keepers), heard);
    }

    internal static MonitorsReading View(
        ClusterEvent.CurrentClusterState state, MmmSettings settings, ImmutableArray<HeardSnapshot> heard, ImmutableDictionary<string, KeeperEntry> keepers)
    {
        Dictionary<string, Member> members = [];
        foreach (Member member in state.Members)
            members[Place(member.Address)] = member;
        IEnumerable<MonitorEntry> configured = settings.Monitors.Select(monitor =>
        {
            string place = Place(monitor);
            bool present = members.Remove(place, out Member? member);
            return new MonitorEntry(
                monitor.Name, place, monitor.HttpPort, present ? member!.Status.ToString() : Absent, present && !state.Unreachable.Contains(member!), true,
                keepers.GetValueOrDefault(monitor.Name));
        });
        ImmutableArray<MonitorEntry> known = [.. configured];
        IEnumerable<MonitorEntry> strangers = members.OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => new MonitorEntry(m.Key, m.Key, null, m.Value.Status.ToString(), !state.Unreachable.Contains(m.Value), false));

        string? leader = state.Leader is null ? null : Place(state.Leader);
        return new MonitorsReading(
            settings.This,
            keepers.GetValueOrDefault(settings.This)?.Voters is { } voters ? Quorums.Of(voters.Length) : settings.Quorum,
            [.. known, .. strangers],
            known.FirstOrDefault(m => m.Address == leader)?.Name ?? leader,
            heard.Where(h => !h.IsStale).OrderBy(h => h.Age).FirstOrDefault()?.Snapshot.Coordinator);
    }

    private static string Place(MonitorMember monitor) => $"{monitor.Address}:{monitor.Port}";

    private static string Place(Address address) => $"{address.Host}:{address.Port}";
}
