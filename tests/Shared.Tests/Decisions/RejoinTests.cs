using Mmm.Shared.Decisions;
using Mmm.Shared.Gtids;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>An active master that failed comes back: db1, and db2 has taken over.</summary>
public sealed class RejoinTests
{
    private static readonly GtidHistory s_mastersAll = new("11-11-90,12-12-5", "11-11-90");

    [Fact]
    public void With_nothing_of_its_own_it_comes_back_by_itself_and_replication_goes_on()
    {
        World w = Failed(returnsWith: new("11-11-90,12-12-3", "12-12-3"));

        w.Until(() => w.StateOf("db1") == HostState.Online, 10);

        Assert.Contains("rejoin_compared", w.Codes);
        w.Until(() => !w.Db1.ReplicationStopped && !w.Db2.ReceiverHeld, 5);
        Assert.Equal(ReplicationOrder.Leave, w.OrdersTo("db2").Last().Replication);
    }

    [Fact]
    public void With_transactions_of_its_own_it_stays_out_and_nobody_gets_them()
    {
        World w = Failed(returnsWith: new("11-11-92,12-12-3", "12-12-3"));

        w.Until(() => w.Codes.Contains("rejoin_errant"), 10);
        w.Run(120);

        Assert.Equal(HostState.AwaitingRecovery, w.StateOf("db1"));
        Assert.True(w.Db1.ReplicationStopped);
        Assert.True(w.Db2.ReceiverHeld);
        Assert.Single(w.Codes, c => c == "rejoin_errant");
        Assert.Contains(w.State.Notes, n => n.Sentence.Contains("11-11-91..11-11-92", StringComparison.Ordinal));
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.Contains("(11-11-91..11-11-92), so it stays out", StringComparison.Ordinal));
        string explained = string.Join('\n', HostExplanation.Of(w.State, "db1"));
        Assert.Contains("It has transactions that db2 lacks: 11-11-91..11-11-92", explained, StringComparison.Ordinal);
        Assert.Contains("mmm set_online --force db1", explained, StringComparison.Ordinal);
        Assert.Contains("no other host could take over from db2", explained, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operator_who_wants_them_gets_them()
    {
        World w = Failed(returnsWith: new("11-11-92", ""));
        w.Until(() => w.Codes.Contains("rejoin_errant"), 10);

        Assert.Equal(
            "ERROR: Host 'db1' has transactions that the active master lacks: 11-11-91..11-11-92. 'mmm explain db1' says what can be done; 'set_online --force db1' has them replicated to all the others.",
            w.Say("set_online", "db1"));
        Assert.StartsWith("OK: State of 'db1' changed to ONLINE.", w.Say("set_online", "--force", "db1"), StringComparison.Ordinal);

        w.Until(() => !w.Db1.ReplicationStopped && !w.Db2.ReceiverHeld, 5);
        w.Run(30);
        Assert.Equal(HostState.Online, w.StateOf("db1"));
    }

    [Fact]
    public void Once_the_master_has_them_all_the_same_it_comes_back()
    {
        World w = Failed(returnsWith: new("11-11-92", ""));
        w.Until(() => w.Codes.Contains("rejoin_errant"), 10);

        w.Db2.History = new("11-11-92,12-12-5", "11-11-90");

        w.Until(() => w.StateOf("db1") == HostState.Online, 10);
    }

    [Fact]
    public void Until_it_can_be_compared_it_waits_and_says_for_what()
    {
        World w = Failed(returnsWith: new("11-11-90", ""), master: w =>
        {
            w.Db2.AgentHung = true;
            w.Until(() => w.State.AgentLost("db2"), 10);
        });
        w.Run(20);

        Assert.Equal(HostState.AwaitingRecovery, w.StateOf("db1"));
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x == "host db1 has failed as active master and stays out until it is compared with the present one: the agent on 'db2' is not reachable");
        Assert.Equal(
            "ERROR: Host 'db1' has failed as active master, and cannot be compared with the present one: the agent on 'db2' is not reachable. Please, wait some time, or take it back as it is with 'set_online --force db1'.",
            w.Say("set_online", "db1"));
    }

