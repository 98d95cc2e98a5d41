using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>What agents are told and when; what their reports prove.</summary>
public sealed class OrdersTests
{
    [Fact]
    public void An_order_that_an_agent_which_is_heard_does_not_take_up_is_sent_through_the_others_as_well()
    {
        World w = World.Running();
        w.Db3.AgentDeaf = true;
        w.Say("set_offline", "db3");
        w.Run(2);
        Assert.DoesNotContain(w.Effects, e => e.Effect is RelayOrder);

        w.Run(3);

        Assert.Contains(w.Effects, e => e.Effect is RelayOrder { Order: { Host: "db3", State: HostState.AdminOffline } });
        w.Db3.AgentDeaf = false;
        w.Run(3);
        w.Effects.Clear();
        w.Run(5);
        Assert.DoesNotContain(w.Effects, e => e.Effect is RelayOrder);
    }

    [Fact]
    public void Hosts_whose_orders_do_not_change_are_told_nothing_when_the_version_goes_up()
    {
        World w = World.Running(Worlds.Topology(slaves: 2));
        w.Say("set_offline", "db4");
        w.Run(5);
        Assert.NotEmpty(w.OrdersTo("db4"));
        Assert.DoesNotContain(w.OrdersTo("db2"), o => w.Doc.Slots.All(s => s.Owner != "db2" || s.Address.Role != "reader") && o.Id.Version > 0);
        w.Effects.Clear();
        w.Say("set_manual");
        w.Run(5);
        Assert.Equal(1, w.Stores);
        Assert.DoesNotContain(w.Effects, e => e.Effect is SendOrder);
    }

    [Fact]
    public void Lost_order_is_sent_again_until_the_agent_has_taken_it()
    {
        World w = World.Running();
        int lost = 0;
        w.Delay = () => lost-- > 0 ? null : TimeSpan.Zero;
        lost = 3;
        w.Say("set_offline", "db3");
        // Its address goes before, as its lease is withdrawn.
        w.Until(() => w.OrdersTo("db3").LastOrDefault() is { } last && w.Db3.Highest == last.Id, 5);
        int sent = w.OrdersTo("db3").Count();
        Assert.InRange(sent, 2, 3);
        w.Run(5);
        Assert.Equal(sent, w.OrdersTo("db3").Count());
        Assert.Single(w.OrdersTo("db3").Select(o => o.Id).Distinct());
    }

    [Fact]
    public void Agent_that_was_restarted_is_told_again()
    {
        World w = World.Running();
        w.Db3.StopAgent();
        w.Run(5);
        w.Db3.StartAgent();
        w.Until(() => w.Db3.Progress.Status == OrderStatus.Done, 3);
    }

    [Fact]
    public void New_coordinator_tells_everybody_once_under_its_own_epoch()
    {
        World w = World.Running();
        Epoch before = w.State.Epoch;
        w.NewCoordinator();
        w.Run(10);
        foreach (string h in w.Hosts.Keys)
            Assert.True(Assert.Single(w.OrdersTo(h)).Id.Epoch > before);
        Assert.Equal(0, w.Stores);
    }

    /// <summary>"Done" of the order that gave the host the address must not be taken for having let go of it.</summary>
    [Fact]
    public void Release_is_proven_only_by_a_report_about_the_order_without_the_address()
    {
        World w = World.Running();
        Report having = w.Db1.ReportNow() with { LetGo = false };
        w.Say("move_role", "writer", "db2");
        SendOrder order = (SendOrder)w.Effects.Single(e => e.Effect is SendOrder { Order.Host: "db1" }).Effect;
        RoleSlot slot = w.Doc.Slot(w.Topology.WriterAddress);
        Assert.Equal(OrderStatus.Done, having.Progress.Status);

        bool Done(Report r) => Release.Of(w.State with { Sights = w.State.Sights.SetItem("db1", w.State.Sights["db1"] with { Agent = r, HeardAt = w.At }) }, slot).Done;
        HostFacts gone = having.Facts with { Addresses = [], ReadOnly = true };
        OrderProgress working = new(order.Order.Id, OrderStatus.Working, "kill_connections", null, []);
        Assert.False(Done(having), "an older order's Done");
        Assert.False(Done(having with { LetGo = true }), "an older order's word");
        Assert.False(Done(having with { Progress = working, Facts = gone }), "the new order, but with facts that may be from before it");
        Assert.False(Done(having with { Progress = working with { Status = OrderStatus.Failed }, Facts = gone }), "a failed step says nothing of the others");
        Assert.True(Done(having with { Progress = working, LetGo = true }), "let go");
        Assert.True(Done(having with { Progress = working with { Status = OrderStatus.Done } }), "done");
    }

