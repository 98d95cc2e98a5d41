using Mmm.Monitor.Logs;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/log: the latest lines of this node's log. They are what the log itself has; nothing is added.</summary>
internal static class LogEndpoint
{
    public static void MapLog(this WebApplication app) => app.MapGet(ApiPaths.Log, Read)
        .Tells<LogReading>("Monitors", "The latest lines of this monitor's log", "Oldest first.")
        .Takes(
            new DocumentedArgument("lines", $"At most so many; {EndpointLimits.UsualLogLines} if not given.", 1, LogRing.Capacity),
            new DocumentedArgument("after", "Only lines with a greater 'seq'.", 0, long.MaxValue),
            new DocumentedArgument("level", "Only lines of that level and worse ones.", Values: LogLevels.All))
        .Refuses(400);

    private static IResult Read(HttpRequest request, LogRing ring, MmmSettings settings)
    {
        if (Query.Number(request, "lines", EndpointLimits.UsualLogLines, 1, LogRing.Capacity) is not { } lines)
            return Query.NoNumber("lines", 1, LogRing.Capacity);
        if (Query.Number(request, "after", 0, 0, long.MaxValue) is not { } after)
            return Query.NoNumber("after", 0, long.MaxValue);
        int? least = request.Query.ContainsKey("level") ? LogLevels.RankOf(request.Query["level"].ToString()) : 0;
        return least is { } rank
            ? Results.Json(ring.Read(settings.This, (int)lines, rank, after), ApiFormat.Wire.LogReading)
            : Problems.BadRequest($"'level' must be one of {string.Join(", ", LogLevels.All)}.");
    }
}
