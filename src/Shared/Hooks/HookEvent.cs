using System.Globalization;
using System.Text.Json;

namespace Mmm.Shared.Hooks;

/// <summary>One thing that a hook or the webhook is told.</summary>
/// <param name="Id">Its own for ever: of an event of the history its id there, with <c>/EVENT</c> behind it when it is told under a hook name; receivers drop doubles by it.</param>
/// <param name="Event">Hook name, or code of the history.</param>
/// <param name="Code">Code of the history; on an agent the hook name.</param>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="Host">Host it is about; null = the cluster.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Decision">The decision in force, as <c>3@mon2/17</c>; on an agent the one it obeys, empty before the first.</param>
/// <param name="AtUtc">When, by the clock of who tells.</param>
public sealed record HookEvent(string Id, string Event, string Code, string Cluster, string? Host, string Sentence, string Decision, DateTimeOffset AtUtc)
{
    /// <summary>Monitor that noted it; null on an agent.</summary>
    public string? Monitor { get; init; }

    /// <summary>Host whose agent saw it; null on a monitor.</summary>
    public string? AgentHost { get; init; }

    /// <summary>Role, where it is about one.</summary>
    public string? Role { get; init; }

    /// <summary>Address of the role.</summary>
    public string? Ip { get; init; }

    /// <summary>Host a role comes from, or state that a host leaves.</summary>
    public string? From { get; init; }

    /// <summary>Host a role goes to, or state that a host enters.</summary>
    public string? To { get; init; }

    /// <summary>Environment of a hook: <c>MMM_EVENT</c> and so on, in this order; what the event does not have is left out, but for MMM_HOST, which is empty then.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment() => Fields()
        .Where(f => f.Value is not null || f.Name == "host")
        .Select(f => KeyValuePair.Create($"MMM_{(f.Name == "id" ? "EVENT_ID" : f.Name.ToUpperInvariant())}", (f.Value ?? "").Replace("\0", "", StringComparison.Ordinal)));

    /// <summary>One JSON object in UTF-8: for the hook's standard input, and the body of the webhook.</summary>
    public byte[] Json()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach ((string name, string? value) in Fields())
            {
                if (value is not null)
                    writer.WriteString(name, value);
                else if (name == "host")
                    writer.WriteNull(name);
            }

            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private (string Name, string? Value)[] Fields() =>
    [
        ("event", Event), ("code", Code), ("cluster", Cluster), ("host", Host), ("sentence", Sentence), ("decision", Decision),
        ("time_utc", AtUtc.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)), ("id", Id),
        ("monitor", Monitor), ("agent_host", AgentHost), ("role", Role), ("ip", Ip), ("from", From), ("to", To),
    ];
}
