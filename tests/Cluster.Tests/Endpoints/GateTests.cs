using System.Net;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Who may ask what.</summary>
public sealed class GateTests
{
    private const string Token = "a-token-of-sixteen";
    private const string SetActive = """{"id":"x","verb":"set_active"}""";

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("::")]
    public void An_address_others_can_reach_needs_a_token(string bind)
    {
        MonitorSettings open = Membership.TestSettings.Of("mon1", Membership.TestSettings.Monitors(1)).Monitor with { HttpBind = bind };
        Assert.Contains("monitor.http.token", Assert.Throws<InvalidOperationException>(() => MmmEndpoints.BindAddress(open)).Message, StringComparison.Ordinal);
        Assert.Equal(IPAddress.Parse(bind), MmmEndpoints.BindAddress(open with { HttpToken = new Secret(Token) }));
    }

    [Fact]
    public async Task With_a_token_everything_but_health_needs_it()
    {
        await using EndpointNode node = await EndpointNode.Start(m => m with { HttpToken = new Secret(Token) });
        node.Heard = [Pictures.Heard(0)];
        foreach (string? wrong in new[] { null, "wrong", Token + "x", "" })
        {
            node.UseToken(wrong);
            foreach (string path in (string[])[ApiPaths.Clusters, ApiPaths.Monitors, ApiPaths.Members, "/bootstrap/seed-nodes", ApiPaths.Shards, "/cluster/shards/x", .. EndpointNode.ClusterParts, ApiPaths.OpenApi, ApiPaths.Actors, ApiPaths.Log, "/metrics", "/nowhere"])
                await Refused(HttpMethod.Get, path);
            await Refused(HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive));
            Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, "/alive")).Status);
            Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, "/ready")).Status);
        }

        Assert.Empty(node.Commands);
        node.UseToken(Token);
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);

        // So many wrong ones are answered with 429 in the end.
        async Task Refused(HttpMethod method, string path, HttpContent? content = null)
        {
            if (node.Http.DefaultRequestHeaders.Authorization is null)
                await node.Http.Refuses(401, "unauthorized", method, path, content, header: "WWW-Authenticate");
            else
                Assert.True((await node.Http.Sends(method, path, content)).Status is 401 or 429, path);
        }
    }

    [Fact]
    public async Task A_read_only_monitor_refuses_every_change_and_still_reads()
    {
        await using EndpointNode node = await EndpointNode.Start(m => m with { HttpReadOnly = true });
        string self = Uri.EscapeDataString(node.Cluster.SelfAddress.ToString());
        await node.Http.Refuses(405, "read-only", HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive), header: "Allow");
        await node.Http.Refuses(405, "read-only", HttpMethod.Post, ApiPaths.Members, Form("address", "akka.tcp://mmm@127.0.0.1:1"));
        await node.Http.Refuses(405, "read-only", HttpMethod.Put, $"{ApiPaths.Members}/{self}", Form("operation", "down"));
        await node.Http.Refuses(405, "read-only", HttpMethod.Delete, $"{ApiPaths.Members}/{self}");
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, ApiPaths.Members)).Status);
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, "/metrics")).Status);
        Assert.Empty(node.Commands);
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_give_commands()
    {
        await using EndpointNode node = await EndpointNode.Start();
        node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: done", null);
        string own = node.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        await node.Http.Refuses(403, "forbidden", HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive), r => r.Headers.Add("Origin", "http://evil.example"));
        await node.Http.Refuses(403, "forbidden", HttpMethod.Post, ApiPaths.Members, Form("address", "akka.tcp://mmm@6.6.6.6:1"), r => r.Headers.Add("Origin", "null"));
        Assert.Empty(node.Commands);
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive), r => r.Headers.Add("Origin", own))).Status);
    }

    [Fact]
    public async Task Without_a_token_a_rebound_DNS_name_gets_nothing()
    {
        await using EndpointNode node = await EndpointNode.Start();
        await node.Http.Refuses(403, "forbidden", HttpMethod.Get, ApiPaths.Clusters, change: r => r.Headers.Host = "evil.example");
        foreach (string good in new[] { "localhost:8558", "127.0.0.1", "[::1]:8558" })
            Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, ApiPaths.Clusters, change: r => r.Headers.Host = good)).Status);
    }
}
