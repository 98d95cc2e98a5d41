using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Hooks;
using Mmm.Shared.Agents;
using Mmm.Shared.Hooks;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Agents;

/// <content>
/// What the hooks are told. Most are told and forgotten. Those of agent.hooks.wait_for are run here, one at a time and apart from the others, and waited for: never by the lease, by fencing or by what
/// takes an address away, and never longer than their deadline. A newer order drops the plan that waits and not the program, which the next hook of this kind waits for.
/// </content>
public sealed partial class AgentActor
{
    private sealed record HookEnded(AgentHook Hook, HookEnd End);

    /// <summary>How much longer than its deadline one is waited for that has been killed and does not end: it hangs in the kernel.</summary>
    private static readonly TimeSpan s_hookGrace = TimeSpan.FromSeconds(1);

    private IActorRef _hooks = ActorRefs.Nobody;
    private AgentHooks _hooksKnow = AgentHooks.Nothing;
    private WaitedHooks _waited = WaitedHooks.None;
    private long _hooksTold;

    private void StartHooks()
    {
        if (_setup.Agent.Hooks is not { } settings || _ports.Hooks is not { } runner)
            return;
        _hooks = Context.ActorOf(HookActor.Props(settings, runner), "hooks");
        _waited = WaitedHooks.Of(settings.Wait);
    }

    private void TellHooks(AgentHookStep step)
    {
        _hooksKnow = step.Next;
        TellHooks(_waited.See(step));
    }

    private void TellHooks(WaitedHooksStep step)
    {
        _waited = step.Next;
        foreach (AgentHook hook in step.Told)
            _hooks.Tell(EventOf(hook));
        RunHooks();
    }

    private void RunHooks()
    {
        if (_waited.Next(_run?.Current) is not { } hook || _setup.Agent.Hooks is not { Wait: { } wait } settings || _ports.Hooks is not { } runner)
            return;
        _waited = _waited.Begin(hook);
        RunHookAsync(runner, settings.Command, hook, EventOf(hook), wait.Timeout, _time).PipeTo(Self);
    }

    private void HandleHookEnded(HookEnded ended)
    {
        _waited = _waited.End();
        string? trouble = TroubleOf(ended, _setup.Agent.Hooks!);
        if (trouble is null)
            _log.Info("Hook {0} has ended{1}", ended.Hook.Name, ended.Hook.Address is { } a ? $": {a}" : "");
        else
            _log.Warning("{0}; it is not waited for any longer", trouble);
        if (_run is { Current: AgentStep.RunHook step } run && step.Hook == ended.Hook)
            Recorded(run, step, trouble is null ? StepOutcome.Done : StepOutcome.DoneBut(trouble));
        else if (trouble is not null)
            WarnAtOnce(trouble);
        RunHooks();
        Report(toSender: true, onlyIfChanged: true);
        Reconcile(evenIfStale: false);
    }

    private void WarnAtOnce(string warning)
    {
        Warn([warning]);
        SetProgress(_progress with { Warnings = [.. _warnings.Keys] });
    }

    /// <summary>The order is done but for the hooks of what has gone.</summary>
    private void AwaitHooks(AgentPlan plan)
    {
        _lastSteps = [];
        Warn(plan.Warnings);
        if (_progress.Id != _order!.Id || _progress.Status != AgentProtocol.OrderStatus.Done)
            SetProgress(Held(new AgentProtocol.OrderProgress(_order.Id, AgentProtocol.OrderStatus.Working, null, null, [.. _warnings.Keys])));
    }

    /// <summary>While hooks of what has gone run, that is what the order is at: whoever is to have it next waits for them, whatever else is under way here.</summary>
    private AgentProtocol.OrderProgress Held(AgentProtocol.OrderProgress progress) =>
        _waited.Hold && progress.Status == AgentProtocol.OrderStatus.Working
            ? progress with { Step = AgentStep.HookCode, Sentence = new AgentStep.RunHook(_waited.Due[0], StepLane.Writer).Sentence } : progress;

    private HookEvent EventOf(AgentHook hook) => new(
        string.Create(CultureInfo.InvariantCulture, $"{_setup.Topology.Name}:{_setup.Host.Name}:{_setup.Incarnation}:{++_hooksTold}"),
        hook.Name, hook.Name, _setup.Topology.Name, _setup.Host.Name, hook.Sentence, _order?.Id.ToString() ?? "", _time.GetUtcNow())
    {
        AgentHost = _setup.Host.Name,
        Role = hook.Address?.Role,
        Ip = hook.Address?.Ip,
    };

    private static string? TroubleOf(HookEnded ended, HookSettings settings)
    {
        string call = $"the hook {ended.Hook.Name}{(ended.Hook.Address is { } a ? $" of {a}" : "")} ({settings.Command})";
        string words = ended.End.Words.Length == 0 ? "" : $": {ended.End.Words}";
        return ended.End switch
        {
            { Kind: HookEndKind.NotStarted } => $"{call} could not be run{words}",
            { Kind: HookEndKind.TimedOut } => string.Create(CultureInfo.InvariantCulture, $"{call} took longer than {settings.Wait!.Timeout.TotalSeconds:0.###} s (wait_timeout){words}"),
            { ExitCode: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{call} failed with exit code {ended.End.ExitCode}{words}"),
            _ => null,
        };
    }

    private static async Task<HookEnded> RunHookAsync(IHookRunner runner, string command, AgentHook hook, HookEvent e, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            // Elsewhere from its first instruction on: a program may lie in a file system that hangs.
            return new HookEnded(hook, await Task.Run(() => runner.RunAsync(command, e, timeout)).WaitAsync(timeout + s_hookGrace, time).ConfigureAwait(false));
        }
        catch (TimeoutException)
        {
            return new HookEnded(hook, new HookEnd(HookEndKind.TimedOut, 0, "it cannot be ended"));
        }
        catch (Exception x)
        {
            return new HookEnded(hook, new HookEnd(HookEndKind.NotStarted, 0, x.Message));
        }
    }
}
