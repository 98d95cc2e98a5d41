using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Checks.CheckKind;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>How the coordinator takes a lease away, step by step: db1 had the writer's address, db2 is to have it.</summary>
public sealed class WithdrawalTests
{
    private readonly Still _s = new() { Writer = "db2", WriterReleasing = "db1" };

    private RoleAddress Writer => _s.Topology.WriterAddress;

    /// <summary>db1 is down, and nobody can ask it.</summary>
    private ClusterState Silent()
    {
        _s.States["db1"] = HostState.HardOffline;
        _s.Set("db1", CheckVerdict.Failed, Ping, Mysql).SilentAgents.Add("db1");
        return _s.State();
    }

    private StepResult Tick(ClusterState state, double ms = 0) => ClusterTransition.Step(state, new Ticked(_s.At + TimeSpan.FromMilliseconds(ms)));

    private ClusterState Confirmed(ClusterState state, string monitor, long ageMs, double atMs, DecisionId? id = null, string host = "db1") => ClusterTransition.Step(
        state,
        new WithdrawalConfirmed(_s.At + TimeSpan.FromMilliseconds(atMs), new LeaseProtocol.Withdrawn("C1", monitor, host, id ?? Asked(state).Id, ageMs))).State;

    private static LeaseProtocol.Withdraw Asked(ClusterState state) => state.Withdrawals["db1"].Request;

    private static IEnumerable<LeaseProtocol.Withdraw> Sent(StepResult step) => step.Effects.OfType<SendWithdraw>().Select(e => e.Withdraw);

    private bool Released(ClusterState state, double atMs) => Tick(state, atMs).State.Document!.Slot(Writer).ReleasingFrom is null;

    [Fact]
    public void Granters_are_told_by_the_decision_that_is_stored_and_what_the_host_still_has()
    {
        StepResult step = Tick(Silent());

        LeaseProtocol.Withdraw sent = Assert.Single(Sent(step));
        Assert.Equal(("C1", "db1", new DecisionId(step.State.Epoch, step.State.Version)), (sent.Cluster, sent.Host, sent.Id));
        Assert.Empty(sent.Allowed);
        Assert.Equal(step.State.Version, Assert.Single(step.Effects.OfType<StoreDocument>()).Version);
        Assert.IsType<StoreDocument>(step.Effects[0]);
    }

    [Fact]
    public void A_host_that_is_online_and_has_an_agent_is_only_asked()
    {
        StepResult step = Tick(_s.State());

        Assert.Empty(Sent(step));
        Assert.Contains(step.Effects.OfType<SendOrder>(), o => o.Order is { Host: "db1", Writable: false });
    }

    [Fact]
    public void An_online_host_whose_agent_is_lost_has_its_lease_taken()
    {
        _s.SilentAgents.Add("db1");

        Assert.Equal([_s.Document().Slots.First(x => x.Holder == "db1").Address], Assert.Single(Sent(Tick(_s.State()))).Allowed);
    }

    [Theory]
    [InlineData(HostState.AdminOffline)]
    [InlineData(HostState.HardOffline)]
    [InlineData(HostState.AwaitingRecovery)]
    [InlineData(HostState.ReplicationFail)]
    public void A_host_that_is_not_online_has_its_lease_taken_whether_or_not_its_agent_is_there(HostState state)
    {
        _s.States["db1"] = state;
        if (state == HostState.HardOffline)
            _s.Set("db1", CheckVerdict.Failed, Ping, Mysql);
        if (state == HostState.ReplicationFail)
            _s.Set("db1", CheckVerdict.Failed, RepThreads);

        Assert.Single(Sent(Tick(_s.State())));
    }

    [Fact]
    public void Granters_are_told_again_until_all_of_them_have_confirmed()
    {
        ClusterState state = Tick(Silent()).State;
        state = Confirmed(Confirmed(state, "mon1", 0, 10), "mon2", 0, 20);
        Assert.Empty(Sent(Tick(state, 249)));

        StepResult again = Tick(state, 250);
        Assert.Equal(Asked(state), Assert.Single(Sent(again)));
        Assert.Empty(Sent(Tick(again.State, 499)));
        Assert.Single(Sent(Tick(again.State, 500)));
        Assert.Empty(Sent(Tick(Confirmed(again.State, "mon3", 0, 260), 1500)));
    }

