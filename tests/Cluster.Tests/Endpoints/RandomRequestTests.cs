using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Whatever is sent to a monitor, nothing crashes, nothing is let in and nothing is told that should not be.</summary>
public sealed class RandomRequestTests
{
    private const int Many = 1000;
    private const string Token = "a-token-of-sixteen";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Without_a_token_only_health_is_answered(int seed)
    {
        await using EndpointNode node = await StartAsync();
        var requests = new RandomRequests(seed, Paths(node), null);
        for (int i = 0; i < Many; i++)
        {
            byte[] request = requests.Next();
            string answer = await SentAsync(requests, request, node, i);
            int? status = RandomRequests.StatusOf(answer);
            bool isHealth = status == 200 && (answer.Contains("""{"message":"alive"}""", StringComparison.Ordinal) || answer.Contains("""{"message":"ready"}""", StringComparison.Ordinal)
                || (answer.EndsWith("\r\n\r\n", StringComparison.Ordinal) && IsHead(request)));
            Assert.True(isHealth || status is null or 400 or 401 or 403 or 404 or 405 or 408 or 411 or 413 or 414 or 417 or 429 or 431 or 501 or 505, $"seed {seed}, request {i}: {Shown(request)} was answered with {answer}");
        }

        Assert.Empty(node.Commands);
        await StillAnswersAsync(node);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task With_a_token_nothing_fails(int seed)
    {
        await using EndpointNode node = await StartAsync();
        var requests = new RandomRequests(seed, Paths(node), Token);
        int answered = 0;
        for (int i = 0; i < Many; i++)
        {
            byte[] request = requests.Next();
            answered += RandomRequests.StatusOf(await SentAsync(requests, request, node, i)) == 200 ? 1 : 0;
        }

        // Or the requests were too odd to reach anything.
        Assert.True(answered > 50, $"{answered} were answered with 200");
        await StillAnswersAsync(node);
    }

    private static async Task<string> SentAsync(RandomRequests requests, byte[] request, EndpointNode node, int number)
    {
        string answer = await RandomRequests.SendAsync(request, requests.IsWhole, requests.From(), node.Http.BaseAddress!.Port, Stop);
        int? status = RandomRequests.StatusOf(answer);
        Assert.True(answer.Length == 0 || status is not null and not 500, $"request {number}: {Shown(request)} was answered with {answer}");
        // What comes back of what was sent is no secret: the token is not told to who has not sent it.
        string? leak = RandomRequests.Leak(answer, Token, "-secret");
        Assert.True(leak is null, $"request {number}: {Shown(request)} was answered with '{leak}' in {answer}");
        return answer;
    }

    private static async Task StillAnswersAsync(EndpointNode node)
    {
        Assert.DoesNotContain(node.Logged, l => l.StartsWith("Error", StringComparison.Ordinal) || l.StartsWith("Critical", StringComparison.Ordinal));
        node.UseToken(Token);
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, "/alive")).Status);
        Assert.Equal(200, (await node.Http.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
    }

    private static async Task<EndpointNode> StartAsync()
    {
        EndpointNode node = await EndpointNode.Start(m => m with { HttpToken = new Secret(Token) });
        node.Heard = [Pictures.Heard(0) with { Snapshot = Pictures.WithReports() }];
        node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: done", null);
        return node;
    }

    /// <summary>Of a health route: its answer has no body.</summary>
    private static bool IsHead(byte[] request) => Shown(request) is var line && (line.StartsWith("HEAD /alive", StringComparison.Ordinal) || line.StartsWith("HEAD /ready", StringComparison.Ordinal));

    private static string[] Paths(EndpointNode node) =>
    [
        "/", "/alive", "/ready", "/metrics", .. EndpointNode.ClusterParts,
        // In an order of their own: the same seed makes the same requests.
        .. node.Routes.Select(r => "/" + (r.RoutePattern.RawText ?? "").TrimStart('/').Replace("{cluster}", "C1", StringComparison.Ordinal).Replace("{host}", "db1", StringComparison.Ordinal).Replace("{role}", "writer", StringComparison.Ordinal)
            .Replace("{check}", "ping", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal),
    ];

    private static string Shown(byte[] request) => System.Text.Encoding.Latin1.GetString(request.AsSpan(0, Math.Min(request.Length, 300)));
}
