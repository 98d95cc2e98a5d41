using System.Collections.Immutable;

namespace Mmm.Shared.History;

/// <summary>How far a command is.</summary>
public enum OperationStatus
{
    /// <summary>The role is being moved, or what is in the way of that is waited for.</summary>
    Running,

    /// <summary>It is decided; a move has ended where it was to.</summary>
    Succeeded,

    /// <summary>Refused, or its move was called off, undone or replaced.</summary>
    Failed,
}

/// <summary>What has become of an operator's command, by the history alone: so every monitor can tell, whoever decided, and after a restart of all.</summary>
/// <param name="Status">How far it is.</param>
/// <param name="Began">The first that is its doing.</param>
/// <param name="End">The one that ended it; null while it runs.</param>
/// <param name="Events">Everything from the first to the one that ended it, oldest first.</param>
public sealed record Operation(OperationStatus Status, HistoryEvent Began, HistoryEvent? End, ImmutableArray<HistoryEvent> Events)
{
    /// <param name="history">Of the cluster, oldest first.</param>
    /// <param name="command">Its id.</param>
    /// <returns>Null: the history knows of no such command.</returns>
    public static Operation? Of(IEnumerable<HistoryEvent> history, string command)
    {
        ImmutableArray<HistoryEvent> since = [.. history.SkipWhile(e => e.Command != command)];
        if (since.IsEmpty)
            return null;
        HistoryEvent[] own = [.. since.Where(e => e.Command == command)];
        if (own[0].Code == "admin_refused")
            return new Operation(OperationStatus.Failed, own[0], own[0], [own[0]]);
        if (own.FirstOrDefault(e => e.Code is "writer_move_started" or "writer_move_waits") is not { } move)
            return new Operation(OperationStatus.Succeeded, own[0], own[^1], [.. since.TakeWhile(e => e.Id <= own[^1].Id)]);
        HistoryEvent? end = since.FirstOrDefault(e => e.Id > move.Id && Ends(e, move, command));
        OperationStatus status = end is null ? OperationStatus.Running : end.Code == "writer_moved" ? OperationStatus.Succeeded : OperationStatus.Failed;
        return new Operation(status, own[0], end, [.. since.TakeWhile(e => end is null || e.Id <= end.Id)]);
    }

    /// <summary>There is one move at a time: it ends, or another takes its place. (writer_move_undone is on the way to writer_move_failed.)</summary>
    private static bool Ends(HistoryEvent e, HistoryEvent move, string command) => e.Code switch
    {
        "writer_moved" or "writer_move_failed" or "writer_move_ended" => true,
        "writer_move_started" or "writer_move_waits" => e.Host != move.Host && e.Command != command,
        _ => false,
    };
}
