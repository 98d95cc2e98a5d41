using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>The API of the command line.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private EndpointNode _node = null!;

    private HttpClient Http => _node.Http;

    public async ValueTask InitializeAsync() => _node = await EndpointNode.Start();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Every_configured_cluster_is_listed_also_when_nothing_is_known_of_it()
    {
        Assert.Equal([new ClusterEntry("C1")], (await Http.Reads(ApiPaths.Clusters, ApiFormat.Wire.ClusterList)).Clusters);
        _node.Heard = [Pictures.Heard(0.2)];
        ClusterList list = await Http.Reads(ApiPaths.Clusters, ApiFormat.Wire.ClusterList);
        Assert.Equal("mon1", list.Monitor);
        Assert.Equal([new ClusterEntry("C1", 200, "ACTIVE", "serving", "db1")], list.Clusters);
    }

    [Theory]
    [InlineData(0.2, false)]
    [InlineData(5.1, true)]
    public async Task A_reading_tells_its_age_and_who_answered(double seconds, bool stale)
    {
        _node.Heard = [Pictures.Heard(seconds)];
        ClusterReading reading = await Http.Reads(ApiPaths.Cluster("C1"), ApiFormat.Wire.ClusterReading);
        Assert.Equal(("mon1", (long)(seconds * 1000), stale, "db1"), (reading.Monitor, reading.AgeMs, reading.Stale, reading.Snapshot.ActiveMaster));
    }

    [Fact]
    public async Task A_snapshot_survives_the_wire_whole()
    {
        _node.Heard = [Pictures.Heard(0)];
        ClusterReading reading = await Http.Reads(ApiPaths.Cluster("C1"), ApiFormat.Wire.ClusterReading);
        Assert.Equal(
            JsonSerializer.Serialize(Pictures.Heard(0).Snapshot, ApiFormat.Wire.ClusterSnapshot), JsonSerializer.Serialize(reading.Snapshot, ApiFormat.Wire.ClusterSnapshot));
    }

    [Fact]
    public async Task Without_a_snapshot_it_says_so_and_when_to_ask_again() =>
        Assert.Contains("mon1", (await Http.Refuses(503, "no-snapshot", HttpMethod.Get, ApiPaths.Cluster("C1"), header: "Retry-After")).Detail, StringComparison.Ordinal);

    [Fact]
    public async Task An_unknown_cluster_is_answered_with_the_known_ones() =>
        Assert.EndsWith("Clusters are: C1", (await Http.Refuses(404, "not-found", HttpMethod.Get, ApiPaths.Cluster("C9"))).Detail, StringComparison.Ordinal);

    [Fact]
    public async Task A_status_board_that_does_not_answer_is_a_503()
    {
        _node.BoardIsDead = true;
        await Http.Refuses(503, "monitor-starting", HttpMethod.Get, ApiPaths.Clusters, header: "Retry-After");
    }

    [Fact]
    public async Task A_command_reaches_the_coordinator_with_who_sent_it_and_its_answer_comes_back()
    {
        DecisionId decision = new(new Epoch(3, "mon2", "1a"), 18);
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: done", decision);
        (int status, string body) = await Post("""{"id":"x1","verb":"move_role","arguments":["--force","writer","db2"],"by":"anna@desk"}""");
        CommandAnswer answer = JsonSerializer.Deserialize(body, ApiFormat.Wire.CommandAnswer)!;
        Assert.Equal((200, new CommandAnswer("x1", true, "OK: done", decision)), (status, answer));
        ControlProtocol.Command command = Assert.Single(_node.Commands);
        Assert.Equal(("x1", "C1", "move_role", "--force writer db2", "anna@desk from 127.0.0.1"), (command.Id, command.Cluster, command.Verb, string.Join(' ', command.Arguments), command.By));
    }

    [Fact]
    public async Task A_refusal_is_an_answer_not_an_HTTP_error()
    {
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, false, "ERROR: Unknown host name 'dbx'!", null);
        (int status, string body) = await Post("""{"id":"x1","verb":"set_online","arguments":["dbx"]}""");
        Assert.Equal((200, """{"id":"x1","ok":false,"text":"ERROR: Unknown host name 'dbx'!","decision":null}"""), (status, body));
    }

    [Fact]
    public async Task Without_a_coordinator_a_command_is_a_503_that_may_be_repeated()
    {
        ProblemReading problem = await Http.Refuses(
            503, "no-coordinator", HttpMethod.Post, ApiPaths.Commands("C1"), Json("""{"id":"x1","verb":"set_active"}"""), header: "Retry-After");
        Assert.Contains("same id", problem.Detail, StringComparison.Ordinal);
        await Http.Refuses(503, "no-coordinator", HttpMethod.Get, ApiPaths.Ping, header: "Retry-After");
    }

    [Fact]
    public async Task Ping_is_answered_by_the_coordinator()
    {
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: pong from mon2", null);
        Assert.Equal("OK: Pinged successfully!", (await Http.Reads(ApiPaths.Ping, ApiFormat.Wire.CommandAnswer)).Text);
    }

    [Theory]
    [InlineData("", "is not a command")]
    [InlineData("null", "is not a command")]
    [InlineData("[]", "is not a command")]
    [InlineData("""{"id":"x"}""", "verb")]
    [InlineData("""{"verb":"set_active"}""", "id")]
    [InlineData("""{"id":null,"verb":"set_active"}""", "id")]
    [InlineData("""{"id":"","verb":"set_active"}""", "'id' must be")]
    [InlineData("""{"id":"a b","verb":"set_active"}""", "'id' must be")]
    [InlineData("""{"id":"12345678901234567890123456789012345678901234567890123456789012345","verb":"set_active"}""", "'id' must be")]
    [InlineData("""{"id":"x","verb":"show"}""", "'verb' must be one of set_online")]
    [InlineData("""{"id":"x","verb":"set_online"}""", "set_online [--force] <host>")]
    [InlineData("""{"id":"x","verb":"set_active","arguments":["now"]}""", "set_active")]
    [InlineData("""{"id":"x","verb":"move_role","arguments":["writer","db2","--force"]}""", "move_role [--force] <role> <host>")]
    [InlineData("""{"id":"x","verb":"set_online","arguments":[null]}""", "'arguments' must have")]
    [InlineData("""{"id":"x","verb":"set_online","arguments":["db\n1"]}""", "'arguments' must have")]
    [InlineData("""{"id":"x","verb":"set_online","arguments":[""]}""", "'arguments' must have")]
    [InlineData("""{"id":"x","verb":"set_online","arguments":"db1"}""", "is not a command")]
    [InlineData("""{"id":"x","verb":"set_active","by":"a\nFATAL forged log line"}""", "'by' must have")]
    public async Task Nonsense_is_a_400_that_names_the_fault_and_reaches_nobody(string body, string fault)
    {
        ProblemReading problem = await Http.Refuses(400, "bad-request", HttpMethod.Post, ApiPaths.Commands("C1"), Json(body));
        Assert.Contains(fault, problem.Detail, StringComparison.Ordinal);
        Assert.Empty(_node.Commands);
    }

    [Fact]
    public async Task What_is_not_JSON_is_a_415_and_what_is_too_large_a_413()
    {
        await Http.Refuses(415, "unsupported-media-type", HttpMethod.Post, ApiPaths.Commands("C1"), Form("verb", "set_active"));
        await Http.Refuses(413, "too-large", HttpMethod.Post, ApiPaths.Commands("C1"), Json($$"""{"id":"x","verb":"set_active","by":"{{new string('a', 20_000)}}"}"""));
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problems_too()
    {
        await Http.Refuses(404, "not-found", HttpMethod.Get, "/api/v2/clusters");
        await Http.Refuses(405, "method-not-allowed", HttpMethod.Delete, ApiPaths.Clusters, header: "Allow");
    }

    [Fact]
    public async Task Monitors_are_named_as_configured_and_missing_ones_are_seen()
    {
        _node.Heard = [Pictures.Heard(0.2)];
        MonitorsReading monitors = await Http.Reads(ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading);
        Assert.Equal(("mon1", 2, "mon1", "mon2"), (monitors.Monitor, monitors.Quorum, monitors.Leader, monitors.Coordinator));
        Assert.Equal(["mon1 Up True", "mon2 absent False", "mon3 absent False"], monitors.Members.Select(m => $"{m.Name} {m.Status} {m.Reachable}"));
        Assert.Equal([EndpointNode.KeeperSays.Sentence, null, null], monitors.Members.Select(m => m.Keeper?.Sentence));
        _node.Heard = [Pictures.Heard(6)];
        Assert.Null((await Http.Reads(ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading)).Coordinator);
    }

    [Fact]
    public async Task No_password_of_the_settings_is_in_any_answer()
    {
        _node.Heard = [Pictures.Heard(0.2)];
        foreach (string path in new[] { ApiPaths.Clusters, ApiPaths.Cluster("C1"), ApiPaths.Monitors, ApiPaths.Members, "/bootstrap/seed-nodes", "/ready" })
            Assert.DoesNotContain("-secret", (await Http.Sends(HttpMethod.Get, path)).Body, StringComparison.Ordinal);
    }

    private Task<(int Status, string Body)> Post(string body) => Http.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json(body));
}
