using System.Collections.Immutable;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Ledger;

/// <summary>
/// A keeper (acceptor) of one cluster's document, as a pure function. It never answers before what it says is stored, never goes down
/// in epoch, and abstains rather than pretend to be empty. How one without records comes to vote is in <see cref="KeeperCatchUp"/>.
/// </summary>
public static class KeeperMachine
{
    /// <summary>State after a start or after the store was opened again.</summary>
    /// <param name="cluster">MMM cluster.</param>
    /// <param name="name">This keeper's monitor.</param>
    /// <param name="keepers">All configured monitors.</param>
    /// <param name="record">What was read from disk; null when there is nothing.</param>
    /// <param name="lostBecause">Null: nothing was ever there. Else: there was something and it is unreadable, because of this.</param>
    /// <param name="life">Number of a new life, should one begin: higher than every earlier one of this keeper (its clock).</param>
    public static KeeperState Start(string cluster, string name, IEnumerable<string> keepers, KeeperRecord? record, string? lostBecause, long life)
    {
        ImmutableArray<string> sorted = [.. keepers.Order(StringComparer.Ordinal)];
        var blank = new KeeperState(cluster, name, sorted, KeeperStanding.New, "it has never stored a decision", life, null, [], ImmutableSortedDictionary<string, LedgerProtocol.Copy>.Empty);
        if (lostBecause is not null)
            return blank with { Standing = KeeperStanding.Lost, Why = lostBecause };
        if (record is null)
            return blank;
        // Once something is decided its own list of voters counts, whatever is configured.
        if (record.Document is null && !record.Keepers.SequenceEqual(sorted))
        {
            string why = $"its records were made with the monitors {string.Join(", ", record.Keepers)}, but {string.Join(", ", sorted)} are configured: "
                + "put the list of monitors back as it was";
            return blank with { Standing = KeeperStanding.Misconfigured, Why = why };
        }

        return blank with { Standing = KeeperStanding.Voting, Why = null, Life = record.Life, Record = record };
    }

    /// <summary>The disk does not take anything: it abstains until it is started again from what the disk has.</summary>
    public static KeeperState Abstain(KeeperState state, string why) => state with { Standing = KeeperStanding.Unwritable, Why = why };

    /// <summary>Takes one message.</summary>
    public static KeeperStep Step(KeeperState state, LedgerProtocol.IMessage message) => message switch
    {
        LedgerProtocol.Prepare m => Prepare(state, m),
        LedgerProtocol.Accept m => Accept(state, m),
        LedgerProtocol.ReadCopy m => ReadCopy(state, m),
        LedgerProtocol.Copy m => KeeperCatchUp.Take(state, m),
        _ => Ignore(state),
    };

    /// <summary>No effect at all.</summary>
    internal static KeeperStep Ignore(KeeperState state, string? alarm = null) => new(state, null, null, alarm);

    private static KeeperStep Prepare(KeeperState state, LedgerProtocol.Prepare m)
    {
        if (Objection(state, m.Keepers) is { } objection)
            return new KeeperStep(state, null, objection);
        KeeperRecord record = InItsLatestLife(state.Record!, state.Name, m.Lives);
        if (m.Epoch < record.Promised)
            return new KeeperStep(state, null, new LedgerProtocol.Refused(state.Cluster, state.Name, m.Epoch, record.Promised));
        // The same epoch again is its own proposer's resend: epochs are never shared.
        return Store(state, m.Epoch == record.Promised ? record : record with { Promised = m.Epoch }, PromiseOf);
    }

