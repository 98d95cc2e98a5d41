using System.Collections.Immutable;
using CsCheck;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Shared.Tests.History;

/// <summary>What a monitor keeps of what happened, and how monitors make good what one of them missed.</summary>
public sealed class ChronicleTests
{
    private static readonly Epoch s_first = new(1, "mon1", "a");
    private static readonly Epoch s_second = new(2, "mon2", "b");

    [Fact]
    public void Events_stand_in_the_order_of_reigns_and_numbers_however_they_come()
    {
        Chronicle chronicle = Chronicle.Empty(100).Add([Event(s_second, 1), Event(s_first, 2)]).Next.Add([Event(s_first, 1)]).Next;
        Assert.Equal(["1:mon1:a:1", "1:mon1:a:2", "2:mon2:b:1"], Ids(chronicle));
    }

    [Fact]
    public void What_is_known_already_is_not_new()
    {
        ChronicleStep step = Chronicle.Empty(100).Add([Event(s_first, 1), Event(s_first, 1), Event(s_first, 2)]);
        Assert.Equal(2, step.Added.Length);
        Assert.Equal("1:mon1:a:3", Assert.Single(step.Next.Add([Event(s_first, 2), Event(s_first, 3)]).Added).Id.ToString());
    }

    [Fact]
    public void The_oldest_go_when_there_are_too_many_and_do_not_come_back()
    {
        Chronicle full = Chronicle.Empty(3).Add(Enumerable.Range(1, 5).Select(no => Event(s_first, no))).Next;
        Assert.Equal(["1:mon1:a:3", "1:mon1:a:4", "1:mon1:a:5"], Ids(full));

        ChronicleStep again = full.Add([Event(s_first, 1)]);
        Assert.Empty(again.Added);
        Assert.False(again.Trimmed);
        Assert.Equal(Ids(full), Ids(again.Next));

        Assert.True(full.Add([Event(s_second, 1)]).Trimmed);
        Assert.Empty(Chronicle.Empty(100).Add([Event(s_first, 1), Event(s_first, 2)]).Next.MissingIn(full.Have("C1")));
    }

    [Fact]
    public void An_endless_sentence_is_cut_off()
    {
        HistoryEvent kept = Assert.Single(Chronicle.Empty(10).Add([Event(s_first, 1) with { Sentence = new string('x', 100_000) }]).Added);
        Assert.Equal(HistoryEvent.LongestSentence, kept.Sentence.Length);
    }

    [Fact]
    public void What_is_had_is_told_in_ranges()
    {
        HistoryProtocol.Have have = Chronicle.Empty(100).Add(new[] { 1, 2, 3, 7, 9, 10 }.Select(no => Event(s_first, no)).Append(Event(s_second, 1))).Next.Have("C1");
        Assert.Equal("1-3 7-7 9-10|1-1", string.Join('|', have.Reigns.Select(r => string.Join(' ', r.Ranges.Select(n => $"{n.First}-{n.Last}")))));
        Assert.Null(have.Floor);
    }

    [Fact]
    public void A_message_of_missing_events_stays_small_and_begins_with_the_latest()
    {
        Chronicle mine = Chronicle.Empty(10_000).Add(Enumerable.Range(1, 5000).Select(no => Event(s_first, no) with { Sentence = new string('漢', 1000) })).Next;
        ImmutableArray<HistoryEvent> missing = mine.MissingIn(Chronicle.Empty(10_000).Have("C1"));
        Assert.Equal(5000, missing[0].Id.No);
        Assert.InRange(missing.Sum(e => e.Sentence.Length), 1000, Chronicle.MostCharacters);
        Assert.Equal(Chronicle.MostInMessage, Chronicle.Empty(10_000).Add(Enumerable.Range(1, 5000).Select(no => Event(s_first, no))).Next.MissingIn(Chronicle.Empty(10_000).Have("C1")).Length);
    }

