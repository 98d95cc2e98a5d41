using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Without stored decisions: what runs is adopted without an outage. With them: they are brought in line with the configuration.</summary>
public sealed class FirstStartTests
{
    private static World Found(Action<World> set, double seconds = 3, ClusterTopology? topology = null, Mmm.Shared.Decisions.DecisionSettings? settings = null)
    {
        var w = new World(topology, settings);
        set(w);
        w.Run(seconds);
        return w;
    }

    private static void Serves(World w, string host)
    {
        w.Hosts[host].ReadOnly = false;
        w.Hosts[host].Addresses.Add(w.Topology.WriterAddress);
    }

    [Fact]
    public void Running_set_up_is_adopted_without_an_order_that_takes_anything_away()
    {
        World w = Found(w =>
        {
            Serves(w, "db2");
            w.Db3.Source = "db2";
            foreach (RoleAddress a in w.Topology.Addresses.Where(a => a.Role == "reader"))
                w.Db3.Addresses.Add(a);
            w.Watch = () => Assert.True(w.Db2.EffectiveWriter);
        });
        Assert.Equal(("db2", "db2", ClusterMode.Active), (w.WriterHolder, w.Doc.ActiveMaster!.Host, w.Doc.Mode));
        Assert.All(w.OrdersTo("db2"), o => Assert.True(o.Writable && o.CatchUp is null));
        Assert.Equal("db3", w.OrdersTo("db3").First().Roles[0] is var first ? w.Doc.Slot(first).Owner : null);
        Assert.Contains("first_start", w.Codes);
    }

    [Fact]
    public void Nothing_runs_then_the_first_sound_master_becomes_the_active_one()
    {
        World w = Found(_ => { }, 5);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.All(w.Hosts.Keys, h => Assert.Equal(HostState.Online, w.StateOf(h)));
    }

    [Fact]
    public void Dead_host_is_hard_offline_from_the_start_and_the_other_serves()
    {
        World w = Found(
            w =>
            {
                w.Db1.PowerOff();
                Serves(w, "db2");
                w.Watch = () => Assert.True(w.Db2.EffectiveWriter);
            },
            14);
        Assert.Null(w.State.Document);
        Assert.Equal("starting", Snapshots.Of(w.State, 1, null).Phase);
        Assert.StartsWith("ERROR: The cluster is starting up", w.Say("set_active"));
        w.Run(5);
        Assert.Equal((HostState.HardOffline, HostState.Online, "db2"), (w.StateOf("db1"), w.StateOf("db2"), w.WriterHolder));
    }