    /// <summary>Of a reader address it is otherwise enough that it is gone, and of any that its lease has run out.</summary>
    [Theory]
    [InlineData("writer")]
    [InlineData("reader")]
    public void Release_waits_for_the_hooks_of_the_host_that_lets_go_as_long_as_its_agent_says_so(string role)
    {
        World w = World.Running();
        w.Run(2);
        Report having = w.Db1.ReportNow() with { LetGo = false };
        w.Say("set_offline", "db1");
        RoleSlot slot = w.Doc.Slots.First(s => s.Address.Role == role) with { ReleasingFrom = "db1", ReleasingSince = w.At };
        w.Run(10);
        Report waits = having with { Progress = new(w.State.Orders["db1"].Order.Id, OrderStatus.Working, "hook", "waiting for the hook role_removed", []), Facts = having.Facts with { Addresses = [], ReadOnly = true } };

        var over = new Withdrawal(new LeaseProtocol.Withdraw("C1", "db1", waits.Progress.Id, []), w.At, w.State.Voters.Names.ToImmutableSortedDictionary(m => m, _ => w.At - TimeSpan.FromSeconds(1)));
        Release Of(Report r, double silentFor) => Release.Of(
            w.State with { Withdrawals = w.State.Withdrawals.SetItem("db1", over), Sights = w.State.Sights.SetItem("db1", w.State.Sights["db1"] with { Agent = r, HeardAt = w.At - TimeSpan.FromSeconds(silentFor) }) }, slot);
        Assert.Equal((false, "'db1' has not let go yet: waiting for the hook role_removed"), (Of(waits, 0).Done, Of(waits, 0).Why));
        Assert.True(Of(waits with { Progress = waits.Progress with { Step = "kill_connections" } }, 0).Done, "without a hook");
        Assert.True(Of(waits with { LetGo = true }, 0).Done, "it has ended");
        Assert.True(Of(waits, 60).Done, "its agent is silent");
    }

    /// <summary>A slave that cannot be put in order must not keep its reader addresses from the others.</summary>
    [Fact]
    public void Reader_address_that_is_gone_is_released_while_the_rest_of_the_order_fails()
    {
        World w = World.Running();
        w.Db3.FailAt = "replication";
        w.Say("set_offline", "db3");
        w.Until(() => w.Db3.Progress.Status == OrderStatus.Failed, 5);
        w.Until(() => w.Doc.Slots.All(s => s.ReleasingFrom is null), 2);
        Assert.DoesNotContain(w.Doc.Slots, s => s.Owner == "db3");
    }

