using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Messages;

/// <summary>
/// Leases on role addresses. A host shows a role address, and its mysqld takes writes, only while a quorum of the configured monitors has granted
/// it (docs/safety.md). Granters are <c>/user/lease-granter</c> on every configured monitor; an agent's side is <c>/user/agent/lease</c>.
/// Every message may be lost, doubled, late or out of order without harm.
/// </summary>
public static class LeaseProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>Agent -> granter of every configured monitor, every ttl / 5 and at once with a new order that adds addresses. Reply: <see cref="Granted"/>.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">Asking host.</param>
    /// <param name="Incarnation">Start of the agent's process.</param>
    /// <param name="Seq">Counts up within an incarnation; grants are counted per request.</param>
    /// <param name="Order">The order by which it claims.</param>
    /// <param name="Claims">The role addresses of that order.</param>
    /// <param name="TtlMs">How long the lease shall run; a granter with another ttl grants nothing.</param>
    /// <param name="Generation">Of the <see cref="Voters"/> whose grants are counted; a granter that knows a later one grants nothing.</param>
    public sealed record Renew(
        string Cluster, string Host, long Incarnation, long Seq, DecisionId Order, ImmutableArray<RoleAddress> Claims, int TtlMs, long Generation = 0) : IMessage;

    /// <summary>Granter -> agent. Counts for exactly this request.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Monitor">Who grants.</param>
    /// <param name="Host">Addressee.</param>
    /// <param name="Incarnation">Of the request.</param>
    /// <param name="Seq">Of the request.</param>
    /// <param name="Addresses">What is granted.</param>
    /// <param name="Withdrawn">What a later decision than the request's order has taken from this host: it shall not be held on to by other means.</param>
    /// <param name="Why">Why something is not granted; null when everything is.</param>
    public sealed record Granted(
        string Cluster, string Monitor, string Host, long Incarnation, long Seq,
        ImmutableArray<RoleAddress> Addresses, ImmutableArray<RoleAddress> Withdrawn, string? Why) : IMessage;

    /// <summary>Coordinator -> granter of every configured monitor, once the decision is stored: this host keeps nothing but <paramref name="Allowed"/>. Reply: <see cref="Withdrawn"/>.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">Who loses.</param>
    /// <param name="Id">The decision; requests by an order of a later one are granted again.</param>
    /// <param name="Allowed">What the host still has by that decision.</param>
    public sealed record Withdraw(string Cluster, string Host, DecisionId Id, ImmutableArray<RoleAddress> Allowed) : IMessage;

    /// <summary>Granter -> coordinator: from now on it grants the host nothing else by orders up to that decision.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Monitor">Who confirms.</param>
    /// <param name="Host">Who loses.</param>
    /// <param name="Id">Of the request.</param>
    /// <param name="AgeMs">Time since it last granted the host something that is not allowed any more; when it knows of none, since it began to remember.</param>
    public sealed record Withdrawn(string Cluster, string Monitor, string Host, DecisionId Id, long AgeMs) : IMessage;

    /// <summary>Granter -> coordinator, every half second: how old the leases are. Latest wins.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Monitor">Who tells.</param>
    /// <param name="Incarnation">Start of its process, UTC ticks.</param>
    /// <param name="Seq">Counts up within an incarnation.</param>
    /// <param name="Ready">It grants; false while it does not know the decisions.</param>
    /// <param name="Hosts">Hosts it has granted something.</param>
    /// <param name="Generation">Claims by earlier generations of the voters are refused.</param>
    /// <param name="GenerationAgeMs">For how long they have been.</param>
    public sealed record Ages(
        string Cluster, string Monitor, long Incarnation, long Seq, bool Ready, ImmutableArray<HostAge> Hosts, long Generation = 0, long GenerationAgeMs = 0) : IMessage;

    /// <summary>Coordinator -> granter of every configured monitor, once the decision is stored and until it is seen to be known: these voters, and none before, count.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Generation">Of the voters.</param>
    public sealed record VotersDecided(string Cluster, long Generation) : IMessage;

    /// <param name="Host">MMM's name.</param>
    /// <param name="AgeMs">Time since this granter last granted it anything.</param>
    public sealed record HostAge(string Host, long AgeMs);

    /// <summary>
    /// Agent -> agents of all other hosts that may carry the addresses (failsafe): no quorum of monitors answers; promise not to take these over for one ttl.
    /// Reply: <see cref="Held"/>.
    /// </summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">Who holds them.</param>
    /// <param name="Incarnation">Start of its process.</param>
    /// <param name="Seq">Counts up within an incarnation, with those of <see cref="Renew"/>.</param>
    /// <param name="Order">The order it holds them by.</param>
    /// <param name="Addresses">Exclusive role addresses.</param>
    /// <param name="TtlMs">How long the promise shall last, from its receipt.</param>
    public sealed record Hold(
        string Cluster, string Host, long Incarnation, long Seq, DecisionId Order, ImmutableArray<RoleAddress> Addresses, int TtlMs) : IMessage;

    /// <summary>Agent -> agent: what it promises not to take over for one ttl.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Peer">Who promises.</param>
    /// <param name="Host">Addressee.</param>
    /// <param name="Incarnation">Of the request.</param>
    /// <param name="Seq">Of the request.</param>
    /// <param name="Addresses">What is promised.</param>
    /// <param name="Why">Why something is not; null when everything is.</param>
    public sealed record Held(
        string Cluster, string Peer, string Host, long Incarnation, long Seq, ImmutableArray<RoleAddress> Addresses, string? Why) : IMessage;
}
