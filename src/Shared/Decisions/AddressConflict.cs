using System.Collections.Immutable;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>A machine answers for a role address that it should not have.</summary>
/// <param name="Address">Which.</param>
/// <param name="Mac">The machine.</param>
/// <param name="Host">The host of the cluster that it is; null = none of them.</param>
/// <param name="FirstSeenAt">By the first look that counts.</param>
/// <param name="SeenBy">Hosts whose agents see it now.</param>
/// <param name="Confirmed">It is no passing sight: the operator has been told.</param>
/// <param name="ToldAt">When that host was last sent its order because of this; null = never.</param>
public sealed record AddressConflict(
    RoleAddress Address, string Mac, string? Host, DateTimeOffset FirstSeenAt, ImmutableSortedSet<string> SeenBy, bool Confirmed, DateTimeOffset? ToldAt);

/// <summary>Whose a role address is by the decisions, and since when: what was seen before that says nothing of it.</summary>
/// <param name="Owner">Decided for.</param>
/// <param name="ReleasingFrom">Has not let go.</param>
/// <param name="Since">As long as this coordinator knows.</param>
public sealed record AddressTenure(string? Owner, string? ReleasingFrom, DateTimeOffset Since);
