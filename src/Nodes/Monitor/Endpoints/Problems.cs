using System.Globalization;
using Microsoft.Net.Http.Headers;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;

namespace Mmm.Monitor.Endpoints;

/// <summary>Errors as RFC 9457 problem details. Every kind has a stable URN and a sentence that says what to do.</summary>
internal static class Problems
{
    private const string MediaType = "application/problem+json";

    public static IResult BadRequest(string detail) => Of(400, "bad-request", "The request is not understood", detail);

    public static IResult NotFound(string detail) => Of(404, "not-found", "There is no such thing here", detail);

    public static IResult ReadOnly() =>
        Of(405, "read-only", "This monitor only serves reads", "Its configuration sets monitor.http_read_only; send commands to another monitor.", allow: "GET");

    /// <param name="allow">Methods the path does take; null = the header is set already.</param>
    public static IResult MethodNotAllowed(string? allow) =>
        Of(405, "method-not-allowed", "The path does not take this method", "See docs/http-api.md for the methods of each path.", allow: allow);

    public static IResult UnsupportedMediaType(string wanted) =>
        Of(415, "unsupported-media-type", "The body has the wrong type", $"Send it with 'Content-Type: {wanted}'.");

    public static IResult NoSnapshot(string monitor, string cluster) =>
        Of(503, "no-snapshot", "Nothing is known of the cluster yet",
            MmmAnswers.NothingHeard(monitor, cluster), retryAfterSeconds: 1);

    public static IResult NoCoordinator(string monitor, bool sent) =>
        Of(503, "no-coordinator", "No coordinator answers",
            $"{MmmAnswers.NoCoordinator(monitor, sent)}{(sent ? "; sending it again with the same id is safe" : "")}.", retryAfterSeconds: 2);

    public static IResult NotAnswering(string monitor) =>
        Of(503, "monitor-starting", "This monitor cannot answer yet",
            MmmAnswers.NotAnswering(monitor), retryAfterSeconds: 1);

    public static IResult Unauthorized() =>
        Of(401, "unauthorized", "A token or a certificate is needed", "Send 'Authorization: Bearer TOKEN' with the token of monitor.http.token, or show a client's certificate (tls).", challenge: true);

    public static IResult TooMany(string detail, int retryAfterSeconds) => Of(429, "too-many-requests", "Too many at once", detail, retryAfterSeconds);

    public static IResult TooManyReaders() => Of(503, "too-many-readers", "Too many read the stream of events",
        string.Create(CultureInfo.InvariantCulture, $"At most {EndpointLimits.MaxStreamReaders} at the same time. Ask another monitor, which has the same events, or for pages."), retryAfterSeconds: 10);

    public static IResult NotPermitted(Caller caller, ApiRole least) =>
        Of(403, "not-permitted", $"This {caller.Proof} is not good for that",
            $"The {caller.Proof} '{caller.Name}' has the role {caller.Role.ToString().ToLowerInvariant()}; this needs {least.ToString().ToLowerInvariant()} ({(caller.ByCertificate ? "mmm tls issue --client" : "monitor.http.tokens")}). Nothing was changed.");

    /// <param name="detail">MMM's answer, which begins with ERROR.</param>
    public static IResult Refused(string detail) => Of(409, "refused", "The coordinator refuses it, and nothing was changed", detail);

    /// <param name="problems">Each with its file and line.</param>
    public static IResult InvalidConfiguration(IEnumerable<string> problems) =>
        Of(422, "configuration", "The configuration is not valid, and nothing was changed", string.Join('\n', problems));

    public static IResult Forbidden(string detail) => Of(403, "forbidden", "Not from a browser page of another site", detail);

    public static IResult NotReady(string detail) => Of(503, "not-ready", "Not ready", detail, retryAfterSeconds: 1);

    /// <summary>For answers the framework gives without a body.</summary>
    public static IResult ForStatus(int status) => status switch
    {
        404 => NotFound("The paths served here are listed in docs/http-api.md."),
        405 => MethodNotAllowed(null),
        413 => Of(413, "too-large", "The body is too large", $"At most {EndpointLimits.MaxBodyBytes} bytes are taken."),
        415 => UnsupportedMediaType("application/json"),
        500 => Of(500, "failure", "The monitor failed to answer", "See the monitor's log."),
        _ => Of(status, "http-error", "The request failed", string.Create(CultureInfo.InvariantCulture, $"HTTP status {status}.")),
    };

    private static ProblemResult Of(
        int status, string kind, string title, string detail, int? retryAfterSeconds = null, string? allow = null, bool challenge = false) =>
        new(new ProblemReading($"urn:mmm:problem:{kind}", title, status, detail), retryAfterSeconds, allow, challenge);

    private sealed class ProblemResult(ProblemReading problem, int? retryAfterSeconds, string? allow, bool challenge) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            HttpResponse response = httpContext.Response;
            if (retryAfterSeconds is int seconds)
                response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            if (allow is not null)
                response.Headers[HeaderNames.Allow] = allow;
            if (challenge)
                response.Headers.WWWAuthenticate = "Bearer realm=\"mmm\"";
            return Results.Json(problem, ApiFormat.Wire.ProblemReading, MediaType, problem.Status).ExecuteAsync(httpContext);
        }
    }
}
