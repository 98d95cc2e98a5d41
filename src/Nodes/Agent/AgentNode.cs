using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Agents;
using Mmm.Actors.Hooks;
using Mmm.Actors.Logging;
using Mmm.Agent.Adapters.Linux;
using Mmm.Agent.Adapters.MySql;
using Mmm.Agent.Adapters.Network;
using Mmm.Agent.Adapters.State;
using Mmm.Agent.Adapters.Tail;
using Mmm.Agent.Endpoints;
using Mmm.Shared.Settings;
using Host = Mmm.Shared.Topology.Host;

namespace Mmm.Agent;

/// <summary>One agent: puts it together, runs it and tells how it ended.</summary>
internal static class AgentNode
{
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(5);

    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(MmmSettings settings, IReadOnlyList<string> warnings)
    {
        ClusterSettings cluster = settings.Clusters[settings.ThisCluster!];
        Host host = cluster.Topology.Hosts[settings.This];
        using ILoggerFactory early = LoggerFactory.Create(l => l.AddAgentLogging());
        ILogger log = early.CreateLogger("Mmm.Agent");
        try
        {
            using HostLock mine = HostLock.Take(settings.Agent.StateDir, cluster.Topology.Name, host);
            using var poller = new Poller();
            await using LocalMysqlServer mysql = MysqlOf(settings, cluster, host);
            using var announcer = new NeighbourAnnouncer(host.ClusterInterface);
            using IHost app = Build(settings, cluster, host, PortsOf(settings, cluster, host, mysql, poller, announcer, log));
            foreach (string warning in warnings)
                log.LogWarning("{Warning}", warning);
            log.LogInformation(
                "Agent of host {Host} ({Ip}) in cluster {Cluster} starts; it reports to {Count} monitors: {Monitors}",
                host.Name, host.Ip, cluster.Topology.Name, settings.Monitors.Length, string.Join(", ", settings.Monitors.Select(m => m.Name)));

            // Made here and not in the host's own start, which would end with code 0 when it fails.
            ActorSystem system = app.Services.GetRequiredService<ActorSystem>();
            await using AgentHttp? http = settings.Agent.Http is { } where
                ? await AgentHttp.StartAsync(where, new AgentViews(app.Services.GetRequiredService<IRequiredActor<AgentActorKey>>()), app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping)
                : null;
            await app.RunAsync();
            log.LogInformation("Agent of host {Host} stopped; role addresses and mysqld are left as they are", host.Name);
            return CoordinatedShutdown.Get(system).ShutdownReason is CoordinatedShutdown.ActorSystemTerminateReason or CoordinatedShutdown.UnknownReason
                ? ExitCodes.Defect
                : ExitCodes.Stopped;
        }
        catch (Exception e) when (StartException.Of(e, host, settings.Agent.BindAddress ?? host.Ip) is { } problem)
        {
            log.LogCritical("{Sentence}", problem.Message);
            return problem.ExitCode;
        }
        catch (Exception e)
        {
            log.LogCritical(e, "The agent of host {Host} ends because of a defect", host.Name);
            return ExitCodes.Defect;
        }
    }

    private static IHost Build(MmmSettings settings, ClusterSettings cluster, Host host, AgentPorts ports)
    {
        // Akka shares the pool with the calls to mysqld; a burst of those must not wait for the pool's slow growth.
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, 8), completions);

        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddAgentLogging();
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = s_shutdownTimeout);
        AgentSetup setup = SetupOf(settings, cluster, host, TimeProvider.System);
        builder.Services.AddAkka(AgentHocon.SystemName, (akka, services) => akka
            .WithHostLogging(services.GetRequiredService<ILoggerFactory>())
            .AddHocon(AgentHocon.Render(host, settings.Agent), HoconAddMode.Prepend)
            .WithActors((system, registry) => registry.Register<AgentActorKey>(system.ActorOf(AgentActor.Props(setup, ports, TimeProvider.System), AgentHocon.ActorName))));
        return builder.Build();
    }

    private static AgentSetup SetupOf(MmmSettings settings, ClusterSettings cluster, Host host, TimeProvider time) => new(
        host, cluster.Topology, settings.Agent, cluster.Decisions.CatchUpTimeout,
        [.. settings.Monitors.Select(MonitorGateway.Of)], time.GetUtcNow().UtcTicks, SettingsFingerprint.Of(settings),
        cluster.Decisions.LeaseTtl, cluster.Lease, cluster.Addresses, cluster.SemiSync, cluster.Disk, AgentHocon.LeaseDispatcher);

    private static LocalMysqlServer MysqlOf(MmmSettings settings, ClusterSettings cluster, Host host) => new(
        new MysqlEndpoint(host.Ip, host.MysqlPort, settings.Agent.MysqlSocket, cluster.AgentUser, host.AdminPort),
        cluster.ReplicationUser,
        ImmutableHashSet.Create(StringComparer.Ordinal, cluster.MonitorUser.User, cluster.AgentUser.User, cluster.ReplicationUser.User),
        settings.Agent.StatementTimeout,
        new ChannelChoice(cluster.Topology, TimeProvider.System),
        TimeProvider.System,
        cluster.SemiSync.Mode != SemiSyncMode.Off);

    private static AgentPorts PortsOf(MmmSettings settings, ClusterSettings cluster, Host host, LocalMysqlServer mysql, Poller poller, IAnnouncer announcer, ILogger log) => new(
        mysql,
        new KernelAddresses(poller, host.ClusterInterface),
        announcer,
        new KernelNeighbours(poller, host.ClusterInterface),
        new ProcessWatch(poller, settings.Agent.MysqlPidFile, settings.Agent.LocalWatchInterval, TimeProvider.System),
        new AgentStateFile(settings.Agent.StateDir, cluster.Topology.Name, host.Name),
        new BootClock(),
        new BinlogTails(host.Ip, settings.Agent.BinlogPort, cluster.ReplicationUser, TimeProvider.System, log),
        new DataDisk(),
        new KernelConnections(),
        new HookProcess(TimeProvider.System));
}
