using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/openapi.json: the OpenAPI document of every route, made by the framework from the routes as they are mapped and the records they answer with.</summary>
internal static class OpenApiDocumentation
{
    private const string Name = "v1";
    private const string Bearer = "bearer";

    public static void AddOpenApiDocumentation(this IServiceCollection services)
    {
        // What the schemas are made by; the answers themselves are written by ApiFormat.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiFormat.Wire);
            foreach (JsonConverter converter in ApiFormat.Wire.Options.Converters)
                json.SerializerOptions.Converters.Add(converter);
            json.SerializerOptions.NumberHandling = ApiFormat.Wire.Options.NumberHandling;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        services.AddOpenApi(Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddOperationTransformer(OperationDocumentation.Complete);
            options.AddSchemaTransformer((schema, context, _) =>
            {
                LeaveOut(schema, context.JsonTypeInfo);
                return Task.CompletedTask;
            });
            options.AddDocumentTransformer((document, context, _) =>
            {
                Describe(document, context.ApplicationServices.GetRequiredService<MmmSettings>());
                return Task.CompletedTask;
            });
        });
        services.AddSingleton<OpenApiText>();
    }

    public static void MapOpenApiDocumentation(this WebApplication app) =>
        app.MapGet(ApiPaths.OpenApi, async (OpenApiText text) => Results.Bytes(await text.Json, "application/json"))
            .Tells<JsonObject>("Monitors", "This document", "OpenAPI 3.1.");

    private static void Describe(OpenApiDocument document, MmmSettings settings)
    {
        document.Info = new OpenApiInfo
        {
            Title = "MMM monitor",
            Version = Name,
            Description = "Reads come from the answering monitor's own copy of what the coordinator publishes every second; commands are passed on to the coordinator. Errors are RFC 9457 "
                + "problem details, but for those of the Akka-management routes' own.",
        };

        // Whoever reads it has reached the monitor at an address of which the monitor knows nothing: a tunnel, a proxy.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.AddComponent<IOpenApiSecurityScheme>(
            Bearer, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = Bearer, Description = "The token of monitor.http.token; a monitor without one listens on loopback only." });
        if (settings.Monitor.HttpToken is not null)
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
    }

    /// <summary>What is left out where it is null is not required, whatever the record's constructor wants.</summary>
    private static void LeaveOut(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), false) == true)
                schema.Required?.Remove(property.Name);
        }
    }

    /// <summary>Made when it is first asked for: the routes do not change.</summary>
    private sealed class OpenApiText([FromKeyedServices(Name)] IOpenApiDocumentProvider provider)
    {
        private readonly Lazy<Task<byte[]>> _json = new(async () =>
        {
            OpenApiDocument document = await provider.GetOpenApiDocumentAsync();
            using var text = new MemoryStream();
            await document.SerializeAsJsonAsync(text, OpenApiSpecVersion.OpenApi3_1);
            return text.ToArray();
        });

        public Task<byte[]> Json => _json.Value;
    }
}
