using Mmm.Shared.Settings;

namespace Mmm.Shared.Decisions;

/// <summary>Semi-sync that is not what replication.semi_sync says, as it is now.</summary>
internal static class SemiSyncWarnings
{
    /// <summary>After a takeover the replicas need a moment to connect.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5);

    public static IEnumerable<string> Of(ClusterState state)
    {
        if (state.SemiSync.Mode == SemiSyncMode.Off || state.Document is not { } document)
            yield break;
        foreach (string host in state.Topology.Hosts.Keys.Where(state.AgentReachable))
        {
            if (state.Sights[host].Agent is { Facts.SemiSync.Trouble: { } trouble })
                yield return $"semi-sync on host {host} cannot be had: {trouble}";
        }

        if (document is not { Move: null, ActiveMaster: { } master } || state.At - master.Since < s_settle || !state.Topology.Hosts.ContainsKey(master.Host) || !state.AgentReachable(master.Host)
            || state.Sights[master.Host].Agent is not { Facts: { ReadOnly: false, SemiSync: { Trouble: null } facts } })
            yield break;
        bool required = state.SemiSync.Mode == SemiSyncMode.Require;
        if (facts.Clients == 0)
        {
            yield return required
                ? $"commits on {master.Host} wait: no replica that acknowledges them is connected (replication.semi_sync = require)"
                : $"commits on {master.Host} are acknowledged by no replica, as none that does is connected: what it commits is lost if it fails now";
        }
        else if (facts is { Active: false, Unacknowledged: true })
        {
            yield return $"commits on {master.Host} are not acknowledged by a replica in time (replication.semi_sync_timeout), and go on without: what it commits is lost if it fails now";
        }
    }
}
