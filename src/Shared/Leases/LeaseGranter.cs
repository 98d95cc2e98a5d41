using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Shared.Leases;

/// <summary>
/// One monitor's granter of one MMM cluster's leases, as a pure function of its state, a message and its own monotonic clock. It grants whatever no decision it
/// knows of has taken away, remembers when, and once it has confirmed a <see cref="Withdraw"/> never grants the old claim again. What it remembers is lost with its
/// process: it then grants nothing before it has read the decisions of a quorum of keepers (<see cref="Adopt"/>), and answers as if it had granted
/// everything at its start.
/// </summary>
/// <param name="Topology">Hosts and role addresses.</param>
/// <param name="Monitor">This monitor.</param>
/// <param name="Terms">Durations.</param>
/// <param name="Since">When it began to remember.</param>
/// <param name="Ready">It knows the decisions of a quorum.</param>
/// <param name="Rules">By host: the latest decision it knows of about that host.</param>
/// <param name="Grants">When something was last granted to whom.</param>
public sealed record LeaseGranter(
    ClusterTopology Topology,
    string Monitor,
    LeaseTerms Terms,
    TimeSpan Since,
    bool Ready,
    ImmutableSortedDictionary<string, GrantRule> Rules,
    ImmutableSortedDictionary<string, ImmutableSortedDictionary<RoleAddress, TimeSpan>> Grants)
{
    /// <summary>Claims by an earlier generation of the voters are refused: whoever counts by an old list could count a quorum that the withdrawals of a later one miss.</summary>
    public long Generation { get; init; }

    /// <summary>Since when.</summary>
    public TimeSpan GenerationSince { get; init; } = Since;

    /// <param name="topology">Hosts and role addresses.</param>
    /// <param name="monitor">This monitor.</param>
    /// <param name="terms">Durations.</param>
    /// <param name="now">Its clock.</param>
    public static LeaseGranter Start(ClusterTopology topology, string monitor, LeaseTerms terms, TimeSpan now) => new(
        topology, monitor, terms, now, false,
        ImmutableSortedDictionary.Create<string, GrantRule>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<RoleAddress, TimeSpan>>(StringComparer.Ordinal));

    /// <summary>What a quorum of keepers holds: from here on it grants. A rule that it has learned since its start is kept when it is later.</summary>
    /// <param name="id">The latest decision of a quorum; <see cref="DecisionId.None"/> when there is none yet.</param>
    /// <param name="held">What each host has by that decision.</param>
    public LeaseGranter Adopt(DecisionId id, IReadOnlyDictionary<string, ImmutableArray<RoleAddress>> held)
    {
        LeaseGranter next = this with { Ready = true };
        if (id == DecisionId.None)
            return next;
        foreach (string host in Topology.Hosts.Keys)
            next = next.Ruled(host, id, held.TryGetValue(host, out ImmutableArray<RoleAddress> allowed) ? allowed : []);
        return next;
    }

    /// <summary>A host asks.</summary>
    public (LeaseGranter Next, Granted Reply) Take(Renew request, TimeSpan now)
    {
        if (Refusal(request) is { } refusal)
            return (this, Reply(request, [], [], refusal));
        // An agent counts by a list only once an order has told it, so it is decided.
        if (request.Generation > Generation)
            return Knowing(request.Generation, now).Take(request, now);
        GrantRule? rule = Rules.GetValueOrDefault(request.Host);
        bool later = rule is null || request.Order > rule.Id;
        ImmutableArray<RoleAddress> allowed = later ? request.Claims : [.. request.Claims.Where(rule!.Allowed.Contains)];
        ImmutableArray<RoleAddress> withdrawn = [.. request.Claims.Except(allowed)];
        ImmutableSortedDictionary<RoleAddress, TimeSpan> grants = Grants.GetValueOrDefault(request.Host) ?? ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty;
        LeaseGranter next = this with { Grants = Grants.SetItem(request.Host, grants.SetItems(allowed.Select(a => KeyValuePair.Create(a, now)))) };
        return (next, Reply(request, allowed, withdrawn, withdrawn.IsEmpty ? null : $"decision {rule!.Id} took {string.Join(", ", withdrawn)} from {request.Host}"));
    }

    /// <summary>The coordinator takes something away; also from a host that is no longer configured here, to which nothing has been granted since this granter's start.</summary>
    /// <returns>A null reply: not confirmed.</returns>
    public (LeaseGranter Next, Withdrawn? Reply) Take(Withdraw request, TimeSpan now)
    {
        // A later rule is at least as strict about orders up to this decision, unless it allows again what this one took: then it is not confirmed.
        GrantRule? known = Rules.GetValueOrDefault(request.Host);
        if (known is not null && known.Id > request.Id && known.Allowed.Except(request.Allowed).Any())
            return (this, null);
        return (Ruled(request.Host, request.Id, request.Allowed), new Withdrawn(request.Cluster, Monitor, request.Host, request.Id, AgeMs(request.Host, request.Allowed, now)));
    }

    /// <summary>These voters are decided.</summary>
    public LeaseGranter Knowing(long generation, TimeSpan now) =>
        generation > Generation ? this with { Generation = generation, GenerationSince = now } : this;

    /// <summary>How old the leases are.</summary>
    public ImmutableArray<HostAge> Ages(TimeSpan now) =>
        [.. Grants.Where(g => g.Value.Count > 0).Select(g => new HostAge(g.Key, (long)(now - g.Value.Values.Max()).TotalMilliseconds))];

    private LeaseGranter Ruled(string host, DecisionId id, ImmutableArray<RoleAddress> allowed) =>
        Rules.GetValueOrDefault(host) is { } known && known.Id >= id ? this : this with { Rules = Rules.SetItem(host, new GrantRule(id, allowed)) };

    private string? Refusal(Renew request) =>
        !Ready ? $"monitor {Monitor} has not read the decisions of a quorum of monitors yet"
        : !Topology.Hosts.ContainsKey(request.Host) ? $"monitor {Monitor} is not configured with a host '{request.Host}'"
        : request.Generation < Generation ? $"the list of voting monitors has changed, and host {request.Host} has not been told yet"
        : request.TtlMs != (int)Terms.Ttl.TotalMilliseconds ? $"monitor {Monitor} is configured with lease.ttl = {Terms.Ttl.TotalMilliseconds:0} ms, host {request.Host} with {request.TtlMs} ms"
        : null;

    /// <summary>Rounded down: a lease must not look older than it is.</summary>
    private long AgeMs(string host, ImmutableArray<RoleAddress> allowed, TimeSpan now)
    {
        TimeSpan last = Since;
        foreach ((RoleAddress address, TimeSpan at) in Grants.GetValueOrDefault(host) ?? ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty)
        {
            if (at > last && !allowed.Contains(address))
                last = at;
        }

        return (long)(now - last).TotalMilliseconds;
    }

    private Granted Reply(Renew request, ImmutableArray<RoleAddress> granted, ImmutableArray<RoleAddress> withdrawn, string? why) =>
        new(request.Cluster, Monitor, request.Host, request.Incarnation, request.Seq, granted, withdrawn, why);
}

/// <summary>What a decision left a host with.</summary>
/// <param name="Id">The decision.</param>
/// <param name="Allowed">Claims by orders up to it are granted for these only.</param>
public sealed record GrantRule(DecisionId Id, ImmutableArray<RoleAddress> Allowed);
