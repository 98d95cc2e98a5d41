using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Mmm.Monitor.Endpoints;

/// <summary>Adds to the OpenAPI document what the framework cannot see in a route: arguments read by hand, bodies, streams, the token, and words for paths and statuses.</summary>
internal static class OperationDocumentation
{
    /// <summary>Names in paths: what they are, and an example.</summary>
    private static readonly Dictionary<string, (string Description, string Example)> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["cluster"] = ("Name of an MMM cluster that the monitor is configured with.", "C1"),
        ["host"] = ("Name of a host of the cluster.", "db1"),
        ["role"] = ("Name of a role of the cluster.", "writer"),
        ["check"] = ("Name of a check.", "rep_threads"),
        ["id"] = ("Id of a command, chosen by who gave it.", "6f1d2c"),
        ["address"] = ("Akka address of a monitor, whole or without its protocol.", "mmm@10.0.0.1:8551"),
        ["name"] = ("Name of a shard region.", "server-probe"),
    };

    private static readonly Dictionary<string, string> s_statuses = new()
    {
        ["200"] = "The answer.",
        ["202"] = "It is under way.",
        ["400"] = "The body or an argument is wrong; 'detail' or 'message' names it.",
        ["401"] = "The token is missing or wrong.",
        ["403"] = "From a page or a host name that is foreign, or with a token whose role is not good for it.",
        ["404"] = "There is no such thing; 'detail' names what there is.",
        ["405"] = "The monitor only serves reads (monitor.http.read_only).",
        ["409"] = "The coordinator refuses it; nothing was changed.",
        ["413"] = "The body is too large.",
        ["415"] = "The body has the wrong type.",
        ["422"] = "The monitor's configuration is not valid; nothing was changed, and 'detail' has everything that is wrong.",
        ["429"] = "Too many wrong tokens or requests; see 'Retry-After'.",
        ["503"] = "Not now; see 'Retry-After'.",
    };

    public static async Task Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        IList<object> metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.OperationId = IdOf(context.Description.HttpMethod, context.Description.RelativePath);
        operation.Parameters ??= [];
        foreach (OpenApiParameter parameter in operation.Parameters.OfType<OpenApiParameter>().Where(p => p.In == ParameterLocation.Path && p.Name is not null))
            (parameter.Description, parameter.Example) = s_names[parameter.Name ?? ""];
        foreach (DocumentedArgument argument in metadata.OfType<DocumentedArgument>())
            operation.Parameters.Add(ParameterOf(argument));
        if (metadata.OfType<DocumentedBody>().FirstOrDefault() is { } body)
            operation.RequestBody = await BodyOf(body, context, cancel);
        Answers(operation.Responses ??= [], metadata);
        if (!metadata.OfType<NeedsNoToken>().Any())
            return;
        operation.Security = [];
        operation.Responses.Remove("401");
        operation.Responses.Remove("429");
    }

    private static void Answers(OpenApiResponses responses, IList<object> metadata)
    {
        if (metadata.OfType<DocumentedStream>().FirstOrDefault() is { } stream && responses["200"].Content is { } content)
            content[stream.MediaType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = stream.Description } };
        foreach ((string status, IOpenApiResponse response) in responses)
            response.Description = s_statuses[status];
    }

    private static OpenApiParameter ParameterOf(DocumentedArgument argument) => new()
    {
        Name = argument.Name,
        In = argument.IsHeader ? ParameterLocation.Header : ParameterLocation.Query,
        Description = argument.Description,
        Schema = new OpenApiSchema
        {
            Type = argument.Least is null ? JsonSchemaType.String : JsonSchemaType.Integer,
            Minimum = argument.Least?.ToString(CultureInfo.InvariantCulture),
            Maximum = argument.Most?.ToString(CultureInfo.InvariantCulture),
            Enum = Words(argument.Values),
        },
    };

    private static async Task<OpenApiRequestBody> BodyOf(DocumentedBody body, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        OpenApiSchema schema = body.Body is not null
            ? await context.GetOrCreateSchemaAsync(body.Body, null, cancel)
            : new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Required = new HashSet<string> { body.Field ?? "" },
                Properties = new Dictionary<string, IOpenApiSchema> { [body.Field ?? ""] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Words(body.Values) } },
            };
        IOpenApiSchema shown = schema;
        if (body.Body is { Name: string name } && context.Document is { } document)
        {
            document.AddComponent(name, schema);
            shown = new OpenApiSchemaReference(name, document);
        }

        return new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType> { [body.MediaType] = new() { Schema = shown } } };
    }

    private static List<JsonNode>? Words(IReadOnlyList<string>? words) => words is null ? null : [.. words.Select(w => JsonValue.Create(w))];

    /// <summary>GET api/v1/clusters/{cluster}/hosts: <c>getClustersClusterHosts</c>. Generators of clients make function names of it.</summary>
    private static string IdOf(string? method, string? path)
    {
        string[] words = (path ?? "").Replace("api/v1/", "", StringComparison.Ordinal).Split(['/', '{', '}', '-', '.', '*'], StringSplitOptions.RemoveEmptyEntries);
        return (method ?? "").ToLowerInvariant() + string.Concat(words.Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
    }
}
