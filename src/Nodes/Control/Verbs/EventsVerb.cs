using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Mmm.Control.Screens;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary><c>mmm events</c>: what was decided, seen and ordered, as a monitor's history has it.</summary>
/// <param name="Lines">Latest events to begin with, 1 to <see cref="MaxLines"/>.</param>
/// <param name="Host">Only of this host; null = any.</param>
/// <param name="Code">Only with this code; a <c>*</c> at its end stands for anything; null = any.</param>
/// <param name="Follow">Goes on until Ctrl-C.</param>
/// <param name="Json">Events are written as JSON, one per line while following.</param>
internal sealed record EventsVerb(int Lines, string? Host, string? Code, bool Follow, bool Json)
{
    public const string Name = "events";
    public const string Arguments = "[-n <lines>] [--host <host>] [--code <code>] [--follow]";
    public const int DefaultLines = 50;

    /// <summary>As much as the monitors give in one answer.</summary>
    public const int MaxLines = 1000;

    public const string OfHost = "--host";

    public static readonly ImmutableArray<string> OptionsWithValue = ["--code", OfHost, "--lines", "-n"];

    public static readonly ImmutableArray<string> Options = [.. OptionsWithValue, "--follow", "-f"];

    /// <summary>Events come from several monitors, and a late one may belong between those that were shown: so many are looked at again.</summary>
    private const int LookedAtAgain = 200;

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    public async Task<VerbResult> RunAsync(Session session, CancellationToken cancel)
    {
        string cluster = await session.ClusterName(cancel);
        EventsReading first = await AskAsync(session, cluster, Follow ? Math.Max(Lines, LookedAtAgain) : Lines, cancel);
        if (!Follow)
            return VerbResult.Of(EventLines.Of(first.Events, session.Context.Zone), ExitCodes.Ok, first, ApiFormat.Pretty.EventsReading);

        HashSet<string> told = [.. first.Events.SkipLast(Lines).Select(e => e.Id)];
        await TellAsync(first.Events, told, session.Context);
        using var timer = new PeriodicTimer(s_every, session.Context.Time);
        string? trouble = null;
        while (true)
        {
            await timer.WaitForNextTickAsync(cancel);
            try
            {
                await TellAsync((await AskAsync(session, cluster, LookedAtAgain, cancel)).Events, told, session.Context);
                trouble = null;
            }
            catch (CliFailure failure)
            {
                // Monitors that are being restarted are no reason to stop looking.
                if (failure.Message != trouble)
                    await session.Context.Error.WriteLineAsync(failure.Message);
                trouble = failure.Message;
            }
        }
    }

    private async Task<EventsReading> AskAsync(Session session, string cluster, int limit, CancellationToken cancel)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"?limit={limit}");
        if (Host is not null)
            query += $"&host={Uri.EscapeDataString(Host)}";
        if (Code is not null)
            query += $"&code={Uri.EscapeDataString(Code)}";
        return await session.KnownCluster(cluster, () => session.Client.Get(ApiPaths.Events(cluster) + query, ApiFormat.Wire.EventsReading, cancel), cancel);
    }

    private async Task TellAsync(ImmutableArray<EventEntry> events, HashSet<string> told, CliContext context)
    {
        ImmutableArray<EventEntry> fresh = [.. events.Where(e => told.Add(e.Id))];
        if (fresh.IsEmpty)
            return;
        await context.Out.WriteAsync(Json
            ? string.Concat(fresh.Select(e => JsonSerializer.Serialize(e, ApiFormat.Wire.EventEntry) + "\n"))
            : EventLines.Of(fresh, context.Zone));
        await context.Out.FlushAsync();
    }
}
