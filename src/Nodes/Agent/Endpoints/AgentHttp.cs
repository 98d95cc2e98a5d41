using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Mmm.Actors.Security;
using Mmm.Shared.Agents;
using Mmm.Shared.Settings;

namespace Mmm.Agent.Endpoints;

/// <summary>The agent's HTTP endpoint, a server of its own beside the actors: what happens to it is nothing to them.</summary>
internal sealed class AgentHttp : IAsyncDisposable
{
    /// <summary>Each asks one thing at a time: so many questions at most wait for the actor, whoever asks how fast.</summary>
    private const int MaxConnections = 128;

    /// <summary>For answers that are under way: while they are waited for, the agent's next start, and with it its lease, waits as well.</summary>
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromMilliseconds(200);

    private readonly WebApplication _app;

    private AgentHttp(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <exception cref="StartException">It cannot listen there.</exception>
    public static async Task<AgentHttp> StartAsync(AgentHttpSettings settings, IAgentViews views, CancellationToken stopping, CertificateStore? certificates = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddAgentLogging();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            kestrel.Listen(IPAddress.Parse(settings.Bind), settings.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (settings.Tls && certificates is not null)
                    listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => certificates.Current.Own);
            });
        });
        WebApplication app = builder.Build();
        app.MapAgentRoutes(new ViewsUntilStop(views, stopping), certificates);
        try
        {
            await app.StartAsync(CancellationToken.None);
            var http = new AgentHttp(app);
            // At once, and not when the actors have ended: who asks until then would wait for an answer of nobody.
            stopping.Register(() => _ = http.StopAsync());
            return http;
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            if (Problem(e, settings) is { } problem)
                throw problem;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
    }

    private async Task StopAsync()
    {
        using CancellationTokenSource limit = new(s_stopTimeout);
        await _app.StopAsync(limit.Token);
    }

    /// <summary>Nobody waits for the answer of an agent that ends.</summary>
    private sealed class ViewsUntilStop(IAgentViews views, CancellationToken stopping) : IAgentViews
    {
        public async Task<AgentView?> NowAsync(CancellationToken cancel)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping);
            try
            {
                return await views.NowAsync(either.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    private static StartException? Problem(Exception e, AgentHttpSettings settings)
    {
        string where = $"Cannot listen on {new IPEndPoint(IPAddress.Parse(settings.Bind), settings.Port)} (agent.http)";
        string? why = StartException.Causes(e).Select(cause => cause switch
        {
            AddressInUseException => "the port is in use",
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => "this machine does not have the address",
            SocketException { SocketErrorCode: SocketError.AccessDenied } => "no permission for that port",
            _ => null,
        }).FirstOrDefault(w => w is not null);
        return why is null ? null : new StartException(ExitCodes.Unavailable, $"{where}: {why}");
    }
}
