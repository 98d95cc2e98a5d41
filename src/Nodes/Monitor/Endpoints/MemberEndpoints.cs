using Akka.Actor;
using Akka.Cluster;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// Akka Management's <c>/cluster/members</c>: the monitors as members of Akka's cluster. Paths, form fields and sentences are
/// the JVM's (akka.management.cluster.scaladsl.ClusterHttpManagementRoutes), so its tools work unchanged.
/// </summary>
internal static class MemberEndpoints
{
    private const string OneMember = $"{ApiPaths.Members}/{{**address}}";
    private const string FormType = "application/x-www-form-urlencoded";

    public static void MapMembers(this WebApplication app)
    {
        app.MapGet(ApiPaths.Members, (ActorSystem system) => Results.Json(MemberViews.Members(Cluster.Get(system)), ApiFormat.Wire.Members));
        app.MapPost(ApiPaths.Members, Join).WithMetadata(new ChangesSomething(ApiRole.Admin));

        // The catch-all below takes these as members without an address; they are the wrong method of the list.
        app.MapMethods(ApiPaths.Members, [HttpMethods.Put, HttpMethods.Delete, HttpMethods.Patch], () => Problems.MethodNotAllowed("GET, POST"));
        app.MapGet(OneMember, (string address, ActorSystem system) => WithMember(address, system, (_, m) => Results.Json(MemberViews.View(m), ApiFormat.Wire.Member)));
        app.MapDelete(OneMember, (string address, ActorSystem system) => WithMember(address, system, Leave)).WithMetadata(new ChangesSomething(ApiRole.Admin));
        app.MapPut(OneMember, Change).WithMetadata(new ChangesSomething(ApiRole.Admin));
    }

    private static async Task<IResult> Join(HttpContext http, ActorSystem system, CancellationToken cancel)
    {
        if (!http.Request.HasFormContentType)
            return Problems.UnsupportedMediaType(FormType);
        string text = (await http.Request.ReadFormAsync(cancel))["address"].ToString();
        if (MemberViews.ParseAddress(text, system) is not Address address)
            return Said(400, $"Wrong address [{text}]: send the form field 'address', for example akka.tcp://{system.Name}@10.0.0.1:8551");
        Cluster.Get(system).Join(address);
        return Said(200, $"Joining {address}");
    }

    private static async Task<IResult> Change(string address, HttpContext http, ActorSystem system, CancellationToken cancel)
    {
        if (!http.Request.HasFormContentType)
            return Problems.UnsupportedMediaType(FormType);
        string operation = (await http.Request.ReadFormAsync(cancel))["operation"].ToString();
        return WithMember(address, system, (cluster, member) => operation.ToUpperInvariant() switch
        {
            "DOWN" => Down(cluster, member),
            "LEAVE" => Leave(cluster, member),
            _ => Said(400, "Operation not supported"),
        });
    }

    private static IResult Leave(Cluster cluster, Member member)
    {
        cluster.Leave(member.Address);
        return Said(200, $"Leaving {member.Address}");
    }

    private static IResult Down(Cluster cluster, Member member)
    {
        cluster.Down(member.Address);
        return Said(200, $"Downing {member.Address}");
    }

    private static IResult WithMember(string address, ActorSystem system, Func<Cluster, Member, IResult> answer)
    {
        // Kestrel leaves %2F as it is, so that a path keeps its segments; Akka's addresses have slashes of their own.
        string wanted = Uri.UnescapeDataString(address);
        Cluster cluster = Cluster.Get(system);
        Member? member = cluster.State.Members.FirstOrDefault(m => m.Address.ToString() == wanted || m.Address.HostPort() == wanted);
        return member is null ? Said(404, $"Member [{wanted}] not found") : answer(cluster, member);
    }

    private static IResult Said(int status, string text) =>
        Results.Json(new ManagementContracts.Message(text), ApiFormat.Wire.Message, statusCode: status);
}
