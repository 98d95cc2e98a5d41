using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Mmm.Shared.Api;

/// <summary>
/// Bodies of the Akka-management routes, whose field names and spellings are Akka's, not ours: those under <c>/cluster</c> are
/// the JVM's Akka Management, those under <c>/bootstrap</c>, <c>/remote</c> and <c>/cluster-client</c> Akka.NET's.
/// </summary>
public static class ManagementContracts
{
    /// <summary>GET /cluster/members.</summary>
    public sealed record Members(
        string SelfNode,
        [property: JsonPropertyName("members")] ImmutableArray<Member> All,
        ImmutableArray<UnreachableMember> Unreachable,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Leader,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Oldest,
        ImmutableSortedDictionary<string, string> OldestPerRole);

    /// <summary>GET /cluster/members/{address}.</summary>
    public sealed record Member(string Node, string NodeUid, string Status, ImmutableArray<string> Roles);

    public sealed record UnreachableMember(string Node, ImmutableArray<string> ObservedBy);

    /// <summary>Answer to every change, and the body of its errors.</summary>
    public sealed record Message([property: JsonPropertyName("message")] string Text);

    /// <summary>GET /cluster/shards: names of the shard regions on the node.</summary>
    public sealed record Regions(ImmutableArray<string> EntityTypeKeys);

    /// <summary>GET /cluster/shards/{name}.</summary>
    public sealed record Shards(ImmutableArray<Shard> Regions);

    public sealed record Shard(string ShardId, int NumEntities);

    /// <summary>An address as Akka.NET serializes it.</summary>
    public sealed record NodeAddress(
        [property: JsonPropertyName("Host")] string? Host,
        [property: JsonPropertyName("Port")] int? Port,
        [property: JsonPropertyName("System")] string System,
        [property: JsonPropertyName("Protocol")] string Protocol,
        [property: JsonPropertyName("HasLocalScope")] bool HasLocalScope,
        [property: JsonPropertyName("HasGlobalScope")] bool HasGlobalScope);

    /// <summary>GET /bootstrap/seed-nodes.</summary>
    public sealed record SeedNodes(
        [property: JsonPropertyName("SelfNode")] NodeAddress SelfNode,
        [property: JsonPropertyName("Nodes")] ImmutableArray<SeedNode> Nodes);

    /// <param name="Node">Address.</param>
    /// <param name="NodeUid">Of the member's process.</param>
    /// <param name="Status">Number of Akka's MemberStatus: Joining 0, Up 1, Leaving 2, Exiting 3, Down 4, Removed 5, WeaklyUp 6.</param>
    /// <param name="Roles">Akka node roles.</param>
    public sealed record SeedNode(
        [property: JsonPropertyName("Node")] NodeAddress Node,
        [property: JsonPropertyName("NodeUid")] long NodeUid,
        [property: JsonPropertyName("Status")] int Status,
        [property: JsonPropertyName("Roles")] ImmutableArray<string> Roles);

    /// <summary>GET /remote/address.</summary>
    public sealed record RemoteAddress([property: JsonPropertyName("Address")] NodeAddress Address);

    /// <summary>GET /cluster-client/receptionist.</summary>
    public sealed record Receptionist([property: JsonPropertyName("ReceptionistPath")] string ReceptionistPath);

    /// <summary>503 of the three routes above.</summary>
    public sealed record Unavailable(UnavailableReason Error, int Code, [property: JsonPropertyName("message")] string Text);

    public sealed record UnavailableReason(string Reason, [property: JsonPropertyName("message")] string Text);
}
