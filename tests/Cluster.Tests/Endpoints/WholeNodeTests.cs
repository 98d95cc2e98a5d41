using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mmm.Actors;
using Mmm.Actors.Membership;
using Mmm.Actors.Probing;
using Mmm.Cluster.Tests.Membership;
using Mmm.Monitor.Adapters;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Cluster.Tests.Endpoints.HttpAsserts;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Two whole monitor nodes with their endpoints: reads from either board, commands from either node to the one coordinator.</summary>
public sealed class WholeNodeTests : IAsyncLifetime
{
    private readonly ImmutableArray<MonitorMember> _monitors = TestSettings.Monitors(2);
    private readonly ConcurrentQueue<(string Coordinator, ControlProtocol.Command Command)> _commands = new();
    private readonly Dictionary<string, (WebApplication App, HttpClient Http)> _nodes = [];

    public async ValueTask InitializeAsync()
    {
        foreach (string name in new[] { "mon1", "mon2" })
        {
            WebApplication app = Build(name);
            await app.StartAsync(TestContext.Current.CancellationToken);
            _nodes[name] = (app, new HttpClient { BaseAddress = new Uri(app.Urls.First()) });
        }

        await Eventually.True(() => Akka.Cluster.Cluster.Get(System("mon1")).State.Members.Count(m => m.Status == Akka.Cluster.MemberStatus.Up) == 2, "both monitors are up", 40);
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((WebApplication app, HttpClient http) in _nodes.Values)
        {
            http.Dispose();
            ((ExtendedActorSystem)app.Services.GetRequiredService<ActorSystem>()).Abort();
            await app.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_the_coordinator_publishes_is_read_from_every_node_and_each_is_ready()
    {
        await Eventually.True(() => _nodes.Values.All(n => Status(n.Http, "/ready") == 200), "both are ready", 40);
        foreach ((string name, (_, HttpClient http)) in _nodes)
        {
            ClusterReading reading = await http.Reads(ApiPaths.Cluster("C1"), ApiFormat.Wire.ClusterReading);
            Assert.Equal((name, false), (reading.Monitor, reading.Stale));
            MonitorsReading monitors = await http.Reads(ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading);
            Assert.Equal(reading.Snapshot.Coordinator, monitors.Coordinator);
            Assert.All(monitors.Members, m => Assert.True(m is { Status: "Up", Reachable: true, Keeper: { Voting: false, Sentence: "does not vote for C1: scripted" } }));
            string metrics = (await http.Sends(HttpMethod.Get, "/metrics")).Body;
            Assert.All(_monitors, m => Assert.Contains($"\nmmm_monitor_member_up{{member=\"{m.Name}\",monitor=\"{name}\"}} 1\n", metrics, StringComparison.Ordinal));
            Assert.All(_monitors, m => Assert.Contains($"\nmmm_monitor_member_votes{{member=\"{m.Name}\",monitor=\"{name}\"}} 0\n", metrics, StringComparison.Ordinal));
            Assert.Contains($"\nmmm_cluster_serving{{cluster=\"C1\",monitor=\"{name}\"}} 1\n", metrics, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Commands_reach_the_one_coordinator_from_every_node()
    {
        foreach ((string name, (_, HttpClient http)) in _nodes)
        {
            await Eventually.True(() => Status(http, ApiPaths.Ping) == 200, "the coordinator answers", 40);
            (int status, string body) = await http.Sends(HttpMethod.Post, ApiPaths.Commands("C1"), Json($$"""{"id":"{{name}}","verb":"set_offline","arguments":["db1"]}"""));
            Assert.Equal((200, $"OK: set_offline db1"), (status, JsonSerializer.Deserialize(body, ApiFormat.Wire.CommandAnswer)!.Text));
        }

        Assert.Equal(["mon1", "mon2"], _commands.Select(c => c.Command.Id));
        Assert.Single(_commands.Select(c => c.Coordinator).Distinct());
    }

    [Fact]
    public async Task The_shards_of_both_nodes_hold_every_server_once()
    {
        int total = 0;
        await Eventually.True(
            () =>
            {
                total = _nodes.Values.Sum(n => Shards(n.Http)?.Regions.Sum(r => r.NumEntities) ?? 0);
                return total == 3;
            },
            "three probes run", 40);
        Assert.Equal(3, total);
        foreach ((_, HttpClient http) in _nodes.Values)
            Assert.Equal([MonitorActors.ServerProbe], (await http.Reads(ApiPaths.Shards, ApiFormat.Wire.Regions)).EntityTypeKeys);
    }

    [Fact]
    public async Task The_command_line_works_with_one_monitor_dead_and_one_alive()
    {
        await Eventually.True(() => _nodes.Values.All(n => Status(n.Http, "/ready") == 200), "both are ready", 40);
        string alive = _nodes["mon2"].Http.BaseAddress!.Authority;
        string monitors = $"127.0.0.1:{TestSettings.FreePorts(1)[0]},{alive}";
        Assert.Equal("  db1(127.0.0.1) master/ONLINE. Roles: writer(127.0.1.50)", (await Mmm(monitors, "show")).Split('\n')[0]);
        Assert.Equal("OK: move_role --force writer db2\n", await Mmm(monitors, "move_role", "--force", "writer", "db2"));
        Assert.Equal("root@desk from 127.0.0.1", _commands.Single().Command.By);
        Assert.Contains("Cluster C1  ACTIVE  serving", await Mmm(monitors, "status"), StringComparison.Ordinal);
        Assert.EndsWith("Count: 2 nodes\n", await Mmm(monitors, "cluster", "show"), StringComparison.Ordinal);
        Assert.Equal("OK: Pinged successfully!\n", await Mmm(monitors, "ping"));
        Assert.Matches(@"\n  mon2  \d shards?, \d entit.*\n$", await Mmm(monitors, "cluster-sharding", "region-stats", "-r", MonitorActors.ServerProbe));
        Assert.Contains("\n  status-board (StatusBoardActor)\n", await Mmm(monitors, "actor", "hierarchy", "-a", "mon2"), StringComparison.Ordinal);
        Assert.Equal("", await Mmm(monitors, "log", "tail"));
    }

    private static async Task<string> Mmm(string monitors, params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Control.CliContext context = new(
            output, error, name => name == "MMM_MONITORS" ? monitors : null, TimeZoneInfo.Utc, TimeProvider.System, "root@desk", () => "id1", false, 160, []);
        int exit = await Control.MmmCli.Run(args, context, TestContext.Current.CancellationToken);
        Assert.Equal((0, ""), (exit, error.ToString()));
        return output.ToString();
    }

    private ActorSystem System(string name) => _nodes[name].App.Services.GetRequiredService<ActorSystem>();

    private static int Status(HttpClient http, string path) => (int)http.GetAsync(new Uri(path, UriKind.Relative)).GetAwaiter().GetResult().StatusCode;

    private static ManagementContracts.Shards? Shards(HttpClient http)
    {
        string body = http.GetStringAsync(new Uri($"/cluster/shards/{MonitorActors.ServerProbe}", UriKind.Relative)).GetAwaiter().GetResult();
        return JsonSerializer.Deserialize(body, ApiFormat.Wire.Shards);
    }

    private WebApplication Build(string name)
    {
        MmmSettings settings = TestSettings.Of(name, _monitors);
        MonitorParts parts = new(
            settings, new ProcessIdentity(name, 1), TimeProvider.System, new ProbingPorts(new Installation.HealthyNetwork(), new Installation.HealthyServers()), new Mmm.Monitor.Adapters.TcpListenCheck(),
            (_, _) => Props.Create(() => new ScriptedKeeper(name)),
            (_, registry) => Props.Create(() => new ScriptedCoordinator(name, _monitors, registry.Get<ShardRegionKey>(), _commands)));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddAkka(MonitorActors.SystemName, akka => akka.ConfigureLoggers(l => l.ClearLoggers().AddLoggerFactory()).WithMonitor(parts));
        builder.Services.AddSingleton<IKeeperStatus, KeeperStatus>();
        builder.AddMmmEndpoints(settings);
        return builder.Build().MapMmmEndpoints();
    }

    private sealed class ScriptedKeeper : ReceiveActor
    {
        public ScriptedKeeper(string name)
        {
            Receive<LedgerProtocol.AskStatus>(_ => Sender.Tell(new LedgerProtocol.Status(
                name, [new LedgerProtocol.KeeperView("C1", KeeperStanding.Lost, "scripted", Epoch.None, DecisionId.None, null)])));
            ReceiveAny(_ => { });
        }
    }

    /// <summary>Publishes a picture to every board, answers commands, keeps the probes alive.</summary>
    private sealed class ScriptedCoordinator : ReceiveActor, IWithTimers
    {
        public ScriptedCoordinator(
            string node, ImmutableArray<MonitorMember> monitors, IActorRef region, ConcurrentQueue<(string, ControlProtocol.Command)> commands)
        {
            Receive<ControlProtocol.Ping>(m => Sender.Tell(new ControlProtocol.Answer(m.Id, true, "OK", null)));
            Receive<ControlProtocol.Command>(m =>
            {
                commands.Enqueue((node, m));
                Sender.Tell(new ControlProtocol.Answer(m.Id, true, $"OK: {m.Verb} {string.Join(' ', m.Arguments)}", null));
            });
            Receive<string>(_ =>
            {
                foreach (MonitorMember monitor in monitors)
                    Context.ActorSelection($"akka.tcp://{MonitorActors.SystemName}@{monitor.Address}:{monitor.Port}{MonitorActors.PathOf(MonitorActors.StatusBoard)}").Tell(Pictures.Snapshot(node));
                foreach (string host in new[] { "db1", "db2", "db3" })
                    region.Tell(new SightProtocol.KeepProbing("C1", host));
            });
            ReceiveAny(_ => { });
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("publish", "publish", TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
    }
}