    [Fact]
    public void Another_coordinator_goes_on_with_it()
    {
        World w = Failed(returnsWith: new("11-11-92", ""));
        w.Until(() => w.Codes.Contains("rejoin_errant"), 10);

        w.NewCoordinator();
        w.Run(20);

        Assert.Equal(HostState.AwaitingRecovery, w.StateOf("db1"));
        Assert.True(w.Db2.ReceiverHeld);
        w.Db1.PowerOff();
        w.Run(10);
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.Contains("11-11-91..11-11-92", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_two_of_which_one_has_GTIDs_nothing_can_be_said_and_that_is_noted()
    {
        World w = Failed(returnsWith: null);
        w.Until(() => w.StateOf("db1") == HostState.Online, 10);
        Assert.Contains("rejoin_not_compared", w.Codes);
    }

    [Fact]
    public void Without_GTIDs_its_log_is_looked_through_from_where_the_active_master_has_applied_it()
    {
        World w = Failed(returnsWith: null, ByPositions);
        BinlogPosition applied = new("bin.000001", w.Db2.Received);
        w.Db1.OwnBehind = from => from == applied ? 0 : 99;

        w.Until(() => w.StateOf("db1") == HostState.Online, 10);

        Assert.Contains(w.OrdersTo("db1"), o => o.Replication is { Action: ReplicationAction.Stop, Check: { } check } && check == new LogCheck(applied, w.Doc.ActiveMaster!.Since));
        Assert.Contains("rejoin_compared", w.Codes);
        w.Until(() => !w.Db1.ReplicationStopped && !w.Db2.ReceiverHeld, 5);
    }

    [Fact]
    public void Without_GTIDs_what_it_wrote_behind_that_keeps_it_out_until_the_active_master_has_it()
    {
        World w = Failed(returnsWith: null, ByPositions);
        BinlogPosition applied = new("bin.000001", w.Db2.Received);
        w.Db1.OwnBehind = from => from == applied ? 2 : 0;

        w.Until(() => w.Codes.Contains("rejoin_errant"), 10);
        w.Run(30);

        Assert.Equal((HostState.AwaitingRecovery, true), (w.StateOf("db1"), w.Db2.ReceiverHeld));
        string errant = $"2 in its binary log, from {applied} to bin.000001:{applied.Position + 2}";
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.Contains($"({errant}), so it stays out", StringComparison.Ordinal));
        string explained = string.Join('\n', HostExplanation.Of(w.State, "db1"));
        Assert.Contains($"It has transactions that db2 lacks: {errant}\n  To see them, on db1: mysqlbinlog --verbose --start-position=", explained, StringComparison.Ordinal);
        Assert.Contains("and point db2 at it anew, at the end of its new binary log. It is compared again", explained, StringComparison.Ordinal);
        Assert.DoesNotContain("gtid_next", explained, StringComparison.Ordinal);

        w.Db2.Received = w.Db2.Applied = applied.Position + 2;
        w.Until(() => w.StateOf("db1") == HostState.Online, 10);
    }

    public static TheoryData<string, Func<ReplicationFacts, ReplicationFacts?>> Unanswered => new()
    {
        { "its agent looks through its binary log behind bin.000001:", r => r },
        { "'db2' has not applied all that it had received from it", r => r with { Received = r.Received! with { Position = r.Received.Position + 1 } } },
        { "'db2' has not stopped receiving from it yet", r => r with { IoState = "Connecting" } },
        { "'db2' does not replicate from it, so how much it has of what 'db1' wrote is not known", r => r with { SourceHost = "db3" } },
        { "'db2' does not replicate from it, so how much it has of what 'db1' wrote is not known", r => r with { Applied = null } },
        { "'db2' does not replicate from it, so how much it has of what 'db1' wrote is not known", _ => null },
    };

    [Theory]
    [MemberData(nameof(Unanswered))]
    public void Without_GTIDs_it_waits_for_an_answer_and_says_for_what(string why, Func<ReplicationFacts, ReplicationFacts?> master)
    {
        World w = Failed(returnsWith: null, ByPositions);
        w.Run(20);
        Assert.Equal((HostState.AwaitingRecovery, true), (w.StateOf("db1"), w.Db1.ReplicationStopped));
        HostSight sight = w.State.Sights["db2"];
        Report report = sight.Agent!;

        ClusterState state = w.State with { Sights = w.State.Sights.SetItem("db2", sight with { Agent = report with { Facts = report.Facts with { Replication = master(report.Facts.Replication!) } } }) };

        Assert.StartsWith(why, Assert.IsType<Rejoin.Outcome.NotYet>(Rejoin.Compare(state, "db1")).Why, StringComparison.Ordinal);
        Assert.StartsWith("OK: State of 'db1' changed to ONLINE.", w.Say("set_online", "--force", "db1"), StringComparison.Ordinal);
    }

    /// <summary>An applier that has stopped applies no more of it.</summary>
    [Fact]
    public void Without_GTIDs_an_applier_that_has_stopped_is_not_waited_for()
    {
        World w = Failed(returnsWith: null, ByPositions);
        w.Db2.SqlBroken = true;
        w.Db2.Received++;
        w.Db1.OwnBehind = _ => 1;

        w.Until(() => w.Codes.Contains("rejoin_errant"), 10);
    }

    /// <summary>An answer to an earlier question says nothing: it may have written since.</summary>
    [Fact]
    public void Without_GTIDs_the_same_place_is_asked_about_anew_after_another_failure()
    {
        World w = Failed(returnsWith: null, ByPositions);
        w.Db1.OwnBehind = _ => 0;
        w.Until(() => w.StateOf("db1") == HostState.Online, 10);
        LogCheck first = w.OrdersTo("db1").Select(o => o.Replication.Check).OfType<LogCheck>().Last();

        w.Run(70);
        w.Say("move_role", "writer", "db1");
        w.Until(() => w.Doc is { Move: null, ActiveMaster.Host: "db1" }, 10);
        w.Run(5);
        w.Db1.PowerOff();
        w.Until(() => w.Doc is { Move: null, ActiveMaster.Host: "db2" }, 20);
        w.Db1.PowerOn();
        w.Until(() => w.StateOf("db1") == HostState.Online, 10);

        Assert.NotEqual(first.Since, w.OrdersTo("db1").Select(o => o.Replication.Check).OfType<LogCheck>().Last().Since);
    }

    [Fact]
    public void After_a_planned_move_there_is_nothing_to_compare()
    {
        World w = World.Running();
        (w.Db1.History, w.Db2.History) = (new("11-11-92", ""), s_mastersAll);

        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Doc is { Move: null, ActiveMaster.Host: "db2" }, 10);
        w.Run(5);

        Assert.Null(w.Doc.Hosts["db1"].Rejoin);
        Assert.Equal(HostState.Online, w.StateOf("db1"));
        Assert.All(w.OrdersTo("db2"), o => Assert.NotEqual(ReplicationAction.Hold, o.Replication.Action));
    }

