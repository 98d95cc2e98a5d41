using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mmm.Actors;
using Mmm.Actors.Configuration;
using Mmm.Actors.Logging;
using Mmm.Actors.Membership;
using Mmm.Actors.Probing;
using Mmm.Monitor.Adapters;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Cluster.Tests.Membership;

/// <summary>A whole monitor node whose configuration is read again: what begins anew, and what does not.</summary>
public sealed class MonitorReloadTests : IAsyncLifetime
{
    private readonly Servers _servers = new();
    private readonly ConcurrentQueue<VantageReport> _reports = [];
    private readonly RunningSettings _running = new(TestSettings.Of("mon1", TestSettings.Monitors(1)));
    private IHost _host = null!;
    private Func<MmmSettings> _file = null!;

    private ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    private IReadOnlyActorRegistry Registry => _host.Services.GetRequiredService<IReadOnlyActorRegistry>();

    public async ValueTask InitializeAsync()
    {
        _file = () => _running.Now;
        MonitorParts parts = new(
            _running.Now, new ProcessIdentity("mon1", 1), TimeProvider.System, new ProbingPorts(new Installation.HealthyNetwork(), _servers), new TcpListenCheck(),
            (_, _) => Props.Create(() => new Coordinator(_reports, ActorRefs.Nobody)),
            (_, registry) => Props.Create(() => new Coordinator(_reports, registry.Get<ShardRegionKey>())),
            SettingsFingerprint.Of(_running.Now), Running: _running, Read: () => new LoadedSettings(_file(), []));
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddAkka(MonitorActors.SystemName, (akka, services) => akka.WithHostLogging(services.GetRequiredService<ILoggerFactory>()).WithMonitor(parts));
        _host = builder.Build();
        await _host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.True(() => _servers.Opened["db1"] == 1 && _servers.Opened["db2"] == 1, "replication is probed", 60);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(TestContext.Current.CancellationToken);
        _host.Dispose();
    }

    /// <summary>The coordinator asks for probes again every few seconds only, and here not at all.</summary>
    [Fact]
    public async Task Probes_and_vantage_begin_anew_by_the_new_settings_and_granters_go_on()
    {
        IActorRef granter = await ActorAsync(MonitorActors.LeaseGranter), vantage = await ActorAsync(MonitorActors.Vantage);
        _file = () => With(c => c with { MaxBacklog = TimeSpan.FromSeconds(77) });

        Assert.Equal(["cluster C1.max_backlog"], (await ReloadAsync()).Live);

        await Eventually.True(() => _servers.Opened["db1"] == 2 && _servers.Closed["db1"] == 1 && _servers.Opened["db2"] == 2, "the probes have been made anew");
        Assert.NotEqual(vantage, await ActorAsync(MonitorActors.Vantage));
        Assert.Equal(Registry.Get<VantageKey>(), await ActorAsync(MonitorActors.Vantage));
        Assert.Equal(granter, await ActorAsync(MonitorActors.LeaseGranter));
    }

    [Fact]
    public async Task A_host_that_goes_is_probed_no_more_and_one_that_comes_back_is_when_the_coordinator_asks()
    {
        IActorRef granter = await ActorAsync(MonitorActors.LeaseGranter);
        MmmSettings whole = _running.Now;
        _file = () => With(c => c with { Topology = c.Topology with { Hosts = c.Topology.Hosts.Remove("db2"), Roles = c.Topology.Roles.ToImmutableSortedDictionary(r => r.Key, r => r.Value with { Hosts = r.Value.Hosts.Remove("db2") }) } });
        SettingsChange change = await ReloadAsync();

        Assert.Contains("cluster C1.hosts.db2", change.Live);
        await Eventually.True(() => _servers.Closed["db2"] == 1 && _servers.Opened["db1"] == 2, "db2 is probed no more");
        Assert.NotEqual(granter, await ActorAsync(MonitorActors.LeaseGranter));
        string fingerprint = SettingsFingerprint.Of(change.Effective);
        await Eventually.True(() => _reports.Any(r => r.Fingerprint == fingerprint && r.Servers.All(s => s.Host != "db2")), "what is seen is told under the new topology");

        // Another node's coordinator, which has not read it, asks for it; then it is in this node's file again.
        IActorRef region = Registry.Get<ShardRegionKey>();
        region.Tell(new KeepProbing("C1", "db2"));
        _file = () => whole;
        await ReloadAsync();
        await Eventually.True(() =>
        {
            region.Tell(new KeepProbing("C1", "db2"));
            return _servers.Opened["db2"] == 2;
        }, "db2 is probed again");
    }

    private async Task<SettingsChange> ReloadAsync() =>
        (await Registry.Get<SettingsKey>().Ask<SettingsActor.Reloaded>(new SettingsActor.Reload("test"), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Change;

    private Task<IActorRef> ActorAsync(string name) => System.ActorSelection(MonitorActors.PathOf(name)).ResolveOne(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    private MmmSettings With(Func<ClusterSettings, ClusterSettings> change)
    {
        MmmSettings now = _running.Now;
        return now with { Clusters = now.Clusters.SetItem("C1", change(now.Clusters["C1"])) };
    }

    /// <summary>Has every host probed once, and keeps what the vantage tells.</summary>
    private sealed class Coordinator : ReceiveActor
    {
        private readonly IActorRef _region;

        public Coordinator(ConcurrentQueue<VantageReport> reports, IActorRef region)
        {
            _region = region;
            Receive<VantageReport>(reports.Enqueue);
            ReceiveAny(_ => { });
        }

        protected override void PreStart()
        {
            foreach (string host in new[] { "db1", "db2" })
                _region.Tell(new KeepProbing("C1", host));
        }
    }

    /// <summary>Counts the connections for the replication checks.</summary>
    private sealed class Servers : IMysqlSights
    {
        private readonly Installation.HealthyServers _healthy = new();

        public ConcurrentDictionary<string, int> Opened { get; } = new(Enumerable.Range(1, 3).Select(i => KeyValuePair.Create($"db{i}", 0)));

        public ConcurrentDictionary<string, int> Closed { get; } = new(Enumerable.Range(1, 3).Select(i => KeyValuePair.Create($"db{i}", 0)));

        public IMysqlSight Watch(Mmm.Shared.Topology.Host host, MysqlLogin login) => _healthy.Watch(host, login);

        public ISourceSight WatchSource(Mmm.Shared.Topology.Host host, MysqlLogin login) => _healthy.WatchSource(host, login);

        public IReplicationSight WatchReplication(Mmm.Shared.Topology.Host host, MysqlLogin login)
        {
            Opened.AddOrUpdate(host.Name, 1, (_, n) => n + 1);
            return new Counted(_healthy.WatchReplication(host, login), () => Closed.AddOrUpdate(host.Name, 1, (_, n) => n + 1));
        }

        private sealed class Counted(IReplicationSight sight, Action closed) : IReplicationSight
        {
            public Task<ReplicationReading> LookAsync(TimeSpan timeout, CancellationToken stop) => sight.LookAsync(timeout, stop);

            public ValueTask DisposeAsync()
            {
                closed();
                return sight.DisposeAsync();
            }
        }
    }
}
