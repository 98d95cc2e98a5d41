using Mmm.Shared.Agents;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// Hosts whose mysqld answers but cannot write its data: the word of the agent there, which is the only one to see it. The latest word counts, however old: whoever had a disk that stood still
/// and fell silent has not got better.
/// </summary>
internal static class DiskRules
{
    /// <summary>What is wrong with the host's disk; null = nothing, or nobody knows.</summary>
    public static DiskFacts? Failing(ClusterState state, string host) =>
        state.Settings.Disk is not null ? Failing(state.Sights[host].Agent) : null;

    private static DiskFacts? Failing(Report? report) => report?.Facts.Disk is { Fails: true } disk ? disk : null;

    /// <summary>Since when that has been told without a break; null = it is not told.</summary>
    public static DateTimeOffset? FailsSince(HostSight before, Report now, DateTimeOffset at) => Failing(now) is null ? null : before.DiskFailsSince ?? at;

    /// <summary>For people, without a full stop.</summary>
    public static string SentenceOf(DiskFacts disk)
    {
        string what = disk.State switch
        {
            DiskState.Full => "is full",
            DiskState.ReadOnly => "cannot be written",
            _ => "stands still",
        };
        return $"the disk with {disk.Folder} {what}: {disk.Message}";
    }

    /// <summary>It may not become the active master by itself.</summary>
    public static bool Disqualifies(ClusterState state, string host) => Failing(state, host) is { } disk && ReactionTo(state, disk) == DiskReaction.Failover;

    /// <summary>
    /// It is taken out, or stays out: its disk fails, and others can do its work. It is taken out only once that has lasted for a check_interval: by then the others have looked at theirs,
    /// which may be in the same storage. One that is out stays so until a new coordinator has heard of it.
    /// </summary>
    public static bool KeepsOut(ClusterState state, string host)
    {
        bool isOut = state.Document!.Hosts[host].State == HostState.HardOffline;
        if (isOut && state.Settings.Disk is not null && state.Sights[host].Agent is null)
            return !state.AgentLost(host);
        return Disqualifies(state, host) && NotSpared(state, host) is null && (isOut || state.At - state.Sights[host].DiskFailsSince >= state.Settings.Disk!.CheckInterval);
    }

    /// <summary>The role of the host that nobody else could carry as well; null = none.</summary>
    public static Role? NotSpared(ClusterState state, string host) =>
        state.Topology.Roles.Values.FirstOrDefault(role =>
            state.Document!.Slots.Any(s => s.Address.Role == role.Name && s.Owner == host) && !role.Hosts.Any(h => h != host && state.MayReceive(h) && Failing(state, h) is null));

    private static DiskReaction ReactionTo(ClusterState state, DiskFacts disk) => disk.State switch
    {
        DiskState.Full => state.Settings.Disk!.Policy.Full,
        DiskState.ReadOnly => state.Settings.Disk!.Policy.ReadOnly,
        _ => state.Settings.Disk!.Policy.Stalled,
    };
}
