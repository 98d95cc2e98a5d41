using System.Globalization;
using Mmm.Shared.Gtids;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Agents;

/// <summary>What a server that takes over unplanned is known to lack of the old active master once it has all that could be had, and whether it may take over with that.</summary>
/// <param name="Lost">One sentence, without a full stop; null = nothing is known to be missing.</param>
/// <param name="Forbidden">Why it may not, likewise; null = it may.</param>
public sealed record LossRule(string? Lost, string? Forbidden)
{
    /// <param name="order">The catch-up.</param>
    /// <param name="ours">Everything the server has, by GTIDs; null = it has none.</param>
    /// <param name="applied">What it has applied, in the old master's coordinates; null = it did not replicate from it.</param>
    /// <param name="whole">The old master's log was read to its end: not even what it committed after its last report is missing.</param>
    public static LossRule Judge(AgentProtocol.CatchUpOrder order, GtidHistory? ours, AgentProtocol.BinlogPosition? applied, bool whole)
    {
        // What its GTIDs count beyond the last commit's end was not committed. (MariaDB counts a transaction when it begins to write it; one that waits for a disk that is full or stands still
        // is counted in every report, and gone when the server has ended.)
        bool hasAll = order.LastWord is { End: { } told } && ((whole && BinlogPositions.Reaches(order.Rest?.End, told)) || (applied?.File == told.File && applied.Position >= told.Position));
        (string? lost, long? count) = hasAll ? (null, 0) : Lack(order, ours, applied);
        if (lost is not null && order.Policy?.MaximumLoss is { } most && !(count <= most))
            return new LossRule(lost, string.Create(CultureInfo.InvariantCulture, $"failover.maximum_loss is {most}"));
        string? unproven = whole || order.Policy is not { RequireSemiSync: true } || order.LastWord is { Acknowledged: true } ? null
            : order.LastWord is null ? $"failover.require_semi_sync is on, and whether commits on {order.From} waited for a replica is not known"
            : $"failover.require_semi_sync is on, and commits on {order.From} did not wait for a replica by its last report";
        return new LossRule(lost, unproven);
    }

    /// <returns>How many transactions, at most; null = not known.</returns>
    private static (string? Sentence, long? Count) Lack(AgentProtocol.CatchUpOrder order, GtidHistory? ours, AgentProtocol.BinlogPosition? applied)
    {
        if (order.LastWord is not { } last)
            return (null, null);
        if (last.History is { } theirs && ours is not null && GtidHistory.Lacking(theirs, ours, null) is { } lacking)
        {
            return lacking.Count == 0 ? (null, 0)
                : ($"of what {order.From} had committed by its last report this server lacks {lacking.Text} ({(lacking.Exact ? "" : "at most ")}{Transactions(lacking.Count)})", lacking.Count);
        }

        return last.End is { } end && BinlogPositions.Passes(end, applied ?? end)
            ? ($"of what {order.From} had written by its last report this server lacks what its binary log holds from {applied} to {end}", null) : (null, null);
    }

    private static string Transactions(long count) => count == 1 ? "1 transaction" : string.Create(CultureInfo.InvariantCulture, $"{count} transactions");
}
