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
    public void Servers_without_GTIDs_are_taken_back_as_MMM_does_and_that_is_noted()
    {
        World w = Failed(returnsWith: null);
        w.Until(() => w.StateOf("db1") == HostState.Online, 10);
        Assert.Contains("rejoin_not_compared", w.Codes);
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

    /// <summary>db1 crashes as active master with the machine, db2 takes over, db1 boots.</summary>
    private static World Failed(GtidHistory? returnsWith, Action<World>? master = null)
    {
        World w = World.Running(settings: Worlds.Settings with { AutoSetOnline = TimeSpan.FromSeconds(1), MasterConnectRetry = TimeSpan.FromSeconds(2) });
        w.Db1.PowerOff();
        w.Until(() => w.Doc is { Move: null, ActiveMaster.Host: "db2" }, 20);
        w.Until(() => w.Db2.ReceiverHeld, 5);
        (w.Db1.History, w.Db2.History) = (returnsWith, returnsWith is null ? null : s_mastersAll);
        // The next report says so.
        w.Run(1);
        master?.Invoke(w);
        w.Db1.PowerOn();
        return w;
    }
}
