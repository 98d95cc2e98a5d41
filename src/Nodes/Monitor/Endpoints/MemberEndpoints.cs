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
    private const string Subject = "Akka management";
    private const string FormType = "application/x-www-form-urlencoded";

    public static void MapMembers(this WebApplication app)
    {
        app.MapGet(ApiPaths.Members, (ActorSystem system) => Results.Json(MemberViews.Members(Cluster.Get(system)), ApiFormat.Wire.Members))
            .Tells<ManagementContracts.Members>(Subject, "The monitors as members of Akka's cluster", "As Akka Management answers.");
        app.MapPost(ApiPaths.Members, Join).WithMetadata(new ChangesSomething(ApiRole.Admin))
            .Tells<ManagementContracts.Message>(Subject, "Makes this monitor join another", "The form's 'address' is that one's Akka address.")
            .TakesBody(new DocumentedBody(FormType, null, "address")).Produces<ManagementContracts.Message>(400).Refuses(405);

        // The catch-all below takes these as members without an address; they are the wrong method of the list.
        app.MapMethods(ApiPaths.Members, [HttpMethods.Put, HttpMethods.Delete, HttpMethods.Patch], () => Problems.MethodNotAllowed("GET, POST")).ExcludeFromDescription();
        app.MapGet(OneMember, (string address, ActorSystem system) => WithMember(address, system, (_, m) => Results.Json(MemberViews.View(m), ApiFormat.Wire.Member)))
            .Tells<ManagementContracts.Member>(Subject, "One member", "As Akka Management answers.").Produces<ManagementContracts.Message>(404);
        app.MapDelete(OneMember, (string address, ActorSystem system) => WithMember(address, system, Leave)).WithMetadata(new ChangesSomething(ApiRole.Admin))
            .Tells<ManagementContracts.Message>(Subject, "Makes a member leave", "It ends and its service manager starts it again.").Produces<ManagementContracts.Message>(404).Refuses(405);
        app.MapPut(OneMember, Change).WithMetadata(new ChangesSomething(ApiRole.Admin))
            .Tells<ManagementContracts.Message>(Subject, "Downs a member or makes it leave", "The form's 'operation' says which.")
            .TakesBody(new DocumentedBody(FormType, null, "operation", ["down", "leave"])).Produces<ManagementContracts.Message>(400).Produces<ManagementContracts.Message>(404).Refuses(405);
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
