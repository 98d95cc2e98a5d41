using Akka.Actor;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Configuration;

/// <summary>
/// An actor at <c>/user</c> that is stopped, and started anew under its name, when its settings change: each of these recovers from a restart of the process, so it does from this.
/// A new one and not a restarted one, so that no answer to a question of the old one reaches it.
/// </summary>
/// <param name="Name">Below <c>/user</c>.</param>
/// <param name="IsTouched">Whether a change is about it.</param>
/// <param name="Make">Its props by what the node runs with now; null = there is none.</param>
/// <param name="Register">Told the new one, if others of this node must find it.</param>
/// <param name="LetGo">Lets go of what the old one used, after its end and before the new one is made; null = nothing.</param>
public sealed record NodePart(string Name, Func<SettingsChange, bool> IsTouched, Func<Props?> Make, Action<IActorRef>? Register = null, Func<Task>? LetGo = null);

/// <summary>The parts of a node as they run.</summary>
public sealed class NodeParts
{
    private readonly ActorSystem _system;
    private readonly Dictionary<NodePart, IActorRef?> _running = [];

    private NodeParts(ActorSystem system) => _system = system;

    /// <summary>Starts each of them.</summary>
    public static NodeParts Start(ActorSystem system, params ReadOnlySpan<NodePart> parts)
    {
        var started = new NodeParts(system);
        foreach (NodePart part in parts)
            started.Start(part, part.Make());
        return started;
    }

    internal IEnumerable<NodePart> All => _running.Keys;

    /// <summary>Null: it is not running.</summary>
    internal IActorRef? Of(NodePart part) => _running.GetValueOrDefault(part);

    /// <exception cref="InvalidActorNameException">The one before has ended, but its name is not free yet.</exception>
    internal void Start(NodePart part, Props? props)
    {
        _running[part] = null;
        if (props is null)
            return;
        IActorRef actor = _system.ActorOf(props, part.Name);
        _running[part] = actor;
        part.Register?.Invoke(actor);
    }
}
