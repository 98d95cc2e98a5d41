using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Reading the configuration again by HTTP, and what of the endpoint itself follows it.</summary>
public sealed class ConfigTests : IAsyncLifetime
{
    private const string Old = "the-first-of-all-tokens", New = "another-token-from-now-on";

    private EndpointNode _node = null!;
    private MmmSettings _atStart = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start(m => m with { HttpToken = new Secret(Old), MoreTokens = [new("ci", ApiRole.Operator, new Secret("operator-token-of-ci"))] });
        _atStart = _node.ConfigurationFile().Settings;
        _node.UseToken(Old);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task What_changed_and_what_needs_a_restart_is_told_and_the_latter_remembered()
    {
        _node.ConfigurationFile = () => new LoadedSettings(
            _atStart with { Monitor = _atStart.Monitor with { StateDir = "/elsewhere", PingInterval = TimeSpan.FromSeconds(7) } }, ["/etc/mmm/monitor.conf:3: odd"]);

        ReloadReading reloaded = await Reload();

        Assert.Equal(("mon1", SettingsFingerprint.Of(_atStart)), (reloaded.Monitor, reloaded.Fingerprint));
        Assert.Equal(["monitor.ping_interval"], reloaded.Changed);
        Assert.Equal(["monitor.state_dir"], reloaded.NeedRestart);
        Assert.Equal(["/etc/mmm/monitor.conf:3: odd"], reloaded.Warnings);
        ConfigReading config = JsonSerializer.Deserialize((await _node.Http.Sends(HttpMethod.Get, ApiPaths.Config)).Body, ApiFormat.Wire.ConfigReading)!;
        Assert.Equal(("mon1", SettingsFingerprint.Of(_atStart), new DateTimeOffset(2010, 2, 11, 12, 43, 16, TimeSpan.Zero)), (config.Monitor, config.Fingerprint, config.ReadAtUtc));
        Assert.Equal(["monitor.state_dir"], config.NeedRestart);
    }

    [Fact]
    public async Task A_file_that_is_not_valid_is_a_422_with_all_that_is_wrong()
    {
        _node.ConfigurationFile = () => throw new SettingsException(["/f:1: a", "/f:2: b"], []);

        ProblemReading problem = await _node.Http.Refuses(422, "configuration", HttpMethod.Post, ApiPaths.ConfigReload);

        Assert.Equal("/f:1: a\n/f:2: b", problem.Detail);
    }

    [Fact]
    public async Task Tokens_and_read_only_are_those_of_the_file_from_the_next_request_on()
    {
        _node.ConfigurationFile = () => new LoadedSettings(_atStart with { Monitor = _atStart.Monitor with { HttpToken = new Secret(New), MoreTokens = [], HttpReadOnly = true } }, []);
        Assert.Equal(["monitor.http.read_only", "monitor.http.token", "monitor.http.tokens.ci"], (await Reload()).Changed);

        await _node.Http.Refuses(401, "unauthorized", HttpMethod.Get, ApiPaths.Clusters);
        _node.UseToken(New);
        Assert.Equal(200, (await _node.Http.Sends(HttpMethod.Get, ApiPaths.Clusters)).Status);
        await _node.Http.Refuses(405, "read-only", HttpMethod.Post, ApiPaths.ConfigReload);
    }

    [Fact]
    public async Task It_takes_an_administrator_and_a_node_that_answers()
    {
        _node.UseToken("operator-token-of-ci");
        await _node.Http.Refuses(403, "not-permitted", HttpMethod.Post, ApiPaths.ConfigReload);
        Assert.Equal(200, (await _node.Http.Sends(HttpMethod.Get, ApiPaths.Config)).Status);

        _node.UseToken(Old);
        _node.SettingsAreDead = true;
        await _node.Http.Refuses(503, "monitor-starting", HttpMethod.Post, ApiPaths.ConfigReload);
        await _node.Http.Refuses(503, "monitor-starting", HttpMethod.Get, ApiPaths.Config);
    }

    private async Task<ReloadReading> Reload()
    {
        var answer = await _node.Http.Sends(HttpMethod.Post, ApiPaths.ConfigReload);
        Assert.Equal(200, answer.Status);
        return JsonSerializer.Deserialize(answer.Body, ApiFormat.Wire.ReloadReading)!;
    }
}