    private static KeeperStep Accept(KeeperState state, LedgerProtocol.Accept m)
    {
        if (Objection(state, m.Keepers) is { } objection)
            return new KeeperStep(state, null, objection);
        KeeperRecord record = InItsLatestLife(state.Record!, state.Name, m.Lives);
        if (m.Id.Epoch < record.Promised)
            return new KeeperStep(state, null, new LedgerProtocol.Refused(state.Cluster, state.Name, m.Id.Epoch, record.Promised));
        if (m.Id < record.Held)
            return Ignore(state); // late duplicate: its proposer has since had a later one stored here
        if (m.Id == record.Held && m.Document != record.Document)
            return Ignore(state, $"two different documents came under the decision {m.Id}; the second was not stored");
        KeeperRecord next = m.Id == record.Held
            ? record
            : record with { Promised = m.Id.Epoch, Held = m.Id, Document = m.Document, Keepers = m.Voters.Names, Generation = m.Voters.Generation, Before = m.Voters.Before };
        return Store(state, next, AcceptedOf);
    }

    private static KeeperStep ReadCopy(KeeperState state, LedgerProtocol.ReadCopy m)
    {
        if (m.Keeper == state.Name)
            return Ignore(state);
        bool stranger = !state.Keepers.Contains(m.Keeper) && state.Record?.Voters.Contains(m.Keeper) != true;
        if (stranger || (state.Record?.Document is null && !m.Keepers.SequenceEqual(state.Keepers)))
            return new KeeperStep(state, null, KeeperCatchUp.CopyOf(state, m) with { Standing = KeeperStanding.Misconfigured, Document = null });
        var asker = new KeeperLife(m.Keeper, m.Life);
        if (state.Standing != KeeperStanding.Voting)
        {
            KeeperState heard = state with { Known = KeeperLives.Merge(state.Known, [asker]) };
            return new KeeperStep(heard, null, KeeperCatchUp.CopyOf(heard, m));
        }

        // From here on no proposer can count this keeper's answers together with one the asker gave in an earlier life.
        KeeperRecord record = InItsLatestLife(state.Record!, state.Name, m.Lives);
        if (asker.Life > record.Lives.Of(asker.Keeper))
            record = record with { Lives = KeeperLives.Merge(record.Lives, [asker]) };
        return Store(state, record, (next, _) => KeeperCatchUp.CopyOf(next, m));
    }

    /// <summary>
    /// Others may know of a later number: one that this keeper bore while it had no records yet, before its clock was set back. Its
    /// answers would then count nowhere. Taking a higher number is always safe: it only makes answers already given not count.
    /// </summary>
    private static KeeperRecord InItsLatestLife(KeeperRecord record, string name, ImmutableArray<KeeperLife> known) =>
        known.Of(name) > record.Life ? record with { Life = known.Of(name) + 1 } : record;

    private static LedgerProtocol.NotVoting? Objection(KeeperState state, ImmutableArray<string> keepers)
    {
        if (state.Standing != KeeperStanding.Voting)
            return new LedgerProtocol.NotVoting(state.Cluster, state.Name, state.Standing, KeeperCatchUp.Explain(state) ?? state.Standing.ToString());
        if (state.Record!.Document is not null || keepers.SequenceEqual(state.Keepers))
            return null;
        string why = $"it is configured with the monitors {string.Join(", ", state.Keepers)}, the one that asks with {string.Join(", ", keepers)}: give all monitors the same list";
        return new LedgerProtocol.NotVoting(state.Cluster, state.Name, KeeperStanding.Misconfigured, why);
    }

    /// <summary>Answers, once the record is stored; at once when it is the one that already is.</summary>
    private static KeeperStep Store(KeeperState state, KeeperRecord record, Func<KeeperState, KeeperRecord, LedgerProtocol.IMessage> reply)
    {
        KeeperState next = state with { Record = record, Life = record.Life };
        return new KeeperStep(next, ReferenceEquals(record, state.Record) ? null : record, reply(next, record));
    }

    private static LedgerProtocol.Promise PromiseOf(KeeperState state, KeeperRecord record) =>
        new(state.Cluster, state.Name, state.Life, record.Lives, record.Promised, record.Held, record.Document, record.Voters);

    private static LedgerProtocol.Accepted AcceptedOf(KeeperState state, KeeperRecord record) =>
        new(state.Cluster, state.Name, state.Life, record.Lives, record.Held);
}
