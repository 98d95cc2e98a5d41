using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Client;
using Mmm.Shared.Api;

namespace Mmm.Monitor.Endpoints;

/// <summary>Akka.NET's Akka.Management routes by which a new node finds the cluster: seed nodes, remote address, receptionist.</summary>
internal static class DiscoveryEndpoints
{
    private static readonly MemberStatus[] ContactStatus = [MemberStatus.Up, MemberStatus.WeaklyUp, MemberStatus.Joining];

    public static void MapDiscovery(this WebApplication app)
    {
        app.MapGet("/bootstrap/seed-nodes", SeedNodes)
            .Tells<ManagementContracts.SeedNodes>("Akka management", "Members by which a new node can join", "As Akka.NET's Akka.Management answers.").Produces<ManagementContracts.Unavailable>(503);
        app.MapGet("/remote/address", RemoteAddress)
            .Tells<ManagementContracts.RemoteAddress>("Akka management", "Remoting address of this monitor", "As Akka.NET's Akka.Management answers.").Produces<ManagementContracts.Unavailable>(503);
        app.MapGet("/cluster-client/receptionist", Receptionist)
            .Tells<ManagementContracts.Receptionist>("Akka management", "Receptionist of ClusterClient", "503 unless one was started; none is by default.").Produces<ManagementContracts.Unavailable>(503);
    }

    private static IResult SeedNodes(ActorSystem system)
    {
        Cluster cluster = Cluster.Get(system);
        if (cluster.IsTerminated)
            return Unavailable("Cluster is stopped", "This node has left the cluster and is no seed for others.");

        // A node that is no member itself must not be taken for a way into a cluster.
        ImmutableArray<ManagementContracts.SeedNode> nodes = ContactStatus.Contains(cluster.SelfMember.Status)
            ? [.. cluster.State.Members.Where(m => !cluster.State.Unreachable.Contains(m) && ContactStatus.Contains(m.Status)).Select(View)]
            : [];
        return Results.Json(new ManagementContracts.SeedNodes(MemberViews.View(cluster.SelfAddress), nodes), ApiFormat.Wire.SeedNodes);
    }

    private static IResult RemoteAddress(ActorSystem system)
    {
        Address address = ((ExtendedActorSystem)system).Provider.DefaultAddress;
        return address.HasGlobalScope
            ? Results.Json(new ManagementContracts.RemoteAddress(MemberViews.View(address)), ApiFormat.Wire.RemoteAddress)
            : Unavailable("Remoting is not enabled", "This node's actor system has no remote address.");
    }

    private static IResult Receptionist(ActorSystem system)
    {
        // Asking for the extension would start it, so it is only looked for.
        if (!system.HasExtension<ClusterClientReceptionist>())
            return Unavailable("Cluster client receptionist is not started", "Agents and clients of these monitors do not use ClusterClient.");
        IActorRef receptionist = ClusterClientReceptionist.Get(system).Underlying;
        string path = receptionist.Path.ToStringWithAddress(((ExtendedActorSystem)system).Provider.DefaultAddress);
        return Results.Json(new ManagementContracts.Receptionist(path), ApiFormat.Wire.Receptionist);
    }

    private static ManagementContracts.SeedNode View(Member member) =>
        new(MemberViews.View(member.Address), member.UniqueAddress.Uid, (int)member.Status, [.. member.Roles.Order(StringComparer.Ordinal)]);

    private static IResult Unavailable(string reason, string message) =>
        Results.Json(
            new ManagementContracts.Unavailable(new ManagementContracts.UnavailableReason(reason, message), 503, message),
            ApiFormat.Wire.Unavailable,
            statusCode: 503);
}
