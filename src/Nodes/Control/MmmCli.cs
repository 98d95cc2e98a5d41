using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Mmm.Control.Completion;
using Mmm.Control.Monitors;
using Mmm.Control.Verbs;
using Mmm.Shared.Api;
using Mmm.Shared.Grants;
using Mmm.Shared.Status;

namespace Mmm.Control;

/// <summary>The program <c>mmm</c>.</summary>
internal static class MmmCli
{
    private const double MaxTimeoutSeconds = 600;

    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> Run(IReadOnlyList<string> args, CliContext context, CancellationToken cancel)
    {
        (string? cluster, List<string> rest) = TakeCluster(args);
        if (cluster is { Length: 0 })
            return UsageError(context, "ERROR: '@' must be followed by the name of a cluster, as in '@C1 show'.");
        List<string> fromVerb = rest[VerbIndex(rest)..];
        if (LocalAnswer(fromVerb, context) is int exitCode)
            return exitCode;
        if (fromVerb is [Completer.Verb, ..])
            return await Completer.Run(fromVerb[1..], context, cancel);

        CommandTree tree = new(
            (options, verb, token) => RunVerb(options, cluster, verb, context, token), (options, verb, token) => Printed(options, () => verb(token), context, token), cluster, context);
        ParseResult parsed = tree.Root.Parse(rest, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Errors.Count > 0 || parsed.CommandResult.Command.Action is null)
            return UsageError(context, Complaint.About(parsed));
        if (tree.Options(parsed).TimeoutSeconds is not (> 0 and <= MaxTimeoutSeconds))
            return UsageError(context, $"ERROR: --timeout must be above 0 and at most {MaxTimeoutSeconds.ToString(CultureInfo.InvariantCulture)} seconds.");
        return await parsed.InvokeAsync(
            new InvocationConfiguration { Output = context.Out, Error = context.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancel);
    }

    /// <summary>What needs no monitor; null when one is needed.</summary>
    private static int? LocalAnswer(List<string> rest, CliContext context)
    {
        switch (rest)
        {
            case []:
                context.Error.WriteLine("See 'mmm help' for usage information");
                return ExitCodes.Usage;
            case ["--version"]:
                context.Out.WriteLine($"mmm {HelpText.Version}");
                return ExitCodes.Ok;
            case ["help" or "--help" or "-h"]:
                context.Out.Write(HelpText.All());
                return ExitCodes.Ok;
            case ["help", var verb] when HelpText.Of(verb) is string text:
                context.Out.Write(text);
                return ExitCodes.Ok;
            case ["help", var verb, ..]:
                return UsageError(context, Complaint.UnknownVerb(verb));
            case [var verb, ..] when rest.Contains("--help") && HelpText.Of(verb) is string text:
                context.Out.Write(text);
                return ExitCodes.Ok;
            case ["grants", ..] when rest.Contains(CommandTree.Apply):
                return null;
            case ["grants", var server]:
                return PrintGrants(server, context);
            case ["grants", ..]:
                return UsageError(context, $"ERROR: Name one kind of server: mmm grants {GrantsArguments}, or let them be made: mmm grants {CommandTree.Apply}");
            case ["completion", var shell]:
                return PrintCompletion(shell, context);
            case ["completion", ..]:
                return UsageError(context, "ERROR: Name one shell: mmm completion bash|zsh|fish");
            default:
                return null;
        }
    }

    /// <summary>For usage.</summary>
    internal static string GrantsArguments => string.Join('|', LeastPrivileges.All.Select(p => p.Name));

    private static int PrintGrants(string server, CliContext context)
    {
        if (LeastPrivileges.All.FirstOrDefault(p => p.Name == server) is not { } privileges)
            return UsageError(context, $"ERROR: There is no kind of server '{server}': mmm grants {GrantsArguments}");
        context.Out.Write(privileges.Statements());
        return ExitCodes.Ok;
    }

    private static int PrintCompletion(string shell, CliContext context)
    {
        if (CompletionScripts.For(shell) is not string script)
            return UsageError(context, $"ERROR: There is no completion for '{shell}': mmm completion bash|zsh|fish");
        context.Out.Write(script);
        return ExitCodes.Ok;
    }

    private static Task<int> RunVerb(
        GlobalOptions options, string? cluster, Func<Session, CancellationToken, Task<VerbResult>> verb, CliContext context, CancellationToken cancel)
    {
        return Printed(options, AskAsync, context, cancel);

        async Task<VerbResult> AskAsync()
        {
            Whereabouts where = Whereabouts.Find(options.Monitors, options.Config, options.TokenFile, context);
            using Session session = new(new MonitorClient(where, TimeSpan.FromSeconds(options.TimeoutSeconds)), cluster, context);
            return await verb(session, cancel);
        }
    }

    private static async Task<int> Printed(GlobalOptions options, Func<Task<VerbResult>> verb, CliContext context, CancellationToken cancel)
    {
        try
        {
            VerbResult result = await verb();
            string text = options.Json ? result.Json() : result.Text;
            await context.Out.WriteAsync(text.Length == 0 || text.EndsWith('\n') ? text : text + "\n");
            if (result.Aside is not null && !options.Json)
                await context.Error.WriteLineAsync(result.Aside);
            return result.ExitCode;
        }
        catch (CliFailure failure)
        {
            return Report(failure, options.Json, context);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static int Report(CliFailure failure, bool json, CliContext context)
    {
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(failure.Problem, ApiFormat.Pretty.ProblemReading));
        }
        else
        {
            context.Error.WriteLine(failure.Message);
        }

        return failure.ExitCode;
    }

    private static int UsageError(CliContext context, string sentence)
    {
        context.Error.WriteLine(sentence);
        return ExitCodes.Usage;
    }

    /// <summary>Where the verb stands behind options in front of it, also when a wrapper puts them there; the end when there is none.</summary>
    private static int VerbIndex(List<string> words)
    {
        int at = 0;
        while (at < words.Count && (CommandTree.OptionsWithValue.Contains(words[at]) || words[at] == CommandTree.Json))
            at += words[at] == CommandTree.Json ? 1 : 2;
        return Math.Min(at, words.Count);
    }

    /// <summary>MMM's <c>@CLUSTER</c> stands in front of the verb; ours may have options before it.</summary>
    private static (string? Cluster, List<string> Words) TakeCluster(IReadOnlyList<string> args)
    {
        List<string> rest = [.. args];
        int at = rest.FindIndex(a => a.StartsWith('@'));
        bool inFront = at >= 0 && !rest.Take(at).Any(a => MmmVerbs.Find(a) is not null || HelpText.UsageOf(a) is not null || a == Completer.Verb);
        if (!inFront)
            return (null, rest);
        string cluster = rest[at][1..];
        rest.RemoveAt(at);
        return (cluster, rest);
    }
}
