using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Mmm.Shared.Tests.Agents;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Hooks;

/// <summary>When which hooks are waited for.</summary>
public sealed class WaitedHooksTests
{
    private static readonly WaitedHooks s_all = Of("*");
    private static readonly AgentHook s_comes = AgentHook.Coming(Writer);

    public static TheoryData<string, string, string> Plans => new()
    {
        { "*", "a takeover: each right before its step", "catch_up|hook writer_on|note_position|writable|hook role_added|add_address" },
        { "role_added", "one of them", "catch_up|note_position|writable|hook role_added|add_address" },
        { "writer_*", "the other", "catch_up|hook writer_on|note_position|writable|add_address" },
        { "role_removed", "none", "catch_up|note_position|writable|add_address" },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public void Taking_over(string waitFor, string @case, string steps) =>
        Assert.True(steps == Text(Of(waitFor).Before(TakeOver)), $"{@case}: {Text(Of(waitFor).Before(TakeOver))}");

    [Fact]
    public void Nothing_that_gives_up_waits_for_a_hook()
    {
        foreach (FoundMysqld mysqld in new[] { Up(false), Up(true), Down, Hangs })
        {
            AgentPlan plan = AgentPlan.For(Standby(2), Found(mysqld, Writer, Reader1), AgentMemory.Empty, Cluster);
            Assert.Equal(plan.Steps, s_all.Before(plan).Steps);
        }
    }

    [Fact]
    public void What_has_been_run_for_is_not_run_for_again_and_what_runs_is_waited_for()
    {
        WaitedHooks running = s_all.Begin(AgentHook.Writable);
        Assert.Contains("hook writer_on", Text(running.Before(TakeOver)), StringComparison.Ordinal);
        Assert.Null(running.Next(new AgentStep.RunHook(s_comes, StepLane.Writer)));
        Assert.True(running.Needs(AgentHook.Writable));
        Assert.False(running.End().Needs(AgentHook.Writable));
        Assert.Equal("catch_up|note_position|writable|hook role_added|add_address", Text(running.End().Before(TakeOver)));
    }

    [Fact]
    public void What_was_run_for_is_not_told_again_once_it_is_seen_and_again_the_next_time()
    {
        WaitedHooksStep seen = s_all.Begin(s_comes).End().See(AgentHooks.Nothing.See([]).Next.See([Writer]));
        Assert.Empty(seen.Told);
        Assert.Contains("hook role_added", Text(seen.Next.Before(TakeOver)), StringComparison.Ordinal);

        // Also when the first look at mysqld shows it, which is no change.
        WaitedHooks writable = s_all.Begin(AgentHook.Writable).End().See(AgentHooks.Nothing.See(MysqldState.Up, readOnly: false)).Next;
        Assert.Contains("hook writer_on", Text(writable.Before(TakeOver)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_gone_holds_the_word_back_until_its_hook_has_ended()
    {
        WaitedHooksStep gone = s_all.See(AgentHooks.Nothing.See([Writer]).Next.See([]));
        Assert.Empty(gone.Told);
        Assert.True(gone.Next.Hold);
        AgentHook due = gone.Next.Next(null)!;
        Assert.Equal(("role_removed", Writer), (due.Name, due.Address));
        Assert.True(gone.Next.Begin(due).Hold);
        Assert.False(gone.Next.Begin(due).End().Hold);
    }

    [Fact]
    public void What_has_gone_is_told_before_what_comes()
    {
        WaitedHooks gone = s_all.See(AgentHooks.Nothing.See([Writer]).Next.See([])).Next;
        var step = new AgentStep.RunHook(s_comes, StepLane.Writer);
        AgentHook first = gone.Next(step)!;
        Assert.Equal("role_removed", first.Name);
        Assert.Equal(s_comes, gone.Begin(first).End().Next(step));
    }

    [Theory]
    [InlineData("role_added", false)]
    [InlineData("role_added", true)]
    public void An_order_that_takes_back_what_has_been_run_for_owes_its_end(string waitFor, bool stillRuns)
    {
        WaitedHooks begun = Of(waitFor).Begin(s_comes);
        WaitedHooksStep told = (stillRuns ? begun : begun.End()).Obey(Standby(3));
        Assert.Equal(["role_removed"], told.Told.Select(t => t.Name));

        begun = s_all.Begin(s_comes);
        WaitedHooksStep held = (stillRuns ? begun : begun.End()).Obey(Standby(3));
        Assert.Empty(held.Told);
        Assert.True(held.Next.Hold);
        Assert.Equal(stillRuns ? null : "role_removed", held.Next.Next(null)?.Name);

        // One that goes on wanting it changes nothing.
        Assert.False(begun.Obey(Holds(3)).Next.Hold);
    }

    [Fact]
    public void What_nothing_waits_for_is_told_as_ever()
    {
        AgentHookStep all = AgentHooks.Nothing.See([Writer]).Next.See([Reader1]);
        Assert.Equal(all.Told, WaitedHooks.None.See(all).Told);
        Assert.Equal(["role_added"], Of("role_removed").See(all).Told.Select(t => t.Name));
        AgentHookStep dies = AgentHooks.Nothing.See(MysqldState.Up, false).Next.See(MysqldState.Down, null);
        Assert.Equal(["mysqld_down"], s_all.See(dies).Told.Select(t => t.Name));
    }

    /// <summary>By hand, before the hook of its going could begin.</summary>
    [Fact]
    public void What_went_and_came_back_before_anybody_was_told_is_not_told()
    {
        AgentHooks had = AgentHooks.Nothing.See([Writer]).Next;
        WaitedHooks busy = s_all.Begin(AgentHook.Writable);
        WaitedHooks gone = busy.See(had.See([])).Next;
        WaitedHooksStep back = gone.See(had.See([]).Next.See([Writer]));
        Assert.Empty(back.Told);
        Assert.False(back.Next.Hold);
    }

    private static AgentPlan TakeOver => AgentPlan.For(Holds(2, Old), Found(Up(true)), AgentMemory.Empty, Cluster);

    private static WaitedHooks Of(params ImmutableArray<string> names) => WaitedHooks.Of(new HookWait(new HookFilter(names), TimeSpan.FromSeconds(5)));

    private static string Text(AgentPlan plan) => string.Join('|', plan.Steps.Select(s => s is AgentStep.RunHook h ? $"{s.Code} {h.Hook.Name}" : s.Code));
}
