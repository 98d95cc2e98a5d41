using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Configuration;
using Mmm.Actors.Security;
using Mmm.Cluster.Tests.Membership;
using Mmm.Monitor.Endpoints;
using Mmm.Monitor.Logs;
using Mmm.Shared.Api;
using Mmm.Shared.History;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>The management endpoint on a free loopback port over a real one-member Akka cluster; what it reads and whom it commands is scripted.</summary>
internal sealed class EndpointNode : IAsyncDisposable, IClusterReads, ICommands, IKeeperStatus, IHistory, INodeSettings
{
    private readonly WebApplication _app;
    private readonly IActorRef _settings;

    private EndpointNode(MmmSettings settings, bool join, CertificateStore? certificates)
    {
        System = ActorSystem.Create("mmm", ConfigurationFactory.ParseString(
            """
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp.hostname = 127.0.0.1
            akka.remote.dot-netty.tcp.port = 0
            akka.cluster.roles = [monitor]
            akka.cluster.run-coordinated-shutdown-when-down = off
            akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
            akka.cluster.gossip-interval = 50ms
            akka.cluster.leader-actions-interval = 50ms
            akka.cluster.periodic-tasks-initial-delay = 50ms
            """));
        Cluster = Akka.Cluster.Cluster.Get(System);
        if (join)
            Cluster.Join(Cluster.SelfAddress);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new KeepingLog(Logged));
        builder.Services.AddSingleton(System);
        builder.Services.AddSingleton<IClusterReads>(this);
        builder.Services.AddSingleton<ICommands>(this);
        builder.Services.AddSingleton<IKeeperStatus>(this);
        builder.Services.AddSingleton<IHistory>(this);
        builder.Services.AddSingleton<INodeSettings>(this);
        builder.Services.AddSingleton(Log);
        Monitors = [settings.Monitors[0] with { Port = Cluster.SelfAddress.Port!.Value }, .. settings.Monitors[1..]];
        var running = new RunningSettings(settings with { Monitors = Monitors });
        builder.Services.AddSingleton(running);
        builder.AddMmmEndpoints(running.Now, certificates);
        _app = builder.Build().MapMmmEndpoints();
        ConfigurationFile = () => new LoadedSettings(running.Now, []);
        // Not among the actors that tests list.
        _settings = ((ExtendedActorSystem)System).SystemActorOf(SettingsActor.Props(running, NodeKind.Monitor, () => ConfigurationFile(), NodeParts.Start(System), new StandingClock()), SettingsActor.ActorName);
    }

    /// <summary>Every route that reads a part of cluster C1's picture.</summary>
    public static ImmutableArray<string> ClusterParts { get; } =
    [
        ApiPaths.Hosts("C1"), ApiPaths.Host("C1", "db1"), ApiPaths.Explanation("C1", "db1"), ApiPaths.Roles("C1"), ApiPaths.Role("C1", "writer"), ApiPaths.RoleExplanation("C1", "writer"), ApiPaths.Checks("C1"),
        ApiPaths.Checks("C1", "db1"), ApiPaths.Check("C1", "db1", "ping"), ApiPaths.Mode("C1"), ApiPaths.Move("C1"), ApiPaths.Warnings("C1"),
    ];

    /// <summary>The routes that are mapped.</summary>
    public IEnumerable<RouteEndpoint> Routes => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    public ActorSystem System { get; }

    public Akka.Cluster.Cluster Cluster { get; }

    public ImmutableArray<MonitorMember> Monitors { get; }

    public HttpClient Http { get; } = new();

    /// <summary>Where MMM's own protocol is served, if it is.</summary>
    public int ControlPort => new Uri(_app.Urls.ElementAt(1)).Port;

    /// <summary>What the status board would have.</summary>
    public ImmutableArray<HeardSnapshot> Heard { get; set; } = [];

    /// <summary>What the chronicle would have of cluster C1.</summary>
    public Chronicle Chronicle { get; set; } = Chronicle.Empty(5000);

    /// <summary>What is read when the configuration is read again; what the node runs with unless said.</summary>
    public Func<LoadedSettings> ConfigurationFile { get; set; }

    /// <summary>True: the actor that reads it does not answer.</summary>
    public bool SettingsAreDead { get; set; }

    /// <summary>Where what happens from now on is written to, one per follower.</summary>
    public ConcurrentBag<Channel<HistoryEvent>> Followers { get; } = [];

    /// <summary>The coordinator; null = it does not answer.</summary>
    public Func<ControlProtocol.Command, ControlProtocol.Answer>? Coordinator { get; set; }

    /// <summary>True: the status board does not answer.</summary>
    public bool BoardIsDead { get; set; }

    public ConcurrentQueue<ControlProtocol.Command> Commands { get; } = new();

    /// <summary>What the endpoint would write into its log.</summary>
    public ConcurrentQueue<string> Logged { get; } = new();

    /// <summary>The node's log; nothing writes into it but the test. Its clock stands still.</summary>
    public LogRing Log { get; } = new(new StandingClock());

    /// <param name="change">Of the test settings: mon1 of three, cluster C1, loopback, no token.</param>
    /// <param name="join">False: the node is no member of any cluster.</param>
    /// <param name="certificates">HTTPS; null = plain text.</param>
    public static async Task<EndpointNode> Start(Func<MonitorSettings, MonitorSettings>? change = null, bool join = true, CertificateStore? certificates = null)
    {
        MmmSettings settings = TestSettings.Of("mon1", TestSettings.Monitors(3));
        ClusterSettings c1 = settings.Clusters["C1"];
        Role reader = new("reader", RoleMode.Balanced, ["db1", "db2", "db3"], ["127.0.1.51", "127.0.1.52"], null);
        settings = settings with { Clusters = settings.Clusters.SetItem("C1", c1 with { Topology = c1.Topology with { Roles = c1.Topology.Roles.Add(reader.Name, reader) } }) };
        EndpointNode node = new(settings with { Monitor = change?.Invoke(settings.Monitor) ?? settings.Monitor }, join, certificates);
        await node._app.StartAsync();
        node.Http.BaseAddress = new Uri(node._app.Urls.First());
        if (join)
            await Eventually.True(() => node.Cluster.IsUp, "the node is up");
        return node;
    }

    public void UseToken(string? token) => Http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await System.Terminate();
    }

    Task<ImmutableArray<HeardSnapshot>> IClusterReads.All(CancellationToken cancel) =>
        BoardIsDead ? throw new TimeoutException("scripted") : Task.FromResult(Heard);

    Task<(ControlProtocol.Answer? Answer, bool Sent)> ICommands.Send(ControlProtocol.Command command, CancellationToken cancel)
    {
        Commands.Enqueue(command);
        return Task.FromResult((Coordinator?.Invoke(command), true));
    }

    Task<ControlProtocol.Answer?> ICommands.Ping(ControlProtocol.Ping ping, CancellationToken cancel) =>
        Task.FromResult(Coordinator?.Invoke(new ControlProtocol.Command(ping.Id, "", "ping", [], "")));

    async Task<SettingsActor.State?> INodeSettings.State(CancellationToken cancel) =>
        SettingsAreDead ? null : await _settings.Ask<SettingsActor.State>(SettingsActor.GetState.Instance, cancel);

    async Task<SettingsActor.Outcome?> INodeSettings.Reload(string by, CancellationToken cancel) =>
        SettingsAreDead ? null : await _settings.Ask<SettingsActor.Outcome>(new SettingsActor.Reload(by), cancel);

    Task<ChroniclePage> IHistory.Page(string cluster, EventFilter filter, CancellationToken cancel) =>
        BoardIsDead ? throw new TimeoutException("scripted") : Task.FromResult(Chronicle.Page(filter));

    Task<IHistoryFeed> IHistory.Follow(string cluster, CancellationToken cancel)
    {
        var channel = Channel.CreateUnbounded<HistoryEvent>();
        Followers.Add(channel);
        return Task.FromResult<IHistoryFeed>(new Feed(channel));
    }

    /// <summary>Patience is short here: a test does not wait 10 s for a sign of life.</summary>
    private sealed class Feed(Channel<HistoryEvent> channel) : IHistoryFeed
    {
        public async Task<HistoryEvent?> NextAsync(TimeSpan patience, CancellationToken cancel)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TimeSpan.FromMilliseconds(100));
            try
            {
                return await channel.Reader.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return null;
            }
        }

        public ValueTask DisposeAsync()
        {
            channel.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class KeepingLog(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Log<TState>(LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {formatter(state, exception)}{exception}");

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }
    }

    /// <summary>What every keeper that is asked says of itself.</summary>
    internal static readonly KeeperEntry KeeperSays = new(true, "votes, holds 3@mon2/17", ["mon1", "mon2", "mon3"]);

    Task<ImmutableDictionary<string, KeeperEntry>> IKeeperStatus.Of(IEnumerable<MonitorMember> monitors, CancellationToken cancel) =>
        Task.FromResult(monitors.ToImmutableDictionary(m => m.Name, _ => KeeperSays));

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2010, 2, 11, 12, 43, 16, TimeSpan.Zero);
    }
}
