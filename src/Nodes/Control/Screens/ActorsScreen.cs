using System.Collections.Immutable;
using System.Text;
using Mmm.Shared.Api;

namespace Mmm.Control.Screens;

/// <summary><c>mmm actor hierarchy</c>: each actor below its parent, with its class.</summary>
internal static class ActorsScreen
{
    public static string Render(ActorsReading reading)
    {
        ImmutableArray<ActorEntry> actors = reading.Actors;
        StringBuilder text = new($"Actors of {reading.Monitor}\n");
        for (int i = 0; i < actors.Length; i++)
        {
            ActorEntry actor = actors[i];
            bool hidden = actor.Children > 0 && (i + 1 == actors.Length || actors[i + 1].Level <= actor.Level);
            string name = actor.Level == 0 ? actor.Path : actor.Path[(actor.Path.LastIndexOf('/') + 1)..];
            text.Append(new string(' ', 2 * actor.Level)).Append(name);
            text.Append(actor.Class is null ? "" : $" ({actor.Class})").Append(hidden ? $" with {actor.Children} {(actor.Children == 1 ? "child" : "children")} not shown" : "").Append('\n');
        }

        return text.Append(reading.Cut ? $"There are more than {actors.Length} actors; -s PATH shows a part of them.\n" : "").ToString();
    }
}
