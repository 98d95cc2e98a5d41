using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Simulation.Faults;

/// <summary>The places where a <see cref="Mutation"/> puts its hand between the shells and the machines. Without one, nothing is changed.</summary>
internal sealed class Rules(Mutation mutation, SimSetup setup)
{
    public int KernelSeconds(TimeSpan left) => mutation == Mutation.LifetimeRoundedUp && left > TimeSpan.Zero
        ? (int)Math.Ceiling(left.TotalSeconds) : LeaseTerms.KernelSeconds(left);

    /// <summary>The agent's side, before a grant is counted.</summary>
    public AgentLease BeforeGranted(AgentLease lease, Granted reply, TimeSpan now)
    {
        LeaseHolder holder = lease.Holder;
        switch (mutation)
        {
            case Mutation.ReceiveTime when holder.Requests.FirstOrDefault(r => r.Seq == reply.Seq) is { } request:
                return lease with { Holder = holder with { Requests = holder.Requests.Replace(request, request with { SentAt = now }) } };
            case Mutation.LiveQuorum when holder.Requests.FirstOrDefault(r => r.Seq == reply.Seq && !r.Hold) is { } counted:
                // Whoever has not answered the last few requests does not count: a quorum of one is left when one answers.
                return lease with { Holder = holder with { Requests = holder.Requests.Replace(counted, counted with { Voters = new Voters(0, [reply.Monitor]) }) } };
            case Mutation.GrantsAddUp when holder.Requests.Length > 0 && holder.Requests.LastOrDefault(r => !r.Hold) is { } last:
                // An answer to any earlier request counts for the latest.
                return lease with { Holder = holder with { Requests = [.. holder.Requests.Select(r => r.Seq == reply.Seq ? r with { SentAt = last.SentAt } : r)] } };
            default:
                return lease;
        }
    }

    /// <summary>The coordinator's side, after a confirmation was taken in.</summary>
    public ClusterState AfterConfirmed(ClusterState before, ClusterState after, string host)
    {
        if (mutation is not (Mutation.NoWaitForLease or Mutation.NoMargin or Mutation.OneGranterWithdraws)
            || !after.Withdrawals.TryGetValue(host, out Withdrawal? now))
            return after;
        before.Withdrawals.TryGetValue(host, out Withdrawal? was);
        ImmutableSortedDictionary<string, DateTimeOffset> over = now.OverAt;
        foreach ((string monitor, DateTimeOffset at) in now.OverAt.Where(o => was?.OverAt.ContainsKey(o.Key) != true))
        {
            over = mutation switch
            {
                Mutation.NoWaitForLease => over.SetItem(monitor, after.At),
                Mutation.NoMargin => over.SetItem(monitor, at - setup.Terms.Margin),
                _ => setup.Monitors.Aggregate(over, (all, m) => all.SetItem(m, at)),
            };
        }

        return after with { Withdrawals = after.Withdrawals.SetItem(host, now with { OverAt = over }) };
    }

    /// <summary>A granter as it starts.</summary>
    public LeaseGranter Started(LeaseGranter granter, TimeSpan now) => mutation == Mutation.NoQuietGranter
        ? granter.Adopt(DecisionId.None, ImmutableDictionary<string, ImmutableArray<Mmm.Shared.Topology.RoleAddress>>.Empty) with { Since = now - TimeSpan.FromHours(1) }
        : granter;

    /// <summary>What a keeper reads from its disk.</summary>
    public KeeperRecord? Read(KeeperRecord? record) => mutation == Mutation.KeeperForgets && record is not null ? record with { Promised = record.Held.Epoch } : record;
}
