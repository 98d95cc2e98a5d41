using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>
/// What must be true of every document that is decided, checked after every step, in production too: a coordinator whose state
/// breaks one stops sending anything and says so.
/// </summary>
public static class Invariants
{
    /// <summary>The broken rules, as sentences; empty = sound.</summary>
    public static ImmutableArray<string> Check(ClusterState state)
    {
        if (state.Document is not { } d)
            return [];
        var broken = ImmutableArray.CreateBuilder<string>();
        if (!d.Slots.Select(s => s.Address).SequenceEqual(state.Topology.Addresses))
            broken.Add("the document does not have exactly the configured role addresses");
        if (!d.Hosts.Keys.SequenceEqual(state.Topology.Hosts.Keys))
            broken.Add("the document does not have exactly the configured hosts");
        if (broken.Count > 0)
            return broken.ToImmutable();

        foreach (RoleSlot slot in d.Slots)
        {
            if (slot.Owner is { } owner && !state.Topology.MayCarry(slot.Address.Role, owner))
                broken.Add($"{slot.Address} is decided for '{owner}', which may not carry it");
            if (slot.Owner is { } o && d.Mode == ClusterMode.Active && !state.Blind && d.Hosts[o].State != HostState.Online)
                broken.Add($"{slot.Address} is decided for '{o}', which is {StateNames.NameOf(d.Hosts[o].State)}");
            if (slot.ReleasingFrom is not null && slot.ReleasingFrom == slot.Owner)
                broken.Add($"{slot.Address} waits for its own owner '{slot.Owner}' to release it");
            if (slot.ReleasingFrom is not null && slot.ReleasingSince is null)
                broken.Add($"{slot.Address} waits for a release without a beginning");
        }

        var orders = state.Topology.Hosts.Keys.Select(h => HostOrders.For(state.Topology, state.Settings, d, h, DecisionId.None)).ToList();
        if (orders.Count(o => o.Writable) > 1)
            broken.Add($"more than one host is ordered to be writable: {string.Join(", ", orders.Where(o => o.Writable).Select(o => o.Host))}");
        foreach (var twice in orders.SelectMany(o => o.Roles).GroupBy(a => a).Where(g => g.Count() > 1))
            broken.Add($"{twice.Key} is ordered onto more than one host");
        foreach (AgentProtocol.HostOrder order in orders)
        {
            if (order.Writable != order.Roles.Contains(state.Writer))
                broken.Add($"'{order.Host}' is ordered writable without the active master role's address, or the reverse");
            if (d.Hosts[order.Host].State == HostState.AdminOffline && order.Roles.Length > 0)
                broken.Add($"'{order.Host}' is ADMIN_OFFLINE and ordered to hold roles");
        }

        if (d.Move is { Phase: MovePhase.Releasing } releasing && d.Slot(state.Writer).Holder == releasing.To)
            broken.Add($"'{releasing.To}' holds the active master role before '{releasing.From}' has released it");
        foreach (Role role in state.Topology.Roles.Values.Where(r => r.Mode == RoleMode.Balanced && d.Mode != ClusterMode.Passive && !state.Blind && state.Settled))
        {
            var counts = role.Hosts.Where(state.MayReceive).Select(h => d.Slots.Count(s => s.Owner == h && s.Address.Role == role.Name)).ToList();
            if (counts.Count > 0 && counts.Max() - counts.Min() > 1)
                broken.Add($"role '{role.Name}' is not balanced: one eligible host has two more addresses than another");
            if (counts.Count > 0 && d.Slots.Any(s => s.Address.Role == role.Name && s.Owner is null))
                broken.Add($"role '{role.Name}' has an orphan although a host could carry it");
        }

        return broken.ToImmutable();
    }
}
