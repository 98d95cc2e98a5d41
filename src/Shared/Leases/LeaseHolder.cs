using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Shared.Leases;

/// <summary>
/// One host's leases on the role addresses of its order, as a pure function of its state, an input and the host's own monotonic clock. A lease runs
/// from when its request was SENT, and counts only when a quorum of the voting monitors granted that very request; so it always ends before any granter
/// thinks that it does. When no quorum answers, the other hosts that could take an exclusive address over may agree to let it go on (failsafe).
/// </summary>
public sealed record LeaseHolder
{
    /// <summary>Requests whose answers are still counted: answers take milliseconds, and no request matters for longer than a ttl.</summary>
    private const int RequestsKept = 16;

    /// <summary>Whose leases and by which rules.</summary>
    public required LeaseHolderSetup Setup { get; init; }

    /// <summary>The order by which is claimed; None before the first.</summary>
    public DecisionId Order { get; init; } = DecisionId.None;

    /// <summary>The monitors whose grants count, by that order.</summary>
    public required Voters Voters { get; init; }

    /// <summary>What that order gives to this host.</summary>
    public ImmutableSortedSet<RoleAddress> Claims { get; init; } = [];

    /// <summary>Until when each address may be shown; an address that is not in here may not.</summary>
    public ImmutableSortedDictionary<RoleAddress, TimeSpan> Until { get; init; } = ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty;

    /// <summary>Claims that a later decision has taken, as a granter or another host told: it is decided, so their leases end here, whatever is left of them.</summary>
    public ImmutableSortedSet<RoleAddress> Withdrawn { get; init; } = [];

    /// <summary>Exclusive claims that go on by the word of the other hosts, not of the monitors.</summary>
    public ImmutableSortedSet<RoleAddress> ByPeers { get; init; } = [];