    /// <summary>Whatever each of three monitors heard: some exchanges later all have the latest of everything that any of them heard.</summary>
    [Fact]
    public void Chronicles_that_exchange_what_they_have_end_up_with_the_same() => Gen.Int[0, int.MaxValue - 1].Sample(seed =>
    {
        var random = new Random(seed);
        int capacity = random.Next(1, 400);
        HistoryEvent[] all = [.. from epoch in new[] { s_first, s_second, new Epoch(2, "mon3", "c"), new Epoch(3, "mon1", "d") } from no in Enumerable.Range(1, random.Next(0, 200)) select Event(epoch, no)];
        Chronicle[] chronicles = [.. Enumerable.Range(0, 3).Select(_ => Chronicle.Empty(capacity).Add(all.Where(_ => random.Next(3) > 0).OrderBy(_ => random.Next())).Next)];
        string[] heard = [.. chronicles.SelectMany(c => c.Events.Keys).Distinct().Order().TakeLast(capacity).Select(id => id.ToString())];

        for (int round = 0; round < 60; round++)
        {
            int to = round % 3, from = (to + 1 + (round / 3 % 2)) % 3;
            chronicles[to] = chronicles[to].Add(chronicles[from].MissingIn(chronicles[to].Have("C1"))).Next;
        }

        Assert.All(chronicles, c => Assert.Equal(heard, Ids(c)));
    }, iter: 200);

    [Fact]
    public void Pages_lead_to_each_other_in_both_directions()
    {
        Chronicle chronicle = Chronicle.Empty(100).Add(Enumerable.Range(1, 25).Select(no => Event(s_first, no))).Next;

        ChroniclePage last = chronicle.Page(new EventFilter(10));
        Assert.Equal((16, 25, true, false), Span(last));
        ChroniclePage before = chronicle.Page(new EventFilter(10, Before: last.Events[0].Id));
        Assert.Equal((6, 15, true, true), Span(before));
        Assert.Equal((1, 5, false, true), Span(chronicle.Page(new EventFilter(10, Before: before.Events[0].Id))));
        Assert.Equal((6, 15, true, true), Span(chronicle.Page(new EventFilter(10, After: new EventId(s_first, 5)))));
        Assert.Empty(chronicle.Page(new EventFilter(10, After: new EventId(s_first, 25))).Events);
    }

    [Theory]
    [InlineData("db2", null, "2 5 8")]
    [InlineData(null, "odd", "1 3 5 7 9")]
    [InlineData("db2", "odd", "5")]
    [InlineData(null, "o*", "1 3 5 7 9")]
    [InlineData(null, "*", "1 2 3 4 5 6 7 8 9")]
    [InlineData("db9", null, "")]
    public void A_page_is_of_what_is_wanted(string? host, string? code, string numbers)
    {
        Chronicle chronicle = Chronicle.Empty(100).Add(Enumerable.Range(1, 9).Select(no => Event(s_first, no) with { Host = $"db{no % 3}", Code = no % 2 == 1 ? "odd" : "even" })).Next;
        Assert.Equal(numbers, string.Join(' ', chronicle.Page(new EventFilter(100, Host: host, Code: code)).Events.Select(e => e.Id.No)));
    }

    [Fact]
    public void An_id_is_read_as_it_was_written()
    {
        var id = new EventId(new Epoch(12, "mon-2", "08df4e0bd90075d1-1db4dbc240a"), 345);
        Assert.Equal(id, EventId.TryParse(id.ToString()));
        foreach (string none in new[] { "", "x", "1:2:3", "1:a:b:c", "-1:a:b:3", "1::b:3", "1:a::3", "1:a:b:3:4", "1:a:b: 3", "99999999999999999999:a:b:1" })
            Assert.Null(EventId.TryParse(none));
    }

    private static (long First, long Last, bool Older, bool Newer) Span(ChroniclePage page) => (page.Events[0].Id.No, page.Events[^1].Id.No, page.HasOlder, page.HasNewer);

    private static HistoryEvent Event(Epoch epoch, long no) => new(new EventId(epoch, no), DateTimeOffset.UnixEpoch, no, "code", null, "something happened");

    private static string[] Ids(Chronicle chronicle) => [.. chronicle.Events.Keys.Select(id => id.ToString())];
}
