using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Agents;

/// <summary>All that an agent knows of its host at one moment.</summary>
/// <param name="Topology">The cluster.</param>
/// <param name="Host">Name of the host.</param>
/// <param name="Order">What the monitors want of it, as last heard or remembered; null = nothing was ever heard.</param>
/// <param name="Progress">How far the agent is with that.</param>
/// <param name="Cover">Its leases.</param>
/// <param name="Now">The moment, on the lease's clock.</param>
/// <param name="Found">mysqld, addresses, disk.</param>
/// <param name="Staleness">
/// At most so old is what a replica's data lack, as far as the server itself can tell: Seconds_Behind_Source when it was last known, and the time since. Null = it was never known.
/// </param>
/// <param name="Monitors">Every configured monitor: the time since it last acknowledged a report; null = it never has.</param>
/// <param name="LeaseTtl">lease.ttl.</param>
public sealed record AgentView(
    ClusterTopology Topology,
    string Host,
    AgentProtocol.HostOrder? Order,
    AgentProtocol.OrderProgress Progress,
    LeaseCover Cover,
    TimeSpan Now,
    FoundHost Found,
    TimeSpan? Staleness,
    ImmutableSortedDictionary<string, TimeSpan?> Monitors,
    TimeSpan LeaseTtl)
{
    /// <summary>Role addresses that it holds or shall hold.</summary>
    public ImmutableSortedSet<RoleAddress> Addresses => Found.Addresses.Union(Order?.Roles ?? []);

    /// <summary>Most of the monitors hear it: what they make of its state, it knows.</summary>
    public bool IsHeard => Monitors.Values.Count(since => since <= LeaseTtl) > Monitors.Count / 2;

    /// <summary>What is left of the lease of a role address; zero = there is none.</summary>
    public TimeSpan LeaseLeft(RoleAddress address) => Cover.Until.TryGetValue(address, out TimeSpan until) && until > Now ? until - Now : TimeSpan.Zero;
}
