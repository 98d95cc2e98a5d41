using Mmm.Shared.Decisions;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>What of an agent's way, and of an operator's commands, can be read later.</summary>
public sealed class TransitionStepsTests
{
    private static readonly Report s_first = new("C1", "db2", 1, 1, Id(1), Working(1, "catch_up", "catching up with db1"), HostFacts.Nothing, null);

    [Fact]
    public void Each_step_is_noted_once_per_order_and_its_end_after_steps_only()
    {
        ClusterState state = World.Running().State;
        int before = state.Notes.Length;
        Report[] reports =
        [
            s_first,
            s_first with { Seq = 2, Progress = Working(1, "writable", "switching read_only off") },
            s_first with { Seq = 3, Progress = Failed(1, "writable", "no answer") },
            s_first with { Seq = 4, Progress = Working(1, "writable", "switching read_only off") },
            s_first with { Seq = 5, Progress = Failed(1, "writable", "no answer at all") },
            s_first with { Seq = 6, Progress = Done(1) },
            s_first with { Seq = 7, Progress = Done(2) },
            s_first with { Seq = 8, Progress = Working(3, "writable", null) },
        ];
        Report? last = s_first with { Seq = 0, Progress = OrderProgress.None };
        foreach (Report report in reports)
        {
            state = TransitionSteps.Note(state, last, report);
            last = report;
        }

        Assert.Equal(
            [
                "agent_step Host 'db2' is at step catch_up: catching up with db1",
                "agent_step Host 'db2' is at step writable: switching read_only off",
                "agent_failed Host 'db2' fails at step writable: no answer",
                "agent_done Host 'db2' has done what it shall",
                "agent_step Host 'db2' is at step writable",
            ],
            state.Notes.Skip(before).Select(n => $"{n.Code} {n.Sentence}"));
    }

    [Fact]
    public void A_warning_of_an_agent_is_noted_once_when_it_comes()
    {
        ClusterState state = World.Running().State;
        long before = state.NotesMade;
        Report warned = s_first with { Progress = Done(1) with { Warnings = ["the hook role_added failed"] } };
        state = TransitionSteps.Note(state, s_first with { Progress = Done(1) }, warned);
        state = TransitionSteps.Note(state, warned, warned with { Seq = 2, Progress = warned.Progress with { Warnings = ["a second", "the hook role_added failed"] } });
        Assert.Equal(before + 2, state.NotesMade);
        Assert.Equal(
            ["agent_warning Host 'db2' warns: the hook role_added failed", "agent_warning Host 'db2' warns: a second"], state.Notes[^2..].Select(n => $"{n.Code} {n.Sentence}"));
    }

    [Fact]
    public void The_first_report_of_a_coordinators_reign_or_of_an_agents_process_says_nothing_new()
    {
        ClusterState state = World.Running().State;
        Assert.Equal(state.NotesMade, TransitionSteps.Note(state, null, s_first).NotesMade);
        Assert.Equal(state.NotesMade, TransitionSteps.Note(state, s_first with { Incarnation = 0, Progress = OrderProgress.None }, s_first).NotesMade);
    }

    [Fact]
    public void A_command_that_is_refused_is_noted_with_who_gave_it_and_why()
    {
        World w = World.Running();
        w.Say("move_role", "writer", "db3");
        Note refused = Assert.Single(w.State.Notes, n => n.Code == "admin_refused");
        Assert.StartsWith("Refused 'move_role writer db3' (", refused.Sentence, StringComparison.Ordinal);
        Assert.Contains("): ERROR: Host 'db3' can't handle role 'writer'", refused.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_leaves_notes_that_bear_its_id_but_one_that_only_asks()
    {
        World w = World.Running();
        w.Say("set_online", "db3");
        Note nothing = Assert.Single(w.State.Notes, n => n.Code == "admin_command");
        Assert.StartsWith("Nothing to do for 'set_online db3' (", nothing.Sentence, StringComparison.Ordinal);
        Assert.NotNull(nothing.Command);

        long notes = w.State.NotesMade;
        w.Say("move_role", "--dry-run", "writer", "db2");
        Assert.Equal(notes, w.State.NotesMade);

        w.Say("move_role", "writer", "db2");
        Note[] own = [.. w.State.Notes.Where(n => n.Command is not null && n.Command != nothing.Command)];
        Assert.Equal(["admin_move_role", "writer_move_started"], own.Select(n => n.Code));
        Assert.Single(own.Select(n => n.Command).Distinct());
        w.Until(() => w.State.Notes.Any(n => n.Code == "writer_moved"), 20);
        Assert.Null(w.State.Notes.Last(n => n.Code == "writer_moved").Command);
    }

    private static OrderProgress Working(long order, string step, string? sentence) => new(Id(order), OrderStatus.Working, step, sentence, []);

    private static OrderProgress Failed(long order, string step, string sentence) => new(Id(order), OrderStatus.Failed, step, sentence, []);

    private static OrderProgress Done(long order) => new(Id(order), OrderStatus.Done, null, null, []);

    private static Mmm.Shared.Ledger.DecisionId Id(long version) => new(new Mmm.Shared.Ledger.Epoch(1, "mon1", "a"), version);
}
