using System.Collections.Immutable;
using Akka.Actor;
using Mmm.Shared.Api;

namespace Mmm.Monitor.Endpoints;

/// <summary>Walks the actors of a running system. Children are immutable collections that the actors replace, so looking on disturbs nobody; a list may be a moment old.</summary>
internal static class ActorTree
{
    public static IActorRef RootOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.RootGuardian;

    public static IEnumerable<IActorRef> Children(IActorRef actor) => actor is ActorRefWithCell cell ? cell.Children.Where(c => !c.IsNobody()) : [];

    public static string PathOf(IActorRef actor) => actor.Path.ToStringWithoutAddress();

    /// <summary>The actor and those below it, each followed by its children in the order of their names.</summary>
    /// <param name="from">Where to begin.</param>
    /// <param name="depth">Levels below it.</param>
    /// <param name="most">At most so many actors.</param>
    /// <param name="cut">True: there are more.</param>
    public static ImmutableArray<ActorEntry> List(IActorRef from, int depth, int most, out bool cut)
    {
        ImmutableArray<ActorEntry>.Builder entries = ImmutableArray.CreateBuilder<ActorEntry>();
        Stack<(IActorRef Actor, int Level)> waiting = new([(from, 0)]);
        while (entries.Count < most && waiting.TryPop(out (IActorRef Actor, int Level) next))
        {
            IActorRef[] children = [.. Children(next.Actor).OrderByDescending(c => c.Path.Name, StringComparer.Ordinal)];
            entries.Add(new ActorEntry(PathOf(next.Actor), next.Level, ClassOf(next.Actor), children.Length));
            if (next.Level == depth)
                continue;
            foreach (IActorRef child in children)
                waiting.Push((child, next.Level + 1));
        }

        cut = waiting.Count > 0;
        return entries.ToImmutable();
    }

    private static string? ClassOf(IActorRef actor) => actor is ActorRefWithCell { Underlying: { } cell } ? cell.Props?.Type?.Name : null;
}
