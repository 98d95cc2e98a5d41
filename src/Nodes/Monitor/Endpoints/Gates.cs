using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>Marks routes that change something.</summary>
internal sealed record ChangesSomething;

/// <summary>Who may ask what, before any route runs.</summary>
internal static class Gates
{
    private const string Scheme = "Bearer ";

    /// <summary>
    /// With a token configured, every route but the health ones needs it. Hashes of equal length are compared in constant time, so neither
    /// content nor length leaks.
    /// </summary>
    public static void UseTokenGate(this WebApplication app, Secret? token)
    {
        if (token is null)
            return;
        byte[] wanted = SHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal()));
        app.Use((http, next) => IsHealth(http.Request.Path) || Carries(http.Request, wanted) ? next(http) : Problems.Unauthorized().ExecuteAsync(http));
    }

    /// <summary>
    /// Keeps pages of other sites, open in an operator's browser, from giving commands. Without a token the endpoint is on loopback
    /// only, so a Host header that is no loopback name is a rebound DNS name; and a change with a foreign Origin is a page's.
    /// </summary>
    public static void UseBrowserGate(this WebApplication app, Secret? token) =>
        app.Use((http, next) =>
        {
            if (token is null && http.Request.Host.HasValue && !IsLoopbackName(http.Request.Host.Host))
                return Problems.Forbidden("Without a token this endpoint answers to localhost, 127.0.0.1 and [::1] only.").ExecuteAsync(http);
            return IsForeignPage(http.Request) ? Problems.Forbidden("Changes are not taken from pages of another origin.").ExecuteAsync(http) : next(http);
        });

    /// <summary>monitor.http_read_only: routes that change something answer 405.</summary>
    public static void UseReadOnlyGate(this WebApplication app, bool readOnly)
    {
        if (!readOnly)
            return;
        app.Use((http, next) => http.GetEndpoint()?.Metadata.GetMetadata<ChangesSomething>() is null ? next(http) : Problems.ReadOnly().ExecuteAsync(http));
    }

    private static bool IsHealth(PathString path) => path == HealthEndpoints.Alive || path == HealthEndpoints.Ready;

    private static bool Carries(HttpRequest request, byte[] wanted)
    {
        string header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        return CryptographicOperations.FixedTimeEquals(given, wanted);
    }

    private static bool IsForeignPage(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return false;
        string origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && uri.Authority == request.Host.Value);
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
