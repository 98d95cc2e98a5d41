using System.Collections.Immutable;
using Mmm.Shared.Api;
using Mmm.Shared.Status;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Verbs;

/// <summary>Runs MMM's verbs; <c>mmm</c> and <c>mmm_control</c> share it.</summary>
internal static class MmmRunner
{
    /// <param name="verb">Any of MMM's but help.</param>
    /// <param name="arguments">As many as it takes.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <exception cref="CliFailure">No answer to be had.</exception>
    public static Task<VerbResult> Run(MmmVerb verb, ImmutableArray<string> arguments, Session session, CancellationToken cancel) => verb.Name switch
    {
        MmmVerbs.Ping => Ping(session, cancel),
        MmmVerbs.Show => Show(session, cancel),
        MmmVerbs.Checks => Checks(arguments, session, cancel),
        MmmVerbs.Mode => Mode(session, cancel),
        _ => Change(verb, arguments, session, cancel),
    };

    private static async Task<VerbResult> Ping(Session session, CancellationToken cancel)
    {
        CommandAnswer answer = await session.Client.Get(ApiPaths.Ping, ApiFormat.Wire.CommandAnswer, cancel);
        return VerbResult.Of(answer.Text, ExitCodes.Ok, answer, ApiFormat.Pretty.CommandAnswer);
    }

    private static async Task<VerbResult> Show(Session session, CancellationToken cancel)
    {
        ClusterReading reading = await session.Reading(cancel);

        // A comment line of the same output: whoever pipes it into a file should find it there too.
        string warning = Session.Staleness(reading) is string old ? $"# Warning: {old}\n" : "";
        return VerbResult.Of(warning + MmmShow.Format(reading.Snapshot), ExitOf(reading), reading, ApiFormat.Pretty.ClusterReading);
    }

    private static async Task<VerbResult> Checks(ImmutableArray<string> arguments, Session session, CancellationToken cancel)
    {
        string host = arguments.ElementAtOrDefault(0) ?? MmmChecks.All;
        string check = arguments.ElementAtOrDefault(1) ?? MmmChecks.All;
        ClusterReading reading = await session.Reading(cancel);
        string text = MmmChecks.Format(reading.Snapshot, host, check, session.Context.Zone);
        if (text.StartsWith("ERROR", StringComparison.Ordinal))
            return VerbResult.Of(text, ExitCodes.Refused, new CommandAnswer("checks", false, text), ApiFormat.Pretty.CommandAnswer);
        ClusterSnapshot picked = reading.Snapshot with
        {
            Hosts = [.. reading.Snapshot.Hosts
                .Where(h => host == MmmChecks.All || h.Name == host)
                .Select(h => h with { Checks = [.. h.Checks.Where(c => check == MmmChecks.All || c.Check == check)] })],
        };
        return VerbResult.Of(text, ExitOf(reading), reading with { Snapshot = picked }, ApiFormat.Pretty.ClusterReading, Aside(reading));
    }

    private static async Task<VerbResult> Mode(Session session, CancellationToken cancel)
    {
        ClusterReading reading = await session.Reading(cancel);
        ClusterSnapshot snapshot = reading.Snapshot;
        ClusterEntry entry = new(snapshot.Cluster, reading.AgeMs, snapshot.Mode, snapshot.Phase, snapshot.ActiveMaster);
        return VerbResult.Of(snapshot.Mode, ExitOf(reading), entry, ApiFormat.Pretty.ClusterEntry, Aside(reading));
    }

    private static async Task<VerbResult> Change(MmmVerb verb, ImmutableArray<string> arguments, Session session, CancellationToken cancel)
    {
        CommandAnswer answer = await session.Command(verb, arguments, cancel);
        return VerbResult.Of(answer.Text, ExitOf(answer), answer, ApiFormat.Pretty.CommandAnswer);
    }

    internal static int ExitOf(CommandAnswer answer) => answer switch
    {
        { Ok: true } => ExitCodes.Ok,
        _ when MmmAnswers.IsNothingDecided(answer.Text) => ExitCodes.NoCoordinator,
        _ => ExitCodes.Refused,
    };

    private static int ExitOf(ClusterReading reading) => reading.Stale ? ExitCodes.NoCoordinator : ExitCodes.Ok;

    private static string? Aside(ClusterReading reading) => Session.Staleness(reading) is string old ? $"Warning: {old}" : null;
}
