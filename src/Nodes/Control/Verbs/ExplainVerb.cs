using System.Collections.Immutable;
using Mmm.Control.Screens;
using Mmm.Shared.Api;
using Mmm.Shared.Decisions;
using Mmm.Shared.Status;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Verbs;

/// <summary><c>mmm explain [ROLE|HOST]</c>: why a host is as it is, or a role where it is, and why it does not change; with the latest decisions about it.</summary>
internal static class ExplainVerb
{
    public const string Name = "explain";

    /// <summary>Decisions shown.</summary>
    private const int Shown = 5;

    /// <param name="name">A host or a role; null = every role.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Run(string? name, Session session, CancellationToken cancel)
    {
        ClusterReading reading = await session.Reading(cancel);
        ClusterSnapshot snapshot = reading.Snapshot;
        ExplainedRole[] roles = [.. (snapshot.Explained ?? []).Where(r => name is null || r.Role == name)];
        HostView[] hosts = [.. snapshot.Hosts.Where(h => h.Name == name)];
        if (name is not null && roles.Length == 0 && hosts.Length == 0)
            return Unknown(name, snapshot);

        // What a host and a role of one name are is said of both.
        List<string> texts = [];
        foreach (HostView host in hosts)
            texts.Add(ExplainScreen.Host(host, await Latest(session, snapshot, $"&host={Uri.EscapeDataString(host.Name)}", _ => true, cancel), session.Context.Zone));
        var explained = new List<(ExplainedRole, ImmutableArray<EventEntry>)>();
        foreach (ExplainedRole role in roles)
            explained.Add((role, await Latest(session, snapshot, role.Role == snapshot.ActiveMasterRole ? "&code=writer_*" : "&code=role_*", e => e.Sentence.Contains($"'{role.Role}(", StringComparison.Ordinal), cancel)));
        if (name is null)
            texts.Add(explained.Count > 0 ? ExplainScreen.Roles(explained, session.Context.Zone) : "Nothing is decided yet: the cluster is starting up.");
        else
            texts.AddRange(explained.Select(r => ExplainScreen.Role(r.Item1, r.Item2, session.Context.Zone)));

        ClusterReading picked = reading with { Snapshot = snapshot with { Hosts = name is null ? snapshot.Hosts : [.. hosts], Explained = [.. roles] } };
        return VerbResult.Of(
            string.Join('\n', texts), reading.Stale ? ExitCodes.NoCoordinator : ExitCodes.Ok, picked, ApiFormat.Pretty.ClusterReading,
            Session.Staleness(reading) is { } old ? $"Warning: {old}" : null);
    }

    private static VerbResult Unknown(string name, ClusterSnapshot snapshot)
    {
        string unknown = $"{MmmAnswers.UnknownHost(name)} Hosts: {string.Join(", ", snapshot.Hosts.Select(h => h.Name))}; roles: {string.Join(", ", snapshot.Roles.Select(r => r.Address.Role).Distinct())}.";
        return VerbResult.Of(unknown, ExitCodes.Refused, new CommandAnswer(Name, false, unknown), ApiFormat.Pretty.CommandAnswer);
    }

    /// <summary>Without the steps of agents. None from a monitor that keeps no history: what is known is told all the same.</summary>
    private static async Task<ImmutableArray<EventEntry>> Latest(Session session, ClusterSnapshot snapshot, string query, Func<EventEntry, bool> wanted, CancellationToken cancel)
    {
        try
        {
            EventsReading events = await session.Client.Get($"{ApiPaths.Events(snapshot.Cluster)}?limit=200{query}", ApiFormat.Wire.EventsReading, cancel);
            return [.. events.Events.Where(e => !TransitionSteps.IsStep(e.Code) && wanted(e)).TakeLast(Shown)];
        }
        catch (CliFailure)
        {
            return [];
        }
    }
}
