using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

public sealed class ModesTests
{
    [Fact]
    public void Manual_states_change_but_roles_stay_with_the_failed_host_until_an_operator_moves_them()
    {
        World w = World.Running();
        w.Say("set_manual");
        w.Db1.PowerOff();
        w.Run(20);
        Assert.Equal(HostState.HardOffline, w.StateOf("db1"));
        Assert.Equal("db1", w.WriterHolder);
        Assert.Contains("role writer(10.0.250.50) stays on host db1, which is HARD_OFFLINE, in MANUAL mode", Snapshots.Of(w.State, 1, null).Warnings);
        Assert.StartsWith("OK: Role 'writer' has been moved from 'db1' to 'db2'", w.Say("move_role", "writer", "db2"));
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 10);
    }

    [Fact]
    public void Manual_balanced_orphans_are_distributed()
    {
        World w = World.Running();
        w.Say("set_manual");
        w.Say("set_offline", "db3");
        w.Until(() => w.Doc.Slots.Where(s => s.Address.Role == "reader").All(s => s.Holder is "db1" or "db2"), 5);
    }

    [Fact]
    public void Manual_to_active_takes_the_roles_of_every_host_that_is_not_online()
    {
        World w = World.Running();
        w.Say("set_manual");
        w.Db1.PowerOff();
        w.Run(10);
        Assert.Equal("OK: Switched into active mode.", w.Say("set_active"));
        w.Until(() => w.Db2.EffectiveWriter, 10);
    }

    [Fact]
    public void Wait_ends_when_both_masters_are_online()
    {
        World w = World.Running(settings: Worlds.Settings with { InitialMode = ClusterMode.Wait });
        Assert.Equal(ClusterMode.Active, w.Doc.Mode);
        var s = new Still { Mode = ClusterMode.Wait };
        s.States["db2"] = HostState.AdminOffline;
        s.InState["db1"] = 119;
        Assert.Equal(ClusterMode.Wait, s.Tick().State.Document!.Mode);
        s.States["db2"] = HostState.Online;
        Assert.Equal(ClusterMode.Active, s.Tick().State.Document!.Mode);
    }

    [Theory]
    [InlineData(120, 120, ClusterMode.Active)]
    [InlineData(120, 119, ClusterMode.Wait)]
    [InlineData(0, 3600, ClusterMode.Wait)]
    public void Wait_ends_when_one_master_was_online_for_wait_for_other_master_and_zero_is_for_ever(double patience, double online, ClusterMode then)
    {
        var s = new Still { Mode = ClusterMode.Wait, Settings = Worlds.Settings with { WaitForOtherMaster = TimeSpan.FromSeconds(patience) } };
        s.States["db2"] = HostState.HardOffline;
        s.Set("db2", CheckVerdict.Failed, CheckKind.Ping);
        s.InState["db1"] = online;
        Assert.Equal(then, s.Tick().State.Document!.Mode);
    }

    [Fact]
    public void Wait_counts_a_masters_time_from_the_start_of_the_coordinator()
    {
        var s = new Still { Mode = ClusterMode.Wait };
        s.States["db2"] = HostState.AdminOffline;
        ClusterState state = s.State() with { StartedAt = s.At - TimeSpan.FromSeconds(119) };
        Assert.Equal(ClusterMode.Wait, ClusterTransition.Step(state, new Ticked(s.At)).State.Document!.Mode);
    }

    [Fact]
    public void Passive_changes_nothing_and_sends_nothing()
    {
        World w = World.Running();
        Assert.Equal("OK: Switched into passive mode.", w.Say("set_passive"));
        w.Effects.Clear();
        ClusterDocument before = w.Doc;
        w.Db1.PowerOff();
        w.Db3.CrashMysqld();
        w.Run(30);
        Assert.DoesNotContain(w.Effects, e => e.Effect is not LookAgain);
        Assert.True(before.SameAs(w.Doc));
        Assert.Equal("Admin switched to passive mode.", Snapshots.Of(w.State, 1, null).ModeReason);
        w.Say("set_active");
        w.Until(() => w.Db2.EffectiveWriter, 15);
        Assert.Null(Snapshots.Of(w.State, 1, null).ModeReason);
    }

    [Fact]
    public void Mode_survives_a_change_of_coordinator()
    {
        foreach (string mode in new[] { "manual", "passive" })
        {
            World w = World.Running();
            w.Say("set_" + mode);
            w.NewCoordinator();
            w.Run(10);
            Assert.Equal(mode.ToUpperInvariant(), StateNames.NameOf(w.Doc.Mode));
        }
    }

    [Fact]
    public void What_set_ip_edited_is_applied_step_by_step_when_passive_is_left()
    {
        World w = World.Running();
        w.Say("set_passive");
        w.Effects.Clear();
        Assert.Equal("OK: Set role 'writer(10.0.250.50)' to host 'db2'.", w.Say("set_ip", "10.0.250.50", "db2"));
        Assert.Equal("OK: Set role 'reader(10.9.0.0)' to host 'db3'.", w.Say("set_ip", "10.9.0.0", "db3"));
        // Longer than any deadline of a move: they begin when it is told to the agents.
        w.Run(60);
        Assert.DoesNotContain(w.Effects, e => e.Effect is SendOrder);
        Assert.True(w.Db1.EffectiveWriter);
        w.Say("set_manual");
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 5);
        Assert.Equal(w.Acknowledged, w.Db2.Applied);
        Assert.Contains(w.OrdersTo("db2"), o => o.Writable && o.CatchUp is { From: "db1", UpTo: not null });
        Assert.Equal("db2", w.WriterHolder);
    }

    [Fact]
    public void What_was_set_and_set_back_in_passive_takes_nothing_away_from_anybody()
    {
        World w = World.Running();
        w.Say("set_passive");
        w.Say("set_ip", "10.0.250.50", "db2");
        w.Say("set_ip", "10.0.250.50", "db1");
        w.Watch = () => Assert.True(w.Db1.EffectiveWriter, w.Describe());
        w.Say("set_active");
        w.Run(5);
        Assert.Null(w.Doc.Move);
        Assert.Equal("db1", w.Doc.ActiveMaster!.Host);
    }

    [Fact]
    public void Release_of_a_host_that_died_in_passive_is_proven_anew_but_its_lease_is_long_over()
    {
        World w = World.Running();
        w.Say("set_passive");
        w.Say("set_ip", "10.0.250.50", "db2");
        w.Db1.PowerOff();
        w.Run(30);
        Assert.DoesNotContain(w.Effects, e => e.Effect is SendWithdraw);
        w.Say("set_active");
        Assert.False(w.Db2.Writable);
        w.Until(() => w.Db2.EffectiveWriter, 1);
        Assert.Contains(w.Effects, e => e.Effect is SendWithdraw { Withdraw.Host: "db1" });
    }

    [Fact]
    public void A_running_move_is_not_frozen_halfway_but_one_that_is_held_up_may_be()
    {
        World w = World.Running();
        w.Say("move_role", "writer", "db2");
        Assert.Equal("ERROR: Role 'writer' is being moved from 'db1' to 'db2' at the moment (Releasing). Please, wait some time.", w.Say("set_passive"));
        w.Until(() => w.Doc.Move is null, 5);
        w.Db1.FailAt = "catch_up";
        w.Db2.PowerOff();
        w.Until(() => w.Doc.Move is { Trouble: not null, Phase: MovePhase.TakingOver }, 20);
        Assert.Equal("OK: Switched into passive mode.", w.Say("set_passive"));
    }
}
