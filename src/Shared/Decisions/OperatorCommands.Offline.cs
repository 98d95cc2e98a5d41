using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary><c>set_offline</c>.</summary>
public static partial class OperatorCommands
{
    private static (ClusterState, string) SetOffline(ClusterState s, string host, string by)
    {
        if (!s.Topology.Hosts.ContainsKey(host))
            return (s, $"ERROR: Unknown host name '{host}'!");
        HostState current = s.Document!.Hosts[host].State;
        if (current == HostState.AdminOffline)
            return (s, "OK: This host is already ADMIN_OFFLINE. Skipping command.");
        if (current is not (HostState.Online or HostState.ReplicationFail or HostState.ReplicationDelay))
            return (s, $"ERROR: Host '{host}' is '{StateNames.NameOf(current)}' at the moment. It can't be switched to ADMIN_OFFLINE.");
        if (!s.AgentReachable(host))
            return (s, $"ERROR: Can't reach agent daemon on '{host}'! Can't switch its state!");
        if (TakeOutWriter(s, host, by) is { } planned)
            return planned;
        s = s.Noted("admin_set_offline", host, $"Admin changed state of '{host}' from {StateNames.NameOf(current)} to ADMIN_OFFLINE ({by})");
        s = HostRules.Enter(s, host, HostState.AdminOffline, "set_offline", "set_offline");
        return (RoleDistribution.TakeAllFrom(s, host, "set_offline"),
            $"OK: State of '{host}' changed to ADMIN_OFFLINE. Now you can wait some time and check all roles!");
    }

    /// <summary>Ours: MMM takes the role from the active master whatever its peer is like. Here it is moved first, and the host is taken out when that has been done. Null = it has no role to move, or nobody could have it.</summary>
    private static (ClusterState, string)? TakeOutWriter(ClusterState s, string host, string by)
    {
        RoleSlot slot = s.Document!.Slot(s.Writer);
        if (s.Document.Mode != ClusterMode.Active || s.Document.Hosts[host].State != HostState.Online)
            return null;
        if (s.Document.Move is { Phase: MovePhase.Releasing or MovePhase.TakingOver, Force: false } running && running.From == host && slot.Owner == running.To)
        {
            s = s.Deciding(d => d with { Move = running with { ThenOffline = true } });
            return (s.Noted("admin_set_offline", host, $"Admin takes '{host}' out once role '{s.Writer.Role}' has been moved to '{running.To}' ({by})"), Then(running.To));
        }

        if (slot.Holder != host)
            return null;
        if (WriterPlacement.Successor(s, host) is not { } to)
            return NoneIsReady(s, host) is { } late ? (s, late) : null;
        if (CannotTakeOver(s, slot, to) is { } cannot)
            return (s, cannot);
        s = WriterMove.BeginPlanned(s.Noted("admin_set_offline", host, $"Admin takes '{host}' out once role '{s.Writer.Role}' has been moved to '{to}' ({by})"), to, "set_offline", thenOffline: true);
        return (s, Then(to) + Waits(s));

        string Then(string next) => $"OK: State of '{host}' changes to ADMIN_OFFLINE as soon as role '{s.Writer.Role}' has been moved to '{next}'. Now you can wait some time and check all roles!";
    }

    /// <summary>Nobody could write until it has caught up. (When the others are down or out, it is the last one that is taken out, and that is as it is meant.)</summary>
    private static string? NoneIsReady(ClusterState s, string host)
    {
        foreach (string other in s.Topology.Roles[s.Writer.Role].Hosts.Where(h => h != host))
        {
            if (s.Document!.Hosts[other].State is (HostState.ReplicationFail or HostState.ReplicationDelay) and var state)
            {
                return $"ERROR: Host '{other}', which would take role '{s.Writer.Role}' over, is {StateNames.NameOf(state)}, so nothing is changed. Wait until it is ONLINE, "
                    + $"or make it the active master as it is with 'move_role --force {s.Writer.Role} {other}' first.";
            }
        }

        return null;
    }
}
