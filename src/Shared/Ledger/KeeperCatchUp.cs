using System.Collections.Immutable;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Ledger;

/// <summary>
/// How a keeper without records comes to vote. It asks every other keeper (<see cref="LedgerProtocol.ReadCopy"/>, again and again) and
/// takes the first of two ways that opens.
/// <para>
/// COPY. As many others as make a quorum of the voters (by the highest document among the answers) gave their records: it takes the highest promise and the highest
/// document of them. (When that document is the one that changed the voters, also a quorum of those before: it may never have come to count.) One that is no voter needs a quorum all the same, and is then asked and kept up to date like the others, without being counted: so it has
/// everything when it becomes one.
/// Whatever was decided with the help of its earlier life was also stored by one of those it copies from, because the quorum that stored
/// it (without this keeper Q-1) and the Q it copies from cannot both fit into the N-1 others. What about answers of its earlier life
/// that are still on their way to a proposer, who may yet count them? Each of those it copies from wrote the asker's new life to disk
/// before answering, and says so in all its later answers; a proposer counts no answer of a life that it knows, from anyone, to be over.
/// So the proposer counts the old answer only together with answers given before the copy was, and those the copy contains.
/// </para>
/// <para>
/// FIRST INSTALLATION. It has never had records, ALL others answered, and none of them holds a document (each is itself new, or votes
/// with nothing accepted yet): it begins to vote with nothing. Why a crash in the middle neither loses nor forks: the keepers begin to
/// vote one by one, in any order, each with a single atomic write; one that already votes with nothing is, to the rest, as good as a
/// new one, so the rest can go on after any crash. A proposer that finds no document at all may serve only with the promises of ALL
/// configured keepers, not just of a quorum. So before the first document can be stored anywhere, every keeper votes and has promised
/// that epoch, and a rival's first document of a lower epoch would need a quorum of keepers that each accepted it before promising (then
/// they report it) or after (then they refuse it). From the first stored document on the second way is closed, since somebody holds a document,
/// unless as many disks as make a quorum are lost at once. That much loss nothing survives; and a keeper whose records are damaged
/// rather than absent never takes the second way at all.
/// </para>
/// </summary>
public static class KeeperCatchUp
{
    /// <summary>What a keeper that does not vote asks the others; nothing when it votes, or when asking cannot help.</summary>
    public static LedgerProtocol.ReadCopy? Request(KeeperState state) =>
        state.Standing is KeeperStanding.New or KeeperStanding.Lost ? new(state.Cluster, state.Keepers, state.Known, state.Name, state.Life) : null;

    /// <summary>To be tried at start: a single configured keeper has nobody to ask.</summary>
    public static KeeperStep Settle(KeeperState state) => state.Standing is KeeperStanding.New ? TryToVote(state) : KeeperMachine.Ignore(state);

    /// <summary>Why it does not vote and what it waits for; null when it votes.</summary>
    public static string? Explain(KeeperState state)
    {
        if (Request(state) is null)
            return state.Why;
        string others = string.Join(", ", state.Others.Select(k => $"{k} {Describe(state.Copies.GetValueOrDefault(k))}"));
        return $"{state.Why}; it asks the other monitors: {(others.Length == 0 ? "there are none" : others)}";
    }

    private static string Describe(LedgerProtocol.Copy? copy) => copy?.Standing switch
    {
        null => "does not answer",
        KeeperStanding.Voting => copy.Document is null ? "holds no decision yet" : $"holds decision {copy.Held}",
        KeeperStanding.New => "has never stored a decision either",
        KeeperStanding.Lost => "has lost its records",
        KeeperStanding.Unwritable => "cannot store",
        _ => "is configured with other monitors",
    };

    /// <summary>Takes another keeper's answer.</summary>
    internal static KeeperStep Take(KeeperState state, LedgerProtocol.Copy m)
    {
        if (state.Standing is not (KeeperStanding.New or KeeperStanding.Lost) || m.For != state.Name || !state.Others.Contains(m.Keeper) || m.ForLife != state.Life)
            return KeeperMachine.Ignore(state);
        long knownOfMe = m.Lives.Of(state.Name);
        if (knownOfMe > state.Life)
        {
            // The clock that numbers lives was set back. A life must be the latest one, so begin a later one and ask again.
            return KeeperMachine.Ignore(state with { Life = knownOfMe + 1, Copies = state.Copies.Clear() });
        }

        state = state with { Known = KeeperLives.Merge(state.Known, m.Lives.Add(new KeeperLife(m.Keeper, m.Life))) };
        // Of one keeper the latest life counts, and of that the latest answer.
        if (state.Copies.TryGetValue(m.Keeper, out LedgerProtocol.Copy? earlier) && earlier.Life > m.Life)
            return KeeperMachine.Ignore(state);
        return TryToVote(state with { Copies = state.Copies.SetItem(m.Keeper, m) });
    }

    /// <summary>What the keeper says of itself to another that asks.</summary>
    internal static LedgerProtocol.Copy CopyOf(KeeperState state, LedgerProtocol.ReadCopy m)
    {
        KeeperRecord? record = state.Standing == KeeperStanding.Voting ? state.Record : null;
        return new LedgerProtocol.Copy(
            state.Cluster, state.Name, state.Standing, state.Life, m.Keeper, m.Life, record?.Lives ?? state.Known,
            record?.Promised ?? Epoch.None, record?.Held ?? DecisionId.None, record?.Document, record?.Voters);
    }

    private static KeeperStep TryToVote(KeeperState state)
    {
        LedgerProtocol.Copy[] current = [.. state.Copies.Values.Where(c => c.Life == state.Known.Of(c.Keeper))];
        LedgerProtocol.Copy[] voting = [.. current.Where(c => c.Standing == KeeperStanding.Voting)];
        LedgerProtocol.Copy? highest = voting.Where(c => c.Document is not null).MaxBy(c => c.Held);
        Voters voters = highest?.Voters ?? Voters.First(state.Keepers);
        bool canCopy = Enough(voters.Names) && (voters.Before is not { } before || Enough(before));
        int others = state.Keepers.Length - 1;
        bool isFirstInstallation = highest is null && state.Standing == KeeperStanding.New
            && current.Count(c => c.Standing is KeeperStanding.Voting or KeeperStanding.New && c.Document is null) == others;
        if (!canCopy && !isFirstInstallation)
            return KeeperMachine.Ignore(state);

        Epoch promised = voting.Select(c => c.Promised).DefaultIfEmpty(Epoch.None).Max()!;
        var record = new KeeperRecord(
            state.Cluster, voters.Names, state.Life, state.Known.RemoveAll(l => l.Keeper == state.Name), promised, highest?.Held ?? DecisionId.None, highest?.Document, voters.Generation, voters.Before);
        KeeperState next = state with { Standing = KeeperStanding.Voting, Why = null, Record = record, Known = [], Copies = state.Copies.Clear() };
        return new KeeperStep(next, record, null);

        bool Enough(ImmutableArray<string> names)
        {
            int rest = names.Count(n => n != state.Name);
            return rest > 0 && voting.Count(c => names.Contains(c.Keeper)) >= Math.Min(Quorums.Of(names.Length), rest);
        }
    }
}
