using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>--dry-run: what would be done, and what is in the way.</summary>
public sealed class MoveRehearsalTests
{
    private static readonly ReplicationFacts s_well = new("127.0.0.1", 3306, "db1", "Yes", true, 0, null, true);

    [Fact]
    public void A_move_is_told_step_by_step_and_nothing_is_changed()
    {
        (StepResult result, string answer) = Dry(s_well, "move_role", "writer", "db2");

        Assert.StartsWith("OK: Dry run, nothing is changed.\n1. db1 becomes read-only", answer, StringComparison.Ordinal);
        Assert.Contains("\n2. db2 applies what db1 has written, within 10 s (catch_up_timeout); else db1 gets the role back", answer, StringComparison.Ordinal);
        Assert.Contains("\n3. db2 becomes writable and shows writer(", answer, StringComparison.Ordinal);
        Assert.Contains("\n4. db3 is pointed at db2", answer, StringComparison.Ordinal);
        Assert.EndsWith("\nNothing is in the way.", answer, StringComparison.Ordinal);
        Assert.Null(result.State.Document!.Move);
        Assert.DoesNotContain(result.Effects, e => e is StoreDocument);
        Assert.Null(result.Effects.OfType<GiveAnswer>().Single().Answer.Decision);
    }

    [Fact]
    public void What_would_be_refused_is_refused() =>
        Assert.Equal("ERROR: Unknown host name 'dbx'!", Dry(s_well, "move_role", "writer", "dbx").Answer);

    [Fact]
    public void What_is_so_already_is_said() => Assert.Equal("OK: Role is on 'db1' already. Skipping command.", Dry(s_well, "move_role", "writer", "db1").Answer);

    [Fact]
    public void Taking_the_active_master_out_moves_the_writer_and_the_readers_and_stops_replication()
    {
        (StepResult result, string answer) = Dry(s_well, "set_offline", "db1");

        Assert.Contains("\n1. db1 becomes read-only", answer, StringComparison.Ordinal);
        Assert.Contains("is taken from db1, and given to another host that may carry it", answer, StringComparison.Ordinal);
        Assert.Contains("replication on db1 is stopped, until 'set_online db1'", answer, StringComparison.Ordinal);
        Assert.Equal(HostState.Online, result.State.Document!.Hosts["db1"].State);
    }

    public static TheoryData<ReplicationFacts?, string> Hindrances => new()
    {
        { s_well with { SqlRunning = false, Error = "Duplicate entry" }, "the applier (SQL thread) of db2 does not run (Duplicate entry)" },
        { s_well with { IoState = "Connecting" }, "db2 is not connected to db1 (IO thread Connecting)" },
        { s_well with { SecondsBehind = null }, "how far db2 is behind is not known" },
        { s_well with { SecondsBehind = 2 }, "db2 is 2 s behind: writes stand still until it has caught up" },
        { s_well with { SecondsBehind = 600 }, "db2 is 600 s behind, more than 2 s (move_max_lag); the move waits for that, with writes going on, 20 s at most (move_timeout)" },
    };

    [Theory]
    [MemberData(nameof(Hindrances), DisableDiscoveryEnumeration = true)]
    public void What_is_in_the_way_is_said(ReplicationFacts? replication, string sentence)
    {
        string answer = Dry(replication, "move_role", "writer", "db2").Answer;
        Assert.Contains("\n! " + sentence, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing is in the way", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void What_would_be_refused_as_it_cannot_work_is_refused_with_the_reason()
    {
        const string Refused = "ERROR: Role 'writer' would not come up on 'db2', so nothing is changed: ";
        Assert.Equal(Refused + "db2 replicates from nobody: it could not catch up", Dry(null, "move_role", "writer", "db2").Answer);
        Assert.Equal(Refused + "db2 replicates from db3, not from db1: it could not catch up", Dry(s_well with { SourceHost = "db3" }, "move_role", "writer", "db2").Answer);
        var facts = new SemiSyncFacts(false, false, 0, false, false, "no plugin");
        Assert.StartsWith(Refused + "db2 cannot become the active master without semi-sync", Dry(s_well, SemiSyncMode.Require, facts, "move_role", "writer", "db2").Answer, StringComparison.Ordinal);
        Assert.EndsWith("Nothing is in the way.", Dry(s_well, SemiSyncMode.Prefer, facts, "move_role", "writer", "db2").Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void A_long_transaction_that_would_be_rolled_back_is_named(long seconds, bool named)
    {
        var still = new Still();
        ClusterState state = still.State();
        HostSight sight = state.Sights["db1"];
        var setup = new ServerSetup([new ServerVariable("log_bin", "ON")], ["ALL PRIVILEGES"], new OpenTransaction("shop", seconds, 12));
        state = state with { Sights = state.Sights.SetItem("db1", sight with { Agent = sight.Agent! with { Facts = sight.Agent.Facts with { Setup = setup } } }) };

        string answer = OperatorCommands.Run(state, "move_role", ["--dry-run", "writer", "db2"], "test").Answer;

        Assert.Equal(named, answer.Contains($"\n! on db1 a transaction of 'shop' has been open for {seconds} s (12 rows changed): it is rolled back", StringComparison.Ordinal));
    }

    private static (StepResult Result, string Answer) Dry(ReplicationFacts? replication, string verb, params string[] args) =>
        Dry(replication, SemiSyncMode.Off, null, verb, args);

    private static (StepResult Result, string Answer) Dry(ReplicationFacts? replication, SemiSyncMode mode, SemiSyncFacts? semiSync, string verb, params string[] args)
    {
        var still = new Still();
        ClusterState state = still.State() with { SemiSync = new SemiSyncSettings(mode, TimeSpan.FromSeconds(1)) };
        HostSight sight = state.Sights["db2"];
        state = state with { Sights = state.Sights.SetItem("db2", sight with { Agent = sight.Agent! with { Facts = sight.Agent.Facts with { Replication = replication, SemiSync = semiSync } } }) };
        // The first step of a coordinator stores and orders; this is about the command.
        state = ClusterTransition.Step(state, new Ticked(still.At)).State;
        StepResult result = ClusterTransition.Step(state, new CommandGiven(still.At, new ControlProtocol.Command("id", "C1", verb, ["--dry-run", .. args], "test")));
        return (result, result.Effects.OfType<GiveAnswer>().Single().Answer.Text);
    }
}
