using System.Collections.Immutable;
using Mmm.Shared.Api;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET …/hosts, …/hosts/{host} and …/hosts/{host}/explanation.</summary>
internal static class HostEndpoints
{
    private const string All = $"{ClusterEndpoints.One}/hosts";

    public static void MapHosts(this WebApplication app)
    {
        app.MapGet(All, List)
            .Tells<HostsReading>("Hosts", "The hosts of a cluster", "State and role addresses of every host, without its agent's report and its checks.").OfCluster();
        app.MapGet($"{All}/{{host}}", Read)
            .Tells<HostReading>("Hosts", "All that is known of a host", "With its agent's latest report (null before the first), its checks and its explanation.").OfCluster();
        app.MapGet($"{All}/{{host}}/explanation", Explain)
            .Tells<ExplanationReading>("Hosts", "Why a host is as it is, and what can be done", "One sentence each; one that begins with a blank belongs to the one before.").OfCluster();
    }

    private static Task<IResult> List([AsParameters] ClusterQuestion asked) => asked.Answer(heard => Results.Json(
        new HostsReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, [.. heard.Snapshot.Hosts.Select(h => Entry(h, heard.Snapshot))]), ApiFormat.Wire.HostsReading));

    private static Task<IResult> Read([AsParameters] ClusterQuestion asked, string host) => asked.AnswerOf(host, (heard, found) => Results.Json(
        new HostReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, found, AddressesOf(host, heard.Snapshot)), ApiFormat.Wire.HostReading));

    private static Task<IResult> Explain([AsParameters] ClusterQuestion asked, string host) => asked.AnswerOf(host, (heard, found) => Results.Json(
        new ExplanationReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, host, found.Explanation), ApiFormat.Wire.ExplanationReading));

    private static HostEntry Entry(HostView host, ClusterSnapshot snapshot) => new(
        host.Name, host.Ip, host.Mode, host.State, host.SinceUtc, host.Reason, host.Flapping, host.AgentReachable, host.SecondsBehind, AddressesOf(host.Name, snapshot));

    private static ImmutableArray<RoleAddress> AddressesOf(string host, ClusterSnapshot snapshot) => [.. snapshot.Roles.Where(r => r.Owner == host).Select(r => r.Address).Order()];
}
