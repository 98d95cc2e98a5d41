using System.Collections.Immutable;
using System.Globalization;

namespace Mmm.Shared.Gtids;

/// <summary>
/// A GTID set of MySQL, as in <c>gtid_executed</c>: <c>uuid:1-5:7, uuid:1-9:tag:1-3</c> (tags since 8.3). Source of the notation: MySQL's reference manual, "GTID Format and Storage".
/// </summary>
public sealed class MySqlGtidSet
{
    private readonly ImmutableSortedDictionary<Source, ImmutableArray<Interval>> _sources;

    private MySqlGtidSet(ImmutableSortedDictionary<Source, ImmutableArray<Interval>> sources) => _sources = sources;

    public static readonly MySqlGtidSet Empty = new(ImmutableSortedDictionary<Source, ImmutableArray<Interval>>.Empty);

    public bool IsEmpty => _sources.IsEmpty;

    /// <summary>How many transactions.</summary>
    public long Count => _sources.Values.Sum(i => i.Sum(x => x.To - x.From + 1));

    /// <summary>Null when the text is not one.</summary>
    public static MySqlGtidSet? Parse(string text)
    {
        var found = new SortedDictionary<Source, List<Interval>>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = part.Split(':', StringSplitOptions.TrimEntries);
            if (!Guid.TryParseExact(words[0], "D", out Guid uuid) || words.Length < 2)
                return null;
            string tag = "";
            foreach (string word in words.Skip(1))
            {
                if (ReadInterval(word) is { } interval)
                    (found.TryGetValue(new Source(uuid.ToString("D"), tag), out List<Interval>? known) ? known : found[new Source(uuid.ToString("D"), tag)] = []).Add(interval);
                else if (word.Length > 0 && (char.IsAsciiLetter(word[0]) || word[0] == '_'))
                    tag = word.ToLowerInvariant();
                else
                    return null;
            }
        }

        return new MySqlGtidSet(found.ToImmutableSortedDictionary(f => f.Key, f => Merged(f.Value)));
    }

    /// <summary>What is here and not in <paramref name="other"/>.</summary>
    public MySqlGtidSet Without(MySqlGtidSet other) => new(
        _sources.Select(s => (s.Key, Left: other._sources.TryGetValue(s.Key, out ImmutableArray<Interval> theirs) ? Minus(s.Value, theirs) : s.Value))
            .Where(s => s.Left.Length > 0).ToImmutableSortedDictionary(s => s.Key, s => s.Left));

    /// <summary>What is here and not written by the server with this UUID.</summary>
    public MySqlGtidSet WithoutSource(string uuid) =>
        new(_sources.Where(s => !s.Key.Uuid.Equals(uuid, StringComparison.OrdinalIgnoreCase)).ToImmutableSortedDictionary(s => s.Key, s => s.Value));

    /// <summary>In MySQL's notation, without blanks.</summary>
    public override string ToString() => string.Join(',', _sources.GroupBy(s => s.Key.Uuid).Select(g => g.Key + string.Concat(g.Select(s =>
        (s.Key.Tag.Length == 0 ? "" : ":" + s.Key.Tag) + string.Concat(s.Value.Select(i => ":" + i))))));

    private static Interval? ReadInterval(string word)
    {
        string[] ends = word.Split('-');
        if (ends.Length > 2 || !long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out long from) || from < 1)
            return null;
        long to = from;
        return ends.Length == 2 && (!long.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out to) || to < from) ? null : new Interval(from, to);
    }

    private static ImmutableArray<Interval> Merged(List<Interval> intervals)
    {
        var merged = ImmutableArray.CreateBuilder<Interval>();
        foreach (Interval next in intervals.OrderBy(i => i.From))
        {
            if (merged.Count > 0 && next.From <= merged[^1].To + 1)
                merged[^1] = merged[^1] with { To = Math.Max(merged[^1].To, next.To) };
            else
                merged.Add(next);
        }

        return merged.ToImmutable();
    }

    /// <summary>Both sorted and without overlaps.</summary>
    private static ImmutableArray<Interval> Minus(ImmutableArray<Interval> all, ImmutableArray<Interval> taken)
    {
        var rest = ImmutableArray.CreateBuilder<Interval>();
        int next = 0;
        foreach (Interval interval in all)
        {
            long from = interval.From;
            while (next < taken.Length && taken[next].To < from)
                next++;
            for (int i = next; i < taken.Length && taken[i].From <= interval.To; i++)
            {
                if (taken[i].From > from)
                    rest.Add(new Interval(from, taken[i].From - 1));
                from = Math.Max(from, taken[i].To + 1);
            }

            if (from <= interval.To)
                rest.Add(new Interval(from, interval.To));
        }

        return rest.ToImmutable();
    }

    private readonly record struct Source(string Uuid, string Tag) : IComparable<Source>
    {
        public int CompareTo(Source other) => string.CompareOrdinal(Uuid, other.Uuid) is not 0 and var byUuid ? byUuid : string.CompareOrdinal(Tag, other.Tag);
    }

    private readonly record struct Interval(long From, long To)
    {
        public override string ToString() => From == To ? string.Create(CultureInfo.InvariantCulture, $"{From}") : string.Create(CultureInfo.InvariantCulture, $"{From}-{To}");
    }
}
