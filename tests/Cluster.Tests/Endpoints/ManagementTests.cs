using System.Text.Json;
using Akka.Cluster;
using Akka.Cluster.Tools.Client;
using Mmm.Shared.Api;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Akka's management routes: paths, fields and sentences are others' and must not drift.</summary>
public sealed class ManagementTests : IAsyncLifetime
{
    private EndpointNode _node = null!;

    private HttpClient Http => _node.Http;

    private string Self => _node.Cluster.SelfAddress.ToString();

    public async ValueTask InitializeAsync() => _node = await EndpointNode.Start();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Members_have_the_fields_of_Akka_Management()
    {
        (int status, string body) = await Http.Sends(HttpMethod.Get, ApiPaths.Members);
        Assert.Equal(
            (200, $$$"""{"selfNode":"{{{Self}}}","members":[{"node":"{{{Self}}}","nodeUid":"{{{_node.Cluster.SelfUniqueAddress.Uid}}}","status":"Up","roles":["monitor"]}],"unreachable":[],"leader":"{{{Self}}}","oldest":"{{{Self}}}","oldestPerRole":{"monitor":"{{{Self}}}"}}"""),
            (status, body));
    }

    [Fact]
    public async Task A_member_is_found_by_every_spelling_of_its_address()
    {
        string hostPort = $"mmm@127.0.0.1:{_node.Cluster.SelfAddress.Port}";
        foreach (string spelling in new[] { Self, Uri.EscapeDataString(Self), hostPort, Uri.EscapeDataString(hostPort) })
        {
            (int status, string body) = await Http.Sends(HttpMethod.Get, $"{ApiPaths.Members}/{spelling}");
            Assert.Equal(200, status);
            Assert.Equal(Self, JsonSerializer.Deserialize(body, ApiFormat.Wire.Member)!.Node);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task An_unknown_member_is_a_404(string method) => Assert.Equal(
        (404, """{"message":"Member [mmm@127.0.0.1:1] not found"}"""), await Http.Sends(HttpMethod.Parse(method), $"{ApiPaths.Members}/mmm@127.0.0.1:1"));

    [Fact]
    public async Task Only_down_and_leave_are_operations()
    {
        string path = $"{ApiPaths.Members}/{Uri.EscapeDataString(Self)}";
        Assert.Equal((400, """{"message":"Operation not supported"}"""), await Http.Sends(HttpMethod.Put, path, Form("operation", "promote")));
        Assert.Equal((400, """{"message":"Operation not supported"}"""), await Http.Sends(HttpMethod.Put, path, Form("other", "down")));
        Assert.Equal((404, """{"message":"Member [mmm@127.0.0.1:1] not found"}"""), await Http.Sends(HttpMethod.Put, $"{ApiPaths.Members}/mmm@127.0.0.1:1", Form("operation", "down")));
        await Http.Refuses(415, "unsupported-media-type", HttpMethod.Put, path, Json("{}"));
        await Http.Refuses(415, "unsupported-media-type", HttpMethod.Put, path);
        await Http.Refuses(405, "method-not-allowed", HttpMethod.Delete, ApiPaths.Members, header: "Allow");
        Assert.True(_node.Cluster.IsUp);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("akka.tcp://other@127.0.0.1:8551")]
    [InlineData("akka.udp://mmm@127.0.0.1:8551")]
    [InlineData("akka.tcp://mmm")]
    public async Task Nobody_can_join_an_address_that_is_no_monitors(string address)
    {
        (int status, string body) = await Http.Sends(HttpMethod.Post, ApiPaths.Members, Form("address", address));
        Assert.Equal(400, status);
        Assert.Contains("akka.tcp://mmm@", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("leave", "Leaving")]
    [InlineData("LEAVE", "Leaving")]
    [InlineData("down", "Downing")]
    public async Task Put_makes_a_member_leave_or_downs_it(string operation, string word)
    {
        Assert.Equal((200, $$"""{"message":"{{word}} {{Self}}"}"""), await Http.Sends(HttpMethod.Put, $"{ApiPaths.Members}/{Uri.EscapeDataString(Self)}", Form("operation", operation)));
        await Eventually.True(() => _node.Cluster.IsTerminated || _node.Cluster.SelfMember.Status is MemberStatus.Removed, "the member is gone");
    }

    [Fact]
    public async Task Delete_makes_a_member_leave()
    {
        Assert.Equal((200, $$"""{"message":"Leaving {{Self}}"}"""), await Http.Sends(HttpMethod.Delete, $"{ApiPaths.Members}/{Uri.EscapeDataString(Self)}"));
        await Eventually.True(() => _node.Cluster.IsTerminated || _node.Cluster.SelfMember.Status is MemberStatus.Removed, "the member is gone");
        (int status, string body) = await Http.Sends(HttpMethod.Get, "/bootstrap/seed-nodes");
        Assert.Equal(503, status);
        Assert.Equal(503, JsonSerializer.Deserialize(body, ApiFormat.Wire.Unavailable)!.Code);
    }

    [Fact]
    public async Task Seed_nodes_and_remote_address_have_the_fields_of_Akka_NET()
    {
        string address = $$"""{"Host":"127.0.0.1","Port":{{_node.Cluster.SelfAddress.Port}},"System":"mmm","Protocol":"akka.tcp","HasLocalScope":false,"HasGlobalScope":true}""";
        Assert.Equal((200, $"{{\"Address\":{address}}}"), await Http.Sends(HttpMethod.Get, "/remote/address"));
        Assert.Equal(
            (200, $$"""{"SelfNode":{{address}},"Nodes":[{"Node":{{address}},"NodeUid":{{_node.Cluster.SelfUniqueAddress.Uid}},"Status":1,"Roles":["monitor"]}]}"""),
            await Http.Sends(HttpMethod.Get, "/bootstrap/seed-nodes"));
    }

    [Fact]
    public async Task A_node_that_is_no_member_is_offered_as_no_seed()
    {
        await using EndpointNode lone = await EndpointNode.Start(join: false);
        Assert.Empty((await lone.Http.Reads("/bootstrap/seed-nodes", ApiFormat.Wire.SeedNodes)).Nodes);
    }

    [Fact]
    public async Task The_receptionist_is_found_only_when_it_runs()
    {
        (int status, string body) = await Http.Sends(HttpMethod.Get, "/cluster-client/receptionist");
        ManagementContracts.Unavailable none = JsonSerializer.Deserialize(body, ApiFormat.Wire.Unavailable)!;
        Assert.Equal((503, 503, "Cluster client receptionist is not started"), (status, none.Code, none.Error.Reason));
        ClusterClientReceptionist.Get(_node.System);
        Assert.Equal($"{Self}/system/receptionist", (await Http.Reads("/cluster-client/receptionist", ApiFormat.Wire.Receptionist)).ReceptionistPath);
    }

    [Fact]
    public async Task A_shard_region_that_is_not_there_is_a_404() => Assert.Equal(
        (404, """{"message":"Shard Region carts is not started"}"""), await Http.Sends(HttpMethod.Get, "/cluster/shards/carts"));

    [Fact]
    public async Task A_node_without_sharding_lists_no_regions() => Assert.Equal((200, """{"entityTypeKeys":[]}"""), await Http.Sends(HttpMethod.Get, ApiPaths.Shards));
}
