using System.Collections.Immutable;
using Mmm.Control.Monitors;
using Mmm.Control.Screens;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary><c>mmm config reload</c>: the monitors read their files again, one after the other.</summary>
internal static class ConfigVerbs
{
    /// <param name="address">Which monitor; null = each of them.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Reload(string? address, Session session, CancellationToken cancel)
    {
        ImmutableArray<MonitorPlace> places = address is null
            ? (await MonitorDirectory.Read(session.Client, cancel)).Places
            : [new MonitorPlace(address, await MonitorDirectory.Find(address, session.Client, cancel), null)];
        var entries = ImmutableArray.CreateBuilder<ReloadEntry>();
        List<FailureKind> failures = [];
        foreach (MonitorPlace place in places)
        {
            (ReloadEntry entry, FailureKind? why) = await Ask(place, session, cancel);
            entries.Add(entry);
            if (why is { } failure)
                failures.Add(failure);
        }

        ReloadsReading reading = new(entries.ToImmutable());
        return VerbResult.Of(ReloadScreen.Render(reading), ExitCodeOf(failures), reading, ApiFormat.Pretty.ReloadsReading);
    }

    /// <summary>The rest goes on: what is wrong with one monitor's file is no reason for the others to differ from each other for longer.</summary>
    private static async Task<(ReloadEntry Entry, FailureKind? Why)> Ask(MonitorPlace place, Session session, CancellationToken cancel)
    {
        string address = place.Address.ToString();
        if (place.Failure is { } failure)
            return (new ReloadEntry(place.Name, address, null, $"{address} {failure}"), FailureKind.Unreachable);
        return await session.Client.Do(place.Address, ApiPaths.ConfigReload, ApiFormat.Wire.ReloadReading, cancel) switch
        {
            Attempt<ReloadReading>.Answered answer => (new ReloadEntry(answer.Value.Monitor, address, answer.Value, null), null),
            Attempt<ReloadReading>.Failed { Why: FailureKind.Unreachable or FailureKind.NoAnswer or FailureKind.NotUnderstood } failed => (new ReloadEntry(place.Name, address, null, $"{address} {failed.Sentence}"), failed.Why),
            Attempt<ReloadReading>.Failed failed => (new ReloadEntry(place.Name, address, null, failed.Sentence), failed.Why),
            _ => throw new InvalidOperationException("an attempt either answered or failed"),
        };
    }

    /// <summary>The failure that says most.</summary>
    private static int ExitCodeOf(List<FailureKind> failures) => failures.Count == 0 ? ExitCodes.Ok : failures.Max() switch
    {
        FailureKind.NotAuthorised => ExitCodes.NotAuthorised,
        FailureKind.NotTaken or FailureKind.NotFound => ExitCodes.Refused,
        _ => ExitCodes.NoMonitor,
    };
}
