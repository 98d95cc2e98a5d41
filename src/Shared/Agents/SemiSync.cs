using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Agents;

/// <summary>Semi-synchronous replication as a look finds it.</summary>
/// <param name="Source">A master's side; null = its plugin is not loaded.</param>
/// <param name="Replica">A replica's side; null = its plugin is not loaded.</param>
/// <param name="Trouble">Why it could not be set some time ago; null = nothing was in the way.</param>
public sealed record FoundSemiSync(SemiSyncSource? Source, SemiSyncReplica? Replica, string? Trouble = null);

/// <param name="OldNames">Variables are called rpl_semi_sync_master_… (MariaDB, MySQL's older plugin), not rpl_semi_sync_source_….</param>
/// <param name="Terms">What it is set to.</param>
/// <param name="Active">Commits wait for replicas at present. It goes off by itself, and on again with a commit once a replica answers.</param>
/// <param name="Clients">Replicas that acknowledge.</param>
/// <param name="Unacknowledged">Since the look before this one commits were not acknowledged by any.</param>
public sealed record SemiSyncSource(bool OldNames, SemiSyncTerms Terms, bool Active, int Clients, bool Unacknowledged);

/// <param name="OldNames">Variables are called rpl_semi_sync_slave_….</param>
/// <param name="Enabled">It asks its source for it when it connects.</param>
/// <param name="Active">It acknowledges to its source.</param>
/// <param name="Asked">It is not active although its receiver was stopped for that a moment ago: it is just connecting, or its source has no semi-sync.</param>
public sealed record SemiSyncReplica(bool OldNames, bool Enabled, bool Active, bool Asked = false);

/// <param name="Enabled">Switched on.</param>
/// <param name="TimeoutMs">A commit waits so long at most, in milliseconds.</param>
/// <param name="WaitsWithoutReplica">It waits also while no replica is connected.</param>
/// <param name="AfterSync">It waits before anybody can see the commit (AFTER_SYNC), not after.</param>
public sealed record SemiSyncTerms(bool Enabled, long TimeoutMs, bool WaitsWithoutReplica, bool AfterSync);

/// <summary>
/// The semi-sync part of an <see cref="AgentPlan"/>, by role: commits wait on the active master only. (On any other server the applier's would, for replicas that it may not have.)
/// </summary>
public static class SemiSyncPlan
{
    /// <summary>The most that MySQL takes: 49 days.</summary>
    private const long ForEverMs = uint.MaxValue;

    public static SemiSyncTerms Terms(SemiSyncSettings settings) => settings.Mode == SemiSyncMode.Require
        ? new SemiSyncTerms(true, ForEverMs, true, true)
        // Without a replica nothing is waited for: the first commits after a failover must not stand still for a peer that is dead.
        : new SemiSyncTerms(true, (long)settings.Timeout.TotalMilliseconds, false, true);

    /// <summary>Of a server that is about to become writable, or is; before <see cref="AgentStep.MakeWritable"/>.</summary>
    public static AgentStep? OnWriter(AgentProtocol.HostOrder order, FoundMysqld found, SemiSyncSettings settings)
    {
        bool takesOver = found.ReadOnly != false && order.CatchUp is { Force: false };
        bool required = settings.Mode == SemiSyncMode.Require && takesOver;
        if (settings.Mode == SemiSyncMode.Off || found.SemiSync is not { } now)
            return null;
        if (now.Source is not { } source)
            return required ? new AgentStep.Impossible("semi_sync", StepLane.Writer, $"{order.Host} may become the active master with semi-sync only (replication.semi_sync = require): {NotLoaded(now)}") : null;
        return source.Terms == Terms(settings) || (now.Trouble is not null && !required) ? null : new AgentStep.SetSemiSyncSource(source.OldNames, Terms(settings), required);
    }

    /// <summary>Of a server that is read-only for good.</summary>
    public static AgentStep? OffElsewhere(FoundMysqld found, SemiSyncSettings settings) =>
        settings.Mode != SemiSyncMode.Off && found is { ReadOnly: true, SemiSync: { Source: { Terms.Enabled: true } source, Trouble: null } }
            ? new AgentStep.SetSemiSyncSource(source.OldNames, source.Terms with { Enabled = false }, Required: false) : null;

    /// <summary>
    /// Who acknowledges. The hosts that may take over: what a slave alone has acknowledged would have to be fetched from it first. When nothing may be written without an
    /// acknowledgement, every replica, so that the loss of one host does not stop all writes.
    /// </summary>
    public static bool Acknowledges(string host, ClusterTopology topology, SemiSyncSettings settings) =>
        settings.Mode == SemiSyncMode.Require || (settings.Mode == SemiSyncMode.Prefer && topology.MayBeActiveMaster(host));

    /// <summary>A receiver asks for it when it connects: one that has connected without is stopped, and is started again as what MMM stopped.</summary>
    public static void AddReplica(
        string host, FoundMysqld found, AgentMemory memory, ClusterTopology topology, SemiSyncSettings settings, ImmutableArray<AgentStep>.Builder steps)
    {
        if (!Acknowledges(host, topology, settings) || found is not { State: AgentProtocol.MysqldState.Up, SemiSync: { Replica: { Active: false, Asked: false } replica, Trouble: null } })
            return;
        bool connected = found.Channel is { IoRunning: true };
        if (!replica.Enabled || connected)
            steps.Add(new AgentStep.SetSemiSyncReplica(replica.OldNames));
        if (!connected || found.Channel is not { } channel)
            return;
        ReplicationPlan.Remember(new StoppedThreads(Io: true, Sql: false), memory, steps);
        steps.Add(new AgentStep.StopReceiver(channel.Name));
    }

    /// <summary>What an agent tells of it.</summary>
    public static AgentProtocol.SemiSyncFacts? Facts(string host, FoundMysqld found, ClusterTopology topology, SemiSyncSettings settings)
    {
        if (settings.Mode == SemiSyncMode.Off || found is not { State: AgentProtocol.MysqldState.Up, SemiSync: { } now })
            return null;
        bool lacks = (now.Source is null && topology.MayBeActiveMaster(host)) || (now.Replica is null && Acknowledges(host, topology, settings));
        return new AgentProtocol.SemiSyncFacts(
            now.Source is { Terms.Enabled: true }, now.Source?.Active == true, now.Source?.Clients ?? 0, now.Source?.Unacknowledged == true, now.Replica?.Active == true,
            lacks ? NotLoaded(now) : now.Trouble);
    }

    // MySQL loads a plugin at run time only while super_read_only is off, and with a right (INSERT on mysql.plugin) that no agent should have.
    private static string NotLoaded(FoundSemiSync now) => (now.Source, now.Replica) switch
    {
        (null, null) => "its plugins are not loaded; in my.cnf: plugin_load_add = semisync_source.so and plugin_load_add = semisync_replica.so (5.7: semisync_master.so, semisync_slave.so)",
        (null, _) => "the plugin of a master is not loaded; in my.cnf: plugin_load_add = semisync_source.so (5.7: semisync_master.so)",
        _ => "the plugin of a replica is not loaded; in my.cnf: plugin_load_add = semisync_replica.so (5.7: semisync_slave.so)",
    };
}
