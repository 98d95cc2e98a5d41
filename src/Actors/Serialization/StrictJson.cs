using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmm.Actors.Serialization;

/// <summary>How JSON is read and written on the wire and on disk.</summary>
internal static class StrictJson
{
    /// <summary>
    /// Strict where silence would turn into a wrong decision (missing or null fields, unknown enum words, duplicate fields, null list
    /// elements), lenient where two neighbouring releases must talk (unknown fields are skipped, optional ones take their default).
    /// </summary>
    public static JsonSerializerOptions NewOptions() => new()
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
    };
}
