using System.Collections.Immutable;
using Mmm.Shared.Ledger;

namespace Mmm.Shared.Messages;

/// <summary>
/// Between a coordinator's ledger and the keepers (<c>/user/keeper</c> on every configured monitor), and among the keepers: single-document
/// Paxos, one instance per MMM cluster. A keeper answers only after what the answer says is on its disk. Every message may be lost,
/// doubled, late or sent again without harm.
/// </summary>
public static class LedgerProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>What a keeper answers to a ledger.</summary>
    public interface IAnswer : IMessage
    {
        string Cluster { get; }

        string Keeper { get; }
    }

    /// <summary>Ledger -> keeper: promise to take no part in lower epochs. Reply: <see cref="Promise"/>, <see cref="Refused"/> or <see cref="NotVoting"/>.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keepers">Names of the monitors that the sender is configured with, sorted: while nothing is decided, a keeper configured with others takes no part, because they would count another quorum.</param>
    /// <param name="Lives">Lives the sender knows: a keeper whose own number is lower, because a clock was set back, raises it.</param>
    /// <param name="Epoch">The reign to be.</param>
    public sealed record Prepare(string Cluster, ImmutableArray<string> Keepers, ImmutableArray<KeeperLife> Lives, Epoch Epoch) : IMessage;

    /// <summary>Ledger -> keeper: store this document. Reply: <see cref="Accepted"/>, <see cref="Refused"/>, <see cref="NotVoting"/>, or nothing when it holds a later one of the same epoch.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keepers">As in <see cref="Prepare"/>.</param>
    /// <param name="Lives">As in <see cref="Prepare"/>.</param>
    /// <param name="Id">Place of the document in the history.</param>
    /// <param name="Document">The whole document.</param>
    /// <param name="Voters">Whose word counts by this document; a quorum of these must store it.</param>
    public sealed record Accept(
        string Cluster, ImmutableArray<string> Keepers, ImmutableArray<KeeperLife> Lives, DecisionId Id, string Document, Voters Voters) : IMessage;

    /// <summary>Keeper -> ledger: promised. Counts for exactly this epoch.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keeper">Who promises.</param>
    /// <param name="Life">Its current life, see <see cref="KeeperLife"/>.</param>
    /// <param name="Lives">Lives it knows of the others.</param>
    /// <param name="Epoch">What it promised.</param>
    /// <param name="Held">Place of the document it holds; <see cref="DecisionId.None"/> when it holds none.</param>
    /// <param name="Document">That document; null when it holds none.</param>
    /// <param name="Voters">Whose word counts by that document.</param>
    public sealed record Promise(
        string Cluster, string Keeper, long Life, ImmutableArray<KeeperLife> Lives, Epoch Epoch, DecisionId Held, string? Document, Voters Voters) : IAnswer;

    /// <summary>Keeper -> ledger: stored. Counts for exactly this id.</summary>
    public sealed record Accepted(string Cluster, string Keeper, long Life, ImmutableArray<KeeperLife> Lives, DecisionId Id) : IAnswer;

    /// <summary>Keeper -> ledger: no, a higher epoch is promised. That ledger's reign is over.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keeper">Who refuses.</param>
    /// <param name="Offered">Epoch of the refused message.</param>
    /// <param name="Promised">The higher epoch.</param>
    public sealed record Refused(string Cluster, string Keeper, Epoch Offered, Epoch Promised) : IAnswer;

    /// <summary>Keeper -> ledger: it takes no part at the moment and pretends nothing.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keeper">Who abstains.</param>
    /// <param name="Standing">In what way.</param>
    /// <param name="Why">For people: why and what to do.</param>
    public sealed record NotVoting(string Cluster, string Keeper, KeeperStanding Standing, string Why) : IAnswer;

    /// <summary>Granter of a monitor that has just started -> every keeper: what do you hold? Reply: <see cref="Holding"/>. Changes nothing.</summary>
    public sealed record AskHolding(string Cluster) : IMessage;

    /// <summary>Keeper -> granter.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keeper">Who answers.</param>
    /// <param name="Voting">Only the word of a keeper that votes counts.</param>
    /// <param name="Held">Place of the document it holds; <see cref="DecisionId.None"/> when it holds none.</param>
    /// <param name="Document">That document; null when it holds none.</param>
    /// <param name="Voters">Whose word counts by that document; null when it has no records.</param>
    public sealed record Holding(string Cluster, string Keeper, bool Voting, DecisionId Held, string? Document, Voters? Voters) : IMessage;

    /// <summary>
    /// Keeper that lost its records -> every other keeper: give me yours, and count me by my new life from now on. Reply: <see cref="Copy"/>,
    /// from a voting keeper only once it has the new life on disk.
    /// </summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keepers">As in <see cref="Prepare"/>.</param>
    /// <param name="Lives">As in <see cref="Prepare"/>.</param>
    /// <param name="Keeper">Who asks.</param>
    /// <param name="Life">Its new life.</param>
    public sealed record ReadCopy(string Cluster, ImmutableArray<string> Keepers, ImmutableArray<KeeperLife> Lives, string Keeper, long Life) : IMessage;

    /// <summary>Keeper -> keeper that asked: what it has, or that it has nothing to give.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Keeper">Who answers.</param>
    /// <param name="Standing">Its standing; only of a voting one the rest says something.</param>
    /// <param name="Life">Its own life.</param>
    /// <param name="For">Who asked.</param>
    /// <param name="ForLife">The life the asker gave: an answer to an earlier life of the asker does not count.</param>
    /// <param name="Lives">Lives it knows.</param>
    /// <param name="Promised">Highest epoch it promised.</param>
    /// <param name="Held">Place of the document it holds.</param>
    /// <param name="Document">That document; null when it holds none.</param>
    /// <param name="Voters">Whose word counts by that document; null when it has no records.</param>
    public sealed record Copy(
        string Cluster,
        string Keeper,
        KeeperStanding Standing,
        long Life,
        string For,
        long ForLife,
        ImmutableArray<KeeperLife> Lives,
        Epoch Promised,
        DecisionId Held,
        string? Document,
        Voters? Voters) : IMessage;

    /// <summary>Anyone -> keeper: how are you? Reply: <see cref="Status"/>.</summary>
    public sealed record AskStatus : IMessage;

    /// <summary>Keeper -> who asked, for the management page.</summary>
    /// <param name="Keeper">Who answers.</param>
    /// <param name="Clusters">One per configured MMM cluster.</param>
    public sealed record Status(string Keeper, ImmutableArray<KeeperView> Clusters) : IMessage;

    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Standing">Whether it votes.</param>
    /// <param name="Why">Why it does not; null when it votes.</param>
    /// <param name="Promised">Highest promised epoch.</param>
    /// <param name="Held">Place of the document it holds.</param>
    /// <param name="Voters">Whose word counts by that document; null when it has no records.</param>
    public sealed record KeeperView(string Cluster, KeeperStanding Standing, string? Why, Epoch Promised, DecisionId Held, Voters? Voters);
}