    [Fact]
    public void Orders_are_the_documents_and_nothing_elses()
    {
        var s = new Still();
        HostOrder Of(string host) => HostOrders.For(s.Topology, s.Settings, s.Document(), host, DecisionId.None);
        Assert.True(Of("db1").Writable);
        Assert.Equal(ReplicationOrder.Leave, Of("db1").Replication);
        Assert.Equal(("db1", "10.0.0.1", 3306), (Of("db3").Replication.Source!.Host, Of("db3").Replication.Source!.Ip, Of("db3").Replication.Source!.Port));
        s.States["db2"] = HostState.AdminOffline;
        Assert.Equal(ReplicationOrder.Stop, Of("db2").Replication);
        s.WriterReleasing = "db2";
        Assert.All(s.Topology.Hosts.Keys, h => Assert.False(Of(h).Writable));
        s.WriterReleasing = null;
        s.Move = new RoleMove("db2", "db1", MoveCause.Command, true, MovePhase.TakingOver, s.At, s.At, new BinlogPosition("b", 4), null);
        Assert.Null(Of("db1").CatchUp);
        s.ActiveMaster = "db2";
        Assert.Equal(new CatchUpOrder("db2", "10.0.0.2", new BinlogPosition("b", 4), 10_000, true), Of("db1").CatchUp);
        Assert.Null(Of("db2").CatchUp);
        s.ActiveMaster = null;
        Assert.Equal(ReplicationOrder.Leave, Of("db3").Replication);
    }

