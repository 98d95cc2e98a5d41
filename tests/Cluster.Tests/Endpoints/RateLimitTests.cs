using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>How fast may be asked, and that nobody is locked out by somebody else.</summary>
public sealed class RateLimitTests : IAsyncLifetime
{
    private const string Token = "a-token-of-sixteen";
    private const string Other = "another-of-sixteen";

    private readonly List<HttpClient> _clients = [];
    private EndpointNode _node = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start(m => m with { HttpToken = new Secret(Token), MoreTokens = [new ApiToken("ci", ApiRole.Operator, new Secret(Other))] });
        _node.Heard = [Pictures.Heard(0)];
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: done", null);
    }

    public ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        return _node.DisposeAsync();
    }

    [Fact]
    public async Task Who_guesses_tokens_is_slowed_down_and_who_has_one_gets_in_from_the_same_address()
    {
        HttpClient guesser = From("127.0.5.1", "wrong"), right = From("127.0.5.1", Token), elsewhere = From("127.0.5.2", "wrong"), without = From("127.0.5.1", null);
        for (int i = 0; i < EndpointLimits.WrongTokensPerMinute; i++)
            await guesser.Refuses(401, "unauthorized", HttpMethod.Get, ApiPaths.Clusters, header: "WWW-Authenticate");
        for (int i = 0; i < 30; i++)
            Assert.StartsWith("More than 20 wrong tokens", (await guesser.Refuses(429, "too-many-requests", HttpMethod.Get, i % 2 == 0 ? ApiPaths.Clusters : "/metrics", header: "Retry-After")).Detail, StringComparison.Ordinal);
        Assert.InRange(await RetryAfterAsync(guesser), 1, 60);

        Assert.Equal(200, (await right.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
        Assert.Equal(200, (await right.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json("""{"id":"x","verb":"set_active"}"""))).Status);
        await without.Refuses(401, "unauthorized", HttpMethod.Get, ApiPaths.Clusters);
        await elsewhere.Refuses(401, "unauthorized", HttpMethod.Get, ApiPaths.Clusters);
        Assert.Equal(200, (await guesser.Sends(HttpMethod.Get, "/alive")).Status);

        string line = Assert.Single(_node.Logged, l => l.Contains("wrong tokens", StringComparison.Ordinal));
        Assert.Contains("127.0.5.1", line, StringComparison.Ordinal);
        Assert.DoesNotContain(_node.Logged, l => l.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Changes_are_limited_by_caller_and_reads_are_not_in_their_way()
    {
        HttpClient busy = From("127.0.6.1", Token), ci = From("127.0.6.1", Other);
        HttpStatusCode[] seen = await UntilTooManyAsync(() => busy.PostAsync(new Uri(ApiPaths.Commands("C1"), UriKind.Relative), Json("""{"id":"x","verb":"set_active"}"""), Stop), "Retry-After");
        Assert.Equal(seen.Count(s => s == HttpStatusCode.OK), _node.Commands.Count);
        Assert.Equal(200, (await busy.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
        Assert.Equal(200, (await ci.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json("""{"id":"y","verb":"set_active"}"""))).Status);
        await Eventually.True(async () => (await busy.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json("""{"id":"z","verb":"set_active"}"""))).Status == 200, "its next second has come");
    }

    [Fact]
    public async Task Reads_are_limited_by_address_and_health_and_metrics_never()
    {
        HttpClient busy = From("127.0.7.1", Token), elsewhere = From("127.0.7.2", Token);
        await UntilTooManyAsync(() => busy.GetAsync(new Uri(ApiPaths.Clusters, UriKind.Relative), Stop), "Retry-After");
        Assert.Equal(200, (await elsewhere.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
        foreach (string path in (string[])["/alive", "/ready", "/metrics"])
        {
            for (int i = 0; i < 2; i++)
                Assert.Equal(Enumerable.Repeat(HttpStatusCode.OK, 150), await BurstAsync(150, () => busy.GetAsync(new Uri(path, UriKind.Relative), Stop), null));
        }
    }

    [Fact]
    public async Task Readers_of_the_stream_have_a_number_of_seats()
    {
        HttpClient reader = From("127.0.8.1", Token);
        var seats = new List<HttpResponseMessage>();
        for (int i = 0; i < EndpointLimits.MaxStreamReaders; i++)
            seats.Add(await FollowAsync(reader));
        Assert.All(seats, s => Assert.Equal(HttpStatusCode.OK, s.StatusCode));

        using (HttpResponseMessage none = await FollowAsync(reader))
            Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(10)), (none.StatusCode, none.Headers.RetryAfter?.Delta));
        Assert.Equal(200, (await reader.Sends(HttpMethod.Get, ApiPaths.Events("C1"))).Status);

        seats[0].Dispose();
        await Eventually.True(async () =>
        {
            using HttpResponseMessage next = await FollowAsync(reader);
            return next.StatusCode == HttpStatusCode.OK;
        }, "the seat is free again");
        seats.ForEach(s => s.Dispose());
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("fd00:1:2:3:4:5:6:7", "fd00:1:2:3::")]
    [InlineData("::1", "::")]
    public void What_one_machine_can_call_itself_is_one_address(string from, string counted) => Assert.Equal(IPAddress.Parse(counted), RateLimits.AddressOf(IPAddress.Parse(from)));

    private static Task<HttpResponseMessage> FollowAsync(HttpClient reader)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(ApiPaths.Events("C1"), UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        return reader.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
    }

    private static async Task<int> RetryAfterAsync(HttpClient http)
    {
        using HttpResponseMessage response = await http.GetAsync(new Uri(ApiPaths.Clusters, UriKind.Relative), Stop);
        return (int)(response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0);
    }

    /// <summary>In bursts, until one of them was more than a second's: on a busy machine that takes more than one.</summary>
    private static async Task<HttpStatusCode[]> UntilTooManyAsync(Func<Task<HttpResponseMessage>> ask, string header)
    {
        var seen = new List<HttpStatusCode>();
        await Eventually.True(async () =>
        {
            seen.AddRange(await BurstAsync(300, ask, header));
            return seen.Contains(HttpStatusCode.TooManyRequests);
        }, "there are too many");
        Assert.All(seen, s => Assert.True(s is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, s.ToString()));
        return [.. seen];
    }

    private static async Task<HttpStatusCode[]> BurstAsync(int many, Func<Task<HttpResponseMessage>> ask, string? header)
    {
        HttpResponseMessage[] all = await Task.WhenAll(Enumerable.Range(0, many).Select(_ => ask()));
        if (header is not null)
            Assert.All(all.Where(r => r.StatusCode == HttpStatusCode.TooManyRequests), r => Assert.True(r.Headers.Contains(header)));
        HttpStatusCode[] seen = [.. all.Select(r => r.StatusCode)];
        foreach (HttpResponseMessage response in all)
            response.Dispose();
        return seen;
    }

    /// <summary>A client that calls from that address of this machine.</summary>
    private HttpClient From(string address, string? token)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
            MaxConnectionsPerServer = 100,
        };
        var client = new HttpClient(handler) { BaseAddress = _node.Http.BaseAddress };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _clients.Add(client);
        return client;
    }
}
