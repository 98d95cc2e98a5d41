using System.Collections.Immutable;

namespace Mmm.Shared.History;

/// <summary>A stretch of time in which something was done, and what was done within it.</summary>
/// <param name="Name">What.</param>
/// <param name="Host">Where; null = the coordinator.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended.</param>
/// <param name="Failure">Why it failed; null = it did not.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Children">Within it, in order.</param>
public sealed record TraceSpan(string Name, string? Host, DateTimeOffset Start, DateTimeOffset End, string? Failure, string Sentence, ImmutableArray<TraceSpan> Children);

/// <summary>A move of the active master role as a trace, from the history: its phases, and the agents' steps, those of replicas that follow the new master too.</summary>
public static class MoveTrace
{
    /// <summary>Ends a move.</summary>
    public static bool Ends(HistoryEvent e) => e.Code is "writer_moved" or "writer_move_failed" or "writer_move_ended";

    /// <param name="history">Of the cluster, oldest first; may go on behind the end.</param>
    /// <param name="end">One that <see cref="Ends"/> a move.</param>
    /// <returns>Null: its beginning is not in the history.</returns>
    public static TraceSpan? Of(ImmutableArray<HistoryEvent> history, EventId end)
    {
        HistoryEvent? last = history.FirstOrDefault(e => e.Id == end);
        if (last is null)
            return null;
        ImmutableArray<HistoryEvent> before = [.. history.Where(e => e.Id < end)];
        HistoryEvent? previous = before.LastOrDefault(Ends);
        ImmutableArray<HistoryEvent> move = [.. before.Where(e => previous is null || e.Id > previous.Id)];
        if (move.FirstOrDefault(e => e.Code is "writer_move_started" or "writer_move_waits") is not { } begun)
            return null;
        // What made it necessary is noted at the same moment, and before it.
        HistoryEvent? cause = move.FirstOrDefault(e => e.Id < begun.Id && e.Code == "role_taken" && e.Version == begun.Version);
        HistoryEvent? next = history.FirstOrDefault(e => e.Id > end && e.Code is "writer_move_started" or "writer_move_waits");
        ImmutableArray<HistoryEvent> whole = [.. history.Where(e => e.Id >= begun.Id && (next is null || e.Id < next.Id))];
        ImmutableArray<TraceSpan> steps = Steps(whole, begun.Id);
        DateTimeOffset over = steps.Select(s => s.End).Append(last.AtUtc).Max();
        return new TraceSpan(
            cause is null ? "move" : "failover", last.Host, begun.AtUtc, over, last.Code == "writer_moved" ? null : last.Sentence, last.Sentence,
            [.. Phases(whole, begun, last), .. steps]);
    }

    private static IEnumerable<TraceSpan> Phases(ImmutableArray<HistoryEvent> whole, HistoryEvent begun, HistoryEvent last)
    {
        (string Name, HistoryEvent Since) phase = (begun.Code == "writer_move_waits" ? "approaching" : "releasing", begun);
        foreach (HistoryEvent e in whole.Where(e => e.Id > begun.Id && e.Id < last.Id))
        {
            string? entered = e.Code switch
            {
                "writer_move_started" => "releasing",
                "writer_released" => "taking over",
                "writer_move_undone" => "rolling back",
                _ => null,
            };
            if (entered is null || entered == phase.Name)
                continue;
            yield return Phase(phase, e);
            phase = (entered, e);
        }

        yield return Phase(phase, last);

        static TraceSpan Phase((string Name, HistoryEvent Since) phase, HistoryEvent until) => new(phase.Name, null, phase.Since.AtUtc, until.AtUtc, null, phase.Since.Sentence, []);
    }

    /// <summary>Each ends with the next word of the same agent.</summary>
    private static ImmutableArray<TraceSpan> Steps(ImmutableArray<HistoryEvent> whole, EventId since)
    {
        var steps = ImmutableArray.CreateBuilder<TraceSpan>();
        foreach (IGrouping<string, HistoryEvent> agent in whole.Where(e => e.Id > since && e.Host is not null && e.Code is "agent_step" or "agent_failed" or "agent_done").GroupBy(e => e.Host!))
        {
            HistoryEvent[] words = [.. agent];
            for (int i = 0; i + 1 < words.Length; i++)
            {
                if (words[i].Code == "agent_step")
                    steps.Add(new TraceSpan(StepOf(words[i]), agent.Key, words[i].AtUtc, words[i + 1].AtUtc, words[i + 1].Code == "agent_failed" ? words[i + 1].Sentence : null, words[i].Sentence, []));
            }
        }

        return [.. steps.OrderBy(s => s.Start)];
    }

    /// <summary>The sentence reads "Host 'db2' is at step catch_up: …".</summary>
    private static string StepOf(HistoryEvent e)
    {
        const string Mark = " is at step ";
        int at = e.Sentence.IndexOf(Mark, StringComparison.Ordinal);
        return at < 0 ? e.Code : e.Sentence[(at + Mark.Length)..].Split(':', 2)[0];
    }
}