    [Fact]
    public void Slaves_start_where_the_new_masters_binlog_stood_when_it_became_writable()
    {
        World w = World.Running();
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Db3.Source == "db2", 5);
        Assert.Equal(w.Db2.TakeOver!.Position, w.OrdersTo("db3").Last().Replication.Source!.StartAt);
        Assert.Equal(w.Db2.TakeOver.Position, w.Doc.ActiveMaster!.StartAt);
    }

    /// <summary>Giving the role back to the server that slaves follow anyway: they were held at its end meanwhile, and are let go.</summary>
    [Fact]
    public void Slaves_are_not_pointed_elsewhere_when_the_role_returns_to_the_same_active_master()
    {
        World w = World.Running();
        MasterRecord before = w.Doc.ActiveMaster!;
        w.Db2.FailAt = "catch_up";
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Codes.Contains("writer_move_failed"), 10);
        w.Run(3);
        Assert.All(w.OrdersTo("db3"), o => Assert.Equal("db1", o.Replication.Source!.Host));
        Assert.Equal([true, false], w.OrdersTo("db3").Select(o => o.Replication.Until is not null));
        Assert.Equal((before.Host, before.Since, before.StartAt), (w.Doc.ActiveMaster!.Host, w.Doc.ActiveMaster.Since, w.Doc.ActiveMaster.StartAt));
    }

    [Fact]
    public void Cluster_at_rest_stores_nothing_and_sends_nothing()
    {
        World w = World.Running(Worlds.Topology(slaves: 2, prefer: "db1", exclusive: true));
        w.Run(120);
        Assert.Empty(w.Effects);
    }

    [Fact]
    public void Kill_host_runs_once_and_only_for_a_host_that_cannot_be_told_to_let_go()
    {
        World reachable = World.Running();
        reachable.Db1.HangMysqld();
        reachable.Run(20);
        Assert.Empty(reachable.Kills);
        World silent = World.Running();
        silent.Db1.PowerOff();
        silent.Run(60);
        Assert.Equal([new KillHost("db1", false)], silent.Kills);
        World nothing = World.Running();
        nothing.Say("set_offline", "db3");
        nothing.Run(3);
        nothing.Db3.PowerOff();
        nothing.Run(20);
        Assert.Empty(nothing.Kills);
        World manual = World.Running();
        manual.Say("set_manual");
        manual.Db1.PowerOff();
        manual.Run(20);
        Assert.Empty(manual.Kills);
    }

    [Fact]
    public void Host_that_dies_while_it_is_taken_out_loses_its_role_with_its_lease_and_stays_out()
    {
        World w = World.Running();
        w.Db1.AgentStuck = true;
        w.Say("set_offline", "db1");
        w.Run(1);
        w.Db1.PowerOff();
        w.Until(() => Snapshots.Of(w.State, 1, null).Warnings.Any(x => x.StartsWith("role writer(10.0.250.50) waits for host db1 to let go, then goes to db2: ", StringComparison.Ordinal)
            && x.Contains("; its lease runs out in ", StringComparison.Ordinal)), 15);
        Assert.False(w.Db2.Writable);
        w.Until(() => w.Db2.EffectiveWriter, 4);
        w.Until(() => w.StateOf("db1") == HostState.AdminOffline, 5);
    }

    [Fact]
    public void Host_that_does_not_let_go_is_not_taken_out()
    {
        World w = World.Running();
        w.Db1.AgentStuck = true;
        w.Say("set_offline", "db1");
        w.Until(() => w.Doc.Move is null, 30);
        Assert.Equal(HostState.Online, w.StateOf("db1"));
        Assert.Contains(w.State.Notes, n => n.Code == "writer_move_failed" && n.Sentence.EndsWith("; 'db1' is not taken out", StringComparison.Ordinal));
        w.Db1.AgentStuck = false;
        w.Until(() => w.Db1.EffectiveWriter, 5);
    }

    [Fact]
    public void Snapshot_shows_what_runs()
    {
        World w = World.Running(Worlds.Topology(prefer: "db1"));
        w.Say("set_manual");
        w.Db1.AgentStuck = true;
        w.Say("move_role", "writer", "db2");
        w.Run(3);
        StatusProtocol.ClusterSnapshot s = Snapshots.Of(w.State, 42, null);
        Assert.Equal(("C1", w.State.Coordinator, 42, "serving", "MANUAL", "writer", "db1"), (s.Cluster, s.Coordinator, s.Seq, s.Phase, s.Mode, s.ActiveMasterRole, s.ActiveMaster));
        Assert.Equal(new DecisionId(w.State.Epoch, w.State.Version), s.Decision);
        Assert.Equal(("writer", "db1", "db2", "releasing", "command", "waiting for 'db1' to let go"), (s.Move!.Role, s.Move.From, s.Move.To, s.Move.Phase, s.Move.Cause, s.Move.Sentence));
        Assert.Equal(("db2", "db1", "db1"), s.Roles.Where(r => r.Address == w.Topology.WriterAddress).Select(r => (r.Owner, r.ReleasingFrom, r.Prefer)).Single());
        Assert.Equal(["ping", "mysql", "rep_threads", "rep_backlog"], s.Hosts[0].Checks.Select(c => c.Check));
        Assert.All(s.Hosts, h => Assert.True(h.AgentReachable));
        Assert.Equal("no_quorum", Snapshots.Of(w.State, 1, "no keeper answers").Phase);
        Assert.Equal("no keeper answers", Snapshots.Of(w.State, 1, "no keeper answers").Warnings[0]);
    }

    [Fact]
    public void New_coordinator_does_not_cry_over_agents_it_has_had_no_time_to_hear()
    {
        World w = World.Running();
        w.NewCoordinator();
        Assert.DoesNotContain(Snapshots.Of(w.State, 1, null).Warnings, x => x.StartsWith("agent on host", StringComparison.Ordinal));
        w.Db3.StopAgent();
        w.Run(3);
        Assert.Contains("agent on host db3 is not reachable", Snapshots.Of(w.State, 1, null).Warnings);
    }

    /// <summary>A coordinator whose machine slept wakes up with everybody's silence: it may conclude nothing from it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Paused_coordinator_takes_nothing_from_anybody_when_it_wakes(bool moving)
    {
        World w = World.Running();
        if (moving)
        {
            w.Db1.AgentStuck = true;
            w.Say("move_role", "writer", "db2");
            w.Run(1);
        }

        w.CoordinatorDown = true;
        w.Run(10);
        w.CoordinatorDown = false;
        w.Effects.Clear();
        w.Run(0.5);
        Assert.DoesNotContain(w.Effects, e => e.Effect is not LookAgain);
        w.Db1.AgentStuck = false;
        w.Until(() => w.Doc.Move is null && w.Hosts[moving ? "db2" : "db1"].EffectiveWriter, 5);
    }
}
