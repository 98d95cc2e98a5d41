using Mmm.Shared.Decisions;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Leases in a whole cluster. That there never are two effective writers is asserted by <see cref="World"/> after every step.</summary>
public sealed class LeaseWorldTests
{
    [Fact]
    public void A_planned_move_takes_no_lease_away()
    {
        World w = World.Running();
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Doc.Move is null && w.Db2.EffectiveWriter, 3);
        Assert.DoesNotContain(w.Effects, e => e.Effect is SendWithdraw);
    }

    [Fact]
    public void A_crash_takes_the_lease_with_the_decision_and_is_not_held_up_by_it()
    {
        World w = World.Running();
        w.Db1.CrashMysqld();
        w.Until(() => w.Db2.EffectiveWriter, 1.5);
        int taken = w.Effects.FindIndex(e => e.Effect is SendWithdraw { Withdraw.Host: "db1" });
        Assert.Contains(w.Effects.Take(taken), e => e.At == w.Effects[taken].At && e.Effect is StoreDocument);
    }

    [Fact]
    public void A_writer_whose_network_is_cut_stops_by_itself_before_another_begins()
    {
        World w = World.Running();
        w.Db1.Linked = false;
        DateTimeOffset cut = w.At;
        w.Until(() => w.Db2.EffectiveWriter, 10);
        Assert.InRange((w.At - cut).TotalSeconds, 2.7, 4.2);
        Assert.False(w.Db1.Writable);
        Assert.DoesNotContain(w.Topology.WriterAddress, w.Db1.Addresses);
        w.Db1.Linked = true;
        w.Run(10);
        Assert.Equal("db2", Assert.Single(w.EffectiveWriters).Name);
    }

    /// <summary>SIGSTOP: it cannot obey, nor can it stop; the kernel does it.</summary>
    [Fact]
    public void A_writer_whose_agent_hangs_loses_its_address_by_the_kernel()
    {
        World w = World.Running();
        w.Db1.AgentHung = true;
        w.Until(() => w.Db2.EffectiveWriter, 10);
        Assert.True(w.Db1.Writable);
        Assert.Empty(w.Db1.Addresses);
        w.Db1.AgentHung = false;
        w.Until(() => !w.Db1.Writable, 0.5);
        w.Run(10);
        Assert.Equal("db2", Assert.Single(w.EffectiveWriters).Name);
    }

    [Fact]
    public void Role_waits_for_a_quorum_of_granters_however_long_that_takes()
    {
        World w = World.Running();
        w.Monitors[0].GranterSilent = w.Monitors[2].GranterSilent = true;
        w.Db1.PowerOff();
        w.Run(20);
        Assert.False(w.Db2.Writable);
        Assert.True(w.Effects.Count(e => e.Effect is SendWithdraw) > 40, "the granters are asked again and again");
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.Contains("; 1 of 3 monitors have withdrawn its lease, 2 are needed", StringComparison.Ordinal));
        w.Monitors[2].GranterSilent = false;
        w.Until(() => w.Db2.EffectiveWriter, 2);
    }

    [Fact]
    public void Writer_goes_on_without_any_monitor_while_the_other_master_agrees()
    {
        World w = World.Running();
        foreach (ModelMonitor m in w.Monitors)
            m.Silent = true;
        w.Watch = () => Assert.True(w.Db1.EffectiveWriter, w.Describe());
        w.Run(60);
        Assert.Equal([w.Topology.WriterAddress], w.Db1.Lease.Holder.ByPeers);
        foreach (ModelMonitor m in w.Monitors)
            m.Silent = false;
        w.Run(5);
        Assert.Empty(w.Db1.Lease.Holder.ByPeers);
    }

    [Fact]
    public void Writer_stops_without_any_monitor_when_the_other_master_does_not_answer()
    {
        World w = World.Running();
        foreach (ModelMonitor m in w.Monitors)
            m.Silent = true;
        w.Db2.StopAgent();
        w.Run(3.4);
        Assert.Empty(w.EffectiveWriters);
        Assert.False(w.Db1.Writable);
        // Reader addresses endanger no data.
        Assert.NotEmpty(w.Db1.Addresses);
        w.Db2.StartAgent();
        foreach (ModelMonitor m in w.Monitors)
            m.Silent = false;
        w.Until(() => w.Db1.EffectiveWriter, 10);
    }

    [Fact]
    public void Order_of_a_writer_that_only_the_monitors_cannot_reach_goes_through_the_other_hosts()
    {
        World w = World.Running();
        w.Db1.CutOff = true;
        w.Until(() => w.StateOf("db1") == HostState.HardOffline, 5);
        DateTimeOffset known = w.At;
        w.Until(() => !w.Db1.EffectiveWriter, 2);
        Assert.False(w.Db1.Order!.Writable);
        Assert.True(w.At - known < TimeSpan.FromSeconds(1), "its order came through the others, its lease was still running");
        w.Until(() => w.Db2.EffectiveWriter, 5);
        Assert.Contains(w.Effects, e => e.Effect is RelayOrder { Via: "db2", Order.Host: "db1" });
        Assert.Contains(w.Effects, e => e.Effect is RelayOrder { Via: "db3", Order.Host: "db1" });
    }

    /// <summary>Its order does not come through: the other master has promised, and waits although the monitors grant it the address.</summary>
    [Fact]
    public void Master_that_promised_waits_for_the_writer_that_holds_on_by_its_word()
    {
        World w = World.Running();
        w.Db1.CutOff = w.Db1.AgentDeaf = true;
        w.Until(() => w.Db2.Order is { Writable: true }, 6);
        Assert.True(w.Db1.EffectiveWriter);
        w.Until(() => !w.Db1.EffectiveWriter, 5);
        Assert.False(w.Db2.EffectiveWriter);
        w.Until(() => w.Db2.EffectiveWriter, 5);
    }

    [Fact]
    public void Restart_of_a_writers_agent_does_not_interrupt_it()
    {
        World w = World.Running();
        w.Watch = () => Assert.True(w.Db1.EffectiveWriter, w.Describe());
        w.Db1.StopAgent();
        w.Run(1);
        w.Db1.StartAgent();
        w.Run(10);
        Assert.DoesNotContain("role_taken", w.Codes);
    }

    [Fact]
    public void Restart_of_every_monitor_one_after_the_other_ends_no_lease()
    {
        World w = World.Running();
        w.Watch = () => Assert.True(w.Db1.EffectiveWriter, w.Describe());
        foreach (ModelMonitor m in w.Monitors)
        {
            m.Silent = true;
            w.Run(2);
            m.Restart();
            m.Silent = false;
            w.Run(2);
        }
    }

    [Fact]
    public void A_coordinator_that_takes_over_during_the_wait_asks_the_granters_anew()
    {
        World w = World.Running();
        w.Db1.PowerOff();
        w.Until(() => w.State.Withdrawals.TryGetValue("db1", out Withdrawal? x) && x.OverAt.Count == 3, 5);
        Assert.False(w.Db2.Writable);
        w.NewCoordinator();
        w.Effects.Clear();
        w.Until(() => w.Db2.EffectiveWriter, 5);
        Assert.Equal(w.State.Epoch, w.Effects.Select(e => e.Effect).OfType<SendWithdraw>().First().Withdraw.Id.Epoch);
    }
}
