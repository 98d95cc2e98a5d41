using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>The OpenAPI document says what the endpoint serves: every route, with words, and bodies by the names of the records.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    /// <summary>The only routes that are left out: other methods of the list of members, which all answer 405.</summary>
    private static readonly string[] _leftOut = ["DELETE /cluster/members", "PATCH /cluster/members", "PUT /cluster/members"];

    private EndpointNode _node = null!;
    private JsonElement _document;

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start();
        _document = await Document(_node);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public void Every_mapped_route_is_in_it_and_nothing_else()
    {
        Assert.StartsWith("3.1.", _document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(Mapped(_node.Routes).Except(_leftOut).Order(), Operations().Select(o => o.Name).Order());
        Assert.Equal(_leftOut, _node.Routes.Where(r => r.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not null).SelectMany(Names).Order());
        Assert.Contains("GET /api/v1/openapi.json", Mapped(_node.Routes));
    }

    [Fact]
    public void It_is_read_without_complaint()
    {
        ReadResult read = OpenApiDocument.Parse(_document.GetRawText(), "json");
        Assert.Equal([], read.Diagnostic?.Errors.Concat(read.Diagnostic.Warnings).Select(e => e.ToString()) ?? []);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic?.SpecificationVersion);
        Assert.Equal(_document.GetProperty("paths").EnumerateObject().Count(), read.Document?.Paths.Count);
    }

    [Fact]
    public void Every_operation_has_words_a_body_and_its_problems()
    {
        foreach ((string name, JsonElement operation) in Operations())
        {
            foreach (string word in new[] { "summary", "description", "operationId" })
                Assert.True(operation.TryGetProperty(word, out JsonElement text) && text.GetString() is { Length: > 1 }, $"{name} has no {word}");
            Assert.True(operation.GetProperty("tags").GetArrayLength() == 1, $"{name} has not one tag");
            JsonElement responses = operation.GetProperty("responses");
            Assert.All(responses.EnumerateObject(), r => Assert.True(
                r.Value.GetProperty("content").EnumerateObject().All(c => c.Value.TryGetProperty("schema", out _)), $"{name} has an answer {r.Name} without a schema"));
            bool isHealth = name is "GET /alive" or "GET /ready";
            Assert.Equal(!isHealth, responses.TryGetProperty("401", out JsonElement unauthorized));
            if (!isHealth)
                Assert.Equal("#/components/schemas/ProblemReading", unauthorized.GetProperty("content").GetProperty("application/problem+json").GetProperty("schema").GetProperty("$ref").GetString());
            string[] inPath = [.. name.Split('/').Where(s => s.StartsWith('{')).Select(s => s.Trim('{', '}'))];
            JsonElement[] parameters = operation.TryGetProperty("parameters", out JsonElement list) ? [.. list.EnumerateArray()] : [];
            Assert.Equal(inPath, parameters.Where(p => p.GetProperty("in").GetString() == "path").Select(p => p.GetProperty("name").GetString()));
            Assert.All(parameters, p => Assert.True(p.GetProperty("description").GetString() is { Length: > 3 }, $"{name}: {p} has no words"));
        }

        Assert.Equal(Operations().Count(), Operations().Select(o => o.Operation.GetProperty("operationId").GetString()).Distinct().Count());
    }

    [Fact]
    public void Schemas_have_the_names_that_the_records_have_on_the_wire()
    {
        Dictionary<string, JsonTypeInfo> records = [];
        foreach (Type type in typeof(ApiJson).Assembly.GetTypes().Where(t => !t.ContainsGenericParameters && !t.IsByRefLike && t is not { IsAbstract: true, IsSealed: true }))
        {
            if (ApiFormat.Wire.GetTypeInfo(type) is { Kind: JsonTypeInfoKind.Object } info)
                records[type.Name] = info;
        }

        JsonProperty[] schemas = [.. _document.GetProperty("components").GetProperty("schemas").EnumerateObject()];
        Assert.Contains(schemas, s => s.Name == nameof(CommandRequest));
        foreach (JsonProperty schema in schemas.Where(s => s.Value.TryGetProperty("properties", out _)))
        {
            Assert.True(records.TryGetValue(schema.Name, out JsonTypeInfo? record), $"{schema.Name} is no record of the API");
            Assert.Equal(record.Properties.Where(p => p.Get is not null).Select(p => p.Name).Order(), schema.Value.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order());
        }
    }

    /// <summary>Meaning and units, from the records' comments.</summary>
    [Theory]
    [InlineData(nameof(HostsReading))]
    [InlineData(nameof(HostEntry))]
    [InlineData(nameof(StatusProtocol.HostView))]
    [InlineData(nameof(StatusProtocol.RoleView))]
    [InlineData(nameof(StatusProtocol.CheckView))]
    [InlineData(nameof(StatusProtocol.MoveView))]
    [InlineData(nameof(CommandRequest))]
    [InlineData(nameof(CommandAnswer))]
    [InlineData(nameof(EventEntry))]
    [InlineData(nameof(ProblemReading))]
    public void Fields_are_explained(string schema) => Assert.All(
        _document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties").EnumerateObject(),
        p => Assert.True(p.Value.GetRawText().Contains("\"description\"", StringComparison.Ordinal), $"{schema}.{p.Name} is not explained"));

    /// <summary>Also those of the Akka-management routes, which leave out what is null.</summary>
    [Fact]
    public async Task Answers_and_problems_fit_their_schemas()
    {
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK", null);
        int answered = 0;
        foreach (bool known in new[] { false, true })
        {
            _node.Heard = known ? [Pictures.Heard(0.2) with { Snapshot = Pictures.WithReports() with { Move = Pictures.Move } }] : [];
            foreach ((string name, JsonElement operation) in Operations().Where(o => o.Name.StartsWith("GET ", StringComparison.Ordinal) && o.Name != "GET /metrics"))
            {
                string path = name[4..].Replace("{cluster}", "C1", StringComparison.Ordinal).Replace("{host}", "db1", StringComparison.Ordinal).Replace("{role}", "writer", StringComparison.Ordinal)
                    .Replace("{check}", "ping", StringComparison.Ordinal).Replace("{address}", _node.Cluster.SelfAddress.HostPort(), StringComparison.Ordinal);
                (int status, string body) = await _node.Http.Sends(HttpMethod.Get, path);
                JsonElement content = operation.GetProperty("responses").GetProperty($"{status}").GetProperty("content").EnumerateObject().First().Value;
                Assert.Equal([], Faults(JsonSerializer.Deserialize<JsonElement>(body), content.GetProperty("schema"), $"{path} {status}"));
                answered += status == 200 ? 1 : 0;
            }
        }

        Assert.True(answered > 30, $"{answered} answers");
    }

    [Fact]
    public void What_an_answer_may_leave_out_is_not_required() => Assert.Equal(
        """["selfNode","members","unreachable","oldestPerRole"]""", Compact(_document.GetProperty("components").GetProperty("schemas").GetProperty("Members").GetProperty("required")));

    [Fact]
    public void References_lead_somewhere()
    {
        HashSet<string> known = [.. _document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(s => $"#/components/schemas/{s.Name}")];
        string[] used = [.. References(_document).Distinct()];
        Assert.True(used.Length > 20, $"{used.Length} references");
        Assert.Equal([], used.Except(known));
    }

    [Fact]
    public void What_is_read_by_hand_is_in_it_too()
    {
        JsonElement events = Operations().Single(o => o.Name == "GET /api/v1/clusters/{cluster}/events").Operation;
        Assert.Equal(
            ["cluster", "limit", "before", "after", "host", "code", "Last-Event-ID"], events.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        Assert.Equal(["application/json", "text/event-stream"], events.GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Select(c => c.Name));
        JsonElement body = Operations().Single(o => o.Name == "POST /api/v1/clusters/{cluster}/commands").Operation.GetProperty("requestBody").GetProperty("content");
        Assert.Equal("#/components/schemas/CommandRequest", body.GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString());
        JsonElement form = Operations().Single(o => o.Name == "PUT /cluster/members/{address}").Operation.GetProperty("requestBody").GetProperty("content");
        Assert.True(form.GetProperty("application/x-www-form-urlencoded").GetProperty("schema").GetProperty("properties").TryGetProperty("operation", out _));
    }

    [Fact]
    public async Task It_says_whether_this_monitor_wants_a_token()
    {
        Assert.False(_document.TryGetProperty("security", out _));
        const string token = "a-token-of-sixteen";
        await using EndpointNode closed = await EndpointNode.Start(m => m with { HttpToken = new Secret(token) });
        closed.UseToken(token);
        JsonElement document = await Document(closed);
        Assert.Equal("""[{"bearer":[]}]""", Compact(document.GetProperty("security")));
        Assert.Equal("""{"type":"http","scheme":"bearer"}""", Compact(document.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer"), "description"));
        Assert.Equal("[]", Compact(document.GetProperty("paths").GetProperty("/alive").GetProperty("get").GetProperty("security")));
        Assert.DoesNotContain("sixteen", document.GetRawText(), StringComparison.Ordinal);
    }

    /// <summary>So that the page for people has every route too.</summary>
    [Fact]
    public void Every_path_is_on_the_page()
    {
        string page = Repository.Read("docs", "http-api.md");
        Assert.All(_document.GetProperty("paths").EnumerateObject(), p => Assert.Contains(p.Name, page, StringComparison.Ordinal));
    }

    private static async Task<JsonElement> Document(EndpointNode node)
    {
        (int status, string body) = await node.Http.Sends(HttpMethod.Get, ApiPaths.OpenApi);
        Assert.Equal(200, status);
        if (Environment.GetEnvironmentVariable("MMM_WRITE_OPENAPI") is { } file)
            await File.WriteAllTextAsync(file, body, TestContext.Current.CancellationToken);
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    private static IEnumerable<string> Mapped(IEnumerable<RouteEndpoint> routes) => routes.SelectMany(Names);

    private static IEnumerable<string> Names(RouteEndpoint route) =>
        (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(m => $"{m} {(route.RoutePattern.RawText ?? "").Replace("**", "", StringComparison.Ordinal)}");

    private IEnumerable<(string Name, JsonElement Operation)> Operations() =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select ($"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value);

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [p.Value.GetString() ?? ""] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    /// <summary>Where a value is not as its schema says; of JSON Schema what the document makes use of. What the schema does not name is a fault too.</summary>
    private IEnumerable<string> Faults(JsonElement value, JsonElement schema, string at)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
            return Faults(value, _document.GetProperty("components").GetProperty("schemas").GetProperty((reference.GetString() ?? "").Split('/')[^1]), at);
        if (schema.TryGetProperty("oneOf", out JsonElement choices))
            return choices.EnumerateArray().Select(c => Faults(value, c, at).ToArray()).MinBy(f => f.Length) ?? [];
        if (schema.TryGetProperty("enum", out JsonElement words))
            return words.EnumerateArray().Any(w => w.ToString() == value.ToString()) ? [] : [$"{at} is {value}"];
        string kind = value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
            JsonValueKind other => other.ToString().ToLowerInvariant(),
        };
        JsonElement type = schema.GetProperty("type");
        if (!(type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()) : [type.GetString()]).Contains(kind))
            return [$"{at} is {kind}, not {type}"];
        return kind switch
        {
            "array" => value.EnumerateArray().SelectMany((v, i) => Faults(v, schema.GetProperty("items"), $"{at}[{i}]")),
            "object" => FaultsOfObject(value, schema, at),
            _ => [],
        };
    }

    private IEnumerable<string> FaultsOfObject(JsonElement value, JsonElement schema, string at)
    {
        IEnumerable<string> missing = schema.TryGetProperty("required", out JsonElement required)
            ? required.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString() ?? "", out _)).Select(r => $"{at} has no {r}")
            : [];
        bool hasProperties = schema.TryGetProperty("properties", out JsonElement properties);
        bool hasOthers = schema.TryGetProperty("additionalProperties", out JsonElement others);
        return hasProperties || hasOthers
            ? missing.Concat(value.EnumerateObject().SelectMany(p => hasProperties && properties.TryGetProperty(p.Name, out JsonElement known) ? Faults(p.Value, known, $"{at}.{p.Name}")
                : hasOthers ? Faults(p.Value, others, $"{at}.{p.Name}") : [$"{at}.{p.Name} is not documented"]))
            : missing;
    }

    private static string Compact(JsonElement element, string without = "") => element.ValueKind == JsonValueKind.Object
        ? JsonSerializer.Serialize(element.EnumerateObject().Where(p => p.Name != without).ToDictionary(p => p.Name, p => p.Value))
        : JsonSerializer.Serialize(element);
}
