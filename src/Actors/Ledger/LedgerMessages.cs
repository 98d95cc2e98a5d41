using Mmm.Shared.Ledger;

namespace Mmm.Actors.Ledger;

/// <summary>
/// Between a cluster's coordinator and its <c>LedgerActor</c> child: local, never on the wire. One <see cref="Open"/> or
/// <see cref="Store"/> at a time.
/// </summary>
public static class LedgerMessages
{
    /// <summary>Coordinator -> ledger: begin a reign. Replies: <see cref="Unavailable"/> any number of times, then <see cref="Opened"/>. May be sent again after <see cref="SteppedDown"/>.</summary>
    /// <param name="AboveCounter">Highest epoch counter known from elsewhere (an agent that refused); the new one is above it. 0 = none.</param>
    public sealed record Open(long AboveCounter);

    /// <summary>The reign has begun: the adopted document is stored again under the new epoch.</summary>
    /// <param name="Id">Epoch of the reign; version of the adopted document, 0 at a first installation.</param>
    /// <param name="Document">Null at a first installation.</param>
    /// <param name="Voters">Whose word counts.</param>
    public sealed record Opened(DecisionId Id, string? Document, Voters Voters);

    /// <summary>No reign yet; it goes on trying.</summary>
    /// <param name="Sentence">What is missing and why, for operators.</param>
    public sealed record Unavailable(string Sentence);

    /// <summary>Coordinator -> ledger: store under (the epoch, <paramref name="Version"/>). Replies: <see cref="NoQuorum"/> any number of times, then <see cref="Stored"/> or <see cref="SteppedDown"/>.</summary>
    /// <param name="Version">The next one.</param>
    /// <param name="Document">The whole document.</param>
    /// <param name="Voters">Whose word counts by it; null = the same as before.</param>
    public sealed record Store(long Version, string Document, Voters? Voters = null);

    /// <summary>A quorum of the voters has it on disk.</summary>
    public sealed record Stored(DecisionId Id);

    /// <summary>A keeper has promised a higher epoch: the reign is over, nothing more may be sent.</summary>
    public sealed record SteppedDown(Epoch Higher);

    /// <summary>Too few keepers answer; it goes on trying.</summary>
    public sealed record NoQuorum(string Sentence);
}
