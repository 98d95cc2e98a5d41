using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Serialization;

/// <summary>
/// Source-generated JSON metadata of every wire record: no reflection over types while messages pass, and nothing outside this
/// list can be written or read. Each record here has its manifest in <see cref="WireManifests"/>.
/// </summary>
[JsonSerializable(typeof(AgentProtocol.HostOrder))]
[JsonSerializable(typeof(AgentProtocol.Report))]
[JsonSerializable(typeof(AgentProtocol.Refused), TypeInfoPropertyName = "AgentRefused")]
[JsonSerializable(typeof(AgentProtocol.Heard))]
[JsonSerializable(typeof(BootstrapProtocol.Hello))]
[JsonSerializable(typeof(ControlProtocol.Command))]
[JsonSerializable(typeof(ControlProtocol.Answer))]
[JsonSerializable(typeof(ControlProtocol.Ping))]
[JsonSerializable(typeof(SightProtocol.VantageReport))]
[JsonSerializable(typeof(SightProtocol.LookNow))]
[JsonSerializable(typeof(SightProtocol.KeepProbing))]
[JsonSerializable(typeof(SightProtocol.ReplicationSight))]
[JsonSerializable(typeof(StatusProtocol.ClusterSnapshot))]
internal sealed partial class WireJsonContext : JsonSerializerContext
{
    /// <summary>
    /// Strict where silence would turn into a wrong decision (missing or null fields, unknown enum words, duplicate fields, null list
    /// elements), lenient where two neighbouring releases must talk (unknown fields are skipped, optional ones take their default).
    /// </summary>
    public static WireJsonContext Strict { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        NumberHandling = JsonNumberHandling.Strict,
        MaxDepth = 32,
        // The payload is never put into a web page; the default encoder would turn every quote of an embedded document into six bytes.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false),
            new StrictImmutableArrayConverterFactory(),
        },
    });
}
