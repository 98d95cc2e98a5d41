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
        bool decided = state.Document is not null || state.Answers.Values.Any(a => a is LedgerProtocol.Promise { Document: not null });
        if (state.Phase == ReignPhase.Preparing && !decided && answered.Length >= state.Voters.Quorum)
        {
            string missing = string.Join("; ", state.Keepers.Where(k => !answered.Contains(k)).Select(k => Describe(state, k)));
            return $"No monitor that answers has stored decisions, so this would be a first installation, which all {state.Keepers.Length} configured monitors must take part in: {missing}";
        }

        string others = string.Join("; ", state.Voters.Names.Where(k => !answered.Contains(k)).Select(k => Describe(state, k)));
        return $"{state.Voters.Quorum} of the {state.Voters.Names.Length} voting monitors must have a decision on disk before it counts, {state.Counted} "
            + $"{(state.Counted == 1 ? "answers" : "answer")}: {others}";
    }

    private static string Describe(ProposerState state, string keeper) => state.Answers.GetValueOrDefault(keeper) switch
    {
        LedgerProtocol.NotVoting n => $"{keeper} takes no part ({n.Why})",
        LedgerProtocol.Refused r => $"{keeper} obeys the newer coordinator {r.Promised}",
        null when !state.Keepers.Contains(keeper) => $"{keeper} is not in this monitor's configuration",
        LedgerProtocol.Promise or LedgerProtocol.Accepted => $"{keeper} has lost its records since it answered",
        _ => $"{keeper} does not answer",
    };
}
