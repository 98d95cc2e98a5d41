using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Mmm.Shared.Api;

namespace Mmm.Monitor.Endpoints;

/// <summary>Akka's members as the JSON of Akka Management.</summary>
internal static class MemberViews
{
    public static ManagementContracts.Members Members(Cluster cluster)
    {
        ClusterEvent.CurrentClusterState state = cluster.State;
        Member[] byAge = [.. state.Members.Where(m => m.Status == MemberStatus.Up).OrderBy(m => m, Member.AgeOrdering)];
        return new ManagementContracts.Members(
            cluster.SelfAddress.ToString(),
            [.. state.Members.Select(View)],
            [.. state.Unreachable.OrderBy(m => m.Address, Member.AddressOrdering).Select(m => new ManagementContracts.UnreachableMember(m.Address.ToString(), Observers(cluster, m)))],
            state.Leader?.ToString(),
            byAge.FirstOrDefault()?.Address.ToString(),
            byAge.SelectMany(m => m.Roles).Distinct(StringComparer.Ordinal)
                .ToImmutableSortedDictionary(role => role, role => byAge.First(m => m.HasRole(role)).Address.ToString(), StringComparer.Ordinal));
    }

    public static ManagementContracts.Member View(Member member) => new(
        member.Address.ToString(),
        member.UniqueAddress.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture),
        member.Status.ToString(),
        [.. member.Roles.Order(StringComparer.Ordinal)]);

    public static ManagementContracts.NodeAddress View(Address address) =>
        new(address.Host, address.Port, address.System, address.Protocol, address.HasLocalScope, address.HasGlobalScope);

    /// <summary>Full address, or <c>system@host:port</c>, of a node of this very system; null for anything else, which could never join.</summary>
    public static Address? ParseAddress(string text, ActorSystem system)
    {
        string protocol = Cluster.Get(system).SelfAddress.Protocol;
        string full = text.Contains("://", StringComparison.Ordinal) ? text : $"{protocol}://{text}";
        return ActorPath.TryParseAddress(full, out Address address) && address.HasGlobalScope && address.System == system.Name && address.Protocol == protocol
            ? address
            : null;
    }

    /// <summary>Akka.NET shows the gossip's reachability table to nobody, so only this node's own failure detector can be named.</summary>
    private static ImmutableArray<string> Observers(Cluster cluster, Member member)
    {
        bool seenDownHere = cluster.FailureDetector.IsMonitoring(member.Address) && !cluster.FailureDetector.IsAvailable(member.Address);
        return seenDownHere ? [cluster.SelfAddress.ToString()] : [];
    }
}
