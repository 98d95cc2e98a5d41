using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmm.Shared.Decisions;

/// <summary>The text form of a <see cref="ClusterDocument"/> in the ledger. Fields are only ever added, as optional ones.</summary>
public static class DocumentJson
{
    public static string Write(ClusterDocument document) => JsonSerializer.Serialize(document, DocumentJsonContext.Default.ClusterDocument);

    /// <summary>Reads a stored document.</summary>
    /// <exception cref="JsonException">The text is not a document of this or an earlier version.</exception>
    public static ClusterDocument Read(string text)
    {
        ClusterDocument d = JsonSerializer.Deserialize(text, DocumentJsonContext.Default.ClusterDocument) ?? throw new JsonException("the stored document is null");
        return d.Hosts is null || d.Slots.IsDefault ? throw new JsonException("the stored document has no hosts or no slots") : d;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ClusterDocument))]
internal sealed partial class DocumentJsonContext : JsonSerializerContext;
