using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Shared.Hooks;

/// <summary>
/// The hooks that a host's transitions wait for (agent.hooks.wait_for). Each is run while the host does not have what it is about: before a role address is shown and before mysqld takes writes, as a
/// step of the plan; and once it has gone, whoever took it, before the order is reported as done. One at a time, what has gone first. Nothing is ever taken away later for their sake.
/// </summary>
/// <param name="For">Which hooks these are.</param>
/// <param name="Due">What has gone, and has not been run for to its end; oldest first.</param>
/// <param name="Ahead">What has been run for, or is being run for, and has not been seen yet.</param>
/// <param name="Running">The one that runs; null = none. It is never cut off: a plan that is dropped leaves it to its deadline.</param>
public sealed record WaitedHooks(HookFilter For, ImmutableArray<AgentHook> Due, ImmutableHashSet<HookKey> Ahead, AgentHook? Running)
{
    /// <summary>Nothing waits.</summary>
    public static readonly WaitedHooks None = new(new HookFilter([]), [], [], null);

    /// <summary>Every hook that can be waited for.</summary>
    public static readonly ImmutableArray<string> Names = ["role_added", "role_removed", "writer_on", "writer_off"];

    /// <summary>The host may not say yet that it has let go, nor that its order is done.</summary>
    public bool Hold => !Due.IsEmpty;

    public static WaitedHooks Of(HookWait? wait) => wait is null ? None : None with { For = wait.For };

    /// <summary>What has changed on the host.</summary>
    /// <returns>And what of it nothing waits for, or cannot wait for any more: it is told as ever.</returns>
    public WaitedHooksStep See(AgentHookStep seen)
    {
        WaitedHooks next = this;
        var told = ImmutableArray.CreateBuilder<AgentHook>();
        foreach (AgentHook hook in seen.Told)
        {
            if (Ahead.Contains(hook.Key))
                continue;
            if (For.Wants(hook.Name) && hook.IsGone)
                next = next.Owing(hook);
            else if (AgentHook.Gone(hook.Key) is { } gone && next.Due.Any(d => d.Key == gone.Key) && Running?.Key != gone.Key)
                // Somebody took it and gave it back before anybody was told.
                next = next with { Due = [.. next.Due.Where(d => d.Key != gone.Key)] };
            else
                told.Add(hook);
        }

        return new WaitedHooksStep(next with { Ahead = next.Ahead.Except(Ahead.Where(k => k.Address is { } a ? seen.Next.Addresses?.Contains(a) == true : seen.Next.Writable == true)) }, told.ToImmutable());
    }

    /// <summary>Another order is obeyed: what was run for, and is wanted no more before it came, has gone.</summary>
    public WaitedHooksStep Obey(AgentProtocol.HostOrder order)
    {
        WaitedHooks next = this;
        var told = ImmutableArray.CreateBuilder<AgentHook>();
        foreach (HookKey key in Ahead.Where(k => k.Address is { } a ? !order.Roles.Contains(a) : !order.Writable))
        {
            next = next with { Ahead = next.Ahead.Remove(key) };
            AgentHook gone = AgentHook.Gone(key)!;
            if (For.Wants(gone.Name))
                next = next.Owing(gone);
            else
                told.Add(gone);
        }

        return new WaitedHooksStep(next, told.ToImmutable());
    }

    /// <summary>The plan with a step for each hook that has to be run before one of its steps.</summary>
    public AgentPlan Before(AgentPlan plan)
    {
        var steps = ImmutableArray.CreateBuilder<AgentStep>();
        foreach (AgentStep step in plan.Steps)
        {
            AgentHook? coming = step switch
            {
                AgentStep.AddAddress add => AgentHook.Coming(add.Address),
                // The position that is noted is that of the moment before it takes writes.
                AgentStep.NotePosition or AgentStep.MakeWritable => AgentHook.Writable,
                _ => null,
            };
            if (coming is not null && Needs(coming) && !steps.OfType<AgentStep.RunHook>().Any(s => s.Hook == coming))
                steps.Add(new AgentStep.RunHook(coming, step.Lane));
            steps.Add(step);
        }

        return plan with { Steps = steps.ToImmutable() };
    }

    /// <summary>The hook to run now.</summary>
    /// <param name="step">The step that the plan is at; null = none.</param>
    /// <returns>Null: one is running, or there is none.</returns>
    public AgentHook? Next(AgentStep? step) => Running is not null ? null : Due.FirstOrDefault() ?? (step as AgentStep.RunHook)?.Hook;

    public WaitedHooks Begin(AgentHook hook) => this with { Running = hook, Ahead = hook.IsGone ? Ahead : Ahead.Add(hook.Key) };

    /// <summary>The one that was running has ended, however.</summary>
    public WaitedHooks End() => this with { Running = null, Due = [.. Due.Where(d => d.Key != Running?.Key)] };

    /// <summary>It has to be run, or waited for as it runs, before what it is about may come.</summary>
    public bool Needs(AgentHook coming) => For.Wants(coming.Name) && (!Ahead.Contains(coming.Key) || Running?.Key == coming.Key);

    private WaitedHooks Owing(AgentHook hook) => Due.Any(d => d.Key == hook.Key) ? this : this with { Due = Due.Add(hook) };
}

/// <param name="Next">From now on.</param>
/// <param name="Told">What nothing waits for.</param>
public sealed record WaitedHooksStep(WaitedHooks Next, ImmutableArray<AgentHook> Told);
