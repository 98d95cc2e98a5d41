namespace Mmm.Shared.Agents;

/// <summary>What is done about a host whose data cannot be written.</summary>
public enum DiskReaction
{
    /// <summary>It is said.</summary>
    Warn,

    /// <summary>The host is taken out while others can do its work, and takes no active master role over.</summary>
    Failover,
}

/// <summary>HOCON: <c>disk { … }</c> of a cluster.</summary>
/// <param name="CheckInterval">How often the agents write to the disk of mysqld's data; zero = never.</param>
/// <param name="Timeout">A write that has not ended by then is one that stands still.</param>
/// <param name="MinFree">Less than this, in bytes, and it counts as full.</param>
/// <param name="Policy">What is done about it.</param>
public sealed record DiskSettings(TimeSpan CheckInterval, TimeSpan Timeout, long MinFree, DiskPolicy Policy)
{
    /// <summary>Nobody looks.</summary>
    public static readonly DiskSettings Off = new(TimeSpan.Zero, TimeSpan.Zero, 0, DiskPolicy.WarnOnly);
}

/// <summary>HOCON: <c>disk { full, read_only, stalled }</c> of a cluster.</summary>
/// <param name="Full">On a disk without space.</param>
/// <param name="ReadOnly">On a file system that is read-only, or fails with an I/O error.</param>
/// <param name="Stalled">On a disk that stands still.</param>
public sealed record DiskPolicy(DiskReaction Full, DiskReaction ReadOnly, DiskReaction Stalled)
{
    public static readonly DiskPolicy WarnOnly = new(DiskReaction.Warn, DiskReaction.Warn, DiskReaction.Warn);
}
