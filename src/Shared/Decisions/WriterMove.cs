using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// The move of the active master role, as a saga whose whole state is in the document: the old holder gives up
/// (<see cref="MovePhase.Releasing"/>); only then the new one catches up, becomes writable and shows the address
/// (<see cref="MovePhase.TakingOver"/>); a planned move whose candidate cannot is undone (<see cref="MovePhase.RollingBack"/>).
/// </summary>
public static class WriterMove
{
    /// <summary>Begins a planned move; the caller has checked that it may.</summary>
    public static ClusterState Begin(ClusterState state, string to, MoveCause cause, bool force, string why)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        string? from = slot.ReleasingFrom ?? slot.Owner;
        RoleSlot given = slot.GivenTo(to, state.At);
        var move = new RoleMove(from, to, cause, force, given.ReleasingFrom is null ? MovePhase.TakingOver : MovePhase.Releasing, state.At, state.At, null, null);
        return state.Deciding(d => d.With(given) with { Move = move })
            .Noted("writer_move_started", to, $"Moving role '{state.Writer}' from '{from}' to '{to}': {why}");
    }

    /// <summary>Takes the running move as far as the agents' word allows.</summary>
    public static ClusterState Progress(ClusterState state) => state.Document!.Move?.Phase switch
    {
        MovePhase.Releasing => Releasing(state, state.Document.Move),
        MovePhase.TakingOver => TakingOver(state, state.Document.Move),
        MovePhase.RollingBack => RollingBack(state, state.Document.Move),
        _ => OrphanReleased(state),
    };

    /// <summary>ACTIVE mode: an orphaned active master role goes to a host that may carry it.</summary>
    public static ClusterState FindMaster(ClusterState state)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        if (slot.Owner is not null || state.Document.Move is not null || Candidate(state) is not { } to)
            return state;
        return Begin(state, to, MoveCause.Failover, force: false, slot.ReleasingFrom is { } from ? $"host '{from}' is {StateNames.NameOf(state.Document.Hosts[from].State)}" : "nobody holds it");
    }

    /// <summary>ACTIVE mode: back to the preferred host.</summary>
    public static ClusterState ReturnToPreferred(ClusterState state)
    {
        Role role = state.Topology.Roles[state.Topology.ActiveMasterRole];
        RoleSlot slot = state.Document!.Slot(state.Writer);
        bool due = role.Prefer is { } p && state.MayReceive(p) && slot.Holder is { } holder && holder != p && state.MayReceive(holder)
            && state.Document.Move is null && !(state.At < state.Document.RetryMoveAfter);
        return due ? Begin(state, role.Prefer!, MoveCause.Prefer, force: false, "it is the role's preferred host") : state;
    }

    /// <summary>The hosts the role may go to now, best first: preferred, then the last active master (it has everything), then as configured.</summary>
    private static string? Candidate(ClusterState state)
    {
        Role role = state.Topology.Roles[state.Topology.ActiveMasterRole];
        return role.Hosts.Where(state.MayReceive)
            .OrderBy(h => h == role.Prefer ? 0 : h == state.Document!.ActiveMaster?.Host ? 1 : 2)
            .FirstOrDefault();
    }

    private static ClusterState Releasing(ClusterState state, RoleMove move)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        bool canUndo = CanUndo(state, move);
        if (slot.Owner != move.To)
            return Ended(state, "writer_move_ended", $"host '{move.To}' is not available any more");
        // The candidate has been told nothing yet: giving the role back to a sound old holder costs one order.
        if (!state.MayReceive(move.To) && canUndo)
            return GiveBack(state, move, $"host '{move.To}' is not available any more");
        if (!state.MayReceive(move.To) && state.Document.Mode == ClusterMode.Active)
            return Orphaned(state, $"host '{move.To}' is not available any more");
        if (slot.ReleasingFrom is null)
            return state.Deciding(d => d with { Move = move.Enter(MovePhase.TakingOver, state.At) });
        Release release = Release.Of(state, slot);
        if (release.Done)
        {
            HostFacts? facts = release.Proven ? state.Sights[slot.ReleasingFrom].Agent?.Facts : null;
            BinlogPosition? upTo = facts is { Mysqld: MysqldState.Up, ReadOnly: true } ? facts.Binlog : null;
            return state.Deciding(d => d.With(slot.Released()) with { Move = move.Enter(MovePhase.TakingOver, state.At) with { UpTo = upTo } })
                .Noted("writer_released", move.From, $"Host '{slot.ReleasingFrom}' released role '{state.Writer}': {release.Why}");
        }

        Report? old = state.Sights[slot.ReleasingFrom].Agent;
        if (canUndo && old is not null && Speaks(state, slot.ReleasingFrom, old) && old.Progress.Status == OrderStatus.Failed)
            return GiveBack(state, move, $"host '{slot.ReleasingFrom}' could not let go: {old.Progress.Sentence}");
        if (canUndo && state.At - move.StartedAt >= state.Settings.MoveTimeout)
            return GiveBack(state, move, $"host '{slot.ReleasingFrom}' did not let go within move_timeout ({release.Why})");
        return Troubled(state, move, release.Why);
    }

    private static ClusterState TakingOver(ClusterState state, RoleMove move)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        Report? report = state.Sights[move.To].Agent;
        bool speaks = report is not null && Speaks(state, move.To, report);
        bool tookOver = speaks && ((report!.TakeOver is { } t && t.Id >= state.Orders[move.To].Order.Id) || report.Facts.ReadOnly == false);
        if (speaks && report!.Progress.Status == OrderStatus.Done && slot.Holder == move.To)
            return Completed(state, move, report);
        if (slot.Owner != move.To)
        {
            // It left ONLINE while taking over. If it had already become writable its binlog is the truth from there.
            state = tookOver ? state.Deciding(d => d with { ActiveMaster = new MasterRecord(move.To, state.At, report!.TakeOver?.Position) }) : state;
            return Ended(state, "writer_move_ended", $"host '{move.To}' is not available any more");
        }

        bool readOnly = speaks && report!.Facts is { Mysqld: MysqldState.Up, ReadOnly: true };
        if (CanUndo(state, move) && readOnly && !tookOver
            && (report!.Progress.Status == OrderStatus.Failed || state.At - move.StartedAt >= state.Settings.MoveTimeout))
        {
            string why = report.Progress.Status == OrderStatus.Failed ? report.Progress.Sentence ?? report.Progress.Step ?? "a step failed" : $"it took longer than move_timeout ({state.Settings.MoveTimeout.TotalSeconds:0} s)";
            RoleSlot back = slot.GivenTo(move.From!, state.At);
            return state.Deciding(d => d.With(back) with { Move = move.Enter(MovePhase.RollingBack, state.At) with { Trouble = why } })
                .Noted("writer_move_undone", move.To, $"Role '{state.Writer}' goes back from '{move.To}' to '{move.From}': {why}");
        }

        return Troubled(state, move, speaks && report!.Progress.Status == OrderStatus.Failed ? $"'{move.To}': {report.Progress.Sentence}"
            : state.AgentReachable(move.To) ? null : $"the agent on '{move.To}' is not reachable");
    }

    private static ClusterState RollingBack(ClusterState state, RoleMove move)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        if (slot.Owner != move.From)
            return Ended(state, "writer_move_ended", $"host '{move.From}' is not available any more");
        if (slot.ReleasingFrom is not null)
        {
            Release release = Release.Of(state, slot);
            return release.Done ? state.Deciding(d => d.With(slot.Released())) : state;
        }

        Report? report = state.Sights[move.From!].Agent;
        return report is not null && Speaks(state, move.From!, report) && report.Progress.Status == OrderStatus.Done
            ? Failed(state, move.From!, $"Role '{state.Writer}' stays on '{move.From}': {move.Trouble}")
            : state;
    }

    /// <summary>No move runs, but an orphan may still wait for its release (no candidate was there).</summary>
    private static ClusterState OrphanReleased(ClusterState state)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        if (slot.ReleasingFrom is null || slot.Owner is not null)
            return state;
        Release release = Release.Of(state, slot);
        return release.Done
            ? state.Deciding(d => d.With(slot.Released())).Noted("writer_released", slot.ReleasingFrom, $"Host '{slot.ReleasingFrom}' released role '{state.Writer}': {release.Why}")
            : state;
    }

    private static ClusterState Completed(ClusterState state, RoleMove move, Report report) =>
        state.Deciding(d => d with { Move = null, RetryMoveAfter = null, ActiveMaster = new MasterRecord(move.To, state.At, report.TakeOver?.Position) })
            .Noted("writer_moved", move.To, $"Role '{state.Writer}' is on '{move.To}' ({(state.At - move.StartedAt).TotalMilliseconds:0} ms after the decision)");

    private static ClusterState GiveBack(ClusterState state, RoleMove move, string why)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        return Failed(state.Deciding(d => d.With(slot.GivenTo(move.From!, state.At))), move.From!, $"Role '{state.Writer}' stays on '{move.From}': {why}");
    }

    private static ClusterState Failed(ClusterState state, string host, string sentence) =>
        state.Deciding(d => d with { Move = null, RetryMoveAfter = state.At + state.Settings.MasterConnectRetry }).Noted("writer_move_failed", host, sentence);

    private static ClusterState Orphaned(ClusterState state, string why) =>
        Ended(state.Deciding(d => d.With(d.Slot(state.Writer).Taken(state.At))), "writer_move_ended", why);

    private static ClusterState Ended(ClusterState state, string code, string why)
    {
        RoleMove move = state.Document!.Move!;
        return state.Deciding(d => d with { Move = null }).Noted(code, move.To, $"The move of role '{state.Writer}' from '{move.From}' to '{move.To}' ended: {why}");
    }

    private static ClusterState Troubled(ClusterState state, RoleMove move, string? trouble)
    {
        // Only what does not count time: a sentence that changed with every tick would be a decision with every tick.
        string? stable = trouble is not null && trouble.StartsWith('\'') ? trouble : null;
        if (move.Trouble == stable)
            return state;
        state = state.Deciding(d => d with { Move = move with { Trouble = stable } });
        return stable is null ? state : state.Noted("writer_move_stuck", move.To, $"The move of role '{state.Writer}' to '{move.To}' is held up: {stable}");
    }

    /// <summary>A planned move can be undone while its old holder is sound.</summary>
    private static bool CanUndo(ClusterState state, RoleMove move) =>
        move.Cause != MoveCause.Failover && move.From is { } from && state.MayReceive(from) && from != move.To;

    /// <summary>The report is about the order this coordinator issued last: not about an earlier one.</summary>
    private static bool Speaks(ClusterState state, string host, Report report) =>
        state.Orders.TryGetValue(host, out IssuedOrder? issued) && report.Progress.Id == issued.Order.Id;
}
