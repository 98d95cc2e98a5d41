using System.Collections.Immutable;
using System.Text.Json;
using Mmm.Control.Monitors;
using Mmm.Control.Screens;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary><c>mmm log tail</c>: the latest lines of one monitor's log.</summary>
internal static class LogVerb
{
    public const int UsualLines = 20;

    /// <summary>What a monitor holds.</summary>
    public const int MaxLines = 2000;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <param name="Lines">At most so many of the latest.</param>
    /// <param name="Level">That one and worse; null = all.</param>
    public sealed record Wish(int Lines, string? Level)
    {
        /// <param name="after">Only lines with a greater number.</param>
        public string Path(long after) => $"{ApiPaths.Log}?lines={Lines}&after={after}" + (Level is null ? "" : $"&level={Level}");
    }

    /// <param name="address">Which monitor; null = the first that answers.</param>
    /// <param name="wish">Which lines.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Tail(string? address, Wish wish, Session session, CancellationToken cancel)
    {
        LogReading log = (await session.Client.Answer(await session.Whom(address, cancel), wish.Path(0), ApiFormat.Wire.LogReading, cancel)).Value;
        return VerbResult.Of(LogScreen.Render(log.Entries, session.Context.Zone), ExitCodes.Ok, log, ApiFormat.Pretty.LogReading);
    }

    /// <summary>Goes on with every new line until Ctrl-C; a monitor that is away is waited for.</summary>
    /// <param name="address">Which monitor; null = the first that answers.</param>
    /// <param name="wish">Which lines to begin with.</param>
    /// <param name="json">Every line as a JSON object of its own.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Follow(string? address, Wish wish, bool json, Session session, CancellationToken cancel)
    {
        CliContext context = session.Context;
        Attempt<LogReading>.Answered first = await session.Client.Answer(await session.Whom(address, cancel), wish.Path(0), ApiFormat.Wire.LogReading, cancel);
        ImmutableArray<MonitorAddress> followed = [first.Monitor];
        Wish all = wish with { Lines = MaxLines };
        LogReading log = first.Value;
        bool away = false;
        await Print(log.Entries);
        while (true)
        {
            await Task.Delay(s_pause, context.Time, cancel);
            LogReading next;
            try
            {
                next = (await session.Client.Answer(followed, all.Path(log.Latest), ApiFormat.Wire.LogReading, cancel)).Value;
                if (next.SinceUtc != log.SinceUtc)
                {
                    await context.Error.WriteLineAsync($"# Monitor {log.Monitor} was restarted; its log begins anew.");
                    next = (await session.Client.Answer(followed, all.Path(0), ApiFormat.Wire.LogReading, cancel)).Value;
                }
                else if (next.Oldest > log.Latest + 1)
                {
                    await context.Error.WriteLineAsync($"# {next.Oldest - log.Latest - 1} lines are gone from the monitor's memory; its own log has them.");
                }
                else if (away)
                {
                    await context.Error.WriteLineAsync($"# Monitor {log.Monitor} answers again.");
                }
            }
            catch (CliFailure failure) when (failure.IsOutage)
            {
                if (!away)
                    await context.Error.WriteLineAsync($"# Monitor {log.Monitor} does not answer, it is asked again every second. {failure.Message}");
                away = true;
                continue;
            }

            away = false;
            log = next;
            await Print(log.Entries);
        }

        async Task Print(ImmutableArray<LogEntry> entries)
        {
            await context.Out.WriteAsync(json
                ? string.Concat(entries.Select(e => JsonSerializer.Serialize(e, ApiFormat.Wire.LogEntry) + "\n"))
                : LogScreen.Render(entries, context.Zone));
            await context.Out.FlushAsync(cancel);
        }
    }
}
