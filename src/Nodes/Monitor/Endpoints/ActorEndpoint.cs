using System.Collections.Immutable;
using Akka.Actor;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>GET /api/v1/actors: the actors of this node.</summary>
internal static class ActorEndpoint
{
    private const string UsualPath = "/user";

    public static void MapActors(this WebApplication app) => app.MapGet(ApiPaths.Actors, Read)
        .Tells<ActorsReading>("Monitors", "The actors of this monitor", "The actor that is asked for and those below it.")
        .Takes(
            new DocumentedArgument("path", $"Path of an actor from the root on; {UsualPath} if not given."),
            new DocumentedArgument("depth", $"Levels below it; {EndpointLimits.MaxActorDepth} if not given.", 0, EndpointLimits.MaxActorDepth))
        .Refuses(400, 404);

    private static IResult Read(HttpRequest request, ActorSystem system, MmmSettings settings)
    {
        if (Query.Number(request, "depth", EndpointLimits.MaxActorDepth, 0, EndpointLimits.MaxActorDepth) is not { } depth)
            return Query.NoNumber("depth", 0, EndpointLimits.MaxActorDepth);
        string path = request.Query.ContainsKey("path") ? request.Query["path"].ToString() : UsualPath;
        if (ElementsOf(path) is not { } elements)
            return Problems.BadRequest($"'path' must be the path of an actor from the root on, such as {UsualPath} or {UsualPath}/coordinator.");

        IActorRef actor = ActorTree.RootOf(system);
        foreach (string element in elements)
        {
            if (ActorTree.Children(actor).FirstOrDefault(c => c.Path.Name == element) is not { } child)
                return Problems.NotFound(NoSuchActor(path, actor, settings.This));
            actor = child;
        }

        ImmutableArray<ActorEntry> actors = ActorTree.List(actor, (int)depth, EndpointLimits.MaxActors, out bool cut);
        return Results.Json(new ActorsReading(settings.This, cut, actors), ApiFormat.Wire.ActorsReading);
    }

    /// <summary>Null: it is no path.</summary>
    private static ImmutableArray<string>? ElementsOf(string path)
    {
        if (path == "/")
            return [];
        string[] elements = path.Split('/');
        return elements is ["", .. { Length: > 0 } names] && names.All(n => ActorPath.IsValidPathElement(n) || n.StartsWith('$')) ? [.. names] : null;
    }

    private static string NoSuchActor(string path, IActorRef nearest, string monitor)
    {
        string[] names = [.. ActorTree.Children(nearest).Select(c => c.Path.Name).Order(StringComparer.Ordinal)];
        const int most = 20;
        string there = names.Length == 0 ? "nothing" : string.Join(", ", names.Take(most)) + (names.Length > most ? ", …" : "");
        return $"Monitor {monitor} has no actor {path}. Below {ActorTree.PathOf(nearest)} there is: {there}.";
    }
}
