using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Agents;
using Mmm.Shared.Leases;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>Turns what an agent found into what it reports.</summary>
internal static class AgentReports
{
    public static AgentProtocol.HostFacts FactsOf(FoundHost found, ClusterTopology topology, TimeSpan machineUptime, AgentProtocol.BinlogTail? tail, BinlogFiles? files, AgentProtocol.SemiSyncFacts? semiSync, ServerSetup? setup, AgentProtocol.LogChecked? logChecked)
    {
        FoundMysqld mysqld = found.Mysqld;
        return new AgentProtocol.HostFacts(
            mysqld.State, mysqld.Message, mysqld.ReadOnly, [.. found.Addresses], ReplicationOf(mysqld.Channel, topology),
            mysqld.Binlog, mysqld.Gtid, (long)machineUptime.TotalSeconds, mysqld.Version, tail,
            files is null ? null : files.ServerUuid ?? files.ServerId.ToString(CultureInfo.InvariantCulture), mysqld.History, semiSync, mysqld.State == AgentProtocol.MysqldState.Up ? setup : null,
            found.Disk, logChecked);
    }

    /// <param name="order">The standing order; null = none.</param>
    /// <param name="cover">The host's leases.</param>
    /// <param name="now">On the lease's clock.</param>
    public static AgentProtocol.LeaseFacts? LeaseOf(AgentProtocol.HostOrder? order, LeaseCover cover, TimeSpan now)
    {
        if (order is null || order.Roles.IsEmpty)
            return null;
        TimeSpan left = order.Roles.Min(a => cover.Until.TryGetValue(a, out TimeSpan until) && until > now ? until - now : TimeSpan.Zero);
        return new AgentProtocol.LeaseFacts((long)left.TotalMilliseconds, cover.ByPeers, cover.Obstacles.Values.FirstOrDefault());
    }

    /// <param name="cover">The host's leases.</param>
    /// <param name="now">On the lease's clock.</param>
    public static long QuietMs(LeaseCover cover, TimeSpan now) => cover.QuietUntil > now ? (long)Math.Ceiling((cover.QuietUntil - now).TotalMilliseconds) : 0;

    /// <summary>The same report without what moves all the time: two that differ here are worth an extra report.</summary>
    public static AgentProtocol.Report Lasting(AgentProtocol.Report report) => report with
    {
        Seq = 0,
        Network = null,
        QuietMs = report.QuietMs > 0 ? 1 : 0,
        Progress = report.Progress with { Warnings = [] },
        Lease = report.Lease is { } lease ? lease with { LeftMs = 0, Trouble = lease.Trouble is null ? null : "" } : null,
        Facts = report.Facts with
        {
            Addresses = [],
            Binlog = null,
            Gtid = null,
            History = null,
            SemiSync = report.Facts.SemiSync is { } semiSync ? semiSync with { Active = false, Unacknowledged = false } : null,
            UptimeSeconds = 0,
            Disk = report.Facts.Disk is { } disk ? disk with { Message = null, FreeBytes = null } : null,
            Replication = report.Facts.Replication is { } r ? r with { SecondsBehind = null, Received = null, Applied = null } : null,
        },
    };

    /// <summary>Arrays of records compare by reference, so they are compared apart.</summary>
    public static bool Differ(AgentProtocol.Report? last, AgentProtocol.Report now) =>
        last is null || Lasting(last) != Lasting(now)
        || !last.Facts.Addresses.AsSpan().SequenceEqual(now.Facts.Addresses.AsSpan())
        || !last.Progress.Warnings.AsSpan().SequenceEqual(now.Progress.Warnings.AsSpan())
        || !Seen(last.Network).SequenceEqual(Seen(now.Network));

    /// <summary>Who answers for what, whenever that was seen.</summary>
    private static IEnumerable<string> Seen(AgentProtocol.NetworkFacts? network) =>
        network is null ? [] : [.. network.Macs, .. network.Looks.SelectMany(l => l.Answers.Select(a => $"{l.Address} {a}").Prepend($"{l.Address}"))];

    private static AgentProtocol.ReplicationFacts? ReplicationOf(FoundChannel? channel, ClusterTopology topology)
    {
        if (channel is null)
            return null;
        string? host = topology.Hosts.Values.FirstOrDefault(h => h.Ip == channel.SourceIp && h.MysqlPort == channel.SourcePort)?.Name;
        return new AgentProtocol.ReplicationFacts(
            channel.SourceIp, channel.SourcePort, host, channel.IoState, channel.SqlRunning, channel.SecondsBehind, channel.Error, channel.UsesGtid,
            channel.Received, channel.Applied);
    }
}
