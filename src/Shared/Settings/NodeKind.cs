namespace Mmm.Shared.Settings;

/// <summary>Which program reads the configuration: each needs other parts of it.</summary>
public enum NodeKind
{
    /// <summary>A monitor node: <c>this</c> is one of <c>monitors</c>; the monitor user's password is needed.</summary>
    Monitor,

    /// <summary>An agent: <c>this</c> is a host of a cluster; the agent's and the replication user's passwords are needed.</summary>
    Agent,

    /// <summary>The command line tool, the lab: <c>this</c> is not looked at, no password is needed; what is there is read.</summary>
    Tool,
}
