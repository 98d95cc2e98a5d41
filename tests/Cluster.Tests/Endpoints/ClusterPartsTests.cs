using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Parts of a cluster's picture: hosts, roles, checks, mode, move, warnings.</summary>
public sealed class ClusterPartsTests : IAsyncLifetime
{
    private static readonly RoleAddress _writer = new("writer", "127.0.1.50"), _reader = new("reader", "127.0.1.51"), _nobodys = new("reader", "127.0.1.52");

    private EndpointNode _node = null!;
    private int _callers;

    private HttpClient Http => _node.Http;

    public static TheoryData<string> Paths => [.. EndpointNode.ClusterParts];

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start();
        _node.Heard = [Pictures.Heard(0.2) with { Snapshot = Pictures.WithReports() }];
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Hosts_are_listed_with_what_they_are_to_have()
    {
        HostsReading reading = await Http.Reads(ApiPaths.Hosts("C1"), ApiFormat.Wire.HostsReading);
        Assert.Equal(["db1: 127.0.1.50", "db2: 127.0.1.51", "db3: "], reading.Hosts.Select(h => $"{h.Name}: {string.Join(' ', h.Addresses.Select(a => a.Ip))}"));
        Assert.Equal(new HostEntry("db3", "127.0.0.3", "slave", "HARD_OFFLINE", Pictures.At, "mysql failed", true, false, null, reading.Hosts[2].Addresses), reading.Hosts[2]);
        Assert.Equal(3, reading.Hosts[1].SecondsBehind);
    }

    [Fact]
    public async Task A_host_is_told_with_its_report_its_checks_and_its_explanation()
    {
        HostReading reading = await Http.Reads(ApiPaths.Host("C1", "db2"), ApiFormat.Wire.HostReading);
        Assert.Equal(
            JsonSerializer.Serialize(Pictures.WithReports() with { Hosts = [Pictures.WithReports().Hosts[1]] }, ApiFormat.Wire.ClusterSnapshot),
            JsonSerializer.Serialize(Pictures.WithReports() with { Hosts = [reading.Host] }, ApiFormat.Wire.ClusterSnapshot));
        Assert.Equal([_reader], reading.Addresses);
        ExplanationReading why = await Http.Reads(ApiPaths.Explanation("C1", "db2"), ApiFormat.Wire.ExplanationReading);
        Assert.Equal("db2", why.Host);
        Assert.Equal(["db2 has been ONLINE since 2010-02-11 12:43:16 UTC: all checks are ok.", "It has no roles."], why.Sentences ?? []);
    }

    [Fact]
    public async Task A_coordinator_that_explains_nothing_and_does_not_look_at_the_setup_is_told_from_one_that_finds_nothing()
    {
        ClusterSnapshot old = Pictures.Snapshot();
        _node.Heard = [Pictures.Heard(0) with { Snapshot = old with { Setup = null, Hosts = [old.Hosts[0] with { Explanation = null }] } }];
        Assert.Null((await Http.Reads(ApiPaths.Explanation("C1", "db1"), ApiFormat.Wire.ExplanationReading)).Sentences);
        Assert.Null((await Http.Reads(ApiPaths.Warnings("C1"), ApiFormat.Wire.WarningsReading)).Setup);
        _node.Heard = [Pictures.Heard(0) with { Snapshot = old with { Setup = [], Hosts = [old.Hosts[0] with { Explanation = [] }] } }];
        Assert.True((await Http.Reads(ApiPaths.Explanation("C1", "db1"), ApiFormat.Wire.ExplanationReading)).Sentences is { IsEmpty: true });
        Assert.True((await Http.Reads(ApiPaths.Warnings("C1"), ApiFormat.Wire.WarningsReading)).Setup is { IsEmpty: true });
    }

    [Fact]
    public async Task Roles_have_their_addresses_together()
    {
        ClusterSnapshot moving = Pictures.WithReports() with
        {
            Roles = [new RoleView(_writer, "db2", "db1", "db1"), new RoleView(_nobodys, null, "db3"), new RoleView(_reader, "db2", null), new RoleView(new RoleAddress("backup", "127.0.1.53"), "db3", null)],
        };
        _node.Heard = [Pictures.Heard(0) with { Snapshot = moving }];
        RolesReading reading = await Http.Reads(ApiPaths.Roles("C1"), ApiFormat.Wire.RolesReading);

        // The third role is one that this monitor is not configured with.
        Assert.Equal(["backup ", "reader balanced", "writer exclusive"], reading.Roles.Select(r => $"{r.Name} {r.Mode}"));
        Assert.Equal([new RoleView(_reader, "db2", null), new RoleView(_nobodys, null, "db3")], reading.Roles[1].Addresses);
        RoleReading writer = await Http.Reads(ApiPaths.Role("C1", "writer"), ApiFormat.Wire.RoleReading);
        Assert.Equal(("writer", "exclusive"), (writer.Role.Name, writer.Role.Mode));
        Assert.Equal([new RoleView(_writer, "db2", "db1", "db1")], writer.Role.Addresses);
    }

