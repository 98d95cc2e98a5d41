using Mmm.Shared.Api;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>What service managers and load balancers ask.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Ready_needs_membership_and_a_fresh_picture_of_every_cluster()
    {
        await using EndpointNode node = await EndpointNode.Start(join: false);
        node.Heard = [Pictures.Heard(0)];
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, "/alive")).Status);
        await NotReady(node, "no member of the monitors' cluster");

        node.Cluster.Join(node.Cluster.SelfAddress);
        await Eventually.True(() => node.Cluster.IsUp, "the node is up");
        Assert.Equal((200, """{"message":"ready"}"""), await node.Http.Sends(HttpMethod.Get, "/ready"));

        node.Heard = [];
        await NotReady(node, "has not heard from a coordinator of cluster C1");
        node.Heard = [Pictures.Heard(7)];
        await NotReady(node, "last heard from a coordinator of cluster C1 7 s ago");
        node.BoardIsDead = true;
        await node.Http.Refuses(503, "monitor-starting", HttpMethod.Get, "/ready");
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, "/alive")).Status);
    }

    private static async Task NotReady(EndpointNode node, string why)
    {
        ProblemReading problem = await node.Http.Refuses(503, "not-ready", HttpMethod.Get, "/ready", header: "Retry-After");
        Assert.Contains(why, problem.Detail, StringComparison.Ordinal);
    }
}
