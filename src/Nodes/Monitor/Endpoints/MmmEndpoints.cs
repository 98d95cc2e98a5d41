using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mmm.Actors.Configuration;
using Mmm.Actors.Security;
using Mmm.Monitor.Logs;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// The management endpoint: Akka-management routes, the API of the command line, health, metrics. Program.cs calls
/// <see cref="AddMmmEndpoints"/> and <see cref="MapMmmEndpoints"/>; the container must hold the <c>ActorSystem</c> and its
/// <c>ActorRegistry</c> (Akka.Hosting's <c>AddAkka</c> does it) with the keys of <c>MonitorActors</c>.
/// </summary>
public static class MmmEndpoints
{
    /// <summary>Makes Kestrel listen where the settings say, with small limits, and registers the endpoint's ports to the actors.</summary>
    /// <exception cref="InvalidOperationException">Another address than loopback without a token, or this node is no configured monitor.</exception>
    public static WebApplicationBuilder AddMmmEndpoints(this WebApplicationBuilder builder, MmmSettings settings, CertificateStore? certificates = null)
    {
        MonitorMember self = settings.Monitors.FirstOrDefault(m => m.Name == settings.This)
            ?? throw new InvalidOperationException($"'{settings.This}' is none of the configured monitors: {string.Join(", ", settings.Monitors.Select(m => m.Name))}");
        IPAddress address = BindAddress(settings.Monitor, certificates is not null);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = EndpointLimits.MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = 512;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            kestrel.Listen(address, self.HttpPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (certificates is not null)
                    listen.UseCertificates(certificates);
            });
            if (settings.Monitor.MmmControl is { } control)
                kestrel.Listen(IPAddress.Parse(control.Bind), control.Port, listen => listen.UseMmmControl(control));
        });
        if (certificates is not null)
            builder.Services.TryAddSingleton(certificates);
        builder.Services.TryAddSingleton(new RunningSettings(settings));

        // For each request what the node runs with at that moment.
        builder.Services.TryAddTransient(services => services.GetRequiredService<RunningSettings>().Now);
        builder.Services.TryAddSingleton<INodeSettings, NodeSettings>();
        builder.Services.TryAddSingleton<IClusterReads, StatusBoardReads>();
        builder.Services.TryAddSingleton<ICommands, CoordinatorCommands>();
        builder.Services.TryAddSingleton<IHistory, ChronicleHistory>();
        builder.Services.TryAddSingleton<ControlAnswers>();
        builder.Services.AddOpenApiDocumentation();
        builder.Services.AddRateLimits();
        builder.Services.TryAddSingleton(_ => new LogRing(TimeProvider.System));
        return builder;
    }

    /// <summary>Gates first, then every route.</summary>
    public static WebApplication MapMmmEndpoints(this WebApplication app)
    {
        RunningSettings running = app.Services.GetRequiredService<RunningSettings>();
        app.UseFailureAnswers();
        app.UseCallerGate(running, app.Services.GetService<CertificateStore>());
        app.UseBrowserGate(running);
        app.UseRouting();
        app.UseRateLimiter();
        app.UseReadOnlyGate(running);
        app.UseRoleGate();
        app.MapHealth();
        app.MapMembers();
        app.MapShards();
        app.MapDiscovery();
        app.MapClusters();
        app.MapHosts();
        app.MapRoles();
        app.MapChecks();
        app.MapCondition();
        app.MapCommands();
        app.MapEvents();
        app.MapOperations();
        app.MapMonitors();
        app.MapConfig();
        app.MapMetrics();
        app.MapActors();
        app.MapLog();
        app.MapOpenApiDocumentation();
        return app;
    }

    /// <summary>The one rule that keeps a forgotten token from opening the writer role to the network.</summary>
    internal static IPAddress BindAddress(MonitorSettings settings, bool certified = false)
    {
        IPAddress address = settings.HttpBind == "localhost" ? IPAddress.Loopback : IPAddress.Parse(settings.HttpBind);
        if (!IPAddress.IsLoopback(address) && settings.Tokens.IsEmpty && !certified)
            throw new InvalidOperationException(
                $"monitor.http.bind is {settings.HttpBind}, which others can reach, but monitor.http.token is not set: set a token or bind 127.0.0.1");
        return address;
    }
}
