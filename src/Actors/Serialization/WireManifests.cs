using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Serialization;

/// <summary>
/// The one table of what may cross the network: a short manifest per record. A new record gets a line here, one in
/// <see cref="WireJsonContext"/> and one in the golden file of the tests. A manifest is never renumbered nor used again: nodes of
/// the neighbouring release read by it.
/// </summary>
internal static class WireManifests
{
    private static readonly Entry[] s_all =
    [
        new("a1", WireJsonContext.Strict.HostOrder),
        new("a2", WireJsonContext.Strict.Report),
        new("a3", WireJsonContext.Strict.AgentRefused),
        new("a4", WireJsonContext.Strict.Heard),
        new("a5", WireJsonContext.Strict.Relay),
        new("a6", WireJsonContext.Strict.AskLastUp),
        new("a7", WireJsonContext.Strict.LastUp),
        new("a8", WireJsonContext.Strict.PeerVanished),
        new("b1", WireJsonContext.Strict.Hello),
        new("c1", WireJsonContext.Strict.Command),
        new("c2", WireJsonContext.Strict.Answer),
        new("c3", WireJsonContext.Strict.Ping),
        new("e1", WireJsonContext.Strict.LeaseRenew),
        new("e2", WireJsonContext.Strict.LeaseGranted),
        new("e3", WireJsonContext.Strict.LeaseWithdraw),
        new("e4", WireJsonContext.Strict.LeaseWithdrawn),
        new("e5", WireJsonContext.Strict.LeaseAges),
        new("e6", WireJsonContext.Strict.LeaseHold),
        new("e7", WireJsonContext.Strict.LeaseHeld),
        new("e8", WireJsonContext.Strict.LeaseVotersDecided),
        new("h1", WireJsonContext.Strict.Happened),
        new("h2", WireJsonContext.Strict.Have),
        new("l1", WireJsonContext.Strict.LedgerPrepare),
        new("l2", WireJsonContext.Strict.LedgerAccept),
        new("l3", WireJsonContext.Strict.LedgerPromise),
        new("l4", WireJsonContext.Strict.LedgerAccepted),
        new("l5", WireJsonContext.Strict.LedgerRefused),
        new("l6", WireJsonContext.Strict.LedgerNotVoting),
        new("l7", WireJsonContext.Strict.LedgerReadCopy),
        new("l8", WireJsonContext.Strict.LedgerCopy),
        new("l9", WireJsonContext.Strict.LedgerAskStatus),
        new("l10", WireJsonContext.Strict.LedgerStatus),
        new("l11", WireJsonContext.Strict.LedgerAskHolding),
        new("l12", WireJsonContext.Strict.LedgerHolding),
        new("s1", WireJsonContext.Strict.VantageReport),
        new("s2", WireJsonContext.Strict.LookNow),
        new("s3", WireJsonContext.Strict.KeepProbing),
        new("s4", WireJsonContext.Strict.ReplicationSight),
        new("t1", WireJsonContext.Strict.ClusterSnapshot),
    ];

    private static readonly FrozenDictionary<string, Entry> s_byManifest = s_all.ToFrozenDictionary(e => e.Manifest, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, Entry> s_byType = s_all.ToFrozenDictionary(e => e.Json.Type);

    /// <summary>Every entry, in table order.</summary>
    public static IReadOnlyList<Entry> All => s_all;

    /// <summary>The entry of a manifest; null when this release does not know it.</summary>
    public static Entry? Of(string manifest) => s_byManifest.GetValueOrDefault(manifest);

    /// <summary>The entry of a record; null when it has none.</summary>
    public static Entry? Of(Type record) => s_byType.GetValueOrDefault(record);

    /// <param name="Manifest">Goes over the wire instead of a type name.</param>
    /// <param name="Json">How the record is written and read.</param>
    internal sealed record Entry(string Manifest, JsonTypeInfo Json)
    {
        /// <summary>For people: <c>AgentProtocol.HostOrder</c>.</summary>
        public string Name => Json.Type.DeclaringType is { } protocol ? $"{protocol.Name}.{Json.Type.Name}" : Json.Type.Name;
    }
}
