using System.Collections.Immutable;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Ledger;

/// <summary>
/// A coordinator's side of the ledger (proposer) for one cluster's document, as a pure function: prepare with an epoch above any seen,
/// collect promises of a quorum of the VOTERS (those of the highest document among the promises), write that document again under the own epoch, serve; then one
/// document at a time, each stored by a quorum of its own voters. Why one change of the voters at a time is safe: a quorum of a list has a member in every quorum of the
/// next, and the document that made the next is stored by a quorum of it before anything else is; so whoever collects promises by an older list meets a later one. Any refusal ends the reign. An answer counts only for the exact epoch and version, and only while nobody has
/// told of a later life of the keeper that gave it (why: <see cref="KeeperCatchUp"/>).
/// </summary>
public static class LedgerProposer
{
    /// <param name="cluster">MMM cluster.</param>
    /// <param name="keepers">All configured monitors.</param>
    /// <param name="node">Monitor it runs on.</param>
    /// <param name="incarnation">Unique to this proposer, see <see cref="ProposerState"/>.</param>
    public static ProposerState Create(string cluster, IEnumerable<string> keepers, string node, string incarnation) => new(
        cluster, [.. keepers.Order(StringComparer.Ordinal)], Voters.First(keepers), node, incarnation, ReignPhase.Closed, Epoch.None, Epoch.None, DecisionId.None, null,
        ImmutableSortedDictionary<string, LedgerProtocol.IAnswer>.Empty, [], 0);

    /// <summary>Begins a reign, whatever was before.</summary>
    /// <param name="state">State.</param>
    /// <param name="aboveCounter">Highest epoch counter known from elsewhere.</param>
    public static ProposerStep Open(ProposerState state, long aboveCounter) => PrepareAbove(state with { Outbid = 0 }, aboveCounter);

    /// <summary>Stores the next document.</summary>
    /// <param name="state">State.</param>
    /// <param name="version">Its version.</param>
    /// <param name="document">It.</param>
    /// <param name="voters">Whose word counts from this document on; null = the same as before.</param>
    /// <exception cref="InvalidOperationException">Not serving, or not the next version, or more than one voter is another: the caller has lost count.</exception>
    public static ProposerStep Store(ProposerState state, long version, string document, Voters? voters = null)
    {
        if (voters?.MayFollow(state.Voters) == false)
            throw new InvalidOperationException($"voters {voters.Generation} ({voters}) cannot follow {state.Voters.Generation} ({state.Voters})");
        if (state.Phase != ReignPhase.Serving || version != state.Current.Version + 1)
            throw new InvalidOperationException($"version {version} cannot be stored: the ledger is {state.Phase} at {state.Current}");
        ProposerState next = state with
        {
            Phase = ReignPhase.Storing,
            Current = new DecisionId(state.Epoch, version),
            Document = document,
            Voters = voters ?? state.Voters,
            Answers = state.Answers.Clear(),
        };
        return new ProposerStep(next, true, null);
    }

    /// <summary>To be called with every resend: tries a higher epoch where the last one met a higher promise.</summary>
    public static ProposerStep Retry(ProposerState state) =>
        state.Phase == ReignPhase.Preparing && state.HighestSeen > state.Epoch ? PrepareAbove(state, 0) : Nothing(state);

    /// <summary>Takes a keeper's answer.</summary>
    public static ProposerStep Take(ProposerState state, LedgerProtocol.IAnswer answer)
    {
        if (answer.Cluster != state.Cluster || !state.Keepers.Contains(answer.Keeper))
            return Nothing(state);
        return answer switch
        {
            LedgerProtocol.Promise m => TakePromise(Learn(state, m.Keeper, m.Life, m.Lives), m),
            LedgerProtocol.Accepted m => TakeAccepted(Learn(state, m.Keeper, m.Life, m.Lives), m),
            LedgerProtocol.Refused m => TakeRefused(state, m),
            // Only to say what is missing: a keeper whose answer counts is not asked again in this round.
            LedgerProtocol.NotVoting m => Nothing(Counts(state, m.Keeper) ? state : state with { Answers = state.Answers.SetItem(m.Keeper, m) }),
            _ => Nothing(state),
        };
    }

    /// <summary>
    /// What is to be sent, now or again, to every keeper that has not answered it. While serving: the current document, to those who
    /// missed it, so that a later loss of another disk finds it there.
    /// </summary>
    public static IEnumerable<(string Keeper, LedgerProtocol.IMessage Message)> Outstanding(ProposerState state)
    {
        LedgerProtocol.IMessage? message = state.Phase switch
        {
            ReignPhase.Preparing => new LedgerProtocol.Prepare(state.Cluster, state.Keepers, state.Lives, state.Epoch),
            ReignPhase.Adopting or ReignPhase.Serving or ReignPhase.Storing when state.Document is not null =>
                new LedgerProtocol.Accept(state.Cluster, state.Keepers, state.Lives, state.Current, state.Document, state.Voters),
            _ => null,
        };
        return message is null ? [] : state.Keepers.Where(k => !Counts(state, k)).Select(k => (k, message));
    }

