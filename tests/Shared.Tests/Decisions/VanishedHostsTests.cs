using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Shared.Checks.CheckKind;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Who is told that a machine has vanished (db1 writes, db2 and db3 are there).</summary>
public sealed class VanishedHostsTests
{
    private readonly Still _s = new();

    [Fact]
    public void The_other_agents_are_told_again_and_again_while_a_machine_answers_nothing()
    {
        _s.Set("db3", CheckVerdict.Failed, Ping, Mysql).SilentAgents.Add("db3");
        StepResult first = Tick(_s.State());

        Assert.Equal(["db1", "db2"], Told(first, "db3"));
        Assert.Equal(_s.At, first.State.VanishedTold["db3"]);
        Assert.Empty(Told(Tick(ToldBefore(1900)), "db3"));
        Assert.Equal(["db1", "db2"], Told(Tick(ToldBefore(2000)), "db3"));

        ClusterState ToldBefore(double ms) => _s.State() with { VanishedTold = first.State.VanishedTold.SetItem("db3", _s.At - TimeSpan.FromMilliseconds(ms)) };
    }

    [Fact]
    public void A_machine_that_answers_or_whose_agent_is_heard_has_not_vanished()
    {
        _s.Set("db3", CheckVerdict.Failed, Ping, Mysql);
        _s.Set("db2", CheckVerdict.Failed, Mysql).SilentAgents.Add("db2");

        Assert.DoesNotContain(Tick(_s.State()).Effects, e => e is TellVanished);
    }

    [Fact]
    public void Whoever_vanishes_again_is_told_of_at_once()
    {
        _s.Set("db3", CheckVerdict.Failed, Ping, Mysql).SilentAgents.Add("db3");
        StepResult gone = Tick(_s.State());
        ClusterState back = Tick(new Still().State() with { VanishedTold = gone.State.VanishedTold }, 100).State;

        Assert.Equal(["db1", "db2"], Told(Tick(_s.State() with { VanishedTold = back.VanishedTold }, 200), "db3"));
    }

    private StepResult Tick(ClusterState state, double ms = 0) => ClusterTransition.Step(state, new Ticked(_s.At + TimeSpan.FromMilliseconds(ms)));

    private static IEnumerable<string> Told(StepResult step, string of) =>
        step.Effects.OfType<TellVanished>().Where(e => e.Vanished == new AgentProtocol.PeerVanished("C1", of)).Select(e => e.To);
}
