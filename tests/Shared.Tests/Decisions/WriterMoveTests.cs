using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>The move of the active master role, step by step.</summary>
public sealed class WriterMoveTests
{
    [Fact]
    public void Planned_move_completes_only_after_the_new_holder_took_over_and_loses_nothing()
    {
        World w = World.Running();
        Assert.Equal("OK: Role 'writer' has been moved from 'db1' to 'db2'. Now you can wait some time and check new roles info!", w.Say("move_role", "writer", "db2"));
        w.Watch = () =>
        {
            if (w.Doc.Move is null)
                Assert.True(w.Db2.EffectiveWriter, w.Describe());
        };
        w.Until(() => w.Doc.Move is null, 10);
        w.Until(() => w.Db3.Source == "db2", 3);
        Assert.Equal("db2", w.Doc.ActiveMaster!.Host);
        Assert.Contains("writer_moved", w.Codes);
        Assert.Equal(w.Acknowledged, w.Db2.Applied);
        Assert.False(w.Db1.Writable);
    }

    [Fact]
    public void Planned_move_orders_the_candidate_to_catch_up_to_where_the_old_masters_binlog_ended()
    {
        World w = World.Running();
        w.Db2.IoBroken = true;
        w.Run(1);
        w.Db2.IoBroken = false;
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.OrdersTo("db2").Any(o => o.Writable), 10);
        CatchUpOrder catchUp = w.OrdersTo("db2").First(o => o.Writable).CatchUp!;
        Assert.Equal(("db1", w.Topology.Hosts["db1"].Ip, w.Db1.Applied, false), (catchUp.From, catchUp.FromIp, catchUp.UpTo!.Position, catchUp.Force));
    }

    [Fact]
    public void The_new_holder_is_told_nothing_of_the_role_before_the_old_one_has_let_go()
    {
        World w = World.Running();
        w.Db1.AgentStuck = true;
        w.Say("move_role", "writer", "db2");
        w.Run(10);
        Assert.DoesNotContain(w.OrdersTo("db2"), o => o.Writable || o.Roles.Contains(w.Topology.WriterAddress));
        Assert.Contains(w.OrdersTo("db1"), o => !o.Writable);
        w.Db1.AgentStuck = false;
        w.Until(() => w.Db2.EffectiveWriter, 5);
    }

    [Fact]
    public void Crash_of_the_writers_mysqld_fails_over_without_waiting_for_anything()
    {
        World w = World.Running();
        w.Db1.CrashMysqld();
        w.Until(() => w.Db2.EffectiveWriter, 1.5);
        w.Until(() => w.Db3.Source == "db2" && w.Doc.Move is null, 2);
        Assert.Equal(HostState.HardOffline, w.StateOf("db1"));
        Assert.Equal("db2", w.Doc.ActiveMaster!.Host);
        Assert.Empty(w.Kills);
        Assert.Empty(w.Db1.Addresses);
    }

    [Fact]
    public void The_candidate_and_the_slaves_are_told_where_the_log_of_a_dead_master_ends_as_soon_as_its_agent_knows()
    {
        World w = World.Running();
        var tail = new BinlogTail(9990, new BinlogPosition("bin.000001", 12345), null);
        w.Db1.Tail = BinlogTail.Searching;
        w.Db1.CrashMysqld();
        w.Until(() => w.StateOf("db1") == HostState.HardOffline, 3);
        w.Run(2);
        Assert.DoesNotContain(w.OrdersTo("db2"), o => o.Writable);

        w.Db1.Tail = tail;
        w.Until(() => w.Db2.EffectiveWriter, 1);
        w.Until(() => w.Db3.Source == "db2" && w.Doc.Move is null, 2);

        Assert.All(w.OrdersTo("db2").Where(o => o.Writable && o.CatchUp is not null), o => Assert.Equal(tail, o.CatchUp!.Rest));
        Assert.Equal(new PreviousMaster("db1", tail), w.Doc.ActiveMaster!.Before);
        Assert.Equal(new PreviousLog("db1", w.Topology.Hosts["db1"].Ip, tail), w.OrdersTo("db3").Last().Replication.Before);
    }

    [Fact]
    public void A_takeover_does_not_wait_for_ever_for_the_end_of_a_dead_masters_log()
    {
        World w = World.Running();
        w.Db1.Tail = BinlogTail.Searching;
        w.Db1.CrashMysqld();
        w.Until(() => w.Db2.EffectiveWriter, w.State.Settings.CatchUpTimeout.TotalSeconds + 3);
        Assert.Null(w.Doc.ActiveMaster!.Before);
    }

    [Fact]
    public void A_takeover_from_a_silent_host_says_that_nothing_is_known_of_its_log()
    {
        World w = World.Running();
        w.Db1.PowerOff();
        w.Until(() => w.Db2.EffectiveWriter, 10);
        Assert.Equal(BinlogTail.None("the agent on 'db1' is not reachable"), w.OrdersTo("db2").First(o => o.Writable).CatchUp!.Rest);
        Assert.Null(w.Doc.ActiveMaster!.Before);
    }

    [Fact]
    public void No_planned_move_begins_to_a_host_whose_agent_has_just_started_and_takes_nothing_over()
    {
        World w = World.Running();
        w.Db2.QuietMs = 2500;
        w.Run(1.1);
        Assert.StartsWith("ERROR: The agent on 'db2' has just started, and takes no role over for ", w.Say("move_role", "writer", "db2"), StringComparison.Ordinal);
        w.Db2.QuietMs = 0;
        w.Run(1.1);
        Assert.StartsWith("OK", w.Say("move_role", "writer", "db2"), StringComparison.Ordinal);
        w.Until(() => w.Doc.Move is null && w.Db2.EffectiveWriter, 10);
    }

    [Fact]
    public void Nothing_is_said_of_the_log_of_a_master_that_lives()
    {
        World w = World.Running();
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Doc.Move is null, 10);
        Assert.All(w.OrdersTo("db2").Where(o => o.CatchUp is not null), o => Assert.Null(o.CatchUp!.Rest));
    }

    [Fact]
    public void After_a_planned_move_the_slaves_are_told_where_the_log_of_the_master_before_ended()
    {
        World w = World.Running();
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Doc.Move is null, 10);
        BinlogPosition end = w.OrdersTo("db2").First(o => o.CatchUp is not null).CatchUp!.UpTo!;
        Assert.Equal(new PreviousMaster("db1", new BinlogTail(0, end, null)), w.Doc.ActiveMaster!.Before);
        w.Run(1);
        Assert.Equal(new PreviousLog("db1", w.Topology.Hosts["db1"].Ip, w.Doc.ActiveMaster.Before!.Rest), w.OrdersTo("db3").Last().Replication.Before);
    }

    [Fact]
    public void Silent_host_is_killed_and_its_lease_runs_out_while_its_silence_is_being_noticed()
    {
        World w = World.Running();
        w.Db1.PowerOff();
        DateTimeOffset off = w.At;
        w.Until(() => w.Db2.EffectiveWriter, 10);
        KillHost kill = Assert.Single(w.Kills);
        Assert.Equal(("db1", false), (kill.Host, kill.PingOk));
        // trap_period (2 s) and a check; a lease of 3.2 s and its margin, from its last renewal before: not the sum of the two.
        Assert.InRange((w.At - off).TotalSeconds, 2.7, 4.2);
        Assert.Contains(w.State.Notes, n => n is { Code: "writer_released", Host: "db1" } && n.Sentence.EndsWith(": its lease has run out", StringComparison.Ordinal));
    }

    [Fact]
    public void Slaves_keep_their_roles_while_a_failover_takes_its_time()
    {
        World w = World.Running(Worlds.Topology(slaves: 2));
        w.Db1.PowerOff();
        w.Watch = () => Assert.Equal((HostState.Online, HostState.Online), (w.StateOf("db3"), w.StateOf("db4")));
        w.Until(() => w.Db3.Source == "db2" && w.Hosts["db4"].Source == "db2", 10);
        w.Run(10);
    }

    /// <summary>Its mysqld is fine, but without its agent the kernel has taken the addresses away: nobody serves until another host does.</summary>
    [Fact]
    public void Host_that_lost_only_its_agent_loses_the_role_with_its_lease()
    {
        World w = World.Running();
        w.Db1.StopAgent();
        DateTimeOffset off = w.At;
        w.Run(2.1);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.Contains("agent on host db1 is not reachable", Snapshots.Of(w.State, 1, null).Warnings);
        w.Until(() => w.Db2.EffectiveWriter, 10);
        Assert.InRange((w.At - off).TotalSeconds, 3, 5);
        Assert.Contains(w.State.Notes, n => n is { Code: "role_taken", Host: "db1" } && n.Sentence.EndsWith("its agent is not reachable, and its lease has run out", StringComparison.Ordinal));
        Assert.Equal(HostState.Online, w.StateOf("db1"));
        Assert.Empty(w.Db1.Addresses);
        Assert.Empty(w.Kills);
        w.Db1.PowerOff();
        w.Run(5);
        Assert.Empty(w.Kills);
    }

    /// <summary>mysqld and agent died together and only mysqld came back: its lease is proof enough that it takes no writes.</summary>
    [Fact]
    public void Old_holder_that_is_up_again_without_its_agent_is_waited_for_as_long_as_its_lease()
    {
        World w = World.Running();
        w.Db1.StopAgent();
        w.Db1.CrashMysqld();
        w.Until(() => w.StateOf("db1") == HostState.HardOffline, 5);
        Assert.False(w.Db2.Writable);
        w.Db1.StartMysqld();
        w.Until(() => w.Db2.EffectiveWriter, 3);
        Assert.Equal("db1", Assert.Single(w.Kills).Host);
        w.Db1.StartAgent();
        w.Run(10);
        Assert.Equal("db2", Assert.Single(w.EffectiveWriters).Name);
    }

    /// <summary>Found at a first start and never under lease: only its agent's word counts.</summary>
    [Fact]
    public void Old_holder_whose_agent_never_carried_an_order_out_is_waited_for_and_named_for_ever()
    {
        var w = new World();
        w.Db1.ReadOnly = false;
        w.Db1.Addresses.Add(w.Topology.WriterAddress);
        w.Db1.StopAgent();
        w.Until(() => w.State.Document is not null, 20);
        w.Run(10);
        Assert.Equal("db1", w.WriterHolder);
        w.Db1.HangMysqld();
        w.Run(60);
        Assert.Equal(HostState.HardOffline, w.StateOf("db1"));
        Assert.False(w.Db2.Writable);
        Assert.Contains(
            "role writer(10.0.250.50) waits for host db1 to let go, then goes to db2: the agent on 'db1' is not reachable, and has never carried an order out: "
            + "nothing else takes the address away there; start the agent on 'db1'",
            Snapshots.Of(w.State, 1, null).Warnings);
        w.Db1.StartAgent();
        w.Until(() => w.Db2.EffectiveWriter, 10);
    }

    [Fact]
    public void Candidate_whose_agent_is_lost_while_it_takes_over_loses_the_role_with_its_lease()
    {
        World w = World.Running();
        w.Db2.AgentStuck = true;
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Doc.Move is { Phase: MovePhase.TakingOver }, 5);
        w.Db2.StopAgent();
        w.Run(2.2);
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.Contains("is held up: 'db2' is catching up and taking over; the agent on 'db2' is not reachable", StringComparison.Ordinal));
        w.Until(() => w.Db1.EffectiveWriter && w.Doc.Move is null, 10);
        w.Db2.AgentStuck = false;
        w.Db2.StartAgent();
        w.Run(10);
        Assert.Equal("db1", Assert.Single(w.EffectiveWriters).Name);
        Assert.Equal(w.Acknowledged, w.Db1.Applied);
    }

    /// <summary>A failed catch-up is undone also after a failover, when the old holder is back: it has everything.</summary>
    [Fact]
    public void Failover_whose_candidate_cannot_catch_up_is_undone_when_the_old_holder_is_back()
    {
        World w = World.Running();
        w.Db2.FailAt = "catch_up";
        w.Db1.CrashMysqld();
        w.Until(() => w.Doc.Move is { Phase: MovePhase.TakingOver, Trouble: not null }, 10);
        w.Db1.StartMysqld();
        w.Until(() => w.Db1.EffectiveWriter && w.Doc.Move is null, 20);
        Assert.Equal(w.Acknowledged, w.Db1.Applied);
    }

    /// <summary>The candidate said that its catch-up failed, tried again and became writable before it heard that the role goes back.</summary>
    [Theory]
    [InlineData("move_role", "writer", "db2")]
    [InlineData("set_offline", "db1")]
    public void Candidate_that_became_writable_after_all_is_caught_up_with_before_the_role_goes_back(string verb, params string[] arguments)
    {
        World w = World.Running();
        w.Db2.FailAt = "catch_up";
        w.Say(verb, arguments);
        w.Until(() => w.Db2.Order is { Writable: true }, 5);
        // The order to give up is on its way for a moment.
        w.Db2.AgentDeaf = true;
        w.Until(() => w.Doc.Move is { Phase: MovePhase.RollingBack }, 5);
        w.Db2.FailAt = null;
        w.Until(() => w.Db2.EffectiveWriter, 3);
        w.Run(0.5);
        w.Db2.AgentDeaf = false;
        w.Until(() => w.Db1.EffectiveWriter && w.Doc.Move is null && w.Db3.Source == "db1", 10);
        Assert.Contains(w.OrdersTo("db1"), o => o.Writable && o.CatchUp is { From: "db2" });
        Assert.Equal(w.Acknowledged, w.Db1.Applied);
        // Whoever was to be taken out has the role again; the other one was never meant.
        Assert.Equal((HostState.Online, HostState.Online), (w.StateOf("db1"), w.StateOf("db2")));
    }

    /// <summary>Should the lease not have been enforced, against all rules: waiting is better than two hosts that take writes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Host_that_says_it_still_takes_writes_after_its_lease_is_not_given_up_on(bool kernelForgets)
    {
        World w = World.Running();
        w.Db1.KernelForgets = kernelForgets;
        foreach (ModelMonitor m in w.Monitors)
            m.Sees[("db1", Mmm.Shared.Checks.CheckKind.Mysql)] = SightProtocol.Outcome.Failing;
        w.Db1.AgentStuck = true;
        w.Until(() => w.StateOf("db1") == HostState.HardOffline, 5);
        Assert.False(w.Db2.Writable);
        if (!kernelForgets)
        {
            w.Until(() => w.Db2.EffectiveWriter, 4);
            return;
        }

        w.Run(30);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.False(w.Db2.Writable);
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.Contains("the lease of 'db1' has run out, but its agent says that it still takes writes", StringComparison.Ordinal));
        w.Db1.AgentStuck = false;
        w.Until(() => w.Db2.EffectiveWriter, 5);
    }

    [Fact]
    public void Candidate_that_took_over_and_died_before_it_could_tell_is_the_one_to_catch_up_with()
    {
        World w = World.Running();
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Db2.Writable, 5);
        // Its report of it is never made; the agent remembers on disk.
        w.Db2.CrashMysqld();
        w.Until(() => w.Db1.EffectiveWriter, 10);
        Assert.Contains(w.OrdersTo("db1"), o => o.Writable && o.CatchUp is { From: "db2" });
    }

    [Fact]
    public void Time_goes_on_under_a_coordinator_whose_clock_is_behind()
    {
        World w = World.Running();
        w.ShiftCoordinatorsClock(TimeSpan.FromHours(-1));
        w.NewCoordinator();
        w.Run(3);
        w.Db1.PowerOff();
        w.Until(() => w.Db2.EffectiveWriter, 10);
    }
}
