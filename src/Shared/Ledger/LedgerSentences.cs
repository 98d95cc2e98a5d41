using System.Collections.Immutable;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Ledger;

/// <summary>What operators read while the ledger waits for keepers.</summary>
public static class LedgerSentences
{
    /// <summary>What is missing, and why; null when nothing is.</summary>
    public static string? Missing(ProposerState state)
    {
        if (state.Phase is ReignPhase.Closed or ReignPhase.Serving)
            return null;
        ImmutableArray<string> answered = [.. state.Keepers.Where(k => LedgerProposer.Counts(state, k))];
        string others = string.Join("; ", state.Keepers.Where(k => !answered.Contains(k)).Select(k => Describe(state, k)));
        if (state.Phase == ReignPhase.Preparing && answered.Length >= state.Quorum)
        {
            return $"No monitor that answers has stored decisions, so this would be a first installation, which all {state.Keepers.Length} configured monitors must take part in: {others}";
        }

        return $"{state.Quorum} of the {state.Keepers.Length} configured monitors must have a decision on disk before it counts, {answered.Length} "
            + $"{(answered.Length == 1 ? "answers" : "answer")}: {others}";
    }

    private static string Describe(ProposerState state, string keeper) => state.Answers.GetValueOrDefault(keeper) switch
    {
        LedgerProtocol.NotVoting n => $"{keeper} takes no part ({n.Why})",
        LedgerProtocol.Refused r => $"{keeper} obeys the newer coordinator {r.Promised}",
        LedgerProtocol.Promise or LedgerProtocol.Accepted => $"{keeper} has lost its records since it answered",
        _ => $"{keeper} does not answer",
    };
}
