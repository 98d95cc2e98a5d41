using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>Marks routes that change something.</summary>
/// <param name="Least">Whose token may.</param>
internal sealed record ChangesSomething(ApiRole Least);

/// <summary>Who asks, by the token.</summary>
/// <param name="Name">Of the token.</param>
/// <param name="Role">What it is good for.</param>
internal sealed record Caller(string Name, ApiRole Role)
{
    /// <summary>Without any token configured only this machine is answered, and whoever is on it may do everything.</summary>
    private static readonly Caller _local = new("", ApiRole.Admin);

    public static Caller Of(HttpContext http) => http.Features.Get<Caller>() ?? _local;
}

/// <summary>Who may ask what, before any route runs.</summary>
internal static partial class Gates
{
    private const string Scheme = "Bearer ";

    /// <summary>
    /// With a token configured, every route but the health ones needs one. Hashes of equal length are compared in constant time, and always with all of them, so neither
    /// content nor length nor place leaks.
    /// </summary>
    public static void UseTokenGate(this WebApplication app, ImmutableArray<ApiToken> tokens)
    {
        if (tokens.IsEmpty)
            return;
        (Caller Caller, byte[] Hash)[] known = [.. tokens.Select(t => (new Caller(t.Name, t.Role), SHA256.HashData(Encoding.UTF8.GetBytes(t.Secret.Reveal()))))];
        app.Use((http, next) =>
        {
            if (IsHealth(http.Request.Path))
                return next(http);
            Caller? caller = null;
            if (Given(http.Request) is { } given)
            {
                foreach ((Caller one, byte[] hash) in known)
                    caller = CryptographicOperations.FixedTimeEquals(given, hash) ? one : caller;
            }

            http.Features.Set(caller);
            return caller is null ? Problems.Unauthorized().ExecuteAsync(http) : next(http);
        });
    }

    /// <summary>What a token is not good for answers 403; what changes something is in the log, with who asked for it and from where.</summary>
    public static void UseRoleGate(this WebApplication app)
    {
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Mmm.Monitor.Endpoints");
        app.Use((http, next) =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<ChangesSomething>() is not { } change)
                return next(http);
            string who = CommandRules.By(null, http);
            if (Lacks(http, change.Least) is { } refusal)
            {
                LogRefused(log, http.Request.Method, http.Request.Path, who, change.Least);
                return refusal.ExecuteAsync(http);
            }

            LogChange(log, http.Request.Method, http.Request.Path, who);
            return next(http);
        });
    }

    /// <summary>The refusal; null = the caller may.</summary>
    public static IResult? Lacks(HttpContext http, ApiRole least) => Caller.Of(http) is { } caller && caller.Role < least ? Problems.NotPermitted(caller, least) : null;

    /// <summary>
    /// Keeps pages of other sites, open in an operator's browser, from giving commands. Without a token the endpoint is on loopback
    /// only, so a Host header that is no loopback name is a rebound DNS name; and a change with a foreign Origin is a page's.
    /// </summary>
    public static void UseBrowserGate(this WebApplication app, ImmutableArray<ApiToken> tokens) =>
        app.Use((http, next) =>
        {
            if (tokens.IsEmpty && http.Request.Host.HasValue && !IsLoopbackName(http.Request.Host.Host))
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

    /// <summary>Hash of the token that is sent; null = none is.</summary>
    private static byte[]? Given(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim())) : null;
    }

    [LoggerMessage(3, LogLevel.Information, "{Method} {Path} by {Who}")]
    private static partial void LogChange(ILogger log, string method, PathString path, string who);

    [LoggerMessage(4, LogLevel.Warning, "{Method} {Path} by {Who} refused: it needs role {Least}")]
    private static partial void LogRefused(ILogger log, string method, PathString path, string who, ApiRole least);

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
