using System.Globalization;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Agents;

/// <summary>
/// Whether clients may be sent to a host, for load balancers that ask its agent. Role addresses play no part in it, so that a load balancer does without them: what counts is what they
/// stand for, the lease of the writer role and the host's state.
/// </summary>
public static class TrafficRule
{
    /// <summary>Why no writes may be sent there, for people; null = they may.</summary>
    public static string? WhyNoWrites(AgentView view)
    {
        if (view.Order is not { } order)
            return NothingHeard;
        if (!order.Writable)
            return "it is not the active master";
        RoleAddress writer = view.Topology.WriterAddress;
        // Whatever mysqld says: without the lease another host may be the active master already.
        if (view.LeaseLeft(writer) == TimeSpan.Zero)
            return view.Cover.Obstacles.GetValueOrDefault(writer) is { } obstacle ? $"it has no lease of the writer role: {obstacle}" : "it has no lease of the writer role";
        if (WhyDown(view.Found.Mysqld) is { } down)
            return down;
        return view.Found.Mysqld.ReadOnly == false ? null : "its mysqld is read-only still: it is taking over";
    }

    /// <summary>Why no reads may be sent there, for people; null = they may.</summary>
    /// <param name="view">The host.</param>
    /// <param name="maxLag">How old may be what its data lack, by Seconds_Behind_Source and so in whole seconds; null = the monitors' word is enough (max_backlog).</param>
    public static string? WhyNoReads(AgentView view, TimeSpan? maxLag)
    {
        if (!view.Topology.Roles.Values.Any(r => r.Mode == RoleMode.Balanced && view.Topology.MayCarry(r.Name, view.Host)))
            return "it is among the hosts of no balanced role";
        if (view.Order is not { } order)
            return NothingHeard;
        if (order.State != HostState.Online)
            return $"its state is {StateNames.NameOf(order.State)}";
        if (WhyDown(view.Found.Mysqld) is { } down)
            return down;
        // The active master is behind nobody, for as long as it is that; after that nothing reaches it which another host writes.
        return order.Writable ? WhyNoWrites(view) : WhyBehind(view, maxLag);
    }

    /// <summary>Why its mysqld is of no use, for people; null = it answers.</summary>
    public static string? WhyDown(FoundMysqld mysqld) =>
        mysqld.State == AgentProtocol.MysqldState.Up ? null : $"its mysqld is {Word(mysqld.State)}{(mysqld.Message is { } message ? $": {message}" : "")}";

    private const string NothingHeard = "its agent has not heard from the monitors yet";

    private static string? WhyBehind(AgentView view, TimeSpan? maxLag)
    {
        if (view.Found.Mysqld.Channel is not { } channel)
            return "it does not replicate";
        string? stopped = channel is { IoRunning: true, SqlRunning: true }
            ? null
            : $"its replication does not run (IO: {channel.IoState}, SQL: {(channel.SqlRunning ? "Yes" : "No")}){(channel.Error is { } error ? $": {error}" : "")}";
        if (maxLag is { } most)
        {
            if (view.Staleness is not { } stale)
                return stopped ?? "it is not known how far it is behind";
            return stale <= most ? null : stopped ?? string.Create(CultureInfo.InvariantCulture, $"it is {stale.TotalSeconds:0} s behind, more than {DurationText.Of(most)}");
        }

        // While the active master is dead no replica's replication runs, and the monitors leave them ONLINE: rather old data than none.
        return stopped is null || view.IsHeard ? null : $"{stopped}, and no quorum of monitors hears its agent";
    }

    private static string Word(AgentProtocol.MysqldState state) => state switch
    {
        AgentProtocol.MysqldState.Down => "down",
        AgentProtocol.MysqldState.NotAnswering => "not answering",
        _ => "not known to be well",
    };
}
