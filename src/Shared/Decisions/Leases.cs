using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>What is being taken from a host.</summary>
/// <param name="Request">As it was sent to the granters.</param>
/// <param name="SentAt">Last time.</param>
/// <param name="OverAt">By monitor that confirmed it: when everything that this one had granted has run out.</param>
public sealed record Withdrawal(LeaseProtocol.Withdraw Request, DateTimeOffset SentAt, ImmutableSortedDictionary<string, DateTimeOffset> OverAt);

/// <summary>
/// How the coordinator takes leases away from a host whose agent cannot be relied on: the granters are told, and once a quorum of them has confirmed
/// and all that these granted has run out, the host shows nothing any more (docs/safety.md).
/// </summary>
public static class Leases
{
    /// <summary>Granters that have not confirmed are told again after this long; they answer within milliseconds.</summary>
    private static readonly TimeSpan s_resendAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>When the old holder's leases are over; null while too few granters have confirmed.</summary>
    public static DateTimeOffset? OverAt(ClusterState state, string host)
    {
        if (!state.Withdrawals.TryGetValue(host, out Withdrawal? withdrawal) || !state.Voters.HasQuorum(withdrawal.OverAt.Keys))
            return null;
        // Every quorum that granted it something has a member in this one, also one of the voters before the last change: its earliest full quorum is enough.
        return withdrawal.OverAt.Where(o => state.Voters.Contains(o.Key)).Select(o => o.Value).Order().ElementAt(state.Quorum - 1);
    }

    /// <summary>So many granters have granted it nothing for a ttl that the rest are no quorum.</summary>
    public static bool CannotHave(ClusterState state, string host)
    {
        LeaseTerms terms = new(state.Settings.LeaseTtl);
        int without = state.LeaseAges.Values.Count(a => state.Voters.Contains(a.Ages.Monitor) && state.At - a.ReceivedAt <= state.Settings.SightTimeout && Age(a, host) is var age && (age is null || age > terms.Promise));
        return without > state.Monitors - state.Quorum;
    }

    /// <summary>From the first order that a host has carried out its addresses are leased.</summary>
    internal static ClusterState Record(ClusterState state)
    {
        foreach ((string host, HostRecord record) in state.Document!.Hosts)
        {
            if (!record.UnderLease && OrderReports.OfPresent(state, host)?.Progress.Status == AgentProtocol.OrderStatus.Done)
                state = state.Deciding(d => d.With(host, record with { UnderLease = true }));
        }

        return state;
    }

    internal static ClusterState Absorb(ClusterState state, LeaseProtocol.Ages ages)
    {
        bool older = state.LeaseAges.TryGetValue(ages.Monitor, out AgesSight? known)
            && (known.Ages.Incarnation, known.Ages.Seq).CompareTo((ages.Incarnation, ages.Seq)) >= 0
            && (known.Ages.Incarnation == ages.Incarnation || state.At - known.ReceivedAt <= state.Settings.SightTimeout);
        return older ? state : state with { LeaseAges = state.LeaseAges.SetItem(ages.Monitor, new AgesSight(ages, state.At)) };
    }

    internal static ClusterState Absorb(ClusterState state, LeaseProtocol.Withdrawn confirmed)
    {
        if (!state.Withdrawals.TryGetValue(confirmed.Host, out Withdrawal? withdrawal) || withdrawal.Request.Id != confirmed.Id || withdrawal.OverAt.ContainsKey(confirmed.Monitor))
            return state;
        LeaseTerms terms = new(state.Settings.LeaseTtl);
        TimeSpan left = terms.Ttl - TimeSpan.FromMilliseconds(confirmed.AgeMs);
        DateTimeOffset over = state.At + (left > TimeSpan.Zero ? left : TimeSpan.Zero) + terms.Margin;
        return state with { Withdrawals = state.Withdrawals.SetItem(confirmed.Host, withdrawal with { OverAt = withdrawal.OverAt.SetItem(confirmed.Monitor, over) }) };
    }

    /// <summary>Tells the granters of every host that has something to release and cannot be relied on to do so.</summary>
    internal static ClusterState Withdraw(ClusterState state, ImmutableArray<Effect>.Builder effects)
    {
        var wanted = ImmutableSortedDictionary.CreateBuilder<string, Withdrawal>(StringComparer.Ordinal);
        foreach (string host in state.Document!.Slots.Select(s => s.ReleasingFrom).OfType<string>().Distinct())
        {
            if (state.Document.Hosts.TryGetValue(host, out HostRecord? record) && record.State == HostState.Online && !state.AgentLost(host)
                && state.Agrees(state.Sights[host].Agent?.Fingerprint))
                continue;
            ImmutableArray<RoleAddress> allowed = LeaseHoldings.Of(state.Document, host);
            bool goesOn = state.Withdrawals.TryGetValue(host, out Withdrawal? withdrawal) && withdrawal.Request.Allowed.SequenceEqual(allowed);
            if (goesOn && (state.Voters.Names.All(withdrawal!.OverAt.ContainsKey) || state.At - withdrawal.SentAt < s_resendAfter))
            {
                wanted[host] = withdrawal;
                continue;
            }

            // What it loses later it loses by a later decision; what it has lost it goes on having lost.
            LeaseProtocol.Withdraw request = goesOn ? withdrawal!.Request : new(state.Topology.Name, host, new DecisionId(state.Epoch, state.Version), allowed);
            wanted[host] = goesOn ? withdrawal! with { SentAt = state.At } : new Withdrawal(request, state.At, ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal));
            effects.Add(new SendWithdraw(request));
        }

        return state with { Withdrawals = wanted.ToImmutable() };
    }

    private static TimeSpan? Age(AgesSight sight, string host) =>
        sight.Ages.Hosts.FirstOrDefault(h => h.Host == host) is { } age ? TimeSpan.FromMilliseconds(age.AgeMs) : null;
}
