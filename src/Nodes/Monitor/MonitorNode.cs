using Akka.Actor;
using Akka.Hosting;
using Mmm.Actors;
using Mmm.Actors.Configuration;
using Mmm.Actors.Coordinator;
using Mmm.Actors.History;
using Mmm.Actors.Hooks;
using Mmm.Actors.Ledger;
using Mmm.Actors.Logging;
using Mmm.Actors.Membership;
using Mmm.Actors.Probing;
using Mmm.Actors.Security;
using Mmm.Monitor.Adapters;
using Mmm.Monitor.Endpoints;
using Mmm.Monitor.Logs;
using Mmm.Monitor.Tracing;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

namespace Mmm.Monitor;

/// <summary>One monitor node: puts it together, runs it and tells how it ended.</summary>
internal static class MonitorNode
{
    /// <summary>Longest orderly end: hand the coordinator and the probes over, leave the cluster.</summary>
    private static readonly TimeSpan _shutdownTimeout = TimeSpan.FromSeconds(10);

    /// <returns>Exit code.</returns>
    /// <param name="loaded">The configuration.</param>
    /// <param name="read">Reads it again.</param>
    public static async Task<int> RunAsync(LoadedSettings loaded, Func<LoadedSettings> read)
    {
        // Akka shares the pool with everything else; a burst of checks must not wait for the pool's slow growth.
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, 16), completions);

        MmmSettings settings = loaded.Settings;
        CertificateStore? certificates;
        try
        {
            certificates = CertifiedRemoting.OfMonitor(settings, TimeProvider.System);
        }
        catch (CertificateException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Configuration;
        }

        await using WebApplication app = Build(new RunningSettings(settings), certificates, read);
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Mmm.Monitor");
        try
        {
            foreach (string warning in loaded.Warnings)
                log.LogWarning("{Warning}", warning);
            if (new IcmpPinger().Concern is { } concern)
                log.LogWarning("{Concern}", concern);
            log.LogInformation("Monitor {Name} starts; {Count} monitors are configured, {Quorum} must agree", settings.This, settings.Monitors.Length, settings.Quorum);
            foreach (string line in Timings.WorstCase(settings).Split('\n'))
                log.LogInformation("{Timings}", line);

            // Made here and not in the host's own start, which would end with code 0 when it fails.
            ActorSystem system = app.Services.GetRequiredService<ActorSystem>();
            using IDisposable reload = ReloadSignal.Listen(app.Services.GetRequiredService<IReadOnlyActorRegistry>());
            await app.RunAsync();
            return ExitCodeOf(CoordinatedShutdown.Get(system).ShutdownReason, log);
        }
        catch (Exception e) when (StartProblem.Of(e, settings) is { } problem)
        {
            log.LogCritical("{Sentence}", problem.Sentence);
            return problem.ExitCode;
        }
        catch (Exception e)
        {
            log.LogCritical(e, "Monitor {Name} ends because of a defect", settings.This);
            return ExitCodes.Defect;
        }
    }

    private static WebApplication Build(RunningSettings running, CertificateStore? certificates, Func<LoadedSettings> read)
    {
        MmmSettings settings = running.Now;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        LogRing latest = new(TimeProvider.System);
        builder.Logging.AddMonitorLogging(latest);
        builder.Services.AddSingleton(latest);
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(o =>
        {
            o.ShutdownTimeout = _shutdownTimeout;

            // A browser that holds a connection open must not delay the hand-over.
            o.ServicesStopConcurrently = true;
        });
        MonitorParts parts = Parts(running, certificates, read);
        builder.Services.AddSingleton(running);
        builder.Services.AddSingleton(parts.Identity);
        builder.Services.AddSingleton<IKeeperStatus, KeeperStatus>();
        builder.AddMmmEndpoints(settings, certificates);
        builder.Services.AddMoveTracing(settings);
        builder.Services.AddAkka(MonitorActors.SystemName, (akka, services) =>
            akka.WithHostLogging(services.GetRequiredService<ILoggerFactory>()).WithMonitor(parts));
        return builder.Build().MapMmmEndpoints();
    }

    private static MonitorParts Parts(RunningSettings running, CertificateStore? certificates, Func<LoadedSettings> read)
    {
        MmmSettings settings = running.Now;
        TimeProvider time = TimeProvider.System;
        var identity = ProcessIdentity.Take(settings.This, time);
        string fingerprint = SettingsFingerprint.Of(settings);
        return new MonitorParts(
            settings,
            identity,
            time,
            new ProbingPorts(new IcmpPinger(), new MysqlSights()),
            new TcpListenCheck(),
            (_, _) => KeeperActor.Props(identity, settings.Monitors, [.. settings.Clusters.Keys], settings.Monitor.StateDir, time),
            (system, registry) => CoordinatorActor.Props(
                running,
                new CoordinatorSetup(
                    identity,
                    time,
                    cluster => LedgerActor.Props(cluster, settings.Monitors, identity, time),
                    registry.Get<ShardRegionKey>(),
                    new KillHostProcess(() => running.Now.Monitor.KillHostBin),
                    fingerprint,
                    HooksOf(system))),
            fingerprint,
            ChronicleActor.Props(settings.This, settings.Monitors, [.. settings.Clusters.Keys], settings.Monitor.StateDir, settings.Monitor.HistoryEvents),
            now => now.Monitor.Hooks is { } hooks ? HookActor.Props(hooks, new HookProcess(time)) : null,
            now => now.Monitor.Webhook is { } webhook ? WebhookActor.Props(webhook, new WebhookClient(webhook, time)) : null,
            running,
            read,
            certificates);
    }

    /// <summary>By their names: they come, go and change with the configuration.</summary>
    private static ICanTell[] HooksOf(ActorSystem system) =>
        [system.ActorSelection(MonitorActors.PathOf(MonitorActors.Hooks)), system.ActorSelection(MonitorActors.PathOf(MonitorActors.Webhook))];

    private static int ExitCodeOf(CoordinatedShutdown.Reason? reason, ILogger log)
    {
        switch (reason)
        {
            case CoordinatedShutdown.ClusterDowningReason:
                log.LogError("This monitor lost touch with the majority of the others (cut off, or it stood still for too long) and was removed from their cluster. It ends, to be started again and to join them.");
                return ExitCodes.StartAgain;
            case RestartReason:
                return ExitCodes.StartAgain;
            case CoordinatedShutdown.ClrExitReason or CoordinatedShutdown.ClusterLeavingReason:
                return ExitCodes.Stopped;
            default:
                log.LogCritical("The actor system ended by itself ({Reason}); the log above says why", reason);
                return ExitCodes.Defect;
        }
    }
}
