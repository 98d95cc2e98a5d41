using System.Collections.Immutable;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>Who gets which role address, the active master role's moves aside (<see cref="WriterMove"/>).</summary>
public static class RoleDistribution
{
    /// <summary>Takes every role from hosts that are not ONLINE, or that cannot show it any more without their agent (ACTIVE mode only: in MANUAL and WAIT they stay where they were).</summary>
    public static ClusterState TakeFromFailed(ClusterState state)
    {
        foreach (RoleSlot slot in state.Document!.Slots)
        {
            if (slot.Owner is { } owner && state.Document!.Hosts[owner].State != HostState.Online)
                state = Take(state, slot, $"host '{owner}' is {StateNames.NameOf(state.Document.Hosts[owner].State)}");
            else if (slot.Owner is { } lost && state.LeaseLost(lost))
                state = Take(state, slot, $"its agent is not reachable, and its lease has run out");
        }

        return state;
    }

    /// <summary>Takes all roles from one host, whatever the mode (set_offline).</summary>
    public static ClusterState TakeAllFrom(ClusterState state, string host, string why)
    {
        foreach (RoleSlot slot in state.Document!.Slots.Where(s => s.Owner == host))
            state = Take(state, slot, why);
        return state;
    }

    /// <summary>Takes one address away from its owner.</summary>
    public static ClusterState Take(ClusterState state, RoleSlot slot, string why) =>
        state.Deciding(d => d.With(slot.Taken(state.At)))
            .Noted("role_taken", slot.Owner, $"Removed role '{slot.Address}' from host '{slot.Owner}': {why}");

    /// <summary>Lets go of addresses whose old holder has released them, or whose lease has run out.</summary>
    public static ClusterState FinishReleases(ClusterState state)
    {
        foreach (RoleSlot slot in state.Document!.Slots)
        {
            // The active master role is released by WriterMove, which must also record where the old master's binlog ended.
            if (slot.ReleasingFrom is { } from && slot.Address != state.Writer && Release.Of(state, slot) is { Done: true } release)
            {
                state = state.Deciding(d => d.With(slot.Released()))
                    .Noted("role_released", from, $"Host '{from}' released role '{slot.Address}': {release.Why}", new NoteAbout(from, slot.Owner, slot.Address));
            }
        }

        return state;
    }

    /// <summary>Gives orphans of balanced roles, and in ACTIVE mode of exclusive roles other than the active master's, to eligible hosts.</summary>
    public static ClusterState AdoptOrphans(ClusterState state)
    {
        foreach (Role role in state.Topology.Roles.Values)
        {
            if (role.Name == state.Topology.ActiveMasterRole || (role.Mode == RoleMode.Exclusive && state.Document!.Mode != ClusterMode.Active))
                continue;
            List<RoleSlot> orphans = [.. state.Document!.Slots.Where(s => s.Address.Role == role.Name && s.Owner is null)];
            if (orphans.Count == 0)
                continue;
            var loads = new RoleLoads(state, role);
            foreach (RoleSlot slot in orphans)
            {
                string? host = role.Mode == RoleMode.Exclusive && role.Prefer is { } p && state.MayReceive(p) ? p : loads.Least();
                if (host is null)
                    break;
                loads.Add(host, 1);
                state = state.Deciding(d => d.With(slot.GivenTo(host, state.At)))
                    .Noted("role_assigned", host, $"Orphaned role '{slot.Address}' has been assigned to '{host}'", new NoteAbout(null, host, slot.Address));
            }
        }

        return state;
    }

    /// <summary>Moves addresses of balanced roles until no eligible host has two more than another; the active master role weighs 0.5.</summary>
    public static ClusterState Balance(ClusterState state)
    {
        foreach (Role role in state.Topology.Roles.Values.Where(r => r.Mode == RoleMode.Balanced))
        {
            var loads = new RoleLoads(state, role);
            // Every move lowers the spread, so one pass per address is enough.
            for (int moves = 0; moves < role.Ips.Length && loads.Uneven() is var (from, to); moves++)
            {
                loads.Add(from, -1);
                loads.Add(to, 1);
                // Prefer to move what is not shown anywhere yet: no client notices.
                RoleSlot slot = state.Document!.Slots.Where(s => s.Address.Role == role.Name && s.Owner == from)
                    .OrderBy(s => s.Holder is null ? 0 : 1).ThenByDescending(s => s.Address).First();
                state = state.Deciding(d => d.With(slot.GivenTo(to, state.At)))
                    .Noted("role_balanced", to, $"Moving role '{slot.Address}' from host '{from}' to host '{to}'", new NoteAbout(from, to, slot.Address));
            }
        }

        return state;
    }

    /// <summary>Brings exclusive roles other than the active master's back to their preferred host (ACTIVE mode).</summary>
    public static ClusterState ReturnToPreferred(ClusterState state)
    {
        foreach (Role role in state.Topology.Roles.Values.Where(r => r.Mode == RoleMode.Exclusive && r.Name != state.Topology.ActiveMasterRole))
        {
            if (role.Prefer is not { } preferred || !state.MayReceive(preferred))
                continue;
            RoleSlot slot = state.Document!.Slot(role.Addresses.First());
            // From a host whose agent cannot be told it would not come off: it goes on serving there.
            if (slot.Owner is { } owner && owner != preferred && state.MayReceive(owner))
            {
                state = state.Deciding(d => d.With(slot.GivenTo(preferred, state.At)))
                    .Noted("role_preferred", preferred, $"Moving role '{slot.Address}' from host '{owner}' to its preferred host '{preferred}'", new NoteAbout(owner, preferred, slot.Address));
            }
        }

        return state;
    }
}
