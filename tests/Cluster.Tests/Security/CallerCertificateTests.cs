using System.Security.Cryptography.X509Certificates;
using Mmm.Actors.Security;
using Mmm.Cluster.Tests.Endpoints;
using Mmm.Control;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Security;

/// <summary>The management endpoint over HTTPS, and the command line at it: what a client's certificate is good for.</summary>
public sealed class CallerCertificateTests : IAsyncLifetime
{
    private const string Token = "the-first-of-all-tokens";
    private const string SetActive = """{"id":"x","verb":"set_active","by":"anna@desk"}""";

    private readonly TestInstallation _ours = new();
    private readonly TestInstallation _others = new();
    private EndpointNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await StartAsync([]);

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _ours.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task Without_certificate_and_token_only_health_is_told()
    {
        using HttpClient nobody = Client(null);
        Assert.Equal(200, (await nobody.Sends(HttpMethod.Get, "/alive")).Status);
        foreach (string path in new[] { ApiPaths.Clusters, ApiPaths.Members, "/metrics", ApiPaths.Cluster("C1") })
            Assert.Equal(401, (await nobody.Sends(HttpMethod.Get, path)).Status);
        Assert.Equal(401, (await nobody.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive))).Status);
        Assert.Empty(_node.Commands);
    }

    /// <summary>Where others can reach the endpoint and no token is configured, it is the certificate or nothing.</summary>
    [Fact]
    public async Task Without_any_token_configured_a_certificate_is_needed_all_the_same()
    {
        PeerName name = PeerName.Monitor("mon1");
        await using EndpointNode open = await EndpointNode.Start(
            m => m with { HttpBind = "0.0.0.0" }, certificates: CertificateStore.Open(_ours.Issue("open", name), name, "127.0.0.1", TimeProvider.System));
        open.Heard = [Pictures.Heard(0)];
        Uri at = new UriBuilder(open.Http.BaseAddress!) { Host = "127.0.0.1" }.Uri;
        using HttpClient nobody = _ours.Client(at);
        Assert.Equal(401, (await nobody.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
        Assert.Equal(401, (await nobody.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive))).Status);
        using HttpClient anna = _ours.Client(at, _ours.Certificate(PeerName.Client("anna", ApiRole.Viewer), addresses: []));
        Assert.Equal(200, (await anna.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
        Assert.Empty(open.Commands);
    }

    [Theory]
    [InlineData(ApiRole.Viewer, 403)]
    [InlineData(ApiRole.Operator, 200)]
    [InlineData(ApiRole.Admin, 200)]
    public async Task A_clients_certificate_is_good_for_its_role_and_its_name_is_kept(ApiRole role, int commands)
    {
        using HttpClient anna = Client(_ours.Certificate(PeerName.Client("anna", role), addresses: []));
        Assert.Equal(200, (await anna.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
        (int status, string body) = await anna.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json(SetActive));
        Assert.Equal(commands, status);
        if (commands == 200)
            Assert.Equal("anna@desk (certificate anna) from 127.0.0.1", Assert.Single(_node.Commands).By);
        else
            Assert.Contains("The certificate 'anna' has the role viewer; this needs operator", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitor_may_everything_and_a_token_is_as_good_as_a_certificate()
    {
        using HttpClient monitor = Client(_ours.Certificate(PeerName.Monitor("mon2")));
        Assert.Equal(200, (await monitor.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json("""{"id":"y","verb":"monitors","arguments":["add","mon4"]}"""))).Status);
        using HttpClient bearer = Client(null);
        Assert.Equal(200, (await bearer.Sends(HttpMethod.Get, ApiPaths.Clusters, change: r => r.Headers.Authorization = new("Bearer", Token))).Status);
        Assert.Equal(401, (await bearer.Sends(HttpMethod.Get, ApiPaths.Clusters, change: r => r.Headers.Authorization = new("Bearer", Token + "!"))).Status);
    }

    [Theory]
    [InlineData("another authority")]
    [InlineData("expired")]
    [InlineData("an agent's")]
    public async Task A_certificate_that_is_not_good_ends_the_connection(string which)
    {
        using HttpClient http = Client(which switch
        {
            "another authority" => _others.Certificate(PeerName.Client("anna", ApiRole.Admin)),
            "expired" => _ours.Certificate(PeerName.Client("anna", ApiRole.Admin), days: 5, from: TestInstallation.Now.AddDays(-20)),
            _ => _ours.Certificate(PeerName.Agent("C1", "db1")),
        });
        await Assert.ThrowsAsync<HttpRequestException>(() => http.Sends(HttpMethod.Get, ApiPaths.Clusters));
        Assert.Empty(_node.Commands);
    }

    [Fact]
    public async Task A_revoked_certificate_is_good_for_nothing()
    {
        X509Certificate2 lost = _ours.Certificate(PeerName.Client("anna", ApiRole.Admin));
        await _node.DisposeAsync();
        _node = await StartAsync([lost.SerialNumber]);
        using HttpClient anna = Client(lost);
        await Assert.ThrowsAsync<HttpRequestException>(() => anna.Sends(HttpMethod.Get, ApiPaths.Clusters));
    }

    [Fact]
    public async Task Plain_http_is_not_answered()
    {
        using var plain = new HttpClient { BaseAddress = new UriBuilder(_node.Http.BaseAddress!) { Scheme = "http" }.Uri };
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.Sends(HttpMethod.Get, "/alive"));
    }

    [Fact]
    public async Task The_command_line_goes_by_the_certificates()
    {
        TlsSettings anna = _ours.Issue("anna", PeerName.Client("anna", ApiRole.Operator), addresses: []);
        Dictionary<string, string> good = new() { ["MMM_TLS_CA"] = anna.CaFile, ["MMM_TLS_CERT"] = anna.CertFile, ["MMM_TLS_KEY"] = anna.KeyFile };
        Assert.Equal((0, ""), await MmmAsync(good, "set_active"));
        Assert.EndsWith("(certificate anna) from 127.0.0.1", Assert.Single(_node.Commands).By, StringComparison.Ordinal);

        (int exit, string error) = await MmmAsync(new() { ["MMM_TLS_CA"] = anna.CaFile }, "show");
        Assert.Equal(5, exit);
        Assert.Contains("MMM_TLS_CERT", error, StringComparison.Ordinal);

        (exit, error) = await MmmAsync(new() { ["MMM_TLS_CA"] = _others.CaFile, ["MMM_TOKEN"] = Token }, "show");
        Assert.Equal(5, exit);
        Assert.Contains("is not let in: its certificate", error, StringComparison.Ordinal);

        (exit, error) = await MmmAsync(new() { ["MMM_TOKEN"] = Token }, "show");
        Assert.Equal(3, exit);
        Assert.Contains("does it want TLS? (tls.ca_file in the configuration, MMM_TLS_CA)", error, StringComparison.Ordinal);
    }

    /// <summary>The token is never sent to who cannot prove to be a monitor.</summary>
    [Fact]
    public async Task The_command_line_does_not_speak_with_an_impostor()
    {
        await _node.DisposeAsync();
        _node = await StartAsync([], PeerName.Agent("C1", "db1"));
        TlsSettings anna = _ours.Issue("anna", PeerName.Client("anna", ApiRole.Operator), addresses: []);
        (int exit, string error) = await MmmAsync(new() { ["MMM_TLS_CA"] = anna.CaFile, ["MMM_TOKEN"] = Token }, "set_active");
        Assert.Equal(5, exit);
        Assert.Contains("that of agent C1/db1", error, StringComparison.Ordinal);
        Assert.Empty(_node.Commands);
    }

    private async Task<EndpointNode> StartAsync(string[] revoked, PeerName? name = null)
    {
        name ??= PeerName.Monitor("mon1");
        TlsSettings files = _ours.Issue("mon1", name) with { Revoked = [.. revoked] };
        EndpointNode node = await EndpointNode.Start(m => m with { HttpToken = new Secret(Token) }, certificates: CertificateStore.Open(files, name, "127.0.0.1", TimeProvider.System));
        node.Heard = [Pictures.Heard(0)];
        node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: done", null);
        return node;
    }

    private HttpClient Client(X509Certificate2? own) => _ours.Client(_node.Http.BaseAddress!, own);

    private async Task<(int Exit, string Error)> MmmAsync(Dictionary<string, string> environment, params string[] words)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliContext context = new(output, error, environment.GetValueOrDefault, TimeZoneInfo.Utc, TimeProvider.System, "root@desk", () => "id", false, 160, []);
        int exit = await MmmCli.Run(["--monitors", _node.Http.BaseAddress!.Authority, .. words], context, TestContext.Current.CancellationToken);
        return (exit, error.ToString());
    }
}
