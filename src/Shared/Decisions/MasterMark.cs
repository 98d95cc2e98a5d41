using System.Collections.Immutable;
using Mmm.Shared.Gtids;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// What the active master had at its last reports, by GTIDs. A replica that lacks what its source had N seconds ago is N seconds behind, also when its server says 0: that one goes by what it has
/// received, and nothing comes through a network that has silently stopped working.
/// </summary>
/// <param name="At">When it was heard.</param>
/// <param name="Host">The active master.</param>
/// <param name="History">Everything it had.</param>
public sealed record MasterMark(DateTimeOffset At, string Host, GtidHistory History)
{
    /// <summary>Marks are that far apart at least, however long move_max_lag is.</summary>
    private const int Most = 60;

    /// <summary>Reports are so old at most when they are compared, as a rule.</summary>
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(1);

    /// <summary>Takes in a report of the active master.</summary>
    internal static ClusterState Absorb(ClusterState state, Report report)
    {
        if (state.Document?.ActiveMaster?.Host != report.Host || report.Facts.History is not { } history)
            return state;
        TimeSpan reach = state.Settings.MoveMaxLag + s_slack;
        ImmutableArray<MasterMark> marks = state.MasterMarks.All(m => m.Host == report.Host) ? state.MasterMarks : [];
        if (!marks.IsEmpty && state.At - marks[^1].At < reach / Most)
            return state;
        // One that is old enough is always kept; none that is older is needed.
        int first = Math.Max(0, marks.Count(m => state.At - m.At >= reach + state.Settings.AgentTimeout) - 1);
        return state with { MasterMarks = marks.RemoveRange(0, first).Add(new MasterMark(state.At, report.Host, history)) };
    }

    /// <summary>What a replica lacks that the active master had longer than move_max_lag ago, for people, without a full stop; null = nothing, or it cannot be told.</summary>
    internal static string? Lacking(ClusterState state, string replica)
    {
        if (state.Sights[replica] is not { HeardAt: { } heard, Agent.Facts.History: { } ours })
            return null;
        MasterMark? mark = state.MasterMarks.LastOrDefault(m => m.At <= heard - state.Settings.MoveMaxLag - s_slack);
        if (mark is null || mark.Host != state.Document!.ActiveMaster?.Host || GtidHistory.Lacking(mark.History, ours, null) is not { Count: > 0 } lacking)
            return null;
        string transactions = lacking.Count == 1 ? "a transaction" : $"{lacking.Count} transactions";
        return $"{replica} lacks {(lacking.Exact ? "" : "up to ")}{transactions} that {mark.Host} had {(state.At - mark.At).TotalSeconds:0} s ago, longer than {state.Settings.MoveMaxLag.TotalSeconds:0} s (move_max_lag)";
    }
}
