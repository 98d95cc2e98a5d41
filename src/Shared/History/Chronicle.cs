using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using static Mmm.Shared.Messages.HistoryProtocol;

namespace Mmm.Shared.History;

/// <summary>
/// The latest events of one cluster that one monitor knows, oldest first. Two chronicles that exchange <see cref="Have"/> and <see cref="MissingIn"/> end up with the same, whatever each has missed.
/// </summary>
/// <param name="Events">By their ids.</param>
/// <param name="Capacity">Most events that are kept; the oldest go first.</param>
public sealed record Chronicle(ImmutableSortedDictionary<EventId, HistoryEvent> Events, int Capacity)
{
    /// <summary>Most characters of sentences in one message: it stays below what Akka.Remote carries in one (128 kB), whatever they are written with.</summary>
    public const int MostCharacters = 20_000;

    /// <summary>Most events in one message, for the same reason.</summary>
    public const int MostInMessage = 100;

    public static Chronicle Empty(int capacity) => new(ImmutableSortedDictionary<EventId, HistoryEvent>.Empty, capacity);

    /// <summary>What is older is not taken any more; null while there is room.</summary>
    public EventId? Floor => Events.Count < Capacity ? null : Events.Keys.First();

    /// <param name="events">In any order; known ones and those below the floor are passed over.</param>
    public ChronicleStep Add(IEnumerable<HistoryEvent> events)
    {
        ImmutableSortedDictionary<EventId, HistoryEvent>.Builder next = Events.ToBuilder();
        var added = new SortedSet<EventId>();
        foreach (HistoryEvent e in events)
        {
            if (next.ContainsKey(e.Id))
                continue;
            next.Add(e.Id, e.Sentence.Length <= HistoryEvent.LongestSentence ? e : e with { Sentence = e.Sentence[..HistoryEvent.LongestSentence] });
            added.Add(e.Id);
        }

        bool trimmed = false;
        while (next.Count > Capacity)
        {
            EventId oldest = next.Keys.First();
            next.Remove(oldest);
            trimmed |= !added.Remove(oldest);
        }

        Chronicle chronicle = this with { Events = next.ToImmutable() };
        return new ChronicleStep(chronicle, [.. added.Select(id => chronicle.Events[id])], trimmed);
    }

    /// <summary>What this one has, for another that may have more.</summary>
    public Have Have(string cluster)
    {
        var reigns = ImmutableArray.CreateBuilder<ReignEvents>();
        foreach (IGrouping<Epoch, EventId> reign in Events.Keys.GroupBy(id => id.Epoch))
            reigns.Add(new ReignEvents(reign.Key, Ranges(reign.Select(id => id.No))));
        return new Have(cluster, reigns.ToImmutable(), Floor);
    }

    /// <summary>What this one has and the other wants, the latest first, as much as goes into a message.</summary>
    public ImmutableArray<HistoryEvent> MissingIn(Have other)
    {
        ILookup<Epoch, NumberRange> has = other.Reigns.SelectMany(r => r.Ranges.Select(range => (r.Epoch, range))).ToLookup(r => r.Epoch, r => r.range);
        int characters = 0;
        return
        [
            .. Events.Values.Reverse()
                .TakeWhile(e => other.Floor is not { } floor || e.Id > floor)
                .Where(e => !has[e.Id.Epoch].Any(r => r.First <= e.Id.No && e.Id.No <= r.Last))
                .Take(MostInMessage)
                .TakeWhile(e => (characters += e.Sentence.Length) <= MostCharacters),
        ];
    }

    /// <summary>A page of the history, oldest first.</summary>
    /// <param name="filter">What is wanted.</param>
    public ChroniclePage Page(EventFilter filter)
    {
        IEnumerable<HistoryEvent> wanted = Events.Values.Where(filter.Wants);
        HistoryEvent[] page = filter.After is { } after
            ? [.. wanted.Where(e => e.Id > after).Take(filter.Limit)]
            : [.. wanted.Where(e => filter.Before is not { } before || e.Id < before).TakeLast(filter.Limit)];
        return new ChroniclePage(
            [.. page],
            page.Length > 0 && wanted.Any(e => e.Id < page[0].Id),
            page.Length > 0 && wanted.Any(e => e.Id > page[^1].Id));
    }

    private static ImmutableArray<NumberRange> Ranges(IEnumerable<long> ascending)
    {
        var ranges = ImmutableArray.CreateBuilder<NumberRange>();
        foreach (long no in ascending)
        {
            if (ranges.Count > 0 && ranges[^1].Last == no - 1)
                ranges[^1] = ranges[^1] with { Last = no };
            else
                ranges.Add(new NumberRange(no, no));
        }

        return ranges.ToImmutable();
    }
}

/// <param name="Next">The chronicle from now on.</param>
/// <param name="Added">What is new in it, oldest first.</param>
/// <param name="Trimmed">Older ones had to go for it.</param>
public sealed record ChronicleStep(Chronicle Next, ImmutableArray<HistoryEvent> Added, bool Trimmed);

/// <param name="Limit">Most events.</param>
/// <param name="Before">Only older ones; null = up to the latest.</param>
/// <param name="After">Only later ones, the oldest of them first; null = the latest there are.</param>
/// <param name="Host">Only of this host; null = any.</param>
/// <param name="Code">Only with this code, or one that begins with it if it ends in <c>*</c>; null = any.</param>
public sealed record EventFilter(int Limit, EventId? Before = null, EventId? After = null, string? Host = null, string? Code = null)
{
    public bool Wants(HistoryEvent e) => (Host is null || e.Host == Host) && (Code is null || (Code.EndsWith('*') ? e.Code.StartsWith(Code[..^1], StringComparison.Ordinal) : e.Code == Code));
}

/// <param name="Events">Oldest first.</param>
/// <param name="HasOlder">There are older ones that are wanted.</param>
/// <param name="HasNewer">There are newer ones that are wanted.</param>
public sealed record ChroniclePage(ImmutableArray<HistoryEvent> Events, bool HasOlder, bool HasNewer);
