using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Agents;

/// <summary>An order as far as the host's leases allow it to be carried out.</summary>
/// <param name="Order">What may be done now.</param>
/// <param name="Missing">Why that is not the whole order: the first obstacle, for people; null = it is.</param>
/// <param name="Waiting">The lease has been asked for and may come any moment.</param>
public sealed record LeasedOrder(AgentProtocol.HostOrder Order, string? Missing, bool Waiting)
{
    /// <param name="order">The standing order.</param>
    /// <param name="cover">The host's leases.</param>
    /// <param name="found">What is there: what waits for its lease is left as it is.</param>
    /// <param name="topology">The cluster.</param>
    public static LeasedOrder Of(AgentProtocol.HostOrder order, LeaseCover cover, FoundHost found, ClusterTopology topology)
    {
        bool known = cover.Order == order.Id;
        bool Leased(RoleAddress a) => cover.Until.ContainsKey(a);
        // A cover that speaks of an earlier order has not heard of what this one adds.
        bool Pending(RoleAddress a) => !Leased(a) && (cover.Pending.Contains(a) || (!known && !cover.Obstacles.ContainsKey(a)));
        // An address that this agent is not configured with is no matter of leases: the plan says what to do.
        bool Foreign(RoleAddress a) => !topology.MayCarry(a.Role, order.Host);

        ImmutableArray<RoleAddress> missing = [.. order.Roles.Where(a => !Leased(a) && !Foreign(a))];
        if (missing.IsEmpty)
            return new LeasedOrder(order, null, false);
        RoleAddress writer = topology.WriterAddress;
        bool writable = order.Writable
            && (Leased(writer) || (Pending(writer) && found.Mysqld is not { State: AgentProtocol.MysqldState.Up, ReadOnly: true }));
        AgentProtocol.HostOrder may = order with
        {
            Roles = [.. order.Roles.Where(a => !missing.Contains(a) || (Pending(a) && found.Addresses.Contains(a)))],
            Writable = writable,
            CatchUp = writable ? order.CatchUp : null,
        };
        RoleAddress worst = missing.Contains(writer) ? writer : missing[0];
        bool waiting = missing.All(Pending);
        return new LeasedOrder(may, cover.Obstacles.GetValueOrDefault(worst) ?? $"the lease of {worst} has been asked for", waiting);
    }
}
