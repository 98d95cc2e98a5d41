using Mmm.Control.Monitors;
using Mmm.Control.Screens;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary><c>mmm actor hierarchy</c>.</summary>
internal static class ActorVerb
{
    /// <summary>What the API takes.</summary>
    public const int MaxDepth = 32;

    /// <param name="address">Which monitor; null = the first that answers.</param>
    /// <param name="path">From the root on.</param>
    /// <param name="depth">Levels below it.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Hierarchy(string? address, string path, int depth, Session session, CancellationToken cancel)
    {
        string query = $"{ApiPaths.Actors}?path={Uri.EscapeDataString(path)}&depth={depth}";
        Attempt<ActorsReading>.Answered answer = await session.Client.Answer(await session.Whom(address, cancel), query, ApiFormat.Wire.ActorsReading, cancel);
        return VerbResult.Of(ActorsScreen.Render(answer.Value), ExitCodes.Ok, answer.Value, ApiFormat.Pretty.ActorsReading);
    }
}
