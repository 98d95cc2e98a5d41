using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mmm.Actors.Security;
using Mmm.Agent.Endpoints;
using Mmm.Agent.Tests.Servers;
using Mmm.Cluster.Tests.Endpoints;
using Mmm.Cluster.Tests.Security;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Endpoints;

/// <summary>The endpoint over real connections: status codes are what load balancers go by.</summary>
public sealed partial class AgentHttpTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FakeViews _views = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly CancellationTokenSource _stopping = new();
    private AgentHttp _app = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await AgentHttp.StartAsync(new AgentHttpSettings("127.0.0.1", 0), _views, _stopping.Token);
        _http.BaseAddress = _app.Address;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    [Theory]
    [InlineData("/writer", 200, 503)]
    [InlineData("/master", 200, 503)]
    [InlineData("/primary", 200, 503)]
    [InlineData("/reader", 200, 200)]
    [InlineData("/replica", 200, 200)]
    [InlineData("/reader?lag=1s", 200, 503)]
    [InlineData("/replica?lag=2s", 200, 200)]
    [InlineData("/reader?lag=1%20minute", 200, 200)]
    [InlineData("/health", 200, 200)]
    [InlineData("/liveness", 200, 200)]
    [InlineData("/status", 200, 200)]
    public async Task The_status_code_says_who_takes_what(string path, int master, int replica)
    {
        foreach (HttpMethod method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Options })
        {
            _views.View = FakeViews.Writer;
            Assert.Equal(master, (await SendAsync(method, path)).Status);
            _views.View = FakeViews.Replica;
            Assert.Equal(replica, (await SendAsync(method, path)).Status);
        }
    }

    [Fact]
    public async Task A_dead_mysqld_is_not_healthy_and_its_agent_lives()
    {
        _views.View = FakeViews.Replica with { Found = new FoundHost(new FoundMysqld(MysqldState.Down, "no process"), []) };
        Assert.Equal(503, (await SendAsync(HttpMethod.Get, "/health")).Status);
        Assert.Equal(503, (await SendAsync(HttpMethod.Get, "/reader")).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, "/liveness")).Status);
    }

    [Fact]
    public async Task When_the_agent_does_not_answer_nothing_is_well()
    {
        _views.View = null;
        foreach (string path in new[] { "/writer", "/reader", "/health", "/liveness", "/status", "/metrics" })
            Assert.Equal(503, (await SendAsync(HttpMethod.Get, path)).Status);
    }

    [Fact]
    public async Task An_agent_that_ends_keeps_nobody_waiting_and_waits_for_nobody()
    {
        _views.Hangs = true;
        Task<(int Status, string, string?)> asked = SendAsync(HttpMethod.Get, "/writer");
        await Eventually.TrueAsync("it is being asked", () => _views.Asked > 0);

        await _stopping.CancelAsync();
        Assert.Equal(503, (await asked.WaitAsync(TimeSpan.FromSeconds(20), Stop)).Status);
        await _app.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(HttpMethod.Get, "/writer"));
    }

    [Theory]
    [InlineData("GET", "/reader?lag=10", 400, "lag is '10'; allowed: a duration with its unit, as in /reader?lag=10s.")]
    [InlineData("GET", "/reader?lag=", 400, "lag is ''; allowed")]
    [InlineData("GET", "/reader?lag=-1s", 400, "lag is '-1s'")]
    [InlineData("GET", "/reader?lag=1s&lag=2s", 400, "lag is '1s,2s'")]
    [InlineData("GET", "/", 404, "Served here: /writer")]
    [InlineData("GET", "/writer/../../etc/passwd", 404, "Served here: /writer")]
    [InlineData("POST", "/writer", 405, "It takes GET, HEAD, OPTIONS: nothing can be changed here.")]
    [InlineData("DELETE", "/metrics", 405, "nothing can be changed here")]
    public async Task A_wrong_question_is_told_what_is_right(string method, string path, int status, string detail)
    {
        (int got, string body, string? type) = await SendAsync(new HttpMethod(method), path);
        Assert.Equal(status, got);
        Assert.Equal("application/problem+json", type);
        Assert.Contains(detail, JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    /// <summary>As HAProxy asks by default: HTTP/1.0, no Host.</summary>
    [Fact]
    public async Task A_question_without_a_host_name_is_answered()
    {
        Assert.StartsWith("HTTP/1.1 200", await RawAsync("OPTIONS /writer HTTP/1.0\r\n\r\n"u8.ToArray()), StringComparison.Ordinal);
        _views.View = FakeViews.Replica;
        Assert.StartsWith("HTTP/1.1 503", await RawAsync("OPTIONS /writer HTTP/1.0\r\n\r\n"u8.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rubbish_and_endless_headers_end_their_own_connection_only()
    {
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            byte[] rubbish = new byte[random.Next(1, 300)];
            random.NextBytes(rubbish);
            string answer = await RawAsync([.. rubbish, .. "\r\n\r\n"u8], ends: true);
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), answer);
        }

        Assert.StartsWith("HTTP/1.1 431", await RawAsync(Encoding.ASCII.GetBytes($"GET /writer HTTP/1.1\r\nHost: x\r\nX: {new string('x', 20_000)}\r\n\r\n")), StringComparison.Ordinal);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, "/writer")).Status);
    }

    [Fact]
    public async Task Metrics_say_what_is_known_and_nothing_of_what_is_not()
    {
        _views.View = FakeViews.Replica;
        (int status, string text, string? type) = await SendAsync(HttpMethod.Get, "/metrics");
        Assert.Equal((200, "text/plain"), (status, type));
        string[] lines = text.Split('\n');
        string labels = "cluster=\"C1\",host=\"db3\"";
        Assert.Contains($"mmm_agent_takes_writes{{{labels}}} 0", lines);
        Assert.Contains($"mmm_agent_takes_reads{{{labels}}} 1", lines);
        Assert.Contains($"mmm_agent_host_state{{state=\"ONLINE\",{labels}}} 1", lines);
        Assert.Contains($"mmm_agent_host_state{{state=\"HARD_OFFLINE\",{labels}}} 0", lines);
        Assert.Contains($"mmm_agent_role_address{{role=\"reader\",ip=\"10.9.0.51\",{labels}}} 0", lines);
        Assert.Contains($"mmm_agent_lease_left_seconds{{role=\"reader\",ip=\"10.9.0.51\",{labels}}} 3.1", lines);
        Assert.Contains($"mmm_agent_replication_lag_seconds{{{labels}}} 2", lines);
        Assert.Contains($"mmm_agent_disk_free_bytes{{{labels}}} 5000000", lines);
        Assert.Contains($"mmm_agent_monitor_silence_seconds{{monitor=\"mon1\",{labels}}} 0.25", lines);
        Assert.DoesNotContain("mon2", text, StringComparison.Ordinal);

        _views.View = FakeViews.Writer;
        text = (await SendAsync(HttpMethod.Get, "/metrics")).Body;
        Assert.Contains("mmm_agent_takes_writes{cluster=\"C1\",host=\"db1\"} 1", text, StringComparison.Ordinal);
        // Nothing is left of the scrape before.
        Assert.DoesNotContain("mmm_agent_replication", text, StringComparison.Ordinal);
        Assert.DoesNotContain("mmm_agent_disk", text, StringComparison.Ordinal);
        Assert.DoesNotContain("db3", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_the_metrics()
    {
        foreach (AgentView view in new[] { FakeViews.Writer, FakeViews.Replica })
        {
            _views.View = view;
            Assert.Equal("", (await Promtool.Succeeds((await SendAsync(HttpMethod.Get, "/metrics")).Body, "check", "metrics")).Trim());
        }
    }

    [Fact]
    public async Task The_page_shows_what_is_answered_and_every_metric()
    {
        _views.View = FakeViews.Replica;
        string path = Path.Combine(Root(), "docs", "agent-http.md");
        string page = await File.ReadAllTextAsync(path, Stop);
        string body = JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>((await SendAsync(HttpMethod.Get, "/writer")).Body), s_indented);
        string wanted = Example().Replace(page, _ => $"<!-- example: not-the-writer -->\n```json\n{body}\n```");
        if (Environment.GetEnvironmentVariable("MMM_WRITE_EXAMPLES") == "1")
            await File.WriteAllTextAsync(path, wanted, Stop);
        else
            Assert.Equal(wanted, page);

        string metrics = Encoding.UTF8.GetString(await AgentMetrics.OfAsync(FakeViews.Replica, Stop, DateTimeOffset.UnixEpoch));
        string[] served = [.. Served().Matches(metrics).Select(m => m.Groups[1].Value).Order()];
        Assert.Equal(served, Listed().Matches(page).Select(m => m.Value).Distinct().Order());
    }

    [Fact]
    public async Task With_tls_it_is_https_with_the_nodes_certificate_and_asks_for_none()
    {
        using TestInstallation installation = new();
        PeerName name = PeerName.Agent("C1", "db1");
        var store = CertificateStore.Open(installation.Issue("db1", name), name, "127.0.0.1", TimeProvider.System);
        await using AgentHttp https = await AgentHttp.StartAsync(new AgentHttpSettings("127.0.0.1", 0, Tls: true), _views, _stopping.Token, store);
        _views.View = FakeViews.Writer;
        Assert.Equal("https", https.Address.Scheme);
        string? shown = null;
        SocketsHttpHandler handler = new();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            shown = (certificate as X509Certificate2)?.Thumbprint;
            return installation.Rule().WhyNotOut(certificate as X509Certificate2, [], PeerKind.Agent, "127.0.0.1", TestInstallation.Now) is null;
        };
        using (var http = new HttpClient(handler))
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(https.Address, "/writer"), Stop)).StatusCode);
            Assert.Contains("mmm_agent_certificate_expiry_timestamp_seconds", await http.GetStringAsync(new Uri(https.Address, "/metrics"), Stop), StringComparison.Ordinal);
        }

        Assert.Equal(store.Current.Own.Thumbprint, shown);
        using var plain = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(new UriBuilder(https.Address) { Scheme = "http" }.Uri, Stop));
    }

    private async Task<(int Status, string Body, string? Type)> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using HttpResponseMessage response = await _http.SendAsync(request, Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop), response.Content.Headers.ContentType?.MediaType);
    }

    private async Task<string> RawAsync(byte[] request, bool ends = false)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _http.BaseAddress!.Port, Stop);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        try
        {
            await client.Client.SendAsync(request, Stop);
            if (ends)
                client.Client.Shutdown(SocketShutdown.Send);
            return await reader.ReadToEndAsync(Stop).WaitAsync(TimeSpan.FromSeconds(20), Stop);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Cut off while it was still sending.
            return "";
        }
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Mmm.Actors.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex("<!-- example: not-the-writer -->\n```json\n.*?\n```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex("^# TYPE (mmm_agent_[a-z_]+) gauge$", RegexOptions.Multiline)]
    private static partial Regex Served();

    [GeneratedRegex("mmm_agent_[a-z_]+")]
    private static partial Regex Listed();
}
