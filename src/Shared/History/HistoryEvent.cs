using Mmm.Shared.Ledger;

namespace Mmm.Shared.History;

/// <summary>Something that was decided, seen or ordered in a cluster, as its coordinator noted it.</summary>
/// <param name="Id">Its place in the history.</param>
/// <param name="AtUtc">When, by the coordinator's clock: for display; the order is that of the ids.</param>
/// <param name="Version">The decision that was in force right after it; see <see cref="Decision"/>.</param>
/// <param name="Code">Stable for scripts.</param>
/// <param name="Host">Host it is about; null = the cluster.</param>
/// <param name="Sentence">For people. A command's names who gave it, and from where.</param>
/// <param name="Command">Id of the operator's command that it is the doing of; null = nobody ordered it.</param>
public sealed record HistoryEvent(EventId Id, DateTimeOffset AtUtc, long Version, string Code, string? Host, string Sentence, string? Command = null)
{
    /// <summary>Longest sentence that is kept, in characters; what is behind it is cut off.</summary>
    public const int LongestSentence = 2000;

    /// <summary>As <c>3@mon2/17</c>.</summary>
    public DecisionId Decision() => new(Id.Epoch, Version);
}
