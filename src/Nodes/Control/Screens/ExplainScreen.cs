using System.Collections.Immutable;
using System.Text;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;

namespace Mmm.Control.Screens;

/// <summary><c>mmm explain [ROLE|HOST]</c>, as the coordinator says it; plain text, so that it can be sent on.</summary>
internal static class ExplainScreen
{
    private static readonly ImmutableArray<string> _unknown = ["Nothing is known of it: the coordinator is of an older release."];

    public static string Host(StatusProtocol.HostView host, ImmutableArray<EventEntry> latest, TimeZoneInfo zone) => Lines(host.Explanation ?? _unknown, latest, zone);

    public static string Role(StatusProtocol.ExplainedRole role, ImmutableArray<EventEntry> latest, TimeZoneInfo zone) => Lines(role.Explanation, latest, zone);

    /// <summary>Several of them below each other.</summary>
    public static string Roles(IEnumerable<(StatusProtocol.ExplainedRole Role, ImmutableArray<EventEntry> Latest)> roles, TimeZoneInfo zone) =>
        string.Join('\n', roles.Select(r => $"# {r.Role.Role}\n{Role(r.Role, r.Latest, zone)}"));

    private static string Lines(ImmutableArray<string> sentences, ImmutableArray<EventEntry> latest, TimeZoneInfo zone)
    {
        var text = new StringBuilder();
        foreach (string line in sentences)
            text.Append(line.ReplaceLineEndings(" ")).Append('\n');
        if (latest.Length > 0)
            text.Append("The latest that was decided about it:\n");
        foreach (EventEntry e in latest)
            text.Append("  ").Append(Ages.LocalMs(e.AtUtc, zone)).Append("  ").Append(e.Sentence.ReplaceLineEndings(" ")).Append('\n');
        return text.ToString();
    }
}
