using Mmm.Shared.Agents;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// What is in the way of a planned move of the active master role, by what is seen before anything is touched. From the moment the old holder is read-only nobody can write: what would make
/// that long, or have the move undone, is waited for, or refused, while the old holder still takes writes.
/// </summary>
internal static class Preflight
{
    /// <param name="Sentence">Without a full stop.</param>
    /// <param name="Passes">It may pass by itself, and is waited for. False: somebody has to mend it first.</param>
    public sealed record Hindrance(string Sentence, bool Passes);

    /// <summary>What is in the way of <paramref name="to"/>; what has to be mended comes first. Empty = nothing, or the role's holder is in no state in which it could be waited for.</summary>
    public static IReadOnlyList<Hindrance> Of(ClusterState state, string to)
    {
        if (state.Document!.Slot(state.Writer).Holder is not { } from || from == to || !state.MayReceive(from))
            return [];
        return [.. All(state, from, to).OrderBy(h => h.Passes)];
    }

    private static IEnumerable<Hindrance> All(ClusterState state, string from, string to)
    {
        // Whoever was the last to take over has all there is.
        if (state.Document!.ActiveMaster?.Host == from && OfReplication(state, to, from) is { } hindrance)
            yield return hindrance;
        if (DiskRules.Disqualifies(state, to) && DiskRules.Failing(state, to) is { } disk)
            yield return new Hindrance($"{to} could not write: {DiskRules.SentenceOf(disk)}", Passes: false);
        if (state.SemiSync.Mode == SemiSyncMode.Require && state.Sights[to].Agent?.Facts.SemiSync?.Trouble is { } trouble)
            yield return new Hindrance($"{to} cannot become the active master without semi-sync (replication.semi_sync = require): {trouble}", Passes: false);
        // What else is wrong with the set-up would not stop the move.
        foreach (Messages.StatusProtocol.SetupFinding finding in SetupRules.Of(state).Where(f => f.IsError && (f.Host == to ? f.Code is "privileges" or "version" or "gtid_mode" or "log_bin" : f.Host == from && f.Code == "privileges")))
            yield return new Hindrance($"{finding.Host} {finding.Sentence}", Passes: false);
    }

    private static Hindrance? OfReplication(ClusterState state, string to, string from)
    {
        if (state.Sights[to].Agent is { Facts: { Mysqld: not MysqldState.Up } facts })
            return new Hindrance($"mysqld on {to} is not up: {facts.MysqldMessage ?? "no answer"}", Passes: true);
        if (state.Sights[to].Agent?.Facts.Replication is not { } r)
            return new Hindrance($"{to} replicates from nobody: it could not catch up", Passes: false);
        string error = r.Error is null ? "" : $", {r.Error}";
        if (r.SourceHost != from)
            return new Hindrance($"{to} replicates from {r.SourceHost ?? r.SourceIp}, not from {from}: it could not catch up", Passes: false);
        if (!r.SqlRunning)
            return new Hindrance($"the applier (SQL thread) of {to} does not run{(r.Error is null ? "" : $" ({r.Error})")}: it could not catch up", Passes: true);
        if (r.IoState != "Yes" && !BinlogPositions.Reaches(r.Received, state.Sights[from].Agent?.Facts.Binlog ?? new BinlogPosition("?", 0)))
            return new Hindrance($"{to} is not connected to {from} (IO thread {r.IoState}{error}): it could not catch up", Passes: true);
        if (r.SecondsBehind is null && r.IoState == "Yes")
            return new Hindrance($"how far {to} is behind is not known", Passes: true);
        if (r.SecondsBehind > state.Settings.MoveMaxLag.TotalSeconds)
            return new Hindrance($"{to} is {r.SecondsBehind} s behind, more than {state.Settings.MoveMaxLag.TotalSeconds:0} s (move_max_lag)", Passes: true);
        return MasterMark.Lacking(state, to) is { } lacks ? new Hindrance(lacks, Passes: true) : null;
    }
}
