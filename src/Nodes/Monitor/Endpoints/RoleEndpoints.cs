using System.Collections.Immutable;
using Mmm.Shared.Api;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET …/roles, …/roles/{role} and …/roles/{role}/explanation: the role addresses of the picture, by role.</summary>
internal static class RoleEndpoints
{
    private const string All = $"{ClusterEndpoints.One}/roles";

    public static void MapRoles(this WebApplication app)
    {
        app.MapGet(All, List)
            .Tells<RolesReading>("Roles", "The roles of a cluster", "Each with its addresses and whom they are decided for.").OfCluster();
        app.MapGet($"{All}/{{role}}", Read)
            .Tells<RoleReading>("Roles", "One role", "Its addresses and whom they are decided for.").OfCluster();
        app.MapGet($"{All}/{{role}}/explanation", Explain)
            .Tells<RoleExplanationReading>("Roles", "Why a role is where it is, and why it does not move", "One sentence each; one that begins with a blank belongs to the one before.").OfCluster();
    }

    private static Task<IResult> List([AsParameters] ClusterQuestion asked) => asked.Answer(heard => Results.Json(
        new RolesReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, RolesOf(asked, heard.Snapshot)), ApiFormat.Wire.RolesReading));

    private static Task<IResult> Read([AsParameters] ClusterQuestion asked, string role) => AnswerOf(asked, role, (heard, found) =>
        Results.Json(new RoleReading(asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, found), ApiFormat.Wire.RoleReading));

    private static Task<IResult> Explain([AsParameters] ClusterQuestion asked, string role) => AnswerOf(asked, role, (heard, found) => Results.Json(
        new RoleExplanationReading(
            asked.Settings.This, asked.Cluster, heard.AgeMs, heard.IsStale, role, heard.Snapshot.Explained?.FirstOrDefault(e => e.Role == role)?.Explanation),
        ApiFormat.Wire.RoleExplanationReading));

    private static Task<IResult> AnswerOf(ClusterQuestion asked, string role, Func<HeardSnapshot, RoleEntry, IResult> answer) => asked.Answer(heard =>
    {
        ImmutableArray<RoleEntry> roles = RolesOf(asked, heard.Snapshot);
        return roles.FirstOrDefault(r => r.Name == role) is { } found ? answer(heard, found) : asked.Unknown("role", role, roles.Select(r => r.Name));
    });

    private static ImmutableArray<RoleEntry> RolesOf(ClusterQuestion asked, ClusterSnapshot snapshot) =>
        [.. snapshot.Roles.OrderBy(r => r.Address).GroupBy(r => r.Address.Role).Select(r => new RoleEntry(r.Key, ModeOf(asked, r.Key), [.. r]))];

    private static string? ModeOf(ClusterQuestion asked, string role) => asked.Settings.Clusters[asked.Cluster].Topology.Roles.GetValueOrDefault(role)?.Mode switch
    {
        RoleMode.Exclusive => "exclusive",
        RoleMode.Balanced => "balanced",
        _ => null,
    };
}
