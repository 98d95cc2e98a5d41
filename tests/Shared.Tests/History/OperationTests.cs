using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Xunit;

namespace Mmm.Shared.Tests.History;

/// <summary>What has become of a command.</summary>
public sealed class OperationTests
{
    private const string Move = "x admin_move_role db2|x writer_move_started db2|agent_step db1";

    [Theory]
    [InlineData("x admin_mode -", "Succeeded admin_mode")]
    [InlineData("x admin_refused -", "Failed admin_refused")]
    [InlineData("x admin_command -|host_down db1", "Succeeded admin_command")]
    [InlineData("x admin_set_offline db3|x role_taken db3|role_released db3", "Succeeded role_taken")]
    [InlineData(Move, "Running ")]
    [InlineData(Move + "|writer_move_stuck db2|writer_move_undone db2", "Running ")]
    [InlineData(Move + "|writer_moved db2|host_down db2", "Succeeded writer_moved")]
    [InlineData(Move + "|writer_move_undone db2|writer_move_failed db1", "Failed writer_move_failed")]
    [InlineData(Move + "|writer_move_ended db2", "Failed writer_move_ended")]
    [InlineData(Move + "|writer_move_started db3|writer_moved db3", "Failed writer_move_started")]
    [InlineData("x admin_move_role db2|x writer_move_waits db2|writer_move_started db2|writer_moved db2", "Succeeded writer_moved")]
    [InlineData("x admin_move_role db2|x writer_move_waits db2|y admin_force db2|y writer_move_started db2|writer_moved db2", "Succeeded writer_moved")]
    [InlineData("x admin_move_role db2|x writer_move_waits db2|y admin_move_role db1|y writer_move_started db1|writer_moved db1", "Failed writer_move_started")]
    [InlineData("writer_moved db2|" + Move, "Running ")]
    public void It_is_read_from_what_happened_since(string history, string outcome)
    {
        HistoryEvent[] events = Events(history);
        Operation operation = Operation.Of(events, "x")!;
        Assert.Equal(outcome, $"{operation.Status} {operation.End?.Code}");
        Assert.Equal("x", operation.Events[0].Command);
        Assert.Equal(operation.End ?? events[^1], operation.Events[^1]);
    }

    [Fact]
    public void Of_a_command_that_is_not_in_the_history_nothing_is_known() => Assert.Null(Operation.Of(Events(Move), "z"));

    private static HistoryEvent[] Events(string history) =>
    [
        .. history.Split('|').Select(e => e.Split(' ')).Select((e, i) => new HistoryEvent(
            new EventId(new Epoch(1, "mon1", "a"), i + 1), DateTimeOffset.UnixEpoch, i, e[^2], e[^1] == "-" ? null : e[^1], "sentence", e.Length == 3 ? e[0] : null)),
    ];
}