    /// <summary>Why a monitor or another host last refused something, by its name; who refuses nothing is not in here.</summary>
    public ImmutableSortedDictionary<string, string> Refusals { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Number of the last request.</summary>
    public long Seq { get; init; }

    /// <summary>When the next renewal is due.</summary>
    public TimeSpan RenewAt { get; init; }

    /// <summary>When the other hosts may be asked next.</summary>
    public TimeSpan HoldAt { get; init; }

    /// <summary>Requests under way, oldest first.</summary>
    public ImmutableArray<LeaseRequest> Requests { get; init; } = [];

    /// <summary>The host takes an order up: claims may grow (asked for at once) or shrink (the lease of what is gone ends here).</summary>
    /// <param name="order">Its decision.</param>
    /// <param name="roles">What it gives to this host.</param>
    /// <param name="now">The host's clock.</param>
    /// <param name="voters">The monitors whose grants count by it; null = as before.</param>
    public HolderStep Take(DecisionId order, IEnumerable<RoleAddress> roles, TimeSpan now, Voters? voters = null)
    {
        ImmutableSortedSet<RoleAddress> claims = [.. roles];
        // Granters that know of the change refuse the claims by the old list.
        bool recounted = voters is not null && voters.Generation != Voters.Generation;
        bool grows = recounted || claims.Except(Claims).Count > 0 || claims.Any(a => !Until.ContainsKey(a));
        LeaseHolder next = this with
        {
            Order = order,
            Claims = claims,
            Voters = voters ?? Voters,
            Until = Until.RemoveRange(Until.Keys.Where(a => !claims.Contains(a))),
            Withdrawn = order > Order ? [] : Withdrawn,
            ByPeers = ByPeers.Intersect(claims),
            RenewAt = grows ? now : RenewAt,
        };
        return next.Tick(now);
    }

    /// <summary>A monitor answers.</summary>
    public LeaseHolder Take(Granted reply)
    {
        if (reply.Incarnation != Setup.Incarnation || Find(reply.Seq) is not { Hold: false } request)
            return this;
        LeaseHolder next = Noting(reply.Monitor, reply.Why);
        // Of this very order: what was taken by a decision before it may have been given again by it.
        if (request.Order == Order)
            next = next with { Withdrawn = Withdrawn.Union(reply.Withdrawn.Where(Claims.Contains)) };
        return next.Counted(request, reply.Monitor, reply.Addresses);
    }

    /// <summary>Another host answers.</summary>
    public LeaseHolder Take(Held reply)
    {
        if (reply.Incarnation != Setup.Incarnation || Find(reply.Seq) is not { Hold: true } request)
            return this;
        return Noting(reply.Peer, reply.Why).Counted(request, reply.Peer, reply.Addresses);
    }

    /// <summary>
    /// The host may have stood still for longer than its clock says (a virtual machine that its hypervisor paused), so nobody knows what is left of its leases, nor when
    /// what is under way was sent: no answer to an earlier request counts any more, and only one that is made now and answered within <see cref="LeaseTerms.ProveWithin"/> lets them go on.
    /// </summary>
    public HolderStep Doubt(TimeSpan now)
    {
        TimeSpan end = now + Setup.Terms.ProveWithin;
        return (this with
        {
            Until = Until.SetItems(Until.Where(u => u.Value > end && !Kept(u.Key)).Select(u => KeyValuePair.Create(u.Key, end))),
            Requests = [],
            RenewAt = now,
            HoldAt = now,
        }).Tick(now);
    }

    /// <summary>Time passed: what is due is asked, what has run out or was taken is gone.</summary>
    public HolderStep Tick(TimeSpan now)
    {
        ImmutableSortedSet<RoleAddress> lapsed = [.. Until.Where(u => Withdrawn.Contains(u.Key) || (u.Value <= now && !Kept(u.Key))).Select(u => u.Key)];
        LeaseHolder next = lapsed.IsEmpty ? this : this with { Until = Until.RemoveRange(lapsed), ByPeers = ByPeers.Except(lapsed) };
        var asks = ImmutableArray.CreateBuilder<IMessage>();
        if (next.Claims.Count > 0 && now >= next.RenewAt)
        {
            next = next.Asking(new LeaseRequest(next.Seq + 1, now, next.Order, next.Claims, next.Voters)) with { RenewAt = now + Setup.Terms.RenewEvery };
            asks.Add(new Renew(Setup.Topology.Name, Setup.Host, Setup.Incarnation, next.Seq, next.Order, [.. next.Claims], (int)Setup.Terms.Ttl.TotalMilliseconds, next.Voters.Generation));
        }

        ImmutableSortedSet<RoleAddress> endangered = next.Endangered(now);
        if (!endangered.IsEmpty && now >= next.HoldAt)
        {
            next = next.Asking(new LeaseRequest(next.Seq + 1, now, next.Order, endangered, null)) with { HoldAt = now + Setup.Terms.HoldEvery };
            asks.Add(new Hold(Setup.Topology.Name, Setup.Host, Setup.Incarnation, next.Seq, next.Order, [.. endangered], (int)Setup.Terms.Ttl.TotalMilliseconds));
        }

        return new HolderStep(next, asks.ToImmutable(), lapsed);
    }

    /// <summary>When <see cref="Tick"/> has something to do next; null = not before another input.</summary>
    public TimeSpan? WakeAt
    {
        get
        {
            TimeSpan? at = Claims.IsEmpty ? null : RenewAt;
            foreach ((RoleAddress address, TimeSpan until) in Until)
            {
                if (!Kept(address) && !(at <= until))
                    at = until;
                if (Guarded(address))
                {
                    TimeSpan hold = until - Setup.Terms.FailsafeAt;
                    hold = hold > HoldAt ? hold : HoldAt;
                    at = at <= hold ? at : hold;
                }
            }

            return at;
        }
    }

    /// <summary>How long the address may still be shown; zero = not at all.</summary>
    public TimeSpan Left(RoleAddress address, TimeSpan now)
    {
        if (!Until.TryGetValue(address, out TimeSpan until))
            return TimeSpan.Zero;
        TimeSpan left = until - now;
        // A kept one is on by its host's own word: as long as its agent lives, a ttl at a time.
        return Kept(address) && left < Setup.Terms.Ttl ? Setup.Terms.Ttl : left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>A balanced address stays where it is while its host cannot reach a quorum, until a later decision is heard of.</summary>
    private bool Kept(RoleAddress address) =>
        Setup.KeepBalanced && Setup.Topology.Roles[address.Role].Mode == RoleMode.Balanced && !Withdrawn.Contains(address);

    /// <summary>May go on by the word of the other hosts.</summary>
    private bool Guarded(RoleAddress address) =>
        Setup.Failsafe && Claims.Contains(address) && Setup.Topology.Roles[address.Role].Mode == RoleMode.Exclusive && !Withdrawn.Contains(address);

    private ImmutableSortedSet<RoleAddress> Endangered(TimeSpan now) =>
        [.. Until.Where(u => u.Value > now && u.Value - now <= Setup.Terms.FailsafeAt && Guarded(u.Key)).Select(u => u.Key)];

    private LeaseHolder Noting(string voter, string? why) =>
        this with { Refusals = why is null ? Refusals.Remove(voter) : Refusals.SetItem(voter, why) };

    private LeaseRequest? Find(long seq) => Requests.FirstOrDefault(r => r.Seq == seq);

    private LeaseHolder Asking(LeaseRequest request)
    {
        ImmutableArray<LeaseRequest> kept = Requests.Length < RequestsKept ? Requests : Requests.RemoveAt(0);
        LeaseHolder next = this with { Seq = request.Seq, Requests = kept.Add(request) };
        // Where nobody else may carry an address, all others have agreed.
        return request.Hold ? next.Extended(request, [.. request.Addresses.Where(a => Setup.Rivals(a).IsEmpty)]) : next;
    }

    private LeaseHolder Counted(LeaseRequest request, string voter, ImmutableArray<RoleAddress> addresses)
    {
        if (!(request.Voters?.Contains(voter) ?? (Setup.Topology.Hosts.ContainsKey(voter) && voter != Setup.Host)))
            return this;
        LeaseRequest counted = request.With(voter, addresses);
        LeaseHolder next = this with { Requests = Requests.Replace(request, counted) };
        return next.Extended(counted, [.. addresses.Where(a => request.Addresses.Contains(a) && IsGranted(counted, a))]);
    }

    /// <summary>By a quorum of the monitors; by other hosts only when by all of them, or nobody can be sure that none takes over.</summary>
    private bool IsGranted(LeaseRequest request, RoleAddress address)
    {
        ImmutableArray<string> rivals = Setup.Rivals(address);
        return request.Voters is { } voters ? voters.HasQuorum(request.For(address)) : request.For(address).Count(rivals.Contains) == rivals.Length;
    }

    private LeaseHolder Extended(LeaseRequest request, ImmutableArray<RoleAddress> addresses)
    {
        LeaseHolder next = this;
        TimeSpan until = request.SentAt + Setup.Terms.Ttl;
        foreach (RoleAddress address in addresses.Where(a => Claims.Contains(a) && !Withdrawn.Contains(a)))
        {
            // Promises let a lease go on; they never begin one.
            if (request.Hold && !next.Until.ContainsKey(address))
                continue;
            if (next.Until.TryGetValue(address, out TimeSpan known) && known >= until)
                continue;
            next = next with
            {
                Until = next.Until.SetItem(address, until),
                ByPeers = request.Hold ? next.ByPeers.Add(address) : next.ByPeers.Remove(address),
            };
        }

        return next;
    }
}

/// <summary>What an agent's lease goes by.</summary>
/// <param name="Topology">Hosts and roles.</param>
/// <param name="Host">This host.</param>
/// <param name="Incarnation">Start of the process.</param>
/// <param name="Terms">Durations.</param>
/// <param name="Failsafe">Exclusive addresses may go on by the word of all other hosts that may carry them.</param>
/// <param name="KeepBalanced">Balanced addresses stay while no quorum answers (failsafe.balanced = keep).</param>
public sealed record LeaseHolderSetup(
    ClusterTopology Topology, string Host, long Incarnation, LeaseTerms Terms, bool Failsafe, bool KeepBalanced)
{
    /// <summary>The other hosts that may carry the address.</summary>
    public ImmutableArray<string> Rivals(RoleAddress address) => [.. Topology.Roles[address.Role].Hosts.Where(h => h != Host)];

    /// <summary>The hosts that will be asked when no quorum of monitors answers: all that may carry an exclusive address of this one. None without failsafe.</summary>
    public ImmutableArray<string> FailsafePeers =>
        Failsafe
            ? [.. Topology.Roles.Values.Where(r => r.Mode == RoleMode.Exclusive && r.Hosts.Contains(Host)).SelectMany(r => r.Hosts).Where(h => h != Host).Distinct().Order(StringComparer.Ordinal)]
            : [];
}

/// <summary>A request whose answers are counted.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="SentAt">When it was sent: what it brings runs from here.</param>
/// <param name="Order">By which order.</param>
/// <param name="Addresses">What was asked for.</param>
/// <param name="Voters">The monitors that it is counted by; null = asked of the other hosts.</param>
public sealed record LeaseRequest(long Seq, TimeSpan SentAt, DecisionId Order, ImmutableSortedSet<RoleAddress> Addresses, Voters? Voters)
{
    /// <summary>Asked of the other hosts, not of the monitors.</summary>
    public bool Hold => Voters is null;

    private ImmutableSortedDictionary<string, ImmutableArray<RoleAddress>> Answers { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<RoleAddress>>(StringComparer.Ordinal);

    internal LeaseRequest With(string voter, ImmutableArray<RoleAddress> addresses) => this with { Answers = Answers.SetItem(voter, addresses) };

    internal IEnumerable<string> For(RoleAddress address) => Answers.Where(a => a.Value.Contains(address)).Select(a => a.Key);
}

/// <param name="Next">The state after it.</param>
/// <param name="Asks">To send: <see cref="Renew"/> to every granter, <see cref="Hold"/> to every other host that may carry one of its addresses.</param>
/// <param name="Lapsed">Addresses whose lease has run out: they must be off this host now.</param>
public sealed record HolderStep(LeaseHolder Next, ImmutableArray<IMessage> Asks, ImmutableSortedSet<RoleAddress> Lapsed);
