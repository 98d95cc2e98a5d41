namespace Mmm.Shared.Agents;

/// <summary>HOCON: <c>failover { … }</c> of a cluster: what a server that takes over unplanned may lack of the old active master. An operator's <c>--force</c> is above it.</summary>
/// <param name="MaximumLoss">It takes over only if it is not known to lack more transactions than this; null = any.</param>
/// <param name="RequireSemiSync">It takes over only if the old one's log was read to its end, or its commits waited for a replica by its last report.</param>
public sealed record FailoverPolicy(long? MaximumLoss, bool RequireSemiSync);
