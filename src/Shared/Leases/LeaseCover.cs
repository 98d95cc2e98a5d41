using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Leases;

/// <summary>What a host may show, at one moment.</summary>
/// <param name="Order">The order whose addresses this speaks of.</param>
/// <param name="Until">Until when each leased address may be shown, on the lease's clock.</param>
/// <param name="Pending">Not leased yet, and not given up either.</param>
/// <param name="Obstacles">Why each of the others may not be shown (pending ones too), for people.</param>
/// <param name="ByPeers">Something goes on by the word of the other hosts, not of the monitors.</param>
/// <param name="QuietUntil">Until then the host takes no exclusive address over: its agent has just started, and may have promised it to another before.</param>
public sealed record LeaseCover(
    DecisionId Order,
    ImmutableSortedDictionary<RoleAddress, TimeSpan> Until,
    ImmutableSortedSet<RoleAddress> Pending,
    ImmutableSortedDictionary<RoleAddress, string> Obstacles,
    bool ByPeers,
    TimeSpan QuietUntil = default)
{
    /// <summary>Before anything was claimed.</summary>
    public static readonly LeaseCover None = new(
        DecisionId.None, ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty, [], ImmutableSortedDictionary<RoleAddress, string>.Empty, false);

    /// <summary>Lifetime of the address in the kernel, in whole seconds; zero = it must not be added.</summary>
    public int Seconds(RoleAddress address, TimeSpan now) => Until.TryGetValue(address, out TimeSpan until) ? LeaseTerms.KernelSeconds(until - now) : 0;
}
