using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// The move of the active master role, as a saga whose whole state is in the document: a planned one waits for its candidate
/// (<see cref="MovePhase.Approaching"/>); the old holder gives up (<see cref="MovePhase.Releasing"/>); only then the new one catches up, becomes writable and shows the address
/// (<see cref="MovePhase.TakingOver"/>); a move whose candidate cannot is undone while the old holder is sound (<see cref="MovePhase.RollingBack"/>).
/// When a move begins is decided in <see cref="WriterPlacement"/> and by operators.
/// </summary>
public static class WriterMove
{
    /// <summary>Begins a planned move, in place of a running one if there is one, and at first waits for what is in the way; the caller has checked that it may.</summary>
    /// <param name="state">Now.</param>
    /// <param name="to">The candidate.</param>
    /// <param name="why">One sentence, without a full stop.</param>
    /// <param name="thenOffline">See <see cref="RoleMove.ThenOffline"/>.</param>
    public static ClusterState BeginPlanned(ClusterState state, string to, string why, bool thenOffline = false)
    {
        if (Preflight.Of(state, to) is not [{ } inTheWay, ..])
            return Begin(state, to, MoveCause.Command, force: false, why, thenOffline);
        string from = state.Document!.Slot(state.Writer).Owner!;
        var move = new RoleMove(from, to, MoveCause.Command, false, MovePhase.Approaching, state.At, state.At, null, null, ThenOffline: thenOffline);
        return state.Deciding(d => d with { Move = move }).Noted("writer_move_waits", to, $"Role '{state.Writer}' goes from '{from}' to '{to}' ({why}), and waits: {inTheWay.Sentence}");
    }

