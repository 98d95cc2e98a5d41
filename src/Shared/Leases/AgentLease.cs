using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Shared.Leases;

/// <summary>Everything about leases on one DB host: what it holds itself, and what it has promised to others. Pure.</summary>
/// <param name="Holder">Its own leases.</param>
/// <param name="Peer">Its promises.</param>
public sealed record AgentLease(LeaseHolder Holder, FailsafePeer Peer)
{
    /// <summary>
    /// Claims that no lease has come for yet, and until when it is waited for: what is on the host already (from before the agent started, or from before
    /// its first order) is left alone that long. The kernel's lifetime of a leased address ends by itself all the same.
    /// </summary>
    public ImmutableSortedDictionary<RoleAddress, TimeSpan> Pending { get; init; } = ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty;

    /// <param name="setup">Whose leases and by which rules.</param>
    /// <param name="monitors">Names of the configured monitors: they count until an order says who does.</param>
    /// <param name="now">The host's clock.</param>
    public static AgentLease Start(LeaseHolderSetup setup, IEnumerable<string> monitors, TimeSpan now) => new(
        new LeaseHolder { Setup = setup, Voters = Voters.First(monitors) }, FailsafePeer.Start(setup.Topology, setup.Host, setup.Terms, setup.Failsafe, now));

    /// <summary>The host takes an order up, or remembers after a start the one it had.</summary>
    /// <param name="order">Its decision.</param>
    /// <param name="roles">What it gives to the host.</param>
    /// <param name="remembered">The order it had before it started.</param>
    /// <param name="now">The host's clock.</param>
    /// <param name="found">With a remembered order: the role addresses that are on the host, see <see cref="FailsafePeer.Take(DecisionId, IEnumerable{RoleAddress}, IEnumerable{RoleAddress})"/>.</param>
    /// <param name="voters">The monitors whose grants count by the order; null = as before.</param>
    public AgentLeaseStep Take(
        DecisionId order, ImmutableArray<RoleAddress> roles, bool remembered, TimeSpan now, IEnumerable<RoleAddress>? found = null, Voters? voters = null)
    {
        // An address that this agent is not configured with could neither be shown nor taken away: its plan says so.
        ImmutableArray<RoleAddress> known = [.. roles.Where(a => Peer.Topology.MayCarry(a.Role, Peer.Host))];
        FailsafePeer peer = Peer.Take(order, known, remembered ? found ?? [] : null);
        ImmutableArray<RoleAddress> fresh = [.. known.Where(a => !Holder.Claims.Contains(a))];
        HolderStep step = Holder.Take(order, known, now, voters);
        return (this with
        {
            Holder = step.Next,
            Peer = peer,
            Pending = Pending.RemoveRange(Pending.Keys.Where(a => !known.Contains(a))).SetItems(fresh.Select(a => KeyValuePair.Create(a, now + Holder.Setup.Terms.Ttl))),
        }).Waiting(step, now);
    }

    /// <summary>A monitor answers.</summary>
    public AgentLeaseStep Take(Granted reply, TimeSpan now) => (this with { Holder = Holder.Take(reply) }).Tick(now);

    /// <summary>Another host answers.</summary>
    public AgentLeaseStep Take(Held reply, TimeSpan now) => (this with { Holder = Holder.Take(reply) }).Tick(now);

    /// <summary>Another host asks.</summary>
    public AgentLeaseStep Take(Hold request, TimeSpan now)
    {
        (FailsafePeer peer, Held reply) = Peer.Take(request, a => Holder.Left(a, now) > TimeSpan.Zero, now);
        // What is known to be held elsewhere by a later decision is not held on to here.
        LeaseHolder holder = Holder with { Withdrawn = Holder.Withdrawn.Union(peer.Outdated) };
        return (this with { Holder = holder, Peer = peer }).Tick(now) with { Reply = reply };
    }

    /// <summary>Another host has let go of everything, by its own word.</summary>
    public AgentLeaseStep Released(string host, TimeSpan now) => (this with { Peer = Peer.Released(host) }).Tick(now);

    /// <summary>Time passed.</summary>
    public AgentLeaseStep Tick(TimeSpan now)
    {
        HolderStep step = Holder.Tick(now);
        return (this with { Holder = step.Next }).Waiting(step, now);
    }

    /// <summary>The host may have stood still unnoticed by its clock, see <see cref="LeaseHolder.Doubt"/>. Its promises to others only last longer by that.</summary>
    public AgentLeaseStep Doubt(TimeSpan now)
    {
        TimeSpan end = now + Holder.Setup.Terms.ProveWithin;
        HolderStep step = Holder.Doubt(now);
        return (this with { Holder = step.Next, Pending = Pending.SetItems(Pending.Where(p => p.Value > end).Select(p => KeyValuePair.Create(p.Key, end))) }).Waiting(step, now);
    }

    /// <summary>When <see cref="Tick"/> has something to do next; null = not before another input.</summary>
    public TimeSpan? WakeAt(TimeSpan now) =>
        new[] { Holder.WakeAt, Peer.WakeAt(now), Pending.IsEmpty ? null : Pending.Values.Min() }.Min();

    /// <summary>How long each claimed address may be shown from now on; those that may not are not in it.</summary>
    public ImmutableSortedDictionary<RoleAddress, TimeSpan> Cover(TimeSpan now) => Holder.Claims
        .Where(a => Peer.Obstacle(a, now) is null)
        .Select(a => KeyValuePair.Create(a, Holder.Left(a, now)))
        .Where(c => c.Value > TimeSpan.Zero)
        .ToImmutableSortedDictionary();

    /// <summary>The picture of this moment for those who act by it.</summary>
    public LeaseCover CoverAt(TimeSpan now)
    {
        ImmutableSortedDictionary<RoleAddress, TimeSpan> cover = Cover(now);
        return new LeaseCover(
            Holder.Order,
            cover.ToImmutableSortedDictionary(c => c.Key, c => now + c.Value),
            [.. Pending.Keys.Where(a => !cover.ContainsKey(a))],
            Holder.Claims.Where(a => !cover.ContainsKey(a)).ToImmutableSortedDictionary(a => a, a => Obstacle(a, now)!),
            !Holder.ByPeers.IsEmpty,
            Peer.QuietUntil);
    }

    /// <summary>Why a claimed address may not be shown, for people; null = it may.</summary>
    public string? Obstacle(RoleAddress address, TimeSpan now) =>
        Peer.Obstacle(address, now) is { } promised ? promised
        : Holder.Left(address, now) > TimeSpan.Zero ? null
        : Holder.Refusals.Count > 0 ? $"no quorum of monitors grants {address}: {string.Join("; ", Holder.Refusals.Values.Distinct())}"
        : $"no quorum of monitors answers that it grants {address}";

    private AgentLeaseStep Waiting(HolderStep step, TimeSpan now) => new(
        this with { Pending = Pending.RemoveRange(Pending.Where(p => p.Value <= now || step.Lapsed.Contains(p.Key) || Holder.Left(p.Key, now) > TimeSpan.Zero).Select(p => p.Key)) },
        step.Asks, step.Lapsed, null);
}

/// <param name="Next">The state after it.</param>
/// <param name="Asks">To send: <see cref="Renew"/> to every granter, <see cref="Hold"/> to every other host that may carry one of its addresses.</param>
/// <param name="Lapsed">Addresses whose lease has run out: they must be off this host now.</param>
/// <param name="Reply">For the sender of the input; null = none.</param>
public sealed record AgentLeaseStep(AgentLease Next, ImmutableArray<IMessage> Asks, ImmutableSortedSet<RoleAddress> Lapsed, IMessage? Reply);