    [Fact]
    public async Task A_role_is_explained_as_the_coordinator_does_and_one_that_it_does_not_explain_is_told_from_one_that_there_is_not()
    {
        RoleExplanationReading why = await Http.Reads(ApiPaths.RoleExplanation("C1", "writer"), ApiFormat.Wire.RoleExplanationReading);
        Assert.Equal("writer", why.Role);
        Assert.Equal(Pictures.Snapshot().Explained!.Value[0].Explanation, why.Sentences ?? []);
        Assert.Null((await Http.Reads(ApiPaths.RoleExplanation("C1", "reader"), ApiFormat.Wire.RoleExplanationReading)).Sentences);
        _node.Heard = [Pictures.Heard(0) with { Snapshot = Pictures.Snapshot() with { Explained = null } }];
        Assert.Null((await Http.Reads(ApiPaths.RoleExplanation("C1", "writer"), ApiFormat.Wire.RoleExplanationReading)).Sentences);
    }

    [Fact]
    public async Task Checks_are_told_for_all_hosts_for_one_and_one_by_one()
    {
        ChecksReading all = await Http.Reads(ApiPaths.Checks("C1"), ApiFormat.Wire.ChecksReading);
        Assert.Equal(
            Pictures.WithReports().Hosts.SelectMany(h => h.Checks.Select(c => $"{h.Name} {c.Check} {c.Verdict} {c.Message}")),
            all.Hosts.SelectMany(h => h.Checks.Select(c => $"{h.Host} {c.Check} {c.Verdict} {c.Message}")));
        HostChecksReading host = await Http.Reads(ApiPaths.Checks("C1", "db3"), ApiFormat.Wire.HostChecksReading);
        Assert.Equal(("db3", "ping mysql rep_threads rep_backlog"), (host.Host, string.Join(' ', host.Checks.Select(c => c.Check))));
        CheckReading one = await Http.Reads(ApiPaths.Check("C1", "db3", "mysql"), ApiFormat.Wire.CheckReading);
        Assert.Equal(("db3", new CheckView("mysql", "ERROR", Pictures.At, "Connect error")), (one.Host, one.Check));
    }

    [Fact]
    public async Task The_mode_has_its_reason_and_whether_anything_can_be_decided()
    {
        _node.Heard = [Pictures.Heard(0) with { Snapshot = Pictures.Snapshot() with { Mode = "PASSIVE", ModeReason = "Two masters\nare writable", Phase = "no_quorum" } }];
        ModeReading mode = await Http.Reads(ApiPaths.Mode("C1"), ApiFormat.Wire.ModeReading);
        Assert.Equal(new ModeReading("mon1", "C1", 0, false, "no_quorum", "PASSIVE", "Two masters\nare writable"), mode);
    }

    [Fact]
    public async Task That_nothing_moves_is_an_answer_too()
    {
        Assert.Equal((200, """{"monitor":"mon1","cluster":"C1","ageMs":200,"stale":false,"move":null}"""), await Http.Sends(HttpMethod.Get, ApiPaths.Move("C1")));
        _node.Heard = [Pictures.Heard(0) with { Snapshot = Pictures.Snapshot() with { Move = Pictures.Move } }];
        Assert.Equal(Pictures.Move, (await Http.Reads(ApiPaths.Move("C1"), ApiFormat.Wire.MoveReading)).Move);
    }

