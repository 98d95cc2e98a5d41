using Mmm.Agent.Endpoints;
using Mmm.Cluster.Tests.Endpoints;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Agent.Tests.Endpoints;

/// <summary>Whatever is sent to an agent, nothing crashes and nothing is told that should not be.</summary>
public sealed class AgentRandomRequestTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_request_is_answered_or_cut_off_and_the_next_one_is_served(int seed)
    {
        var views = new FakeViews();
        await using AgentHttp http = await AgentHttp.StartAsync(new AgentHttpSettings("127.0.0.1", 0), views, CancellationToken.None);
        var requests = new RandomRequests(seed, ["/", "/writer", "/master", "/primary", "/reader", "/replica", "/reader?lag=10s", "/health", "/liveness", "/status", "/metrics"], null);
        int answered = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] request = requests.Next();
            string answer = await RandomRequests.SendAsync(request, requests.IsWhole, requests.From(), http.Address.Port, Stop);
            int? status = RandomRequests.StatusOf(answer);
            string shown = $"seed {seed}, request {i}: {System.Text.Encoding.Latin1.GetString(request.AsSpan(0, Math.Min(request.Length, 300)))} was answered with {answer}";
            Assert.True(answer.Length == 0 || status is 200 or 400 or 404 or 405 or 408 or 411 or 413 or 414 or 417 or 431 or 501 or 503 or 505, shown);
            // No is 503 here, and is said of a server.
            Assert.True(status != 503 || answer.Contains("db1: ", StringComparison.Ordinal) || answer.EndsWith("\r\n\r\n", StringComparison.Ordinal), shown);
            Assert.True(RandomRequests.Leak(answer) is not { } leak, shown);
            answered += status == 200 ? 1 : 0;
        }

        Assert.True(answered > 50, $"{answered} were answered with 200");
        using var client = new HttpClient { BaseAddress = http.Address };
        Assert.Equal(System.Net.HttpStatusCode.OK, (await client.GetAsync("/writer", Stop)).StatusCode);
    }
}
