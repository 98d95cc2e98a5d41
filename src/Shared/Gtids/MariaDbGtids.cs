using System.Collections.Immutable;
using System.Globalization;

namespace Mmm.Shared.Gtids;

/// <summary>A list of MariaDB's GTIDs, <c>domain-server-sequence</c>. Source: MariaDB's documentation, "Global Transaction ID".</summary>
public static class MariaDbGtids
{
    /// <summary>One GTID.</summary>
    public readonly record struct Gtid(long Domain, long Server, long Sequence)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Domain}-{Server}-{Sequence}");
    }

    /// <summary>Null when the text is not one.</summary>
    public static ImmutableArray<Gtid>? Parse(string text)
    {
        var all = ImmutableArray.CreateBuilder<Gtid>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = part.Split('-');
            if (words.Length != 3 || !Number(words[0], out long domain) || !Number(words[1], out long server) || !Number(words[2], out long sequence))
                return null;
            all.Add(new Gtid(domain, server, sequence));
        }

        return all.ToImmutable();
    }

    /// <summary>
    /// What a server has logged of each server in each domain, and another has not: the first and the last of each row. The sequence is shared by all servers of a domain, so a row may
    /// have gaps.
    /// </summary>
    /// <param name="state">gtid_binlog_state of the one.</param>
    /// <param name="otherState">gtid_binlog_state of the other.</param>
    /// <param name="otherApplied">gtid_slave_pos of the other: what it has applied of a domain without logging it.</param>
    /// <param name="except">Server whose transactions do not count; null = none.</param>
    public static ImmutableArray<(Gtid First, Gtid Last)> Missing(
        ImmutableArray<Gtid> state, ImmutableArray<Gtid> otherState, ImmutableArray<Gtid> otherApplied, long? except)
    {
        var missing = ImmutableArray.CreateBuilder<(Gtid, Gtid)>();
        foreach (Gtid last in state.Where(g => g.Server != except).OrderBy(g => g.Domain).ThenBy(g => g.Server))
        {
            Gtid? logged = Latest(otherState.Where(g => g.Domain == last.Domain && g.Server == last.Server));
            // Its applied position says nothing of a server whose transactions it logs: others may have gone on with the sequence.
            long has = (logged ?? Latest(otherApplied.Where(g => g.Domain == last.Domain)))?.Sequence ?? 0;
            if (has < last.Sequence)
                missing.Add((last with { Sequence = has + 1 }, last));
        }

        return missing.ToImmutable();
    }

    private static Gtid? Latest(IEnumerable<Gtid> gtids) => gtids.OrderByDescending(g => g.Sequence).Cast<Gtid?>().FirstOrDefault();

    private static bool Number(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
