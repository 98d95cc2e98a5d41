using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Gtids;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>A planned move waits for what passes, and refuses what does not, while the old holder takes writes.</summary>
public sealed class PreflightTests
{
    [Fact]
    public void A_candidate_that_lags_is_waited_for_while_the_old_holder_takes_writes()
    {
        World w = World.Running();
        w.Db2.Behind = 7;
        w.Until(() => Lag(w) == 7, 2);

        string answer = w.Say("move_role", "writer", "db2");

        Assert.Equal("OK: Role 'writer' is to be moved from 'db1' to 'db2'. It waits for 20 s at most (move_timeout), with writes going on, as db2 is 7 s behind, more than 2 s (move_max_lag).", answer);
        w.Run(15);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.Equal(MovePhase.Approaching, w.Doc.Move!.Phase);
        StatusProtocol.ClusterSnapshot shown = Snapshots.Of(w.State, 1, null);
        Assert.Equal("approaching", shown.Move!.Phase);
        Assert.Contains("db2 is 7 s behind", shown.Move.Sentence, StringComparison.Ordinal);
        Assert.Contains(shown.Warnings, x => x.Contains("db2 is 7 s behind", StringComparison.Ordinal) && x.Contains("'move_role writer db1' calls it off", StringComparison.Ordinal));

        w.Db2.Behind = 2;
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 5);
    }

    [Fact]
    public void One_that_does_not_come_close_in_time_is_given_up_and_nothing_has_been_touched()
    {
        World w = Lagging();
        w.Say("move_role", "writer", "db2");
        DecisionId order = w.State.Orders["db1"].Order.Id;

        w.Until(() => w.Doc.Move is null, 21);

        Assert.True(w.Db1.EffectiveWriter);
        Assert.Equal(order, w.State.Orders["db1"].Order.Id);
        Assert.Contains(w.State.Notes, n => n.Sentence == "Role 'writer(10.0.250.50)' stays on 'db1': after 20 s (move_timeout) db2 is 7 s behind, more than 2 s (move_max_lag)");
    }

    [Fact]
    public void One_that_has_received_nothing_for_some_seconds_is_waited_for_although_its_server_says_0()
    {
        World w = World.Running();
        w.Db1.History = Has(100);
        w.Db2.History = Has(100);
        w.Run(10);
        w.Db1.History = Has(107);
        w.Run(2);
        // For less than move_max_lag (and a second for the way of the reports).
        Assert.DoesNotContain("lacks", w.Say("move_role", "--dry-run", "writer", "db2"), StringComparison.Ordinal);
        w.Run(2);

        string answer = w.Say("move_role", "writer", "db2");

        Assert.Contains("with writes going on, as db2 lacks 7 transactions that db1 had 3 s ago, longer than 2 s (move_max_lag).", answer.Replace("had 4 s", "had 3 s", StringComparison.Ordinal), StringComparison.Ordinal);
        w.Run(5);
        Assert.True(w.Db1.EffectiveWriter);
        w.Db2.History = w.Db1.History;
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 5);
    }

    [Fact]
    public void What_it_lacks_of_another_master_than_the_present_one_says_nothing()
    {
        var still = new Still { ActiveMaster = "db2", Writer = "db2" };
        ClusterState state = still.State();
        HostSight db1 = state.Sights["db1"];
        state = state with
        {
            MasterMarks = [new MasterMark(state.At - TimeSpan.FromMinutes(1), "db1", Has(107))],
            Sights = state.Sights.SetItem("db1", db1 with { Agent = db1.Agent! with { Facts = db1.Agent!.Facts with { History = Has(100) } } }),
        };

        Assert.Null(MasterMark.Lacking(state, "db1"));
        Assert.NotNull(MasterMark.Lacking(state with { MasterMarks = [state.MasterMarks[0] with { Host = "db2" }] }, "db1"));
        // The next report begins anew.
        AgentProtocol.Report report = state.Sights["db2"].Agent!;
        Assert.Equal(["db2"], MasterMark.Absorb(state, report with { Facts = report.Facts with { History = Has(1) } }).MasterMarks.Select(m => m.Host));
    }

    [Fact]
    public void A_slave_that_has_received_nothing_for_longer_than_max_backlog_is_behind_whatever_its_server_says()
    {
        World w = World.Running();
        foreach (ModelHost host in w.Hosts.Values)
            host.History = Has(100);
        w.Run(70);
        w.Db1.History = w.Db2.History = Has(107);
        w.Run(59);
        Assert.Equal(HostState.Online, w.Doc.Hosts["db3"].State);

        w.Until(() => w.Doc.Hosts["db3"].State == HostState.ReplicationDelay, 5);

        Assert.Equal(HostState.Online, w.Doc.Hosts["db2"].State);
        Assert.StartsWith("Backlog is too big: db3 lacks 7 transactions that db1 had 6", w.State.Sights["db3"].Checks[CheckKind.RepBacklog].Message, StringComparison.Ordinal);
        w.Db3.History = Has(107);
        w.Until(() => w.Doc.Hosts["db3"].State == HostState.Online, 3);
    }

    [Theory]
    [InlineData("db1", "binlog.000002", 99, null)]
    [InlineData("db1", "binlog.000002", 100, null)]
    [InlineData("db1", "binlog.000001", 500, "what lies between binlog.000001:500 and binlog.000002:99")]
    [InlineData("db1", "binlog.000002", 98, "what lies between binlog.000002:98 and binlog.000002:99")]
    [InlineData("db3", "binlog.000001", 500, null)]
    public void Without_GTIDs_the_position_in_the_log_of_its_source_tells(string source, string file, long position, string? what)
    {
        ClusterState state = new Still { ActiveMaster = "db1", Writer = "db1" }.State();
        HostSight db2 = state.Sights["db2"];
        HostFacts facts = db2.Agent!.Facts with { Replication = db2.Agent.Facts.Replication! with { SourceHost = source, UsesGtid = false, Applied = new BinlogPosition(file, position) } };
        state = state with
        {
            MasterMarks = [new MasterMark(state.At - TimeSpan.FromMinutes(1), "db1", null, new BinlogPosition("binlog.000002", 99))],
            Sights = state.Sights.SetItem("db2", db2 with { Agent = db2.Agent with { Facts = facts } }),
        };

        Assert.Equal(what is null ? null : $"db2 lacks {what} that db1 had 60 s ago, longer than 2 s (move_max_lag)", MasterMark.Lacking(state, "db2"));
    }

    [Fact]
    public void A_binary_log_that_begins_anew_makes_what_was_seen_before_meaningless()
    {
        ClusterState state = new Still { ActiveMaster = "db1", Writer = "db1" }.State() with { MasterMarks = [] };
        AgentProtocol.Report report = state.Sights["db1"].Agent!;
        foreach ((int second, string file) in new[] { (0, "binlog.000007"), (1, "binlog.000008"), (2, "binlog.000001") })
            state = MasterMark.Absorb(state with { At = state.At + TimeSpan.FromSeconds(second) }, report with { Facts = report.Facts with { Binlog = new BinlogPosition(file, 4) } });
        Assert.Equal(["binlog.000001"], state.MasterMarks.Select(m => m.Binlog!.File));
    }

    [Fact]
    public void However_long_move_max_lag_is_few_marks_are_kept()
    {
        World w = World.Running(settings: Worlds.Settings with { MoveMaxLag = TimeSpan.FromHours(1) });
        w.Db1.History = Has(100);
        w.Step = TimeSpan.FromSeconds(1);
        w.Run(8000);
        Assert.InRange(w.State.MasterMarks.Length, 60, 65);
        Assert.True(w.At - w.State.MasterMarks[0].At >= TimeSpan.FromHours(1));
    }

    [Fact]
    public void What_has_to_be_mended_ends_the_waiting_at_once()
    {
        World w = Lagging();
        w.Say("move_role", "writer", "db2");
        w.Db2.Source = "db3";
        w.Until(() => w.Doc.Move is null, 3);
        Assert.Contains(w.State.Notes, n => n.Sentence == "Role 'writer(10.0.250.50)' stays on 'db1': db2 replicates from db3, not from db1: it could not catch up");
    }

    [Fact]
    public void The_time_of_waiting_does_not_count_against_the_move_itself()
    {
        World w = Lagging();
        w.Say("move_role", "writer", "db2");
        w.Run(19);
        w.Db2.AgentStuck = true;
        w.Db2.Behind = 0;
        w.Run(15);
        Assert.Equal(MovePhase.TakingOver, w.Doc.Move?.Phase);
        w.Db2.AgentStuck = false;
        w.Until(() => w.Db2.EffectiveWriter, 2);
    }

    [Fact]
    public void It_is_called_off_by_moving_the_role_to_where_it_is_and_by_passive_mode()
    {
        World w = Lagging();
        w.Say("move_role", "writer", "db2");
        string answer = w.Say("move_role", "writer", "db1");
        Assert.Equal("OK: Role is on 'db1' already. The move to 'db2', which has been waiting, is called off.", answer);
        Assert.Null(w.Doc.Move);

        w.Say("move_role", "writer", "db2");
        Assert.Equal("OK: Switched into passive mode.", w.Say("set_passive"));
        Assert.Null(w.Doc.Move);
    }

    [Fact]
    public void Force_begins_it_at_once_and_gives_nothing_up()
    {
        World w = Lagging();
        w.Say("move_role", "writer", "db2");
        Assert.Equal(MovePhase.Approaching, w.Doc.Move!.Phase);

        string answer = w.Say("move_role", "--force", "writer", "db2");

        Assert.Equal("OK: Role 'writer' has been moved from 'db1' to 'db2' enforcedly. Now you can wait some time and check new roles info!", answer);
        Assert.False(w.Doc.Move!.Force);
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 10);
        Assert.NotNull(w.Db2.Obeyed.Last(o => o.CatchUp is not null).CatchUp!.UpTo);
    }

    [Fact]
    public void Force_keeps_that_the_old_holder_is_taken_out()
    {
        World w = Lagging();
        w.Say("set_offline", "db1");
        w.Say("move_role", "--force", "writer", "db2");
        w.Until(() => w.Db2.EffectiveWriter && w.StateOf("db1") == HostState.AdminOffline, 10);
    }

    [Fact]
    public void The_holders_death_ends_the_waiting_and_is_failed_over_as_ever()
    {
        World w = Lagging();
        w.Say("move_role", "writer", "db2");
        w.Run(1);
        w.Db1.PowerOff();
        w.Until(() => w.Db2.EffectiveWriter, 15);
        Assert.Contains("writer_move_ended", w.Codes);
    }

    [Fact]
    public void The_candidates_death_ends_it()
    {
        World w = Lagging();
        w.Say("set_offline", "db1");
        w.Run(1);
        w.Db2.PowerOff();
        w.Until(() => w.Doc.Move is null, 15);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.Equal(HostState.Online, w.StateOf("db1"));
        Assert.Contains(w.State.Notes, n => n.Sentence.EndsWith("host 'db2' is not available any more; 'db1' is not taken out", StringComparison.Ordinal));
    }

    [Fact]
    public void The_active_master_is_taken_out_once_the_other_one_has_taken_over()
    {
        World w = Lagging();
        string answer = w.Say("set_offline", "db1");
        Assert.StartsWith("OK: State of 'db1' changes to ADMIN_OFFLINE as soon as role 'writer' has been moved to 'db2'. Now you can wait some time and check all roles! It waits for 20 s at most", answer, StringComparison.Ordinal);
        w.Run(5);
        Assert.Equal(HostState.Online, w.StateOf("db1"));
        Assert.True(w.Db1.EffectiveWriter);

        w.Db2.Behind = 0;
        w.Until(() => w.StateOf("db1") == HostState.AdminOffline, 5);
        Assert.True(w.Db2.EffectiveWriter);
        Assert.DoesNotContain(w.Doc.Slots, s => s.Owner == "db1");
        w.Until(() => w.Db1.ReplicationStopped, 2);
    }

    [Theory]
    [InlineData(HostState.ReplicationDelay, true)]
    [InlineData(HostState.ReplicationFail, true)]
    [InlineData(HostState.HardOffline, false)]
    [InlineData(HostState.AdminOffline, false)]
    public void It_is_not_taken_out_while_the_other_one_is_just_not_ready(HostState other, bool refused)
    {
        var still = new Still { States = { ["db2"] = other } };

        (ClusterState then, string answer) = OperatorCommands.Run(still.State(), "set_offline", ["db1"], "test");

        Assert.Equal(refused, answer.StartsWith($"ERROR: Host 'db2', which would take role 'writer' over, is {StateNames.NameOf(other)}, so nothing is changed.", StringComparison.Ordinal));
        Assert.Equal(refused ? HostState.Online : HostState.AdminOffline, then.Document!.Hosts["db1"].State);
    }

    [Fact]
    public void A_candidate_whose_server_does_not_answer_for_a_moment_is_waited_for()
    {
        World w = Lagging();
        w.Say("move_role", "writer", "db2");
        w.Db2.HangMysqld();
        w.Run(1);
        Assert.Equal(MovePhase.Approaching, w.Doc.Move?.Phase);
    }

    [Fact]
    public void A_running_move_away_from_it_takes_it_out_as_well()
    {
        World w = World.Running();
        w.Db2.AgentStuck = true;
        w.Say("move_role", "writer", "db2");
        w.Run(0.5);
        string answer = w.Say("set_offline", "db1");
        Assert.StartsWith("OK: State of 'db1' changes to ADMIN_OFFLINE as soon as", answer, StringComparison.Ordinal);
        w.Db2.AgentStuck = false;
        w.Until(() => w.Db2.EffectiveWriter && w.StateOf("db1") == HostState.AdminOffline, 5);
    }

    [Fact]
    public void The_preferred_host_gets_the_role_back_once_it_is_close_and_until_then_it_is_said_why_not()
    {
        World w = World.Running(Worlds.Topology(prefer: "db1"));
        w.Say("set_manual");
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Db2.EffectiveWriter, 5);
        w.Db1.Behind = 7;
        w.Run(2);
        w.Say("set_active");
        w.Run(10);
        Assert.True(w.Db2.EffectiveWriter);
        Assert.Contains("role writer(10.0.250.50) is not moved to its preferred host db1 as long as db1 is 7 s behind, more than 2 s (move_max_lag)", Snapshots.Of(w.State, 1, null).Warnings);

        w.Db1.Behind = 0;
        w.Until(() => w.Db1.EffectiveWriter, 5);
    }

    [Fact]
    public void In_manual_mode_a_dead_holder_is_not_waited_for()
    {
        World w = Lagging();
        w.Say("set_manual");
        w.Db1.PowerOff();
        w.Until(() => w.StateOf("db1") == HostState.HardOffline, 15);
        string answer = w.Say("move_role", "writer", "db2");
        Assert.StartsWith("OK: Role 'writer' has been moved from 'db1' to 'db2'.", answer, StringComparison.Ordinal);
        w.Until(() => w.Db2.EffectiveWriter, 15);
    }

    [Theory]
    [InlineData("db1", "", "ON", true)]
    [InlineData("db2", "", "ON", true)]
    [InlineData("db2", "ALL PRIVILEGES", "OFF", true)]
    [InlineData("db1", "ALL PRIVILEGES", "OFF", false)]
    [InlineData("db3", "", "OFF", false)]
    [InlineData("db2", "ALL PRIVILEGES", "ON", false)]
    public void What_would_stop_the_move_is_refused_with_the_reason_and_what_would_not_is_not(string host, string privileges, string log, bool refused)
    {
        ClusterState state = new Still().State();
        HostSight sight = state.Sights[host];
        var setup = new ServerSetup([new ServerVariable("log_bin", log)], [privileges]);
        state = state with { Sights = state.Sights.SetItem(host, sight with { Agent = sight.Agent! with { Facts = sight.Agent.Facts with { Setup = setup } } }) };

        foreach ((string verb, string[] arguments) in new[] { ("move_role", new[] { "writer", "db2" }), ("set_offline", ["db1"]) })
        {
            (ClusterState then, string answer) = OperatorCommands.Run(state, verb, [.. arguments], "test");

            Assert.Equal(refused, answer.StartsWith($"ERROR: Role 'writer' would not come up on 'db2', so nothing is changed: {host} ", StringComparison.Ordinal));
            Assert.Equal(refused, then.Document!.Move is null);
        }
    }

    private static World Lagging()
    {
        World w = World.Running();
        w.Db2.Behind = 7;
        w.Until(() => Lag(w) == 7, 2);
        return w;
    }

    private static long? Lag(World w) => w.State.Sights["db2"].Agent?.Facts.Replication?.SecondsBehind;

    private static GtidHistory Has(int transactions) => new($"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-{transactions}", null);
}
