using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Shared.Leases;

/// <summary>
/// What a host has promised the others while these could reach no quorum of monitors: not to take their addresses over for one ttl. A pure function of its
/// state, an input and the host's own monotonic clock. Promises are lost with the process, so for one ttl after its start the host takes nothing over that it did not
/// already have.
/// </summary>
/// <param name="Topology">Hosts and roles.</param>
/// <param name="Host">This host.</param>
/// <param name="Terms">Durations.</param>
/// <param name="Order">The order taken up last.</param>
/// <param name="Claims">Exclusive addresses of that order.</param>
/// <param name="Had">Those of them that were on the host when its agent started.</param>
/// <param name="QuietUntil">Until then promises of an earlier start may still stand.</param>
/// <param name="Promises">By address: to whom, and until when.</param>
/// <param name="Outdated">Claims that a peer holds by a later order: this host's own order is not the latest.</param>
public sealed record FailsafePeer(
    ClusterTopology Topology,
    string Host,
    LeaseTerms Terms,
    DecisionId Order,
    ImmutableSortedSet<RoleAddress> Claims,
    ImmutableSortedSet<RoleAddress> Had,
    TimeSpan QuietUntil,
    ImmutableSortedDictionary<RoleAddress, FailsafePromise> Promises,
    ImmutableSortedSet<RoleAddress> Outdated)
{
    /// <param name="topology">Hosts and roles.</param>
    /// <param name="host">This host.</param>
    /// <param name="terms">Durations.</param>
    /// <param name="failsafe">False: nobody asks for promises, so there are none to forget.</param>
    /// <param name="now">The host's clock.</param>
    public static FailsafePeer Start(ClusterTopology topology, string host, LeaseTerms terms, bool failsafe, TimeSpan now) => new(
        topology, host, terms, DecisionId.None, [], [], failsafe ? now + terms.Promise : now,
        ImmutableSortedDictionary<RoleAddress, FailsafePromise>.Empty, []);

    /// <summary>The host takes an order up.</summary>
    /// <param name="order">Its decision.</param>
    /// <param name="roles">What it gives to the host.</param>
    /// <param name="found">
    /// Null: a new order. Else it is the one the host had before it started, and these addresses are on the host. An address that is on was leased to it, so it
    /// had promised it to nobody. One that the order gives to it and that is not on may be promised all the same: the order came while a promise stood, or is an old
    /// one, and the host has since been asked by a later holder.
    /// </param>
    public FailsafePeer Take(DecisionId order, IEnumerable<RoleAddress> roles, IEnumerable<RoleAddress>? found)
    {
        ImmutableSortedSet<RoleAddress> claims = [.. roles.Where(a => Topology.Roles[a.Role].Mode == RoleMode.Exclusive)];
        return this with { Order = order, Claims = claims, Had = claims.Intersect(found ?? Had), Outdated = order > Order ? [] : Outdated };
    }

    /// <summary>A host that no quorum answers asks.</summary>
    /// <param name="request">What it holds.</param>
    /// <param name="shown">What this host itself has a lease on.</param>
    /// <param name="now">The host's clock.</param>
    public (FailsafePeer Next, Held Reply) Take(Hold request, Predicate<RoleAddress> shown, TimeSpan now)
    {
        FailsafePeer next = this;
        var promised = ImmutableArray.CreateBuilder<RoleAddress>();
        string? why = null;
        foreach (RoleAddress address in request.Addresses)
        {
            // Two hosts have been given it: the earlier order is history, whether or not its host has heard so.
            if (Claims.Contains(address) && request.Order > Order)
                next = next with { Outdated = next.Outdated.Add(address) };
            if (next.Objection(request, address, shown, now) is { } objection)
            {
                why = objection;
                continue;
            }

            next = next with { Promises = next.Promises.SetItem(address, new FailsafePromise(request.Host, now + Terms.Promise)) };
            promised.Add(address);
        }

        return (next, new Held(request.Cluster, Host, request.Host, request.Incarnation, request.Seq, promised.ToImmutable(), why));
    }

    /// <summary>The holder has let go, by its own word: nothing is left to be promised.</summary>
    public FailsafePeer Released(string host) =>
        this with { Promises = Promises.RemoveRange(Promises.Where(p => p.Value.To == host).Select(p => p.Key)) };

    /// <summary>Why the host may not show the address now; null = as far as promises go it may.</summary>
    public string? Obstacle(RoleAddress address, TimeSpan now) =>
        Promises.TryGetValue(address, out FailsafePromise? p) && p.Until > now
            ? $"host '{p.To}' holds {address}: it is cut off from the monitors, but alive, and has been promised that nobody takes it over for one lease.ttl"
            : Topology.Roles[address.Role].Mode == RoleMode.Exclusive && now < QuietUntil && !Had.Contains(address)
                ? $"the agent has just started and may have promised {address} to another host before; it waits for one lease.ttl"
                : null;

    /// <summary>When an <see cref="Obstacle"/> ends by itself; null = there is none.</summary>
    public TimeSpan? WakeAt(TimeSpan now)
    {
        TimeSpan? at = Claims.Except(Had).Count > 0 && now < QuietUntil ? QuietUntil : null;
        foreach ((RoleAddress address, FailsafePromise promise) in Promises)
        {
            if (Claims.Contains(address) && promise.Until > now && !(at <= promise.Until))
                at = promise.Until;
        }

        return at;
    }

    private string? Objection(Hold request, RoleAddress address, Predicate<RoleAddress> shown, TimeSpan now) =>
        !Topology.MayCarry(address.Role, request.Host) ? $"'{request.Host}' may not carry {address} by the configuration of {Host}'s agent"
        : request.TtlMs != (int)Terms.Ttl.TotalMilliseconds ? $"{Host}'s agent is configured with lease.ttl = {Terms.Ttl.TotalMilliseconds:0} ms, {request.Host}'s with {request.TtlMs} ms"
        : Claims.Contains(address) && (!Outdated.Contains(address) || shown(address)) ? $"decision {Order} gave {address} to {Host}"
        : Promises.TryGetValue(address, out FailsafePromise? p) && p.To != request.Host && p.Until > now ? $"{address} is promised to '{p.To}'"
        : null;
}

/// <param name="To">Who holds the address.</param>
/// <param name="Until">It is not taken over before.</param>
public sealed record FailsafePromise(string To, TimeSpan Until);
