using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mmm.Actors;
using Mmm.Actors.Agents;
using Mmm.Actors.Configuration;
using Mmm.Actors.Logging;
using Mmm.Actors.Security;
using Mmm.Agent.Adapters.Linux;
using Mmm.Agent.Adapters.Network;
using Mmm.Agent.Endpoints;
using Mmm.Shared.Settings;
using Host = Mmm.Shared.Topology.Host;

namespace Mmm.Agent;

/// <summary>One agent: puts it together, runs it and tells how it ended.</summary>
internal static class AgentNode
{
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(5);

    /// <returns>Exit code.</returns>
    /// <param name="loaded">The configuration.</param>
    /// <param name="read">Reads it again.</param>
    public static async Task<int> RunAsync(LoadedSettings loaded, Func<LoadedSettings> read)
    {
        MmmSettings settings = loaded.Settings;
        ClusterSettings cluster = settings.Clusters[settings.ThisCluster!];
        Host host = cluster.Topology.Hosts[settings.This];
        using ILoggerFactory early = LoggerFactory.Create(l => l.AddAgentLogging());
        ILogger log = early.CreateLogger("Mmm.Agent");
        try
        {
            IReadOnlyList<string> missing = HostRights.Missing();
            using HostLock mine = HostLock.Take(settings.Agent.StateDir, cluster.Topology.Name, host);
            using var poller = new Poller();
            using var announcer = new NeighbourAnnouncer(host.ClusterInterface);
            CertificateStore? certificates = CertifiedRemoting.OfAgent(settings, TimeProvider.System);
            var running = new RunningSettings(settings);
            await using var maker = new AgentMaker(running, certificates, poller, announcer, TimeProvider.System, log);
            using IHost app = Build(running, host, maker, certificates, read);
            foreach (string warning in loaded.Warnings)
                log.LogWarning("{Warning}", warning);
            log.LogInformation(
                "Agent of host {Host} ({Ip}) in cluster {Cluster} starts; it reports to {Count} monitors: {Monitors}",
                host.Name, host.Ip, cluster.Topology.Name, settings.Monitors.Length, string.Join(", ", settings.Monitors.Select(m => m.Name)));
            log.LogInformation("It runs as user {User} with {Capabilities}", ProcessStatus.Own.UserText, ProcessStatus.Own.CapabilitiesText);
            foreach (string lack in missing)
                log.LogWarning("{Lack}", lack);

            // Made here and not in the host's own start, which would end with code 0 when it fails.
            ActorSystem system = app.Services.GetRequiredService<ActorSystem>();
            IReadOnlyActorRegistry actors = app.Services.GetRequiredService<IReadOnlyActorRegistry>();
            using IDisposable reload = ReloadSignal.Listen(actors);
            await using AgentHttp? http = settings.Agent.Http is { } where
                ? await AgentHttp.StartAsync(where, new AgentViews(new RegisteredNow<AgentActorKey>(actors)), app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping, certificates)
                : null;
            await app.RunAsync();
            if (CoordinatedShutdown.Get(system).ShutdownReason is { } reason and not CoordinatedShutdown.ClrExitReason)
            {
                log.LogCritical("The actor system of the agent of host {Host} ended by itself: {Reason}; role addresses and mysqld are left as they are", host.Name, reason);
                return ExitCodes.Defect;
            }

            log.LogInformation("Agent of host {Host} stopped; role addresses and mysqld are left as they are", host.Name);
            return ExitCodes.Stopped;
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

    private static IHost Build(RunningSettings running, Host host, AgentMaker maker, CertificateStore? certificates, Func<LoadedSettings> read)
    {
        // Akka shares the pool with the calls to mysqld; a burst of those must not wait for the pool's slow growth.
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, 8), completions);

        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddAgentLogging();
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = s_shutdownTimeout);
        builder.Services.AddAkka(AgentHocon.SystemName, (akka, services) => akka
            .WithHostLogging(services.GetRequiredService<ILoggerFactory>())
            .AddHocon(AgentHocon.Render(host, running.Now.Agent), HoconAddMode.Prepend)
            .WithCertificates(certificates, TimeProvider.System)
            .WithActors((system, registry) =>
            {
                // Anew as a whole: as after a restart of the process it claims what its last order gave it, and its addresses live on in the kernel meanwhile.
                var parts = NodeParts.Start(system, new NodePart(
                    AgentHocon.ActorName, change => change.Live.Any(p => p != SettingsChange.Revoked), maker.Make, agent => registry.Register<AgentActorKey>(agent, overwrite: true), maker.LetGoAsync));
                registry.Register<SettingsKey>(system.ActorOf(SettingsActor.Props(running, NodeKind.Agent, read, parts, TimeProvider.System), SettingsActor.ActorName));
            }));
        return builder.Build();
    }
}
