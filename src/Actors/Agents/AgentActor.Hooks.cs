using System.Globalization;
using Akka.Actor;
using Mmm.Actors.Hooks;
using Mmm.Shared.Hooks;

namespace Mmm.Actors.Agents;

/// <content>What the hooks are told. They are told and forgotten: nothing here or elsewhere waits for them.</content>
public sealed partial class AgentActor
{
    private IActorRef _hooks = ActorRefs.Nobody;
    private AgentHooks _hooksKnow = AgentHooks.Nothing;
    private long _hooksTold;

    private void StartHooks()
    {
        if (_setup.Agent.Hooks is { } settings && _ports.Hooks is { } runner)
            _hooks = Context.ActorOf(HookActor.Props(settings, runner), "hooks");
    }

    private void TellHooks(AgentHookStep step)
    {
        _hooksKnow = step.Next;
        foreach (AgentHook hook in step.Told)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"{_setup.Topology.Name}:{_setup.Host.Name}:{_setup.Incarnation}:{++_hooksTold}");
            _hooks.Tell(new HookEvent(id, hook.Name, hook.Name, _setup.Topology.Name, _setup.Host.Name, hook.Sentence, _order?.Id.ToString() ?? "", _time.GetUtcNow())
            {
                AgentHost = _setup.Host.Name,
                Role = hook.Address?.Role,
                Ip = hook.Address?.Ip,
            });
        }
    }
}
