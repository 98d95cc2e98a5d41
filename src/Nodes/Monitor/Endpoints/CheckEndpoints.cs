using Mmm.Shared.Api;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET …/checks, …/checks/{host} and …/checks/{host}/{check}.</summary>
internal static class CheckEndpoints
{
    private const string All = $"{ClusterEndpoints.One}/checks";

    public static void MapChecks(this WebApplication app)
    {
        app.MapGet(All, List)
            .Tells<ChecksReading>("Checks", "The checks of every host", "Verdict of each check, since when, and why.").OfCluster();
        app.MapGet($"{All}/{{host}}", OfHost)
            .Tells<HostChecksReading>("Checks", "The checks of a host", "Verdict of each check, since when, and why.").OfCluster();
        app.MapGet($"{All}/{{host}}/{{check}}", One)
            .Tells<CheckReading>("Checks", "One check of a host", "Its verdict, since when, and why.").OfCluster();
    }

    private static Task<IResult> List([AsParameters] ClusterQuestion asked) => asked.Answer(heard => Results.Json(
        new ChecksReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, [.. heard.Snapshot.Hosts.Select(h => new HostChecks(h.Name, h.Checks))]),
        ApiFormat.Wire.ChecksReading));

    private static Task<IResult> OfHost([AsParameters] ClusterQuestion asked, string host) => asked.AnswerOf(host, (heard, found) => Results.Json(
        new HostChecksReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, host, found.Checks), ApiFormat.Wire.HostChecksReading));

    private static Task<IResult> One([AsParameters] ClusterQuestion asked, string host, string check) => asked.AnswerOf(host, (heard, found) =>
        found.Checks.FirstOrDefault(c => c.Check == check) is { } one
            ? Results.Json(new CheckReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, host, one), ApiFormat.Wire.CheckReading)
            : asked.Unknown("check", check, found.Checks.Select(c => c.Check)));
}
