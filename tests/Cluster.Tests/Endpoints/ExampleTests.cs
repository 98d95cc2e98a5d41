using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using Mmm.Shared.Api;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;
using EventId = Mmm.Shared.History.EventId;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>
/// The bodies in docs/http-api.md are what the endpoint really answers. With MMM_WRITE_EXAMPLES=1 the test writes them into the
/// page instead of comparing (ports and uids made constant).
/// </summary>
public sealed partial class ExampleTests
{
    private const string Request = """{"id":"6f1d2c","verb":"move_role","arguments":["writer","db2"],"by":"anna@desk"}""";

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_page_shows_what_is_answered()
    {
        await using EndpointNode node = await EndpointNode.Start();
        Dictionary<string, string> examples = await Bodies(node);
        string path = Repository.PathOf("docs", "http-api.md");
        string page = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        HashSet<string> seen = [];
        string wanted = Example().Replace(page, m =>
        {
            string name = m.Groups["name"].Value;
            seen.Add(name);
            return $"<!-- example: {name} -->\n```json\n{examples[name]}\n```";
        });
        Assert.Equal(examples.Keys.Order(), seen.Order());
        if (Environment.GetEnvironmentVariable("MMM_WRITE_EXAMPLES") == "1")
            await File.WriteAllTextAsync(path, wanted, TestContext.Current.CancellationToken);
        else
            Assert.Equal(wanted, page);
    }

