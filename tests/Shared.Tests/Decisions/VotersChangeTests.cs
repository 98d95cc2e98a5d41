using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>monitors add and remove, step by step: mon1, mon2 and mon3 vote, mon4 is configured too.</summary>
public sealed class VotersChangeTests
{
    private readonly Still _s = new();
    private int _commands;

    private ClusterState Begun(params string[] heard)
    {
        ClusterState s = _s.State() with { Configured = ["mon1", "mon2", "mon3", "mon4"] };
        return heard.Aggregate(s with { Vantages = s.Vantages.Clear() }, (x, m) => Heard(x, m, 0, 0));
    }

    private ClusterState Heard(ClusterState s, string monitor, long generation, long ageMs, bool ready = true) => s with
    {
        LeaseAges = s.LeaseAges.SetItem(monitor, new AgesSight(new LeaseProtocol.Ages("C1", monitor, 1, 1, ready, [], generation, ageMs), s.At)),
        Vantages = s.Vantages.SetItem(monitor, new VantageSight(new SightProtocol.VantageReport("C1", monitor, 1, 1, true, []), s.At, null)),
    };

    private (ClusterState State, string Answer, ImmutableArray<Effect> Effects) Give(ClusterState s, params ImmutableArray<string> words)
    {
        StepResult step = ClusterTransition.Step(s, new CommandGiven(s.At, new ControlProtocol.Command($"c{++_commands}", "C1", "monitors", words, "test")));
        return (step.State, Assert.Single(step.Effects.OfType<GiveAnswer>()).Answer.Text, step.Effects);
    }

    [Fact]
    public void One_is_added_by_a_decision_that_is_told_to_agents_and_granters_and_the_next_decision_makes_certain()
    {
        (ClusterState state, string answer, ImmutableArray<Effect> effects) = Give(Begun("mon1", "mon2", "mon3", "mon4"), "add", "mon4");

        Assert.Equal(
            "OK: Monitor 'mon4' votes from now on. Now mon1, mon2, mon3, mon4 vote, and 3 of them must agree. 4 monitors survive the loss of no more of them than 3 would.", answer);
        Voters stored = Assert.IsType<StoreDocument>(effects[0]).Document.Voters!;
        Assert.Equal(["mon1", "mon2", "mon3"], stored.Before!.Value);
        Assert.All(effects.OfType<SendOrder>(), o => Assert.Equal((1, 4), (o.Order.Voters!.Generation, o.Order.Voters.Names.Length)));
        Assert.Equal(_s.Topology.Hosts.Count, effects.OfType<SendOrder>().Count());
        Assert.Equal(1, Assert.Single(effects.OfType<TellVoters>()).Decided.Generation);

        StepResult next = ClusterTransition.Step(state, new Ticked(state.At));
        Assert.Equal(stored.Settled, Assert.IsType<StoreDocument>(next.Effects[0]).Document.Voters);
        Assert.Empty(next.Effects.OfType<SendOrder>());
        Assert.Contains(state.Notes, n => n.Code == "monitors_changed");
    }

    [Theory]
    [InlineData("add", "mon9", "ERROR: Unknown monitor 'mon9'! Monitor 'mon1' is configured with: mon1, mon2, mon3, mon4.")]
    [InlineData("add", "mon4", "ERROR: Monitor 'mon4' has not been heard of, or has not read the decisions yet.")]
    [InlineData("add", "mon1", "OK: Monitor 'mon1' votes already.")]
    [InlineData("remove", "mon4", "OK: Monitor 'mon4' does not vote.")]
    [InlineData("remove", "mon9", "ERROR: Unknown monitor 'mon9'! It is none of those that vote (mon1, mon2, mon3) and none of those that are configured (mon1, mon2, mon3, mon4).")]
    [InlineData("rename", "mon4", "ERROR: Invalid command 'monitors rename mon4'.")]
    public void What_cannot_be_done_is_refused_and_changes_nothing(string change, string monitor, string answer)
    {
        (_, string given, ImmutableArray<Effect> effects) = Give(Begun("mon1", "mon2", "mon3"), change, monitor);

        Assert.StartsWith(answer, given, StringComparison.Ordinal);
        Assert.Empty(effects.OfType<StoreDocument>());
    }

    [Fact]
    public void One_that_has_not_read_the_decisions_is_not_added()
    {
        ClusterState s = Heard(Begun("mon1", "mon2", "mon3"), "mon4", 0, 0, ready: false);

        Assert.StartsWith("ERROR: Monitor 'mon4' has not been heard of", Give(s, "add", "mon4").Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dead_one_is_removed_but_none_whose_absence_would_leave_no_quorum()
    {
        ClusterState s = Begun("mon1", "mon2");

        Assert.StartsWith("ERROR: Without 'mon1' 2 of 2 monitors (mon2, mon3) would have to agree, and only mon2 can", Give(s, "remove", "mon1").Answer, StringComparison.Ordinal);
        Assert.StartsWith("OK: Monitor 'mon3' does not vote any more.", Give(s, "remove", "mon3").Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_change_waits_until_a_quorum_of_granters_has_refused_earlier_claims_for_as_long_as_a_lease_can_run()
    {
        ClusterState s = Give(Begun("mon1", "mon2", "mon3", "mon4"), "add", "mon4").State;
        long promise = (long)new Mmm.Shared.Leases.LeaseTerms(_s.Settings.LeaseTtl).Promise.TotalMilliseconds;
        s = Heard(Heard(Heard(s, "mon1", 1, promise), "mon2", 1, promise), "mon3", 1, promise - 1);

        Assert.StartsWith("ERROR: The last change of the monitors is not yet in force: 3 of mon1, mon2, mon3, mon4", Give(s, "remove", "mon1").Answer, StringComparison.Ordinal);
        Assert.StartsWith("OK: ", Give(Heard(s, "mon3", 1, promise), "remove", "mon1").Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Granters_that_do_not_know_are_told_again_and_then_no_more()
    {
        ClusterState s = Give(Begun("mon1", "mon2", "mon3", "mon4"), "add", "mon4").State;
        s = ClusterTransition.Step(s, new Ticked(s.At)).State;

        StepResult later = ClusterTransition.Step(s, new Ticked(s.At + TimeSpan.FromMilliseconds(500)));
        Assert.Single(later.Effects.OfType<TellVoters>());
        s = new[] { "mon1", "mon2", "mon3", "mon4" }.Aggregate(later.State, (x, m) => Heard(x, m, 1, 10));
        Assert.Empty(ClusterTransition.Step(s, new Ticked(s.At + TimeSpan.FromSeconds(1))).Effects.OfType<TellVoters>());
    }

    [Fact]
    public void A_monitor_that_does_not_vote_is_not_counted_as_an_observer()
    {
        ClusterState s = Begun("mon1", "mon4");

        Assert.True(s.Blind);
        Assert.False(Heard(s, "mon2", 0, 0).Blind);
    }
}
