using System.Collections.Immutable;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Xunit;

namespace Mmm.Shared.Tests.History;

/// <summary>A move as a trace.</summary>
public sealed class MoveTraceTests
{
    private const string Failover = """
        0 5 host_down db1 down
        0 5 role_taken db1 Removed role 'writer(10.0.0.50)' from host 'db1'
        0 5 writer_move_started db2 Moving role 'writer(10.0.0.50)' from 'db1' to 'db2'
        120 6 agent_done db1 Host 'db1' has done what it shall
        121 6 writer_released db1 Host 'db1' released role 'writer(10.0.0.50)'
        150 6 agent_step db2 Host 'db2' is at step catch_up: catching up with db1
        300 6 agent_step db2 Host 'db2' is at step writable: switching read_only off
        310 6 agent_done db2 Host 'db2' has done what it shall
        311 7 writer_moved db2 Role 'writer(10.0.0.50)' is on 'db2'
        400 7 agent_step db3 Host 'db3' is at step repoint: replicating from db2
        450 7 agent_done db3 Host 'db3' has done what it shall
        9000 8 writer_move_started db1 the next one
        9100 8 agent_step db1 Host 'db1' is at step catch_up: another move's
        9200 8 agent_done db1 Host 'db1' has done what it shall
        """;

    [Fact]
    public void A_failover_has_its_phases_and_every_step_also_those_of_replicas_that_follow()
    {
        TraceSpan trace = Of(Failover, 9);
        Assert.Equal(("failover", "db2", 0, 450, null), (trace.Name, trace.Host, Ms(trace.Start), Ms(trace.End), trace.Failure));
        Assert.Equal(
            ["releasing - 0-121", "taking over - 121-311", "catch_up db2 150-300", "writable db2 300-310", "repoint db3 400-450"],
            trace.Children.Select(c => $"{c.Name} {c.Host ?? "-"} {Ms(c.Start)}-{Ms(c.End)}"));
    }

    [Fact]
    public void A_planned_move_that_waited_and_was_undone_tells_why()
    {
        TraceSpan trace = Of(
            """
            0 5 admin_move_role db2 ordered
            0 5 writer_move_waits db2 waits
            2000 6 writer_move_started db2 Moving
            2100 6 writer_released db1 released
            2200 6 agent_step db2 Host 'db2' is at step catch_up: catching up with db1
            9000 6 agent_failed db2 Host 'db2' fails at step catch_up: it did not end
            12000 7 writer_move_undone db2 goes back
            12500 8 writer_move_failed db1 Role stays on 'db1': it did not end
            """, 8);
        Assert.Equal(("move", "Role stays on 'db1': it did not end"), (trace.Name, trace.Failure));
        Assert.Equal(["approaching 0-2000", "releasing 2000-2100", "taking over 2100-12000", "rolling back 12000-12500"], trace.Children[..4].Select(c => $"{c.Name} {Ms(c.Start)}-{Ms(c.End)}"));
        Assert.Equal("Host 'db2' fails at step catch_up: it did not end", trace.Children[4].Failure);
    }

    [Fact]
    public void Without_its_beginning_or_its_end_there_is_none()
    {
        Assert.Null(MoveTrace.Of(Events("0 5 writer_moved db2 moved"), Id(1)));
        Assert.Null(MoveTrace.Of(Events(Failover), Id(99)));
        // The beginning of the move before is not that of this one.
        Assert.Null(MoveTrace.Of(Events("0 5 writer_move_started db2 x\n1 5 writer_moved db2 x\n2 6 writer_move_ended db2 x"), Id(3)));
    }

    private static TraceSpan Of(string history, int end) => MoveTrace.Of(Events(history), Id(end))!;

    private static int Ms(DateTimeOffset at) => (int)(at - DateTimeOffset.UnixEpoch).TotalMilliseconds;

    private static EventId Id(int no) => new(new Epoch(1, "mon1", "a"), no);

    private static ImmutableArray<HistoryEvent> Events(string history) =>
        [.. history.Split('\n').Select(l => l.Split(' ', 5)).Select((l, i) => new HistoryEvent(Id(i + 1), DateTimeOffset.UnixEpoch.AddMilliseconds(int.Parse(l[0])), long.Parse(l[1]), l[2], l[3], l[4]))];
}
