using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// What the active master had at its last reports, by GTIDs, or by positions where a server has none. A replica that lacks what its source had N seconds ago is N seconds behind, also when its
/// server says 0: that one goes by what it has received, and nothing comes through a network that has silently stopped working.
/// </summary>
/// <param name="At">When it was heard.</param>
/// <param name="Host">The active master.</param>
/// <param name="History">Everything it had; null = it has no GTIDs.</param>
/// <param name="Binlog">End of its binary log.</param>
public sealed record MasterMark(DateTimeOffset At, string Host, GtidHistory? History, BinlogPosition? Binlog = null)
{
    /// <summary>Marks are that far apart at least, however long the time is over which they are looked for.</summary>
    private const int Most = 60;

    /// <summary>Reports are so old at most when they are compared, as a rule.</summary>
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(1);

    /// <summary>Takes in a report: of the active master what it has, of every other host what that one lacks.</summary>
    internal static ClusterState Absorb(ClusterState state, Report report)
    {
        if (state.Document?.ActiveMaster?.Host == report.Host)
            return Marked(state, report);
        if (!state.Sights.TryGetValue(report.Host, out HostSight? sight))
            return state;
        string? lacks = Lacking(state, report.Host, state.MaxBacklog, "max_backlog");
        return lacks == sight.Lacks ? state : state with { Sights = state.Sights.SetItem(report.Host, sight with { Lacks = lacks }) };
    }

    /// <summary>By positions of its own log: has a replica received what the master had a little before its last report? Reports of different hosts are not of the same moment.</summary>
    internal static bool IsCurrent(ClusterState state, string master, BinlogPosition? received) =>
        state.MasterMarks is [.., { Host: var of } last] && of == master && state.MasterMarks.LastOrDefault(m => m.At <= last.At - s_slack) is { Binlog: { } end } && BinlogPositions.Reaches(received, end);

    private static ClusterState Marked(ClusterState state, Report report)
    {
        if (report.Facts is { History: null, Binlog: null })
            return state;
        var now = new MasterMark(state.At, report.Host, report.Facts.History, report.Facts.Binlog);
        // A log that begins anew (RESET MASTER) makes the old positions meaningless.
        ImmutableArray<MasterMark> marks = state.MasterMarks.All(m => m.Host == report.Host) && !(state.MasterMarks is [.., { Binlog: { } end }] && !BinlogPositions.Reaches(now.Binlog, end)) ? state.MasterMarks : [];
        // Close together where move_max_lag is looked for, further apart where max_backlog is.
        TimeSpan near = state.Settings.MoveMaxLag + s_slack, far = state.MaxBacklog + s_slack;
        if (!marks.IsEmpty && state.At - marks[^1].At < near / Most)
            return state;
        var kept = ImmutableArray.CreateBuilder<MasterMark>();
        foreach (MasterMark mark in marks)
        {
            if (kept.Count == 0 || state.At - mark.At <= near + state.Settings.AgentTimeout || mark.At - kept[^1].At >= far / Most)
                kept.Add(mark);
        }

        // One that is old enough is always kept; none that is older is needed.
        TimeSpan reach = near > far ? near : far;
        int first = Math.Max(0, kept.Count(m => state.At - m.At >= reach + state.Settings.AgentTimeout) - 1);
        kept.RemoveRange(0, first);
        kept.Add(now);
        return state with { MasterMarks = kept.ToImmutable() };
    }

    /// <summary>What a replica lacks that the active master had longer than move_max_lag ago, for people, without a full stop; null = nothing, or it cannot be told.</summary>
    internal static string? Lacking(ClusterState state, string replica) => Lacking(state, replica, state.Settings.MoveMaxLag, "move_max_lag");

    private static string? Lacking(ClusterState state, string replica, TimeSpan limit, string limitName)
    {
        if (state.Sights[replica] is not { HeardAt: { } heard, Agent.Facts: { } facts })
            return null;
        MasterMark? mark = state.MasterMarks.LastOrDefault(m => m.At <= heard - limit - s_slack);
        if (mark is null || mark.Host != state.Document?.ActiveMaster?.Host || mark.Lacking(facts) is not { } what)
            return null;
        return $"{replica} lacks {what} that {mark.Host} had {(state.At - mark.At).TotalSeconds:0} s ago, longer than {limit.TotalSeconds:0} s ({limitName})";
    }

    private string? Lacking(HostFacts replica)
    {
        if (History is not null && replica.History is not null)
        {
            return GtidHistory.Lacking(History, replica.History, null) is not { Count: > 0 } lacking ? null
                : lacking.Count == 1 ? $"{(lacking.Exact ? "" : "up to ")}a transaction" : $"{(lacking.Exact ? "" : "up to ")}{lacking.Count} transactions";
        }

        // Its position is in the log of its own source.
        return Binlog is not null && replica.Replication is { UsesGtid: false, Applied: { } applied } replication && replication.SourceHost == Host && BinlogPositions.Passes(Binlog, applied)
            ? $"what lies between {applied} and {Binlog}" : null;
    }
}