    [Fact]
    public void Released_when_a_quorum_has_confirmed_and_what_it_had_granted_has_run_out()
    {
        ClusterState state = Tick(Silent()).State;
        state = Confirmed(state, "mon1", 1200, 10);
        Assert.False(Released(state, 2900));
        state = Confirmed(state, "mon3", 2200, 110);

        // 10 ms + (3200 - 1200) ms + 214 ms margin of the younger one.
        Assert.False(Released(state, 2223));
        Assert.True(Released(state, 2224));
        Assert.Contains("; its lease runs out in 2.1 s", Release.Of(state, state.Document!.Slot(Writer)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_third_monitor_that_granted_later_need_not_be_waited_for()
    {
        ClusterState state = Confirmed(Confirmed(Confirmed(Tick(Silent()).State, "mon2", 0, 10), "mon1", 2200, 10), "mon3", 2300, 10);

        Assert.False(Released(state, 1223));
        Assert.True(Released(state, 1224));
    }

    [Fact]
    public void A_margin_is_waited_even_when_the_last_grant_is_long_ago()
    {
        ClusterState state = Confirmed(Confirmed(Tick(Silent()).State, "mon1", 60_000, 10), "mon2", 60_000, 10);

        Assert.False(Released(state, 223));
        Assert.True(Released(state, 224));
    }

    [Fact]
    public void One_monitors_word_is_no_quorum_however_often_it_is_said()
    {
        ClusterState state = Confirmed(Confirmed(Tick(Silent()).State, "mon1", 60_000, 10), "mon1", 60_000, 20);

        Assert.False(Released(state, 2000));
        Assert.Contains("; 1 of 3 monitors have withdrawn its lease, 2 are needed", Release.Of(state, state.Document!.Slot(Writer)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Said_again_it_does_not_bring_the_end_nearer()
    {
        ClusterState state = Confirmed(Confirmed(Tick(Silent()).State, "mon1", 1200, 10), "mon2", 1200, 10);

        state = Confirmed(Confirmed(state, "mon1", 60_000, 20), "mon2", 60_000, 20);

        Assert.False(Released(state, 2223));
    }

    [Fact]
    public void Confirmations_of_another_decision_or_about_another_host_count_nothing()
    {
        ClusterState state = Tick(Silent()).State;
        DecisionId asked = Asked(state).Id;

        state = Confirmed(Confirmed(state, "mon1", 60_000, 10, asked with { Version = asked.Version - 1 }), "mon2", 60_000, 10, host: "db3");

        Assert.Empty(state.Withdrawals["db1"].OverAt);
    }

    [Fact]
    public void A_new_coordinator_asks_anew_and_believes_nothing_that_was_said_to_the_last()
    {
        ClusterState first = Confirmed(Confirmed(Tick(Silent()).State, "mon1", 60_000, 10), "mon2", 60_000, 10);
        ClusterState second = ClusterTransition.Begin(
            Worlds.Cluster(_s.Topology), Worlds.MonitorNames, Voters.First(Worlds.MonitorNames), "mon2", null, new DecisionId(new Epoch(6, "mon2", "i"), first.Version), first.Document, _s.At + TimeSpan.FromMilliseconds(300));
        second = second with { Sights = first.Sights, Vantages = first.Vantages };
        Assert.False(Released(second, 300));

        StepResult step = Tick(second, 300);
        Assert.Equal(new Epoch(6, "mon2", "i"), Assert.Single(Sent(step)).Id.Epoch);
        ClusterState state = Confirmed(Confirmed(step.State, "mon1", 60_000, 310, Asked(first).Id), "mon2", 60_000, 310, Asked(first).Id);
        Assert.False(Released(state, 2000));
        state = Confirmed(Confirmed(state, "mon1", 60_000, 2000), "mon2", 60_000, 2000);
        Assert.False(Released(state, 2213));
        Assert.True(Released(state, 2214));
    }

    [Fact]
    public void A_host_that_never_carried_an_order_out_is_never_released_by_its_lease()
    {
        _s.NeverUnderLease.Add("db1");
        ClusterState state = Confirmed(Confirmed(Confirmed(Tick(Silent()).State, "mon1", 60_000, 10), "mon2", 60_000, 10), "mon3", 60_000, 10);

        Assert.False(Released(state, 2900));
        Assert.Contains("has never carried an order out", Release.Of(state, state.Document!.Slot(Writer)).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void A_role_is_taken_from_a_host_that_lost_its_agent_when_no_quorum_can_have_granted_it_anything(bool underLease, int monitorsWithout)
    {
        var s = new Still { Writer = "db1" };
        s.SilentAgents.Add("db1");
        if (!underLease)
            s.NeverUnderLease.Add("db1");
        ClusterState state = s.State();
        for (int i = 1; i <= 3; i++)
        {
            var age = new LeaseProtocol.HostAge("db1", i <= monitorsWithout ? 3415 : 3414);
            state = ClusterTransition.Step(state, new LeaseAgesSeen(s.At, new LeaseProtocol.Ages("C1", $"mon{i}", 1, 1, true, [age]))).State;
        }

        bool taken = state.Document!.Slot(Writer).ReleasingFrom == "db1";
        Assert.Equal(underLease && monitorsWithout == 2, taken);
        if (taken)
            Assert.Contains(state.Notes, n => n is { Code: "role_taken", Host: "db1" } && n.Sentence.EndsWith("its agent is not reachable, and its lease has run out", StringComparison.Ordinal));
    }

    [Fact]
    public void A_reachable_host_is_not_relayed_to_and_a_silent_one_through_all_that_are()
    {
        ClusterState state = Tick(Silent()).State;

        StepResult step = Tick(state, 500);

        Assert.Equal(["db2", "db3"], step.Effects.OfType<RelayOrder>().Where(r => r.Order is { Host: "db1", Writable: false }).Select(r => r.Via));
        Assert.Empty(Tick(state, 499).Effects.OfType<RelayOrder>());
        Assert.Empty(Tick(Tick(new Still { Writer = "db2", WriterReleasing = "db1" }.State()).State, 1500).Effects.OfType<RelayOrder>());
    }
}
