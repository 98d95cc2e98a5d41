using System.Text.Json.Serialization;
using Mmm.Actors.Serialization;
using Mmm.Shared.Ledger;

namespace Mmm.Actors.Ledger;

/// <summary>How a keeper's records are written to disk.</summary>
[JsonSerializable(typeof(KeeperRecord))]
internal sealed partial class KeeperJsonContext : JsonSerializerContext
{
    /// <inheritdoc cref="StrictJson.NewOptions"/>
    public static KeeperJsonContext Strict { get; } = new(StrictJson.NewOptions());
}
