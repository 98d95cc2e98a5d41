using System.Net;
using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Commands for programs, which ask later what has become of them.</summary>
public sealed class OperationTests : IAsyncLifetime
{
    private const string Move = """{"verb":"move_role","arguments":["writer","db2"],"by":"anna@desk"}""";

    private EndpointNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start();
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, "OK: done", null);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task It_is_taken_up_at_once_and_read_until_it_has_ended()
    {
        (int status, OperationReading begun, string? location) = await Begin("op-1", Move);
        Assert.Equal((202, "/api/v1/clusters/C1/operations/op-1", "op-1", "running"), (status, location, begun.Id, begun.Status));
        ControlProtocol.Command sent = Assert.Single(_node.Commands);
        Assert.Equal(("op-1", "move_role", "anna@desk from 127.0.0.1"), (sent.Id, sent.Verb, sent.By));
        Assert.Equal(["writer", "db2"], sent.Arguments);

        Happened(Event(1, "admin_move_role", "db2", "op-1"), Event(2, "writer_move_started", "db2", "op-1"), Event(3, "agent_step", "db1"));
        OperationReading running = await Read("op-1");
        Assert.Equal(("running", null, null), (running.Status, running.Result, running.EndedUtc));
        Assert.Equal(["admin_move_role", "writer_move_started", "agent_step"], running.Events.Select(e => e.Code));
        Assert.Equal(["op-1", "op-1", null], running.Events.Select(e => e.Command));

        Happened(Event(4, "writer_moved", "db2"), Event(5, "agent_step", "db3"));
        OperationReading ended = await Read("op-1");
        Assert.Equal(("succeeded", "event 4", Event(1, "", null).AtUtc, Event(4, "", null).AtUtc), (ended.Status, ended.Result, ended.StartedUtc, ended.EndedUtc));
        Assert.Equal(4, ended.Events.Length);
    }

    [Fact]
    public async Task One_that_is_decided_already_is_answered_as_ended()
    {
        Happened(Event(1, "admin_mode", null, "op-2"));
        Assert.Equal("succeeded", (await Begin("op-2", """{"verb":"set_manual"}""")).Body.Status);
    }

    [Fact]
    public async Task A_refusal_is_a_problem_in_MMMs_words()
    {
        _node.Coordinator = c => new ControlProtocol.Answer(c.Id, false, "ERROR: Unknown host name 'db9'!", null);
        ProblemReading problem = await _node.Http.Refuses(409, "refused", HttpMethod.Post, ApiPaths.Operations("C1"), Json(Move), r => r.Headers.Add("Idempotency-Key", "op-3"));
        Assert.Equal("ERROR: Unknown host name 'db9'!", problem.Detail);
    }

    [Theory]
    [InlineData(null, Move, "The header Idempotency-Key is missing")]
    [InlineData("a b", Move, "Idempotency-Key must be 1 to 64 printable ASCII characters without blanks.")]
    [InlineData("op", "{}", "The body is not an operation: ")]
    [InlineData("op", "null", "The body is not an operation: it is null.")]
    [InlineData("op", """{"verb":"format_disk"}""", "'verb' must be one of ")]
    [InlineData("op", """{"verb":"move_role","arguments":["writer"]}""", "Wrong 'arguments': ")]
    [InlineData("op", """{"verb":"move_role","arguments":["--dry-run","writer","db2"]}""", "--dry-run changes nothing, so there is nothing to follow: send it to /api/v1/clusters/C1/commands.")]
    public async Task A_wrong_one_is_told_what_is_right_and_reaches_nobody(string? key, string body, string detail)
    {
        ProblemReading problem = await _node.Http.Refuses(400, "bad-request", HttpMethod.Post, ApiPaths.Operations("C1"), Json(body), r =>
        {
            if (key is not null)
                r.Headers.Add("Idempotency-Key", key);
        });
        Assert.StartsWith(detail, problem.Detail, StringComparison.Ordinal);
        Assert.Empty(_node.Commands);
    }

    [Fact]
    public async Task What_is_not_there_is_told()
    {
        await _node.Http.Refuses(404, "not-found", HttpMethod.Post, ApiPaths.Operations("C9"), Json(Move), r => r.Headers.Add("Idempotency-Key", "op"));
        await _node.Http.Refuses(404, "not-found", HttpMethod.Get, ApiPaths.Operation("C9", "op"));
        Assert.Contains("knows no operation 'op'", (await _node.Http.Refuses(404, "not-found", HttpMethod.Get, ApiPaths.Operation("C1", "op"))).Detail, StringComparison.Ordinal);
        await _node.Http.Refuses(415, "unsupported-media-type", HttpMethod.Post, ApiPaths.Operations("C1"), Form("verb", "set_active"), r => r.Headers.Add("Idempotency-Key", "op"));
        _node.Coordinator = null;
        await _node.Http.Refuses(503, "no-coordinator", HttpMethod.Post, ApiPaths.Operations("C1"), Json(Move), r => r.Headers.Add("Idempotency-Key", "op"), header: "Retry-After");
    }

    [Fact]
    public async Task A_monitor_for_reads_only_takes_none()
    {
        await using EndpointNode node = await EndpointNode.Start(m => m with { HttpReadOnly = true });
        await node.Http.Refuses(405, "read-only", HttpMethod.Post, ApiPaths.Operations("C1"), Json(Move), r => r.Headers.Add("Idempotency-Key", "op"), header: "Allow");
    }

    private async Task<(int Status, OperationReading Body, string? Location)> Begin(string key, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(ApiPaths.Operations("C1"), UriKind.Relative)) { Content = Json(body) };
        request.Headers.Add("Idempotency-Key", key);
        using HttpResponseMessage response = await _node.Http.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonSerializer.Deserialize(text, ApiFormat.Wire.OperationReading)!, response.Headers.Location?.OriginalString);
    }

    private Task<OperationReading> Read(string id) => _node.Http.Reads(ApiPaths.Operation("C1", id), ApiFormat.Wire.OperationReading);

    private void Happened(params HistoryEvent[] events) => _node.Chronicle = _node.Chronicle.Add(events).Next;

    private static HistoryEvent Event(int no, string code, string? host, string? command = null) => new(
        new EventId(new Epoch(3, "mon2", "08de2a1c5e0f4b00"), no), DateTimeOffset.UnixEpoch.AddSeconds(no), no, code, host, $"event {no}", command);
}
