using System.Collections.Immutable;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>What a document gives to whom, as granters go by it.</summary>
public static class LeaseHoldings
{
    /// <summary>By host: the role addresses that it may show.</summary>
    public static ImmutableSortedDictionary<string, ImmutableArray<RoleAddress>> Of(ClusterDocument document) => document.Hosts.Keys.ToImmutableSortedDictionary(
        h => h, h => Of(document, h), StringComparer.Ordinal);

    /// <summary>The role addresses that one host may show.</summary>
    public static ImmutableArray<RoleAddress> Of(ClusterDocument document, string host) => [.. document.Slots.Where(s => s.Holder == host).Select(s => s.Address)];
}
