using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mmm.Actors.Configuration;
using Mmm.Actors.Security;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>Marks routes that change something.</summary>
/// <param name="Least">Whose token may.</param>
internal sealed record ChangesSomething(ApiRole Least);

/// <summary>Who asks, by the token or the certificate.</summary>
/// <param name="Name">Of the token, or whom the certificate names.</param>
/// <param name="Role">What it is good for.</param>
/// <param name="ByCertificate">It was a certificate.</param>
internal sealed record Caller(string Name, ApiRole Role, bool ByCertificate = false)
{
    /// <summary>Without any token configured only this machine is answered, and whoever is on it may do everything.</summary>
    private static readonly Caller _local = new("", ApiRole.Admin);

    /// <summary>For messages.</summary>
    public string Proof => ByCertificate ? "certificate" : "token";

    public static Caller Of(HttpContext http) => http.Features.Get<Caller>() ?? _local;
}

/// <summary>Who may ask what, before any route runs.</summary>
internal static partial class Gates
{
    private const string Scheme = "Bearer ";

    /// <summary>Nobody is asked who he is: no token is configured, and only this machine can reach the endpoint.</summary>
    public static bool IsLocalOnly(MonitorSettings monitor) => monitor.Tokens.IsEmpty && IsLoopbackName(monitor.HttpBind);

    /// <summary>
    /// Every route but the health ones needs a token, or a client's certificate, unless only this machine is answered. Hashes of equal length are compared in constant time, and always
    /// with all of them, so neither content nor length nor place leaks.
    /// </summary>
    public static void UseCallerGate(this WebApplication app, RunningSettings running, CertificateStore? certificates)
    {
        WrongTokens wrong = app.Services.GetRequiredService<WrongTokens>();
        app.Use((http, next) =>
        {
            MonitorSettings monitor = running.Now.Monitor;
            if (IsLocalOnly(monitor) || IsHealth(http.Request.Path))
                return next(http);
            Caller? caller = null;
            byte[]? given = Given(http.Request);
            if (given is not null)
            {
                foreach (ApiToken token in monitor.Tokens)
                    caller = CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(token.Secret.Reveal()))) ? new Caller(token.Name, token.Role) : caller;
            }

            caller ??= certificates is null ? null : CallerCertificates.CallerOf(http, certificates);
            http.Features.Set(caller);
            return caller is not null ? next(http) : (given is null ? Problems.Unauthorized() : wrong.Refuse(http)).ExecuteAsync(http);
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
    public static void UseBrowserGate(this WebApplication app, RunningSettings running) =>
        app.Use((http, next) =>
        {
            if (IsLocalOnly(running.Now.Monitor) && http.Request.Host.HasValue && !IsLoopbackName(http.Request.Host.Host))
                return Problems.Forbidden("Without a token this endpoint answers to localhost, 127.0.0.1 and [::1] only.").ExecuteAsync(http);
            return IsForeignPage(http.Request) ? Problems.Forbidden("Changes are not taken from pages of another origin.").ExecuteAsync(http) : next(http);
        });

    /// <summary>monitor.http_read_only: routes that change something answer 405.</summary>
    public static void UseReadOnlyGate(this WebApplication app, RunningSettings running) =>
        app.Use((http, next) => running.Now.Monitor.HttpReadOnly && http.GetEndpoint()?.Metadata.GetMetadata<ChangesSomething>() is not null ? Problems.ReadOnly().ExecuteAsync(http) : next(http));

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
