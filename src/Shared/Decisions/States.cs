namespace Mmm.Shared.Decisions;

/// <summary>MySQL-MMM's states of a host.</summary>
public enum HostState
{
    /// <summary>Up, or never seen: waits for its checks, then for time or an operator, to go ONLINE.</summary>
    AwaitingRecovery,

    /// <summary>The only state in which a host holds roles.</summary>
    Online,

    /// <summary>Taken out by an operator: no roles, replication stopped.</summary>
    AdminOffline,

    /// <summary>Ping or mysql failed.</summary>
    HardOffline,

    /// <summary>rep_backlog failed.</summary>
    ReplicationDelay,

    /// <summary>rep_threads failed; wins over delay.</summary>
    ReplicationFail,
}

/// <summary>MySQL-MMM's modes of the monitor, one per MMM cluster.</summary>
public enum ClusterMode
{
    /// <summary>Roles are moved away from failed hosts automatically.</summary>
    Active,

    /// <summary>Host states change, balanced orphans are distributed, roles are not taken from failed hosts.</summary>
    Manual,

    /// <summary>Like MANUAL until both masters are ONLINE, or one has been for wait_for_other_master; then ACTIVE.</summary>
    Wait,

    /// <summary>Nothing changes, nothing is sent.</summary>
    Passive,
}

/// <summary>MMM's spelling of states and modes.</summary>
public static class StateNames
{
    public static string NameOf(HostState state) => state switch
    {
        HostState.AwaitingRecovery => "AWAITING_RECOVERY",
        HostState.Online => "ONLINE",
        HostState.AdminOffline => "ADMIN_OFFLINE",
        HostState.HardOffline => "HARD_OFFLINE",
        HostState.ReplicationDelay => "REPLICATION_DELAY",
        HostState.ReplicationFail => "REPLICATION_FAIL",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a host state"),
    };

    public static string NameOf(ClusterMode mode) => mode switch
    {
        ClusterMode.Active => "ACTIVE",
        ClusterMode.Manual => "MANUAL",
        ClusterMode.Wait => "WAIT",
        ClusterMode.Passive => "PASSIVE",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "not a mode"),
    };
}