    private static async Task<Dictionary<string, string>> Bodies(EndpointNode node)
    {
        Dictionary<string, string> bodies = new() { ["command-request"] = Pretty(Request), ["operation-request"] = Pretty("""{"verb":"move_role","arguments":["writer","db2"],"by":"anna@desk"}""") };
        async Task Add(string name, HttpMethod method, string path, HttpContent? content = null) =>
            bodies[name] = Constant(Pretty((await node.Http.Sends(method, path, content)).Body), node);

        string self = Uri.EscapeDataString(node.Cluster.SelfAddress.ToString());
        await Add("no-snapshot", HttpMethod.Get, ApiPaths.Cluster("C1"));
        await Add("not-ready", HttpMethod.Get, "/ready");
        node.Heard = [Pictures.Heard(0.18)];
        await Add("clusters", HttpMethod.Get, ApiPaths.Clusters);
        await Add("cluster", HttpMethod.Get, ApiPaths.Cluster("C1"));
        await Add("host", HttpMethod.Get, ApiPaths.Host("C1", "db1"));
        await Add("host-unknown", HttpMethod.Get, ApiPaths.Host("C1", "db9"));
        await Add("explanation", HttpMethod.Get, ApiPaths.Explanation("C1", "db1"));
        await Add("role-explanation", HttpMethod.Get, ApiPaths.RoleExplanation("C1", "writer"));
        await Add("mode", HttpMethod.Get, ApiPaths.Mode("C1"));
        await Add("move-none", HttpMethod.Get, ApiPaths.Move("C1"));
        node.Heard = [Pictures.Heard(0.18) with { Snapshot = Pictures.WithReports() with { Move = Pictures.Move } }];
        await Add("hosts", HttpMethod.Get, ApiPaths.Hosts("C1"));
        await Add("roles", HttpMethod.Get, ApiPaths.Roles("C1"));
        await Add("role", HttpMethod.Get, ApiPaths.Role("C1", "writer"));
        await Add("checks", HttpMethod.Get, ApiPaths.Checks("C1"));
        await Add("host-checks", HttpMethod.Get, ApiPaths.Checks("C1", "db3"));
        await Add("check", HttpMethod.Get, ApiPaths.Check("C1", "db3", "mysql"));
        await Add("move", HttpMethod.Get, ApiPaths.Move("C1"));
        await Add("warnings", HttpMethod.Get, ApiPaths.Warnings("C1"));
        node.Heard = [Pictures.Heard(0.18)];
        node.Chronicle = node.Chronicle.Add(
        [
            new HistoryEvent(new EventId(new Epoch(3, "mon2", "08de2a1c5e0f4b00"), 7), Pictures.At, 17, "admin_move_role", "db2", "Admin moved role 'writer' from 'db1' to 'db2' (anna@desk from 127.0.0.1)"),
            new HistoryEvent(new EventId(new Epoch(3, "mon2", "08de2a1c5e0f4b00"), 8), Pictures.At, 18, "agent_step", "db1", "Host 'db1' is at step read_only: setting read_only"),
        ]).Next;
        await Add("events", HttpMethod.Get, ApiPaths.Events("C1") + "?limit=1");
        node.Chronicle = node.Chronicle.Add(
        [
            new HistoryEvent(new EventId(new Epoch(3, "mon2", "08de2a1c5e0f4b00"), 9), Pictures.At, 18, "writer_move_started", "db2", "Moving role 'writer(127.0.1.50)' from 'db1' to 'db2': move_role", "6f1d2c"),
            new HistoryEvent(new EventId(new Epoch(3, "mon2", "08de2a1c5e0f4b00"), 10), Pictures.At.AddSeconds(0.169), 20, "writer_moved", "db2", "Role 'writer(127.0.1.50)' is on 'db2' (169 ms after the decision)"),
        ]).Next;
        await Add("operation", HttpMethod.Get, ApiPaths.Operation("C1", "6f1d2c"));
        await Add("monitors", HttpMethod.Get, ApiPaths.Monitors);
        await Add("ready", HttpMethod.Get, "/ready");
        node.Coordinator = c => new ControlProtocol.Answer(
            c.Id, true, "OK: Role 'writer' has been moved from 'db1' to 'db2'. Now you can wait some time and check new roles info!", new DecisionId(new Epoch(3, "mon2", "08de2a1c5e0f4b00"), 18));
        await Add("command-answer", HttpMethod.Post, ApiPaths.Commands("C1"), Json(Request));
        await Add("ping", HttpMethod.Get, ApiPaths.Ping);
        node.Coordinator = c => new ControlProtocol.Answer(c.Id, false, "ERROR: Can't move role to host with state HARD_OFFLINE.", null);
        await Add("command-refused", HttpMethod.Post, ApiPaths.Commands("C1"), Json(Request));
        await Add("members", HttpMethod.Get, ApiPaths.Members);
        await Add("member", HttpMethod.Get, $"{ApiPaths.Members}/{self}");
        await Add("member-unknown", HttpMethod.Get, $"{ApiPaths.Members}/mmm@127.0.0.1:1");
        await Add("seed-nodes", HttpMethod.Get, "/bootstrap/seed-nodes");
        await Add("remote-address", HttpMethod.Get, "/remote/address");
        await Add("receptionist", HttpMethod.Get, "/cluster-client/receptionist");
        await Add("shards-unknown", HttpMethod.Get, "/cluster/shards/carts");
        await Add("regions", HttpMethod.Get, ApiPaths.Shards);
        node.System.ActorOf(Props.Create(() => new VantageActor()), "vantage");
        await Eventually.True(() => node.Http.Sends(HttpMethod.Get, $"{ApiPaths.Actors}?path=/user/vantage/C1").GetAwaiter().GetResult().Status == 200, "the actor has its child");
        await Add("actors", HttpMethod.Get, $"{ApiPaths.Actors}?path=/user/vantage&depth=1");
        await Add("actor-unknown", HttpMethod.Get, $"{ApiPaths.Actors}?path=/user/vantage/C2");
        node.Log.Add(LogLevel.Information, "Mmm.Monitor", "Monitor mon1 starts; 3 monitors are configured, 2 must agree", null);
        node.Log.Add(LogLevel.Warning, "Mmm.Monitor.Endpoints", "GET /ready: this node's actors did not answer in time", new TimeoutException("the status board did not answer"));
        await Add("log", HttpMethod.Get, $"{ApiPaths.Log}?lines=50&level=warning");
        MmmSettings settings = node.ConfigurationFile().Settings;
        node.ConfigurationFile = () => new LoadedSettings(
            settings with { Monitor = settings.Monitor with { PingIps = ["10.0.0.254"], StateDir = "/elsewhere" } }, ["/etc/mmm/monitor.conf:7: monitors: 4 monitors survive the loss of 1, no more than 3 would: configure an odd number"]);
        await Add("config-reload", HttpMethod.Post, ApiPaths.ConfigReload);
        await Add("config", HttpMethod.Get, ApiPaths.Config);
        node.ConfigurationFile = () => throw new SettingsException(["/etc/mmm/mmm_common.conf:42: cluster C1.roles.reader.hosts[2]: 'slvae1' is no host of cluster C1; allowed: master1, master2, slave1, slave2; did you mean 'slave1'?"], []);
        await Add("config-invalid", HttpMethod.Post, ApiPaths.ConfigReload);
        return bodies;
    }

    private static string Pretty(string body) => JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(body), _indented);

    private static string Constant(string body, EndpointNode node)
    {
        string text = Whole(body, node.Cluster.SelfUniqueAddress.Uid, 1430592231);
        text = Whole(text, node.Cluster.SelfAddress.Port!.Value, 8551).Replace("\"httpPort\": 0", "\"httpPort\": 8558", StringComparison.Ordinal);
        foreach (int i in new[] { 1, 2 })
            text = Whole(text, node.Monitors[i].Port, 8551 + i);
        return text;
    }

    /// <summary>Replaces a number where it stands alone, not inside another.</summary>
    private static string Whole(string text, int number, int constant) => Regex.Replace(text, $@"(?<!\d){number}(?!\d)", $"{constant}");

    private sealed class VantageActor : ReceiveActor
    {
        public VantageActor() => Context.ActorOf(Props.Create(() => new ClusterVantageActor()), "C1");
    }

    private sealed class ClusterVantageActor : ReceiveActor;

    [GeneratedRegex("<!-- example: (?<name>[a-z-]+) -->\n```json\n(.*?\n)??```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
