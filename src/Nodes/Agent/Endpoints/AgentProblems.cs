using System.Globalization;
using Microsoft.AspNetCore.Http;
using Mmm.Shared.Api;

namespace Mmm.Agent.Endpoints;

/// <summary>Errors of the agent's endpoint as RFC 9457 problem details, of the same family as the monitors'.</summary>
internal static class AgentProblems
{
    private const string MediaType = "application/problem+json";

    public static IResult Silent() =>
        Of(503, "agent-silent", "The agent does not answer", "Its actor did not answer in time: it has just started or is ending, or this machine stands still.");

    public static IResult BadLag(string given) =>
        Of(400, "bad-request", "The request is not understood", $"lag is '{given}'; allowed: a duration with its unit, as in /reader?lag=10s.");

    /// <summary>For answers the framework gives without a body.</summary>
    public static IResult ForStatus(HttpResponse response) => response.StatusCode switch
    {
        404 => Of(404, "not-found", "There is no such thing here", "Served here: /writer (/master, /primary), /reader (/replica), /health, /liveness, /status, /metrics."),
        405 => Of(405, "method-not-allowed", "The path does not take this method", $"It takes {response.Headers.Allow}: nothing can be changed here."),
        int status => Of(status, "http-error", "The request failed", string.Create(CultureInfo.InvariantCulture, $"HTTP status {status}.")),
    };

    private static IResult Of(int status, string kind, string title, string detail) =>
        Results.Json(new ProblemReading($"urn:mmm:problem:{kind}", title, status, detail), ApiFormat.Wire.ProblemReading, MediaType, status);
}
