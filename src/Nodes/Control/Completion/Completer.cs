using System.Collections.Immutable;
using Mmm.Control.Admin;
using Mmm.Control.Monitors;
using Mmm.Control.Tls;
using Mmm.Control.Verbs;
using Mmm.Shared.Api;
using Mmm.Shared.Checks;
using Mmm.Shared.Grants;
using Mmm.Shared.Status;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Completion;

/// <summary>
/// <c>mmm __complete WORDS…</c>: candidates for the last word, one per line. Names come from the monitors, with a short
/// deadline: a shell that hangs is worse than one that does not complete. Whatever fails, there are just no candidates.
/// </summary>
internal static class Completer
{
    public const string Verb = "__complete";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1.5);

    private static readonly ImmutableArray<string> _options = [.. CommandTree.OptionsWithValue, CommandTree.Json, "--help"];

    /// <param name="words">What is typed so far, the program's name left out.</param>
    /// <param name="context">Where the candidates go.</param>
    /// <param name="cancel">Ends the questions to the monitors.</param>
    /// <param name="classic">As <c>mmm_control</c>: MySQL-MMM's verbs only, and no options but <c>--force</c>.</param>
    public static async Task<int> Run(IReadOnlyList<string> words, CliContext context, CancellationToken cancel, bool classic = false)
    {
        Typed typed = Typed.Of(words);
        try
        {
            IEnumerable<string> candidates = typed.Open is { } option ? await Values(option, typed, context, cancel) : await Candidates(typed, context, cancel);
            if (classic)
                candidates = candidates.Where(c => !_options.Contains(c) && c != MmmVerbs.DryRun && (MmmVerbs.Find(c) is not null || HelpText.Extra.All(e => e.Name != c)));
            foreach (string candidate in candidates.Where(c => c.StartsWith(typed.Current, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal))
                await context.Out.WriteLineAsync(candidate);
        }
        catch (CliFailure)
        {
            // No monitor, no names: the shell shows nothing, and the command itself will say why.
        }

        return ExitCodes.Ok;
    }

    private static async Task<IEnumerable<string>> Values(string option, Typed typed, CliContext context, CancellationToken cancel) => option switch
    {
        "-a" or NodeCommands.Address => await MonitorNames(typed, context, cancel),
        "-r" or NodeCommands.Region => (await WithSession(typed, context, s => s.Client.Get(ApiPaths.Shards, ApiFormat.Wire.Regions, cancel))).EntityTypeKeys,
        NodeCommands.Level => LogLevels.All,
        EventsVerb.OfHost => await Hosts(typed, context, cancel),
        _ => [],
    };

    private static async Task<IEnumerable<string>> Candidates(Typed typed, CliContext context, CancellationToken cancel)
    {
        if (typed.Current.StartsWith('-'))
            return [.. _options, .. OptionsOf(typed.Words), .. NodeCommands.OptionsOf(typed.Words.ElementAtOrDefault(0), typed.Words.ElementAtOrDefault(1)),
                .. typed.Words is [TlsVerbs.Name, var second, ..] ? TlsCommands.OptionsOf(second) : []];
        if (typed.Words.IsEmpty && typed.Current.StartsWith('@'))
            return (await WithSession(typed, context, s => s.ClusterNames(cancel))).Select(c => "@" + c);
        if (typed.Words.IsEmpty)
            return [.. MmmVerbs.All.Select(v => v.Name), .. HelpText.Extra.Select(e => e.Name)];
        return typed.Words switch
        {
            ["help"] => [.. MmmVerbs.All.Select(v => v.Name), .. HelpText.Extra.Select(e => e.Name)],
            [{ } group] when HelpText.Groups.Contains(group) => HelpText.SecondWords(group),
            [MonitorsVerb.Name] => ["add", "remove", "replace", "bootstrap"],
            [MonitorsVerb.Name, "add" or "remove" or "replace"] or [MonitorsVerb.Name, "replace", _] => await MonitorNames(typed, context, cancel),
            ["grants"] => [.. LeastPrivileges.All.Select(p => p.Name)],
            ["completion"] => ["bash", "zsh", "fish"],
            [MmmVerbs.Checks] => (await Hosts(typed, context, cancel)).Append(MmmChecks.All),
            [MmmVerbs.Checks, _] => CheckNames.All.Select(CheckNames.NameOf).Append(MmmChecks.All),
            ["check-setup"] or ["check-setup", CommandTree.Logins] or ["grants", CommandTree.Apply] or [MmmVerbs.SetOnline] or [MmmVerbs.SetOffline] or [MmmVerbs.MoveRole, _] or [MmmVerbs.SetIp, _] => await Hosts(typed, context, cancel),
            [ExplainVerb.Name] => [.. await Hosts(typed, context, cancel), .. (await Snapshot(typed, context, cancel)).Roles.Select(r => r.Address.Role)],
            [MmmVerbs.MoveRole] => (await Snapshot(typed, context, cancel)).Roles.Select(r => r.Address.Role),
            [MmmVerbs.SetIp] => (await Snapshot(typed, context, cancel)).Roles.Select(r => r.Address.Ip),
            _ => [],
        };
    }

    private static ImmutableArray<string> OptionsOf(ImmutableArray<string> words) => words switch
    {
        ["grants", ..] => [CommandTree.Apply, GrantsApply.Unlogged, .. AdminLogin.Options.Names],
        [EventsVerb.Name, ..] => EventsVerb.Options,
        ["check-setup", ..] => [CommandTree.Logins, .. AdminLogin.Options.Names],
        [{ } name, ..] when MmmVerbs.Find(name) is { } verb => [.. verb.MayBeForced ? [MmmVerbs.Force] : Array.Empty<string>(), .. verb.MayBeDryRun ? [MmmVerbs.DryRun] : Array.Empty<string>()],
        _ => [],
    };

    private static async Task<IEnumerable<string>> Hosts(Typed typed, CliContext context, CancellationToken cancel) =>
        (await Snapshot(typed, context, cancel)).Hosts.Select(h => h.Name);

    private static async Task<IEnumerable<string>> MonitorNames(Typed typed, CliContext context, CancellationToken cancel) =>
        (await WithSession(typed, context, s => s.Client.Get(ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading, cancel))).Members.Select(m => m.Name);

    private static async Task<ClusterSnapshot> Snapshot(Typed typed, CliContext context, CancellationToken cancel) =>
        (await WithSession(typed, context, s => s.Reading(cancel))).Snapshot;

    private static async Task<T> WithSession<T>(Typed typed, CliContext context, Func<Session, Task<T>> ask)
    {
        Whereabouts where = Whereabouts.Find(typed.Value("--monitors"), typed.Value("--config"), typed.Value("--token-file"), context);
        using Session session = new(new MonitorClient(where, Deadline), typed.Cluster, context);
        return await ask(session);
    }

    /// <summary>A command line that is still being typed.</summary>
    /// <param name="Words">Finished words from the verb on, without options and cluster.</param>
    /// <param name="Current">The word being typed; may be empty.</param>
    /// <param name="Cluster">Named in front; null = none.</param>
    /// <param name="Values">Values of the options that have one.</param>
    /// <param name="Open">Option whose value the current word is; null = it is none.</param>
    private sealed record Typed(
        ImmutableArray<string> Words, string Current, string? Cluster, ImmutableDictionary<string, string> Values, string? Open)
    {
        public string? Value(string option) => Values.GetValueOrDefault(option);

        public static Typed Of(IReadOnlyList<string> all)
        {
            List<string> words = [];
            string? cluster = null;
            Dictionary<string, string> values = [];
            string? open = null;
            foreach (string word in all.SkipLast(1))
            {
                if (open is not null)
                {
                    values[open] = word;
                    open = null;
                }
                else if (CommandTree.OptionsWithValue.Contains(word) || NodeCommands.OptionsWithValue.Contains(word) || TlsCommands.OptionsWithValue.Contains(word) || EventsVerb.OptionsWithValue.Contains(word))
                {
                    open = word;
                }
                else if (word.StartsWith('@') && words.Count == 0)
                {
                    cluster = word[1..];
                }
                else if (!word.StartsWith('-'))
                {
                    words.Add(word);
                }
            }

            return new Typed([.. words], all.LastOrDefault(""), cluster, values.ToImmutableDictionary(), open);
        }
    }
}