    /// <summary>Whether its data is good enough nobody can tell: its source is dead, and it never was the active master.</summary>
    [Fact]
    public void Master_that_does_not_serve_beside_a_dead_one_waits_for_an_operator_and_says_so()
    {
        World w = Found(w => w.Db1.PowerOff(), 20);
        Assert.Equal(HostState.AwaitingRecovery, w.StateOf("db2"));
        Assert.Contains("host db2 is up and waits; 'set_online db2' takes it back", Snapshots.Of(w.State, 1, null).Warnings);
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.StartsWith("role writer(10.0.250.50) is on no host, as none can carry it: db1 is HARD_OFFLINE, db2 is AWAITING_RECOVERY", StringComparison.Ordinal));
        w.Say("set_online", "db2");
        w.Until(() => w.Db2.EffectiveWriter, 5);
    }

    [Fact]
    public void Nothing_is_voted_before_startup_timeout_unless_all_are_known_and_never_without_eyes()
    {
        World w = Found(w => w.Db3.StopAgent(), 14.9);
        Assert.Null(w.State.Document);
        w.Run(0.2);
        Assert.NotNull(w.State.Document);
        World blind = Found(w => w.Monitors[0].Silent = w.Monitors[1].Silent = true, 60);
        Assert.Null(blind.State.Document);
        Assert.DoesNotContain(blind.Effects, e => e.Effect is StoreDocument or SendOrder);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Writer_found_on_two_hosts_is_passive_when_careful_and_left_where_most_speaks_for_it(bool careful)
    {
        World w = Found(
            w =>
            {
                Serves(w, "db1");
                w.Db2.ReadOnly = false;
                w.Db2.Addresses.Add(w.Topology.WriterAddress);
                w.TwoWritersFound = true;
                w.Db3.Source = "db1";
            },
            settings: Worlds.Settings with { CarefulStartup = careful });
        Assert.Equal("db1", w.WriterOwner);
        if (!careful)
        {
            Assert.Equal(ClusterMode.Active, w.Doc.Mode);
            w.Until(() => !w.Db2.Writable && w.Db2.Addresses.All(a => a.Role == "reader"), 3);
            Assert.True(w.Db1.EffectiveWriter);
            Assert.DoesNotContain(w.OrdersTo("db1"), o => !o.Writable);
            return;
        }

        Assert.Equal(ClusterMode.Passive, w.Doc.Mode);
        Assert.DoesNotContain(w.Effects, e => e.Effect is SendOrder);
        string reason = Snapshots.Of(w.State, 1, null).ModeReason!;
        Assert.StartsWith("Conflicting roles during startup:\n\n", reason);
        Assert.Contains("db2: writable: yes, writer(10.0.250.50): present, votes: 6", reason, StringComparison.Ordinal);
        // The operator knows better: the other has the data.
        w.Say("set_ip", "10.0.250.50", "db2");
        w.Say("set_active");
        w.Until(() => w.Db2.EffectiveWriter && !w.Db1.Writable && w.Doc.Move is null, 10);
        Assert.DoesNotContain(w.Effects.SkipWhile(e => e.Effect is not SendOrder { Order: { Host: "db2", Writable: true } }).Select(e => e.Effect), e => e is SendOrder { Order: { Host: "db1", Writable: true } });
    }

    [Theory]
    [InlineData("check unknown")]
    [InlineData("no agent")]
    [InlineData("agent without a login")]
    public void Writer_of_which_little_is_known_is_adopted_all_the_same(string what)
    {
        World w = Found(
            w =>
            {
                Serves(w, "db1");
                w.Db3.Source = "db2";
                if (what == "check unknown")
                {
                    foreach (ModelMonitor m in w.Monitors)
                        m.Sees[("db1", CheckKind.Mysql)] = SightProtocol.Outcome.Unknown;
                }

                if (what == "no agent")
                    w.Db1.StopAgent();
                if (what == "agent without a login")
                    w.Db1.NoLogin = true;
                w.Watch = () => Assert.True(w.Db1.EffectiveWriter);
            },
            20);
        Assert.Equal(("db1", HostState.Online), (w.WriterHolder, w.StateOf("db1")));
        Assert.False(w.Db2.Writable);
    }

    [Fact]
    public void Address_found_on_the_wrong_host_is_released_there_before_the_writable_one_gets_it()
    {
        World w = Found(w =>
        {
            w.Db1.ReadOnly = false;
            w.Db2.Addresses.Add(w.Topology.WriterAddress);
            w.Watch = () => Assert.True(w.Hosts.Values.Count(h => h.Addresses.Contains(w.Topology.WriterAddress)) <= 1);
        }, settings: Worlds.Settings with { CarefulStartup = false });
        w.Until(() => w.Db1.EffectiveWriter && w.Doc.Slot(w.Topology.WriterAddress).ReleasingFrom is null, 5);
        Assert.Null(w.Doc.Move);
    }

    [Fact]
    public void Configured_passive_start_says_so()
    {
        World w = Found(w => Serves(w, "db1"), settings: Worlds.Settings with { InitialMode = ClusterMode.Passive });
        Assert.Equal(("Configured to start up in passive mode.", "db1"), (w.Doc.ModeCause, w.WriterOwner));
        Assert.DoesNotContain(w.Effects, e => e.Effect is SendOrder);
    }

    [Fact]
    public void Reconciled_document_is_stored_before_anything_is_sent()
    {
        var s = new Still();
        ClusterTopology wider = Worlds.Topology(slaves: 2);
        ClusterState begun = ClusterTransition.Begin(Worlds.Cluster(wider), Worlds.MonitorNames, Voters.First(Worlds.MonitorNames), "mon1", null, new DecisionId(new Epoch(9, "mon1", "i"), 7), s.Document(), s.At);
        Assert.Equal((HostState.AwaitingRecovery, "new in the configuration"), (begun.Document!.Hosts["db4"].State, begun.Document.Hosts["db4"].Reason));
        Assert.Equal(wider.Addresses, begun.Document.Slots.Select(x => x.Address));
        StoreDocument store = Assert.IsType<StoreDocument>(ClusterTransition.Step(begun, new Ticked(s.At)).Effects[0]);
        Assert.Equal(8, store.Version);
        ClusterState same = ClusterTransition.Begin(Worlds.Cluster(s.Topology), Worlds.MonitorNames, Voters.First(Worlds.MonitorNames), "mon1", null, new DecisionId(new Epoch(9, "mon1", "i"), 7), s.Document(), s.At);
        Assert.Empty(ClusterTransition.Step(same, new Ticked(s.At)).Effects);
    }

    [Fact]
    public void Edited_topology_keeps_what_is_still_configured_and_drops_the_rest()
    {
        var s = new Still { Topology = Worlds.Topology(slaves: 2, readers: 4) };
        ClusterDocument before = s.Document();
        // db4 is gone, a reader address is gone, the writer's address was changed, and readers may not be on db1 any more.
        ClusterTopology t = Worlds.Topology(slaves: 1, readers: 3);
        t = t with
        {
            Roles = t.Roles
                .SetItem("writer", t.Roles["writer"] with { Ips = ["10.0.250.51"] })
                .SetItem("reader", t.Roles["reader"] with { Hosts = ["db2", "db3"] }),
        };
        ClusterDocument after = StartupVote.Reconcile(before, t, s.At);
        Assert.Equal(["db1", "db2", "db3"], after.Hosts.Keys);
        Assert.Equal("db1", after.Slot(t.WriterAddress).Holder);
        RoleSlot fromDb1 = after.Slots.Single(x => x.Address == before.Slots.First(y => y.Owner == "db1").Address);
        Assert.Equal((null, "db1"), (fromDb1.Owner, fromDb1.ReleasingFrom));
        ClusterState next = ClusterTransition.Step(new Still { Topology = t }.State() with { Document = after }, new Ticked(s.At)).State;
        Assert.Empty(next.Broken);
        Assert.All(next.Document!.Slots, x => Assert.NotNull(x.Owner));
    }

    [Fact]
    public void Removed_host_is_told_nothing_and_its_lease_waited_for_and_its_move_not_gone_on_with()
    {
        var s = new Still { Topology = Worlds.Topology(slaves: 2, readers: 4), Writer = "db2", WriterReleasing = "db1" };
        s.Move = new RoleMove("db1", "db2", MoveCause.Command, false, MovePhase.Releasing, s.At, s.At, null, null);
        ClusterTopology t = s.Topology with
        {
            Hosts = s.Topology.Hosts.Remove("db1"),
            Roles = s.Topology.Roles.SetItem("writer", s.Topology.Roles["writer"] with { Hosts = ["db2"] }).SetItem("reader", s.Topology.Roles["reader"] with { Hosts = ["db2", "db3", "db4"] }),
        };
        ClusterDocument after = StartupVote.Reconcile(s.Document(), t, s.At);
        Assert.Equal(("db2", "db1", null, null), (after.Slot(t.WriterAddress).Owner, after.Slot(t.WriterAddress).ReleasingFrom, after.Move, after.ActiveMaster));
        Assert.All(after.Slots, x => Assert.NotEqual("db1", x.Owner));
    }
}
