using System.Collections.Immutable;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Ledger;

/// <summary>How far a reign is.</summary>
public enum ReignPhase
{
    /// <summary>None wanted yet, or the last one ended.</summary>
    Closed,

    /// <summary>Promises are being collected.</summary>
    Preparing,

    /// <summary>The highest document found is being written again under the new epoch.</summary>
    Adopting,

    /// <summary>The next document may come.</summary>
    Serving,

    /// <summary>A document is on its way.</summary>
    Storing,
}

/// <summary>State of a coordinator's side of the ledger.</summary>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="Keepers">Names of all configured monitors, sorted: these are asked.</param>
/// <param name="Voters">Those whose answers count, as far as is known: by the document being written, or by the highest one promised so far.</param>
/// <param name="Node">Monitor the coordinator runs on.</param>
/// <param name="Incarnation">Never shared by two proposers, not even of one process: with the node it makes epochs unique.</param>
/// <param name="Phase">How far the reign is.</param>
/// <param name="Epoch">Current or last own epoch.</param>
/// <param name="HighestSeen">Highest epoch heard of.</param>
/// <param name="Current">Place of the document being written or written last; version 0 = none yet.</param>
/// <param name="Document">That document; null = none yet.</param>
/// <param name="Answers">Latest answers to what is being asked; only those to exactly this epoch and version.</param>
/// <param name="Lives">Latest life known of each keeper, whoever said so.</param>
/// <param name="Outbid">Preparing: how often a higher epoch was met and passed at once; after a few times it waits for the resend.</param>
public sealed record ProposerState(
    string Cluster,
    ImmutableArray<string> Keepers,
    Voters Voters,
    string Node,
    string Incarnation,
    ReignPhase Phase,
    Epoch Epoch,
    Epoch HighestSeen,
    DecisionId Current,
    string? Document,
    ImmutableSortedDictionary<string, LedgerProtocol.IAnswer> Answers,
    ImmutableArray<KeeperLife> Lives,
    int Outbid)
{
    /// <summary>Voters whose answers count.</summary>
    internal int Counted => Voters.Count(Answers.Keys.Where(k => LedgerProposer.Counts(this, k)));
}

/// <summary>What comes of one input.</summary>
/// <param name="Next">The new state.</param>
/// <param name="AskNow">True: something new is asked; send <see cref="LedgerProposer.Outstanding"/> without waiting for the next resend.</param>
/// <param name="Outcome">What the coordinator is told; null = nothing.</param>
public sealed record ProposerStep(ProposerState Next, bool AskNow, ReignOutcome? Outcome);

/// <summary>What the coordinator is told.</summary>
public abstract record ReignOutcome;

/// <summary>A quorum holds the adopted document under the new epoch.</summary>
/// <param name="Id">Version 0: first installation.</param>
/// <param name="Document">Null: first installation.</param>
/// <param name="Voters">Whose word counts.</param>
public sealed record ReignOpened(DecisionId Id, string? Document, Voters Voters) : ReignOutcome;

/// <summary>A quorum holds the document.</summary>
public sealed record DocumentStored(DecisionId Id) : ReignOutcome;

/// <summary>Somebody has a higher epoch.</summary>
public sealed record ReignEnded(Epoch Higher) : ReignOutcome;