    /// <summary>Begins a move, in place of a running one if there is one; the caller has checked that it may.</summary>
    public static ClusterState Begin(ClusterState state, string to, MoveCause cause, bool force, string why, bool thenOffline = false)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        // A host that is no longer configured has to let go, but there is nothing to be told to it, nor anything to be had from it.
        string? from = (slot.ReleasingFrom ?? slot.Owner) is { } old && state.Topology.Hosts.ContainsKey(old) ? old : null;
        RoleSlot given = slot.GivenTo(to, state.At);
        var move = new RoleMove(from, to, cause, force, MovePhase.Releasing, state.At, state.At, null, null, ThenOffline: thenOffline);
        state = state.Noted("writer_move_started", to, $"Moving role '{state.Writer}' from '{from}' to '{to}': {why}", new NoteAbout(from, to, state.Writer, cause));
        return given.ReleasingFrom is null ? Assigned(state, given, move) : state.Deciding(d => d.With(given) with { Move = move });
    }

    /// <summary>Takes the running move as far as the agents' word allows.</summary>
    public static ClusterState Progress(ClusterState state) => state.Document!.Move switch
    {
        { Phase: MovePhase.Approaching } move => Approaching(state, move),
        { Phase: MovePhase.Releasing } move => Releasing(state, move),
        { Phase: MovePhase.TakingOver } move => TakingOver(state, move),
        { Phase: MovePhase.RollingBack } move => RollingBack(state, move),
        _ => ReleasedWithoutMove(state),
    };

    /// <summary>
    /// Whoever became writable last has the newest data, whatever has been decided since: it may have died, or been given up, before it could
    /// tell. From then on slaves follow it and the next candidate catches up with it. A candidate that is still at it is recorded when it is
    /// done: its order must not change under its hands.
    /// </summary>
    public static ClusterState RecordTakeOver(ClusterState state)
    {
        string? atIt = state.Document!.Move is { Phase: MovePhase.TakingOver } m && state.Document.Slot(state.Writer).Owner == m.To ? m.To : null;
        foreach (string host in state.Topology.Roles[state.Topology.ActiveMasterRole].Hosts)
        {
            if (host != atIt && NewTakeOver(state, host) is { } t)
                state = Recorded(state, host, t.Id, t.Position);
        }

        return state;
    }

    /// <summary>The host's takeover, when it is later than what is recorded.</summary>
    private static TakeOver? NewTakeOver(ClusterState state, string host) =>
        state.Sights[host].Agent?.TakeOver is { } t && t.Id > (state.Document!.ActiveMaster?.TakenOverBy ?? DecisionId.None) ? t : null;

    /// <summary>Ends a move that has not touched anything yet.</summary>
    public static ClusterState CallOff(ClusterState state, string why) =>
        state.Document!.Move is { Phase: MovePhase.Approaching } move
            ? state.Deciding(d => d with { Move = null }).Noted("writer_move_failed", move.From, $"Role '{state.Writer}' stays on '{move.From}': {why}{Stays(move)}", About(state, move)) : state;

    private static ClusterState Approaching(ClusterState state, RoleMove move)
    {
        string from = move.From!;
        if (state.Document!.Slot(state.Writer).Holder != from || state.Document.Hosts[from].State != HostState.Online)
            return Ended(state, $"host '{from}' is not sound any more");
        if (!state.MayReceive(move.To))
            return CallOff(state, $"host '{move.To}' is not available any more");
        string? waitsFor = !state.AgentReachable(from) ? $"the agent on '{from}' is not reachable" : null;
        if (waitsFor is null)
        {
            if (Preflight.Of(state, move.To) is not [{ } inTheWay, ..])
                return Begin(state, move.To, move.Cause, move.Force, "nothing is in the way any more", move.ThenOffline);
            if (!inTheWay.Passes)
                return CallOff(state, inTheWay.Sentence);
            waitsFor = inTheWay.Sentence;
        }

        return state.At - move.StartedAt >= state.Settings.MoveTimeout ? CallOff(state, $"after {state.Settings.MoveTimeout.TotalSeconds:0} s (move_timeout) {waitsFor}") : state;
    }

    private static ClusterState Releasing(ClusterState state, RoleMove move)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        // The candidate has been told nothing yet: leaving the role with a sound old holder costs one order, or none.
        bool fromIsOnline = move.From is { } from && from != move.To && state.Document.Hosts[from].State == HostState.Online;
        bool lost = slot.Owner != move.To || !state.MayKeep(move.To);
        if (lost && fromIsOnline)
            return GiveBack(state, move, $"host '{move.To}' is not available any more");
        if (slot.Owner != move.To)
            return Ended(state, $"host '{move.To}' is not available any more");
        if (lost && state.Document.Mode == ClusterMode.Active)
            return Ended(state.Deciding(d => d.With(slot.Taken(state.At))), $"host '{move.To}' is not available any more");
        if (slot.ReleasingFrom is not { } old)
            return Assigned(state, slot, move);
        Release release = Release.Of(state, slot);
        // When the last active master's mysqld has died and its agent lives, that one is just looking for the end of its binary log, which takes milliseconds: what only that log
        // holds would be lost if the new holder were told before.
        bool known = RestOfLog(state, move.To) is not { IsSearching: true } && AheadReplicas.IsReady(Ahead(state, move.To, RestOfLog(state, move.To)));
        if (release.Done && !known && state.At - move.PhaseSince < state.Settings.CatchUpTimeout)
            return state;
        if (release.Done)
        {
            state = state.Noted("writer_released", old, $"Host '{old}' released role '{state.Writer}': {release.Why}", new NoteAbout(old, move.To, state.Writer));
            RoleSlot next = Next(state, slot);
            return next.ReleasingFrom is null ? Assigned(state, next, move) : state.Deciding(d => d.With(next));
        }

        bool planned = move.Cause != MoveCause.Failover && fromIsOnline;
        OrderProgress? progress = OrderReports.OfPresent(state, old)?.Progress;
        if (planned && progress?.Status == OrderStatus.Failed)
            return GiveBack(state, move, $"host '{old}' could not let go: {progress.Sentence ?? progress.Step}");
        if (planned && state.At - move.StartedAt >= state.Settings.MoveTimeout)
            return GiveBack(state, move, $"host '{old}' did not let go within move_timeout ({release.Why})");
        return Troubled(state, move, progress?.Status == OrderStatus.Failed ? $"'{old}' cannot let go: {progress.Sentence ?? progress.Step}" : null);
    }

    private static ClusterState TakingOver(ClusterState state, RoleMove move)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        Report? report = OrderReports.OfPresent(state, move.To);
        if (report?.Progress.Status == OrderStatus.Done && slot.Holder == move.To)
            return Completed(state, move, report);
        bool writable = OrderReports.OfIssued(state, move.To) is { Facts: { Mysqld: MysqldState.Up, ReadOnly: false } } r && state.Orders[r.Host].Order.Writable;
        TakeOver? takeOver = NewTakeOver(state, move.To);
        bool lost = slot.Owner != move.To || state.Document.Hosts[move.To].State != HostState.Online;
        if (lost && (writable || takeOver is not null || state.Document.ActiveMaster?.Host == move.To))
            return Ended(Recorded(state, move.To, takeOver?.Id, takeOver?.Position), $"host '{move.To}' is not available any more");
        if (lost && CanUndo(state, move))
            return Undone(state, slot, move, $"host '{move.To}' is not available any more");
        if (slot.Owner != move.To)
            return Ended(state, $"host '{move.To}' is not available any more");

        bool failed = report?.Progress.Status == OrderStatus.Failed;
        string why = report?.Progress.Sentence ?? report?.Progress.Step ?? "a step failed";
        // Only from a candidate that says that it is read-only: one that takes writes has taken over. (Should it have been writable for a moment
        // all the same, its agent remembers, and the old holder catches up with it: see RollingBack.)
        if (CanUndo(state, move) && report is { Facts: { Mysqld: MysqldState.Up, ReadOnly: true } })
        {
            if (failed)
                return Undone(state, slot, move, why);
            if (state.At - move.StartedAt >= state.Settings.MoveTimeout)
                return Undone(state, slot, move, $"it took longer than move_timeout ({state.Settings.MoveTimeout.TotalSeconds:0} s)");
        }

        return Troubled(state, move, failed ? $"'{move.To}': {why}"
            : lost ? $"'{move.To}' is {StateNames.NameOf(state.Document.Hosts[move.To].State)}"
            : state.AgentLost(move.To) ? $"the agent on '{move.To}' is not reachable" : null);
    }

    private static ClusterState RollingBack(ClusterState state, RoleMove move)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        string from = move.From!;
        if (slot.Owner != from)
            return Ended(state, $"host '{from}' is not available any more");
        if (slot.ReleasingFrom is { } candidate)
        {
            Release release = Release.Of(state, slot);
            if (!release.Done)
                return state;
            RoleSlot next = Next(state, slot);
            // It took over after all before it heard: it has newer data, and this is now a move back like any other, with a deadline of its own. (With
            // that of the move before, which has passed, it would be undone at once, and so on, several times a second and for ever.)
            return state.Document.ActiveMaster?.Host == move.To && next.ReleasingFrom is null
                ? Assigned(state, next, move with { From = move.To, To = from, StartedAt = state.At, ThenOffline = false })
                : state.Deciding(d => d.With(next)).Noted("writer_released", candidate, $"Host '{candidate}' released role '{state.Writer}': {release.Why}", new NoteAbout(candidate, from, state.Writer));
        }

        return OrderReports.OfPresent(state, from)?.Progress.Status == OrderStatus.Done
            ? Failed(state, from, $"Role '{state.Writer}' stays on '{from}': {move.Trouble}{Stays(move)}")
            : state;
    }

    /// <summary>No move runs, but the address may wait for its release: an orphan without a candidate, or found on another host at the first start.</summary>
    private static ClusterState ReleasedWithoutMove(ClusterState state)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        if (slot.ReleasingFrom is not { } from || Release.Of(state, slot) is not { Done: true } release)
            return state;
        return state.Deciding(d => d.With(Next(state, slot))).Noted("writer_released", from, $"Host '{from}' released role '{state.Writer}': {release.Why}", new NoteAbout(from, slot.Owner, state.Writer));
    }

    /// <summary>Nobody is left who must let go: the new holder is told.</summary>
    private static ClusterState Assigned(ClusterState state, RoleSlot slot, RoleMove move)
    {
        BinlogPosition? upTo = LastPosition(state, move.To);
        BinlogTail? rest = upTo is null ? RestOfLog(state, move.To) : null;
        AheadReplica? ahead = Ahead(state, move.To, rest);
        if (!AheadReplicas.IsReady(ahead))
            ahead = ahead! with { Why = $"'{ahead.Host}' had not applied it in time" };
        return state.Deciding(d => d.With(slot) with { Move = move.Enter(MovePhase.TakingOver, state.At) with { UpTo = upTo, Rest = rest, Ahead = ahead, LastWord = upTo is null ? LastWord(state, move.To) : null } });
    }

    private static LastWord? LastWord(ClusterState state, string candidate) =>
        state.Document!.ActiveMaster?.Host is { } master && master != candidate && state.Sights.TryGetValue(master, out HostSight? sight) && sight.LastUp is { Facts: var facts }
            ? new LastWord(facts.History, facts.Binlog, facts.SemiSync is { Active: true, Unacknowledged: false }) : null;

    /// <summary>Only of a master that nothing can be read of any more.</summary>
    private static AheadReplica? Ahead(ClusterState state, string candidate, BinlogTail? rest) =>
        rest is { Port: 0 } && state.Document!.ActiveMaster?.Host is { } master ? AheadReplicas.Of(state, master, candidate) : null;

    /// <summary>Released; or, if an agent says that clients can write at this address on yet another host (found so at a first start), that one next.</summary>
    private static RoleSlot Next(ClusterState state, RoleSlot slot)
    {
        string? another = state.Topology.Hosts.Keys.FirstOrDefault(h => h != slot.Owner && h != slot.ReleasingFrom && state.AgentReachable(h)
            && state.Sights[h].Agent is { Facts: { Mysqld: MysqldState.Up, ReadOnly: false } f } && f.Addresses.Contains(slot.Address));
        return another is null ? slot.Released() : slot with { ReleasingFrom = another, ReleasingSince = state.At };
    }

    /// <summary>Where the last active master's binlog ended, if its agent can tell and it takes no writes any more.</summary>
    private static BinlogPosition? LastPosition(ClusterState state, string candidate) =>
        state.Document!.ActiveMaster?.Host is { } master && master != candidate && state.Topology.Hosts.ContainsKey(master) && state.AgentReachable(master)
        && OrderReports.OfIssued(state, master) is { Facts: { Mysqld: MysqldState.Up, ReadOnly: true } facts } && !state.Orders[master].Order.Writable
            ? facts.Binlog : null;

    /// <summary>The end of the last active master's binary log when its mysqld does not live, by its agent's word; null when mysqld lives, or there is nobody to catch up with.</summary>
    private static BinlogTail? RestOfLog(ClusterState state, string candidate)
    {
        if (state.Document!.ActiveMaster?.Host is not { } master || master == candidate || !state.Topology.Hosts.ContainsKey(master))
            return null;
        if (!state.AgentReachable(master) || state.Sights[master].Agent is not { Facts: var facts })
            return BinlogTail.None($"the agent on '{master}' is not reachable");
        return facts.Mysqld switch
        {
            MysqldState.Up => null,
            MysqldState.Down => facts.Tail ?? BinlogTail.None($"the agent on '{master}' says nothing of its binary log"),
            _ => BinlogTail.None($"mysqld on '{master}' has not ended and does not answer"),
        };
    }

    private static ClusterState Completed(ClusterState state, RoleMove move, Report report)
    {
        // A server that was writable all along has no position of this takeover: an old one would have slaves apply twice.
        state = Recorded(state, move.To, report.Progress.Id, NewTakeOver(state, move.To)?.Position)
            .Deciding(d => d with { Move = null, RetryMoveAfter = null })
            .Noted("writer_moved", move.To, $"Role '{state.Writer}' is on '{move.To}' ({(state.At - move.StartedAt).TotalMilliseconds:0} ms after the decision)", About(state, move));
        return move is { ThenOffline: true, From: { } from } && from != move.To
            ? RoleDistribution.TakeAllFrom(HostRules.Enter(state, from, HostState.AdminOffline, "set_offline", "set_offline"), from, "set_offline") : state;
    }

    private static ClusterState Recorded(ClusterState state, string host, DecisionId? by, BinlogPosition? position)
    {
        MasterRecord? known = state.Document!.ActiveMaster;
        DecisionId? last = by is null || (known?.TakenOverBy is { } earlier && earlier > by) ? known?.TakenOverBy : by;
        RoleMove? move = state.Document.Move is { } m && m.To == host ? m : null;
        BinlogTail? rest = move?.UpTo is { } end ? new BinlogTail(0, end, null) : move?.Rest is { End: not null } tail ? tail : null;
        PreviousMaster? before = known is not null && rest is not null ? new PreviousMaster(known.Host, rest) : null;
        // The same server again: slaves that follow it need nothing new.
        MasterRecord now = known?.Host == host ? known with { TakenOverBy = last } : new MasterRecord(host, state.At, position, last, before);
        if (now == known)
            return state;
        state = Rejoin.End(state.Deciding(d => d with { ActiveMaster = now }), host);
        // It was read-only and everything it had was applied: nothing can be left that only it has.
        return known is null || known.Host == host || move is { UpTo: not null, Force: false } ? state : Rejoin.Begin(state, known.Host);
    }

    private static ClusterState Undone(ClusterState state, RoleSlot slot, RoleMove move, string why) =>
        state.Deciding(d => d.With(slot.GivenTo(move.From!, state.At)) with { Move = move.Enter(MovePhase.RollingBack, state.At) with { Trouble = why } })
            .Noted("writer_move_undone", move.To, $"Role '{state.Writer}' goes back from '{move.To}' to '{move.From}': {why}", About(state, move));

    private static ClusterState GiveBack(ClusterState state, RoleMove move, string why)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        return Failed(state.Deciding(d => d.With(slot.GivenTo(move.From!, state.At))), move.From!, $"Role '{state.Writer}' stays on '{move.From}': {why}{Stays(move)}");
    }

    private static string Stays(RoleMove move) => move.ThenOffline ? $"; '{move.From}' is not taken out" : "";

    private static ClusterState Failed(ClusterState state, string host, string sentence) =>
        state.Deciding(d => d with { Move = null, RetryMoveAfter = state.At + state.Settings.MasterConnectRetry }).Noted("writer_move_failed", host, sentence, About(state, state.Document!.Move!));

    private static ClusterState Ended(ClusterState state, string why)
    {
        RoleMove move = state.Document!.Move!;
        return state.Deciding(d => d with { Move = null }).Noted("writer_move_ended", move.To, $"The move of role '{state.Writer}' from '{move.From}' to '{move.To}' ended: {why}", About(state, move));
    }

    private static NoteAbout About(ClusterState state, RoleMove move) => new(move.From, move.To, state.Writer, move.Cause);

    private static ClusterState Troubled(ClusterState state, RoleMove move, string? trouble)
    {
        // Agents' sentences may change with every retry (counts, times); a decision per retry would be a ledger write per retry.
        if ((move.Trouble is null) == (trouble is null))
            return state;
        state = state.Deciding(d => d with { Move = move with { Trouble = trouble } });
        return trouble is null ? state : state.Noted("writer_move_stuck", move.To, $"The move of role '{state.Writer}' to '{move.To}' is held up: {trouble}");
    }

    /// <summary>
    /// A move can be undone while its old holder is sound. A failover too, when the old holder has come back in the meantime and
    /// nobody has taken over since: it has everything, the candidate has not.
    /// </summary>
    private static bool CanUndo(ClusterState state, RoleMove move) =>
        move.From is { } from && from != move.To && state.MayReceive(from)
        && (move.Cause != MoveCause.Failover || state.Document!.ActiveMaster?.Host == from);
}
