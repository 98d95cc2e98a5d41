using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

public sealed class PlacementTests
{
    private static int[] Readers(World w) => [.. w.Hosts.Keys.Select(h => w.Doc.Slots.Count(s => s.Address.Role == "reader" && s.Owner == h))];

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(1, 7)]
    [InlineData(2, 5)]
    [InlineData(3, 11)]
    public void Readers_are_within_one_of_each_other_and_the_active_master_gets_the_fewer(int slaves, int readers)
    {
        World w = World.Running(Worlds.Topology(slaves, readers: readers));
        int[] n = Readers(w);
        Assert.Equal(readers, n.Sum());
        Assert.InRange(n.Max() - n.Min(), 0, 1);
    }

    /// <summary>The active master role weighs 0.5: of an uneven number the others get the more.</summary>
    [Fact]
    public void Orphans_go_to_whoever_has_least_with_half_a_role_for_the_writer()
    {
        var s = new Still { Topology = Worlds.Topology(slaves: 1, readers: 2), Readers = false };
        ClusterDocument d = s.Tick().State.Document!;
        Assert.DoesNotContain(d.Slots, x => x.Address.Role == "reader" && x.Owner == "db1");
    }

    [Fact]
    public void As_few_addresses_move_as_must_when_a_host_goes_and_returns()
    {
        World w = World.Running(Worlds.Topology(slaves: 2, readers: 8));
        ClusterDocument before = w.Doc;
        w.Say("set_offline", "db4");
        Assert.All(before.Slots.Where(s => s.Owner != "db4"), s => Assert.Equal(s.Owner, w.Doc.Slot(s.Address).Owner));
        w.Run(5);
        ClusterDocument without = w.Doc;
        w.Say("set_online", "db4");
        w.Run(5);
        int moved = w.Doc.Slots.Count(s => s.Owner != without.Slot(s.Address).Owner);
        Assert.Equal(2, moved);
        Assert.All(w.Doc.Slots.Where(s => s.Owner != without.Slot(s.Address).Owner), s => Assert.Equal("db4", s.Owner));
        Assert.InRange(Readers(w).Max() - Readers(w).Min(), 0, 1);
    }

    [Fact]
    public void Balanced_address_is_on_no_host_between_two()
    {
        World w = World.Running();
        w.Watch = () => Assert.All(
            w.Topology.Addresses, a => Assert.True(w.Hosts.Values.Count(h => h.Addresses.Contains(a)) <= 1, w.Describe()));
        w.Say("set_offline", "db3");
        w.Run(3);
        w.Say("set_online", "db3");
        w.Run(3);
        Assert.Equal([1, 1, 1], Readers(w));
    }

    [Fact]
    public void Role_returns_to_its_preferred_host_whenever_that_is_online()
    {
        World w = World.Running(Worlds.Topology(prefer: "db2", exclusive: true));
        // db1 was found with it: preference moves it.
        Assert.Equal("db2", w.WriterHolder);
        Assert.Equal(w.Acknowledged, w.Db2.Applied);
        w.Db2.CrashMysqld();
        w.Until(() => w.Db1.EffectiveWriter, 5);
        w.Db2.StartMysqld();
        w.Until(() => w.Db2.EffectiveWriter, 30);
        w.Say("set_offline", "db3");
        Assert.NotEqual("db3", w.Doc.Slots.Single(s => s.Address.Role == "backup").Owner);
        w.Run(2);
        w.Say("set_online", "db3");
        w.Until(() => w.Doc.Slots.Single(s => s.Address.Role == "backup").Holder == "db3", 5);
    }

    [Theory]
    [InlineData(ClusterMode.Manual)]
    [InlineData(ClusterMode.Wait)]
    public void Preference_is_obeyed_in_active_mode_only(ClusterMode mode)
    {
        var s = new Still { Mode = mode, Topology = Worlds.Topology(prefer: "db2", exclusive: true), Settings = Worlds.Settings with { WaitForOtherMaster = TimeSpan.Zero } };
        s.States["db2"] = mode == ClusterMode.Wait ? HostState.AdminOffline : HostState.Online;
        ClusterDocument d = s.Tick().State.Document!;
        Assert.Equal("db1", d.Slot(s.Topology.WriterAddress).Owner);
        Assert.Null(d.Move);
    }

    [Theory]
    [InlineData("db1")]
    [InlineData("db2")]
    public void Preference_waits_while_one_of_the_two_agents_is_not_there(string silent)
    {
        var s = new Still { Topology = Worlds.Topology(prefer: "db2") };
        s.SilentAgents.Add(silent);
        Assert.Null(s.Tick().State.Document!.Move);
    }

    [Fact]
    public void Preference_does_not_loop_after_a_move_that_failed()
    {
        World w = World.Running(Worlds.Topology(prefer: "db1"));
        w.Db1.CrashMysqld();
        w.Until(() => w.Db2.EffectiveWriter, 5);
        w.Run(2);
        w.Db1.FailAt = "catch_up";
        w.Db1.StartMysqld();
        w.Until(() => w.Codes.Contains("writer_move_failed"), 30);
        w.Until(() => w.Db2.EffectiveWriter, 2);
        w.Codes.Clear();
        w.Run(50);
        Assert.DoesNotContain("writer_move_started", w.Codes);
        w.Db1.FailAt = null;
        w.Until(() => w.Db1.EffectiveWriter, 20);
    }

    /// <summary>The last active master has everything; the preferred host gets the role from it by a planned move.</summary>
    [Fact]
    public void Orphan_goes_to_the_last_active_master_before_the_preferred_host()
    {
        var s = new Still { Writer = null, ActiveMaster = "db1", Topology = Worlds.Topology(prefer: "db2") };
        Assert.Equal("db1", s.Tick().State.Document!.Slot(s.Topology.WriterAddress).Owner);
        s.ActiveMaster = null;
        Assert.Equal("db2", s.Tick().State.Document!.Slot(s.Topology.WriterAddress).Owner);
        s.Topology = Worlds.Topology();
        Assert.Equal("db1", s.Tick().State.Document!.Slot(s.Topology.WriterAddress).Owner);
    }

    [Fact]
    public void Host_without_a_reachable_agent_is_given_nothing_and_keeps_what_it_has_as_long_as_its_lease()
    {
        World w = World.Running(Worlds.Topology(slaves: 2, readers: 4));
        w.Hosts["db4"].StopAgent();
        w.Run(2.5);
        w.Say("set_offline", "db3");
        Assert.Equal(1, w.Doc.Slots.Count(s => s.Owner == "db4"));
        w.Run(3);
        Assert.Equal((0, HostState.Online), (w.Doc.Slots.Count(s => s.Owner == "db4"), w.StateOf("db4")));
        Assert.Contains(w.State.Notes, n => n is { Code: "role_taken", Host: "db4" } && n.Sentence.EndsWith("its agent is not reachable, and its lease has run out", StringComparison.Ordinal));
    }

    [Fact]
    public void New_coordinator_moves_nothing_because_some_agents_were_heard_first()
    {
        World w = World.Running(Worlds.Topology(slaves: 2, readers: 4));
        var random = new Random(3);
        w.Delay = () => TimeSpan.FromMilliseconds(random.Next(900));
        w.Say("set_offline", "db3");
        ClusterDocument before = w.Doc;
        w.NewCoordinator();
        w.Run(10);
        Assert.All(before.Slots.Where(s => s.Owner != "db3"), s => Assert.Equal(s.Owner, w.Doc.Slot(s.Address).Owner));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void More_than_flap_count_departures_within_flap_duration_are_flapping(int departures, bool flapping)
    {
        World w = World.Running();
        for (int i = 0; i < departures; i++)
        {
            w.Db2.CrashMysqld();
            w.Run(2);
            w.Db2.StartMysqld();
            w.Run(8);
        }

        Assert.Equal(flapping, w.Doc.Hosts["db2"].Flapping);
        Assert.Equal(flapping ? HostState.AwaitingRecovery : HostState.Online, w.StateOf("db2"));
        Assert.InRange(w.Doc.Hosts["db2"].Departures.Length, 1, Worlds.Settings.FlapCount + 1);
        if (!flapping)
            return;
        Assert.Contains("host db2 is flapping; 'set_online db2' clears it", Snapshots.Of(w.State, 1, null).Warnings);
        Assert.StartsWith("OK: State of 'db2' changed to ONLINE", w.Say("set_online", "db2"));
        Assert.False(w.Doc.Hosts["db2"].Flapping);
        Assert.Empty(w.Doc.Hosts["db2"].Departures);
    }

    [Fact]
    public void Departures_older_than_flap_duration_and_those_by_an_operator_do_not_count()
    {
        World w = World.Running(settings: Worlds.Settings with { FlapDuration = TimeSpan.FromSeconds(25) });
        for (int i = 0; i < 6; i++)
        {
            w.Db2.CrashMysqld();
            w.Run(2);
            w.Db2.StartMysqld();
            w.Run(8);
            w.Say("set_offline", "db3");
            w.Run(1);
            w.Say("set_online", "db3");
            w.Run(1);
        }

        Assert.False(w.Doc.Hosts["db2"].Flapping);
        Assert.Empty(w.Doc.Hosts["db3"].Departures);
    }

    [Fact]
    public void Flapping_host_returns_by_itself_after_flap_duration_without_failure_if_auto_set_online_is_on()
    {
        World w = World.Running(settings: Worlds.Settings with { FlapCount = 0, FlapDuration = TimeSpan.FromSeconds(40), AutoSetOnline = TimeSpan.FromSeconds(5) });
        w.Db2.CrashMysqld();
        w.Run(2);
        w.Db2.StartMysqld();
        w.Run(38);
        Assert.Equal(HostState.AwaitingRecovery, w.StateOf("db2"));
        w.Run(5);
        Assert.Equal(HostState.Online, w.StateOf("db2"));
        Assert.Contains("flapping_ended", w.Codes);
        Assert.False(w.Doc.Hosts["db2"].Flapping);
    }

    [Fact]
    public void That_the_writer_is_not_moved_back_for_a_while_is_said_with_how_to_have_it_moved_now()
    {
        var s = new Still { Topology = Worlds.Topology(prefer: "db1"), Writer = "db2", ActiveMaster = "db2" };
        s.RetryMoveAfter = s.At + TimeSpan.FromSeconds(42);

        Assert.Contains(
            "role writer(10.9.0.100) is not moved to its preferred host db1 by itself for another 42 s, as the last move was undone; 'move_role writer db1' does it now".Replace(
                "writer(10.9.0.100)", s.Topology.WriterAddress.ToString(), StringComparison.Ordinal),
            Snapshots.Of(s.State(), 1, null).Warnings);
        s.RetryMoveAfter = s.At;
        Assert.DoesNotContain(Snapshots.Of(s.State(), 1, null).Warnings, w => w.Contains("preferred host", StringComparison.Ordinal));
    }
}
