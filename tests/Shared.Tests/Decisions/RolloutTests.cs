using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>While a new topology is rolled out node by node, nodes differ: that is a normal state, and a safe one.</summary>
public sealed class RolloutTests
{
    private readonly Still _s = new() { Writer = "db2", WriterReleasing = "db1" };

    private RoleAddress Writer => _s.Topology.WriterAddress;

    /// <summary>The first monitors that have read it are too few to decide anything, the last that has not is not counted.</summary>
    [Theory]
    [InlineData("new", "old", "old", true)]
    [InlineData("new", "new", "old", false)]
    [InlineData("old", "new", "new", false)]
    public void A_coordinator_decides_only_with_a_quorum_of_the_same_topology(string mon1, string mon2, string mon3, bool blind)
    {
        World w = World.Running();
        string own = new[] { mon1, mon2, mon3 }.GroupBy(f => f).MaxBy(g => g.Count())!.Key;
        w.State = w.State with { Fingerprint = blind ? "new" : own };
        foreach ((ModelMonitor monitor, string fingerprint) in w.Monitors.Zip([mon1, mon2, mon3]))
            monitor.Fingerprint = fingerprint;
        w.Run(1);

        Assert.Equal(blind, w.State.Blind);
        int before = w.Stores;
        w.Db1.CrashMysqld();
        w.Run(15);
        Assert.Equal(blind ? "db1" : "db2", w.WriterOwner);
        Assert.Equal(blind, w.Stores == before);
    }

    /// <summary>What it has forgotten it does not see, and it is on its host until the lease has run out.</summary>
    [Fact]
    public void An_agent_that_knows_other_addresses_is_not_believed_to_have_let_go()
    {
        ClusterState state = _s.Tick().State with { Fingerprint = "ours" };
        DecisionId order = state.Orders["db1"].Order.Id;
        Report Says(string? fingerprint) => state.Sights["db1"].Agent! with { Fingerprint = fingerprint, LetGo = true, Progress = new OrderProgress(order, OrderStatus.Done, null, null, []) };
        Release Of(string? fingerprint) =>
            Release.Of(state with { Sights = state.Sights.SetItem("db1", state.Sights["db1"] with { Agent = Says(fingerprint) }) }, state.Document!.Slot(Writer));

        Assert.True(Of("ours").Done);
        Assert.True(Of(null).Done, "an agent that tells none");
        Assert.False(Of("theirs").Done);
        Assert.Contains("different configuration", Of("theirs").Why, StringComparison.Ordinal);
    }

    [Fact]
    public void And_so_its_lease_is_taken()
    {
        ClusterState state = _s.State() with { Fingerprint = "ours" };
        state = state with { Sights = state.Sights.SetItem("db1", state.Sights["db1"] with { Agent = state.Sights["db1"].Agent! with { Fingerprint = "theirs" } }) };

        StepResult step = ClusterTransition.Step(state, new Ticked(_s.At));

        Assert.Equal("db1", Assert.Single(step.Effects.OfType<SendWithdraw>()).Withdraw.Host);
        Assert.Contains(step.Effects.OfType<SendOrder>(), o => o.Order is { Host: "db1", Writable: false });
    }

    /// <summary>The active master is taken out of the file while its agent has not heard of it.</summary>
    [Fact]
    public void The_roles_of_a_host_that_is_no_longer_configured_go_elsewhere_when_its_lease_has_run_out()
    {
        ClusterTopology old = _s.Topology;
        _s.Writer = "db1";
        _s.WriterReleasing = null;
        ClusterDocument stored = _s.Document();
        _s.Topology = old with
        {
            Hosts = old.Hosts.Remove("db1").SetItem("db2", old.Hosts["db2"] with { Peer = null }),
            Roles = old.Roles.ToImmutableSortedDictionary(r => r.Key, r => r.Value with { Hosts = r.Value.Hosts.Remove("db1"), Prefer = null }, StringComparer.Ordinal),
        };
        _s.Writer = "db2";
        _s.ActiveMaster = null;
        ClusterState state = _s.State() with { Document = StartupVote.Reconcile(stored, _s.Topology, _s.At), Reconciled = true };

        StepResult step = ClusterTransition.Step(state, new Ticked(_s.At));
        Assert.Empty(step.State.Broken);
        Assert.Equal(("db2", "db1"), (step.State.Document!.Slot(Writer).Owner, step.State.Document.Slot(Writer).ReleasingFrom));
        LeaseProtocol.Withdraw withdraw = Assert.Single(step.Effects.OfType<SendWithdraw>()).Withdraw;
        Assert.Equal("db1", withdraw.Host);
        Assert.DoesNotContain(step.Effects.OfType<SendOrder>(), o => o.Order.Writable || o.Order.Host == "db1");

        state = step.State;
        foreach (string monitor in new[] { "mon1", "mon2" })
            state = ClusterTransition.Step(state, new WithdrawalConfirmed(_s.At, new LeaseProtocol.Withdrawn("C1", monitor, "db1", withdraw.Id, (long)state.Settings.LeaseTtl.TotalMilliseconds - 200))).State;
        Assert.Equal("db1", state.Document!.Slot(Writer).ReleasingFrom);
        Assert.Contains(Snapshots.Of(state, 1, null).Warnings, w => w.Contains("'db1' is no longer configured; its lease runs out", StringComparison.Ordinal));

        StepResult over = ClusterTransition.Step(state, new Ticked(_s.At + TimeSpan.FromSeconds(1)));
        Assert.Empty(over.State.Broken);
        Assert.Equal("db2", over.State.Document!.Slot(Writer).Holder);
    }
}