    [Fact]
    public async Task Warnings_are_those_of_show_none_of_them_twice()
    {
        WarningsReading reading = await Http.Reads(ApiPaths.Warnings("C1"), ApiFormat.Wire.WarningsReading);
        Assert.Equal(["agent on host db3 is not reachable", "Role reader(127.0.1.52) has no host"], reading.Warnings);
        Assert.Equal(Pictures.Snapshot().Setup ?? [], reading.Setup ?? []);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Each_tells_who_answered_and_how_old_it_is_and_has_no_password(string path)
    {
        foreach ((double seconds, bool stale) in new[] { (0.2, false), (5.1, true) })
        {
            _node.Heard = [Pictures.Heard(seconds) with { Snapshot = Pictures.WithReports() }];
            (int status, string body) = await Http.Sends(HttpMethod.Get, path);
            Assert.Equal(200, status);
            Assert.StartsWith($$"""{"monitor":"mon1","cluster":"C1","ageMs":{{seconds * 1000}},"stale":{{(stale ? "true" : "false")}},""", body, StringComparison.Ordinal);
            Assert.DoesNotContain("-secret", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Each_says_what_is_missing_and_takes_GET_only(string path)
    {
        Assert.EndsWith("Clusters are: C1", (await Http.Refuses(404, "not-found", HttpMethod.Get, path.Replace("/C1/", "/C9/", StringComparison.Ordinal))).Detail, StringComparison.Ordinal);
        foreach (HttpMethod method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch })
            await Http.Refuses(405, "method-not-allowed", method, path, header: "Allow");
        Assert.Equal((await Http.Sends(HttpMethod.Head, ApiPaths.Cluster("C1"))).Status, (await Http.Sends(HttpMethod.Head, path)).Status);
        _node.Heard = [];
        Assert.Contains("mon1", (await Http.Refuses(503, "no-snapshot", HttpMethod.Get, path, header: "Retry-After")).Detail, StringComparison.Ordinal);
        _node.BoardIsDead = true;
        await Http.Refuses(503, "monitor-starting", HttpMethod.Get, path, header: "Retry-After");
    }

    [Theory]
    [InlineData("hosts/db9", "Cluster C1 has no host 'db9'. There is: db1, db2, db3")]
    [InlineData("hosts/db9/explanation", "Cluster C1 has no host 'db9'. There is: db1, db2, db3")]
    [InlineData("hosts/DB1", "Cluster C1 has no host 'DB1'. There is: db1, db2, db3")]
    [InlineData("roles/carrier", "Cluster C1 has no role 'carrier'. There is: reader, writer")]
    [InlineData("roles/carrier/explanation", "Cluster C1 has no role 'carrier'. There is: reader, writer")]
    [InlineData("checks/db9", "Cluster C1 has no host 'db9'. There is: db1, db2, db3")]
    [InlineData("checks/db9/ping", "Cluster C1 has no host 'db9'. There is: db1, db2, db3")]
    [InlineData("checks/db1/pong", "Cluster C1 has no check 'pong'. There is: ping, mysql, rep_threads, rep_backlog")]
    [InlineData("hosts/db1%2Fexplanation", "Cluster C1 has no host 'db1%2Fexplanation'. There is: db1, db2, db3")]
    [InlineData("hosts/%22%3Cb%3E%0A", "Cluster C1 has no host '\"<b>\n'. There is: db1, db2, db3")]
    public async Task What_is_unknown_is_answered_with_what_is_known(string path, string detail) =>
        Assert.Equal(detail, (await Http.Refuses(404, "not-found", HttpMethod.Get, $"{ApiPaths.Cluster("C1")}/{path}")).Detail);

    [Theory]
    [InlineData("/api/v1/clusters/C1/hosts/%64%62%31", 200)]
    [InlineData("/api/v1/clusters/%43%31/hosts", 200)]
    [InlineData("/api/v1/clusters/C1/hosts/", 200)]
    [InlineData("/api/v1/clusters/C9/../C1/hosts", 200)]
    [InlineData("/api/v1/clusters/C1/hosts/db1/%2e%2e/db2", 200)]
    [InlineData("/api/v1/clusters/C1/hosts/..", 200)]
    [InlineData("/api/v1/clusters/C1/hosts/..%2f..", 404)]
    [InlineData("/api/v1/clusters/C1/hosts//explanation", 404)]
    [InlineData("/api/v1/clusters/../../../../../../etc/passwd", 404)]
    [InlineData("/api/v1/clusters/C1/hosts/%00", 400)]
    [InlineData("/api/v1/clusters/C1/hosts/%c3%28", 404)]
    public async Task Odd_paths_are_what_they_mean(string path, int status) => Assert.Equal(status, await Raw($"GET {path} HTTP/1.1"));

    [Fact]
    public async Task No_path_and_no_query_makes_it_fail()
    {
        Random random = new(20100211);
        string[] words =
        [
            "C1", "C9", "hosts", "roles", "checks", "mode", "move", "warnings", "db1", "writer", "ping", "explanation", "events", "commands", "..", ".", "", "%2f", "%00", "%ff", "%", "~", "{cluster}",
            "%f0%9f%90%ac", "a;b", "db1?x", "*", new string('x', 3000), "\"", "'", "null", "-1", "openapi.json", "limit=9999999999", "&&", "=", "+",
        ];
        for (int i = 0; i < 300; i++)
        {
            string path = "/api/v1/clusters" + string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => "/" + words[random.Next(words.Length)]));
            string query = random.Next(2) == 0 ? "" : "?" + string.Join('&', Enumerable.Range(0, random.Next(4)).Select(_ => words[random.Next(words.Length)]));
            int status = await Raw($"GET {path}{query} HTTP/1.1");
            Assert.True(status is 200 or 400 or 404 or 405, $"{path}{query}: {status}");
        }
    }

    /// <summary>Status of a request whose line no client has made tidy.</summary>
    private async Task<int> Raw(string line)
    {
        // One address alone would be told to slow down.
        using TcpClient client = new(new IPEndPoint(new IPAddress([127, 0, 9, (byte)(_callers++ % 250)]), 0));
        await client.ConnectAsync("127.0.0.1", Http.BaseAddress!.Port, TestContext.Current.CancellationToken);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        using StreamReader reader = new(stream);
        string? first = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        return int.Parse(first!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
