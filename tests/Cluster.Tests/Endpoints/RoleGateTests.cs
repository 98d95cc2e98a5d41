using System.Collections.Immutable;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Tokens with roles: who may what, and whose doing it is.</summary>
public sealed class RoleGateTests : IAsyncLifetime
{
    private const string SetActive = """{"id":"x","verb":"set_active","by":"anna@desk"}""";
    private const string AddMonitor = """{"id":"y","verb":"monitors","arguments":["add","mon4"]}""";

    private static readonly ImmutableArray<ApiToken> s_tokens =
    [
        new("prometheus", ApiRole.Viewer, new Secret("viewer-token-of-viewer")), new("ci", ApiRole.Operator, new Secret("operator-token-of-ci")), new("ops", ApiRole.Admin, new Secret("admin-token-of-ops")),
    ];

    private EndpointNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start(m => m with { HttpToken = new Secret("the-first-of-all-tokens"), MoreTokens = s_tokens });
        _node.Heard = [Pictures.Heard(0)];
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: done", null);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData("viewer-token-of-viewer", false, false)]
    [InlineData("operator-token-of-ci", true, false)]
    [InlineData("admin-token-of-ops", true, true)]
    [InlineData("the-first-of-all-tokens", true, true)]
    public async Task Each_role_may_what_it_is_for(string token, bool commands, bool administers)
    {
        _node.UseToken(token);
        foreach (string path in new[] { ApiPaths.Clusters, ApiPaths.Monitors, ApiPaths.Members, "/metrics", ApiPaths.Events("C1") })
            Assert.Equal(200, (await _node.Http.Sends(HttpMethod.Get, path)).Status);
        string member = $"{ApiPaths.Members}/mmm@127.0.0.1:1";

        await Answers(commands, 200, HttpMethod.Post, ApiPaths.Commands("C1"), () => Json(SetActive));
        await Answers(commands, 202, HttpMethod.Post, ApiPaths.Operations("C1"), () => Json("""{"verb":"set_active"}"""));
        await Answers(administers, 200, HttpMethod.Post, ApiPaths.Commands("C1"), () => Json(AddMonitor));
        await Answers(administers, 202, HttpMethod.Post, ApiPaths.Operations("C1"), () => Json("""{"verb":"monitors","arguments":["add","mon4"]}"""));
        await Answers(administers, 404, HttpMethod.Put, member, () => Form("operation", "down"));
        await Answers(administers, 404, HttpMethod.Delete, member, () => null);
        await Answers(administers, 400, HttpMethod.Post, ApiPaths.Members, () => Form("nothing", "x"));
        Assert.Equal((commands ? 2 : 0) + (administers ? 2 : 0), _node.Commands.Count);
    }

    [Theory]
    [InlineData("operator-token-of-ci", "anna@desk (token ci) from 127.0.0.1")]
    [InlineData("the-first-of-all-tokens", "anna@desk from 127.0.0.1")]
    public async Task What_is_ordered_bears_the_name_of_the_token(string token, string by)
    {
        _node.UseToken(token);
        Assert.Equal(200, (await _node.Http.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive))).Status);
        Assert.Equal(by, _node.Commands.Single().By);
    }

    [Fact]
    public async Task A_token_that_is_none_of_them_gets_nothing()
    {
        foreach (string wrong in new[] { "viewer-token-of-viewe", "viewer-token-of-viewerx", "prometheus", "viewer-token-of-viewer operator-token-of-ci" })
        {
            _node.UseToken(wrong);
            await _node.Http.Refuses(401, "unauthorized", HttpMethod.Get, ApiPaths.Clusters);
        }
    }

    private async Task Answers(bool may, int status, HttpMethod method, string path, Func<HttpContent?> content)
    {
        void Key(HttpRequestMessage r) => r.Headers.Add("Idempotency-Key", "op");
        if (may)
        {
            Assert.Equal(status, (await _node.Http.Sends(method, path, content(), Key)).Status);
            return;
        }

        ProblemReading problem = await _node.Http.Refuses(403, "not-permitted", method, path, content(), Key);
        Assert.Matches("^The token '(prometheus|ci)' has the role (viewer|operator); this needs (operator|admin)", problem.Detail);
    }
}