    [Fact]
    public void Nothing_is_held_while_the_new_master_is_still_catching_up()
    {
        World w = World.Running();
        w.Db2.FailAt = "catch_up";
        w.Db1.PowerOff();
        w.Until(() => w.Doc.Move is { Phase: MovePhase.TakingOver }, 20);
        w.Run(3);
        Assert.DoesNotContain(w.OrdersTo("db2"), o => o.Replication.Action == ReplicationAction.Hold);
        w.Db2.FailAt = null;
        w.Until(() => w.OrdersTo("db2").Any(o => o.Replication.Action == ReplicationAction.Hold), 10);
    }

    [Fact]
    public void What_it_said_before_it_had_let_go_is_not_compared()
    {
        var still = new Still { Writer = "db2", ActiveMaster = "db2" };
        still.Unproven.Add("db1");
        still.States["db1"] = HostState.AwaitingRecovery;
        ClusterState state = still.State();
        foreach ((string host, GtidHistory history) in new[] { ("db1", new GtidHistory("11-11-90", "")), ("db2", s_mastersAll) })
        {
            HostSight sight = state.Sights[host];
            state = state with { Sights = state.Sights.SetItem(host, sight with { Agent = sight.Agent! with { Facts = sight.Agent.Facts with { History = history } } }) };
        }

        ClusterState after = ClusterTransition.Step(state, new Ticked(still.At)).State;

        Assert.NotNull(after.Document!.Hosts["db1"].Rejoin);
        Assert.Equal("'db1' has not become read-only yet", Assert.IsType<Rejoin.Outcome.NotYet>(Rejoin.Compare(after, "db1")).Why);
    }

    private static void ByPositions(World w)
    {
        // The model counts what a server has received and what it writes as one.
        (w.Writes, w.Db2.History) = (false, null);
        (w.Db1.ByPositions, w.Db2.ByPositions, w.Db1.Gtid, w.Db2.Gtid) = (true, true, "", "");
    }

    /// <summary>db1 crashes as active master with the machine, db2 takes over, db1 boots.</summary>
    private static World Failed(GtidHistory? returnsWith, Action<World>? master = null)
    {
        World w = World.Running(settings: Worlds.Settings with { AutoSetOnline = TimeSpan.FromSeconds(1), MasterConnectRetry = TimeSpan.FromSeconds(2) });
        w.Db1.PowerOff();
        w.Until(() => w.Doc is { Move: null, ActiveMaster.Host: "db2" }, 20);
        w.Until(() => w.Db2.ReceiverHeld, 5);
        (w.Db1.History, w.Db2.History) = (returnsWith, s_mastersAll);
        // The next report says so.
        w.Run(1);
        master?.Invoke(w);
        w.Db1.PowerOn();
        return w;
    }
}