    /// <summary>True when the keeper's answer to what is being asked counts.</summary>
    internal static bool Counts(ProposerState state, string keeper) => state.Answers.GetValueOrDefault(keeper) switch
    {
        LedgerProtocol.Promise p => p.Life == state.Lives.Of(keeper),
        LedgerProtocol.Accepted a => a.Life == state.Lives.Of(keeper),
        _ => false,
    };

    private static ProposerStep TakePromise(ProposerState state, LedgerProtocol.Promise m)
    {
        if (state.Phase != ReignPhase.Preparing || m.Epoch != state.Epoch)
            return Nothing(state);
        state = state with { Answers = state.Answers.SetItem(m.Keeper, m) };
        LedgerProtocol.Promise[] promises = [.. state.Answers.Where(a => Counts(state, a.Key)).Select(a => (LedgerProtocol.Promise)a.Value)];
        LedgerProtocol.Promise? highest = promises.Where(p => p.Document is not null).MaxBy(p => p.Held);
        if (highest is not null)
        {
            state = state with { Voters = highest.Voters };
            if (state.Counted < state.Voters.Quorum)
                return Nothing(state);
            ProposerState adopting = state with
            {
                Phase = ReignPhase.Adopting,
                Current = new DecisionId(state.Epoch, highest.Held.Version),
                Document = highest.Document,
                Answers = state.Answers.Clear(),
            };
            return new ProposerStep(adopting, true, null);
        }

        // First installation: see KeeperCatchUp for why a quorum is not enough here.
        if (promises.Length < state.Keepers.Length)
            return Nothing(state);
        ProposerState serving = state with
        {
            Phase = ReignPhase.Serving,
            Current = new DecisionId(state.Epoch, 0),
            Document = null,
            Voters = Voters.First(state.Keepers),
            Answers = state.Answers.Clear(),
        };
        return new ProposerStep(serving, false, new ReignOpened(serving.Current, null, serving.Voters));
    }

    private static ProposerStep TakeAccepted(ProposerState state, LedgerProtocol.Accepted m)
    {
        if (state.Document is null || m.Id != state.Current || state.Phase is ReignPhase.Closed or ReignPhase.Preparing)
            return Nothing(state);
        state = state with { Answers = state.Answers.SetItem(m.Keeper, m) };
        if (state.Phase == ReignPhase.Serving || state.Counted < state.Voters.Quorum)
            return Nothing(state);
        ReignOutcome outcome = state.Phase == ReignPhase.Adopting ? new ReignOpened(state.Current, state.Document, state.Voters) : new DocumentStored(state.Current);
        return new ProposerStep(state with { Phase = ReignPhase.Serving }, false, outcome);
    }

    private static ProposerStep TakeRefused(ProposerState state, LedgerProtocol.Refused m)
    {
        if (state.Phase == ReignPhase.Closed || m.Offered != state.Epoch || m.Promised <= state.Epoch)
            return Nothing(state);
        state = state with { HighestSeen = Max(state.HighestSeen, m.Promised) };
        if (state.Phase != ReignPhase.Preparing)
            return new ProposerStep(Close(state), false, new ReignEnded(m.Promised));

        // A proposer that knows no epoch yet meets as many as there are keepers that lag behind differently. More means a rival, and two
        // that outbid each other at once would never end.
        return state.Outbid >= state.Keepers.Length
            ? Nothing(state with { Answers = state.Answers.SetItem(m.Keeper, m) })
            : PrepareAbove(state with { Outbid = state.Outbid + 1 }, 0);
    }

    private static ProposerStep PrepareAbove(ProposerState state, long counter)
    {
        long above = Math.Max(counter, Math.Max(state.Epoch.Counter, state.HighestSeen.Counter));
        ProposerState next = Close(state) with { Phase = ReignPhase.Preparing, Epoch = new Epoch(above + 1, state.Node, state.Incarnation) };
        return new ProposerStep(next, true, null);
    }

    private static ProposerState Close(ProposerState state) =>
        state with { Phase = ReignPhase.Closed, Current = DecisionId.None, Document = null, Answers = state.Answers.Clear() };

    private static ProposerState Learn(ProposerState state, string keeper, long life, ImmutableArray<KeeperLife> lives) =>
        state with { Lives = KeeperLives.Merge(state.Lives, lives.Add(new KeeperLife(keeper, life))) };

    private static ProposerStep Nothing(ProposerState state) => new(state, false, null);

    private static Epoch Max(Epoch a, Epoch b) => a >= b ? a : b;
}
