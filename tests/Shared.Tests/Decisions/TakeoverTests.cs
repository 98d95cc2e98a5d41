using Mmm.Shared.Decisions;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>A coordinator that takes over with nothing but the stored text finishes every move as the first would have, from every point of it.</summary>
public sealed class TakeoverTests
{
    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Scenario.All.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Scenario_ends_as_it_must(int number) => Play(Scenario.All[number], _ => { });

    /// <summary>MANUAL: what an operator began is finished or undone; only what nobody began is left to operators.</summary>
    [Theory]
    [MemberData(nameof(Numbers))]
    public void Moves_that_an_operator_began_end_the_same_in_manual_mode(int number)
    {
        Scenario s = Scenario.All[number];
        if (s.Name.StartsWith("planned", StringComparison.Ordinal) && !s.Name.Contains("set_offline", StringComparison.Ordinal))
            Play(s, w => w.Say("set_manual"));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Scenario_ends_the_same_when_the_coordinator_dies_after_any_decision_before_telling_anybody(int number)
    {
        Scenario s = Scenario.All[number];
        int decisions = Play(s, _ => { });
        for (int at = 1; at <= decisions; at++)
        {
            int dies = at;
            Play(s, w => w.OnStored = n => w.CoordinatorDown |= n == dies, $"dies at decision {dies} of {decisions}");
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Scenario_ends_the_same_when_the_coordinator_is_replaced_at_any_moment(int number)
    {
        Scenario s = Scenario.All[number];
        for (int tick = 1; tick < 60; tick += tick < 12 ? 1 : 5)
        {
            int at = tick;
            int ticks = 0;
            Play(s, w =>
            {
                Action? then = w.Watch;
                w.Watch = () =>
                {
                    if (++ticks == at)
                        w.NewCoordinator();
                    then?.Invoke();
                };
            }, $"replaced after {at} ticks");
        }
    }

    private static int Play(Scenario s, Action<World> meddle, string? how = null)
    {
        World w = World.Running();
        meddle(w);
        Action? meddling = w.Watch;
        DateTimeOffset? died = null;
        w.Watch = () =>
        {
            meddling?.Invoke();
            s.Then(w);
            if (!w.CoordinatorDown)
                return;
            died ??= w.At;
            if (w.At - died >= TimeSpan.FromSeconds(0.7))
            {
                w.OnStored = null;
                w.NewCoordinator();
            }
        };
        s.Start(w);
        try
        {
            w.Until(() => s.Over(w), 60, s.Name);
            int decisions = w.Stores;
            w.Run(2);
            Assert.True(s.Over(w), "it did not last\n" + w.Describe());
            if (s.Lossless)
                Assert.Equal(w.Acknowledged, w.Hosts[s.Writer].Applied);
            return decisions;
        }
        catch (Exception e)
        {
            throw new Xunit.Sdk.XunitException($"{s.Name}; {how ?? "undisturbed"}: {e.Message}", e);
        }
    }
}
