using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mmm.Actors;
using Mmm.Actors.Logging;
using Mmm.Actors.Membership;
using Mmm.Actors.Probing;
using Mmm.Monitor.Adapters;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Cluster.Tests.Membership;

/// <summary>Several monitor nodes in this process, each with its own actor system and real remoting; servers are scripted, the coordinator is a recorder.</summary>
internal sealed class Installation(int monitors, MembershipSettings? membership = null) : IAsyncDisposable
{
    private readonly Dictionary<string, IHost> _hosts = [];
    private int _starts;

    public ImmutableArray<MonitorMember> Monitors { get; } = TestSettings.Monitors(monitors);

    /// <summary>Node and message of everything the running coordinators received.</summary>
    public ConcurrentQueue<(string Node, object Message)> Received { get; } = new();

    /// <summary>Nodes on which a coordinator runs now.</summary>
    public ConcurrentDictionary<string, bool> Coordinators { get; } = new();

    public ActorSystem System(string name) => _hosts[name].Services.GetRequiredService<ActorSystem>();

    public IReadOnlyActorRegistry Registry(string name) => _hosts[name].Services.GetRequiredService<IReadOnlyActorRegistry>();

    public async Task StartAsync(params string[] names) => await Task.WhenAll(names.Select(StartOneAsync));

    private async Task StartOneAsync(string name)
    {
        MmmSettings settings = TestSettings.Of(name, Monitors);
        if (membership is not null)
            settings = settings with { Monitor = settings.Monitor with { Membership = membership } };
        MonitorParts parts = new(
            settings,
            new ProcessIdentity(name, Interlocked.Increment(ref _starts)),
            TimeProvider.System,
            new ProbingPorts(new HealthyNetwork(), new HealthyServers()),
            new TcpListenCheck(),
            (_, _) => Props.Create(() => new Silent()),
            (_, registry) => Props.Create(() => new Recorder(this, name, settings, registry.Get<ShardRegionKey>())));
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        if (Environment.GetEnvironmentVariable("MMM_TEST_LOG") is not null)
            builder.Logging.AddSimpleConsole(o => o.TimestampFormat = "HH:mm:ss.fff ");
        builder.Services.AddAkka(MonitorActors.SystemName, (akka, services) =>
            akka.WithHostLogging(services.GetRequiredService<ILoggerFactory>()).WithMonitor(parts));
        IHost host = builder.Build();
        lock (_hosts)
            _hosts[name] = host;
        await host.StartAsync();
    }

    /// <summary>As SIGTERM does it.</summary>
    public async Task StopAsync(string name)
    {
        if (!_hosts.Remove(name, out IHost? host))
            return;
        await host.StopAsync();
        host.Dispose();
    }

    /// <summary>Ends a node without a word to the others, as kill -9 does.</summary>
    public async Task KillAsync(string name)
    {
        if (!_hosts.Remove(name, out IHost? host))
            return;
        ActorSystem system = host.Services.GetRequiredService<ActorSystem>();
        ((ExtendedActorSystem)system).Abort();
        await system.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(10));
        Coordinators.TryRemove(name, out _);
        host.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string name in _hosts.Keys.ToArray())
            await KillAsync(name);
    }

    private sealed class Silent : ReceiveActor
    {
        public Silent() => ReceiveAny(_ => { });
    }

    /// <summary>Stands for the coordinator: keeps probes alive and writes down what reaches it.</summary>
    private sealed class Recorder : ReceiveActor, IWithTimers
    {
        private readonly Installation _installation;
        private readonly string _node;

        public ITimerScheduler Timers { get; set; } = null!;

        public Recorder(Installation installation, string node, MmmSettings settings, IActorRef region)
        {
            _installation = installation;
            _node = node;
            Receive<string>(_ =>
            {
                foreach (ClusterSettings cluster in settings.Clusters.Values)
                {
                    foreach (string host in cluster.Topology.Hosts.Keys)
                        region.Tell(new KeepProbing(cluster.Topology.Name, host));
                }
            });
            Receive<ControlProtocol.Ping>(m =>
            {
                installation.Received.Enqueue((node, m));
                Sender.Tell(new ControlProtocol.Answer(m.Id, true, $"OK: pong from {node}", null));
            });
            ReceiveAny(m => installation.Received.Enqueue((node, m)));
        }

        protected override void PreStart()
        {
            _installation.Coordinators[_node] = true;
            Timers.StartPeriodicTimer("keep", "keep", TimeSpan.Zero, TimeSpan.FromMilliseconds(300));
        }

        protected override void PostStop() => _installation.Coordinators.TryRemove(_node, out _);
    }

    internal sealed class HealthyNetwork : IPinger
    {
        public Task<CheckReading> PingAsync(string ip, TimeSpan timeout, CancellationToken stop) => Task.FromResult(CheckReading.Fine);
    }

    internal sealed class HealthyServers : IMysqlSights
    {
        public IMysqlSight Watch(Mmm.Shared.Topology.Host host, MysqlLogin login) => new Sight();

        public IReplicationSight WatchReplication(Mmm.Shared.Topology.Host host, MysqlLogin login) => new ReplicationSightOf();

        public ISourceSight WatchSource(Mmm.Shared.Topology.Host host, MysqlLogin login) => new SourceSightOf();

        private sealed class Sight : IMysqlSight
        {
            public Task<CheckReading> LookAsync(TimeSpan timeout, CancellationToken stop) => Task.FromResult(CheckReading.Fine);

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }

        private sealed class SourceSightOf : ISourceSight
        {
            public Task<SourceReading> LookAsync(TimeSpan timeout, CancellationToken stop) => Task.FromResult(new SourceReading("no server here is ever behind", null));

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }

        private sealed class ReplicationSightOf : IReplicationSight
        {
            public Task<ReplicationReading> LookAsync(TimeSpan timeout, CancellationToken stop) =>
                Task.FromResult(new ReplicationReading(null, [new ReplicationChannel("", "127.0.0.1", "Yes", "Yes", 0, null)], true, null));

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
