using System.Collections.Immutable;
using Mmm.Control.Completion;
using Mmm.Control.Monitors;
using Mmm.Control.Verbs;
using Mmm.Shared.Status;

namespace Mmm.Control;

/// <summary>
/// The program under the name <c>mmm_control</c>: arguments, output and exit codes as MySQL-MMM 2.2.1's, for scripts written for it.
/// The monitors come from the environment or the configuration. Whatever is answered, ERROR too, exits with 0; 1 without an answer.
/// </summary>
internal static class MmmControl
{
    public const string Name = "mmm_control";

    /// <summary>Perl's <c>die</c>.</summary>
    private const int Died = 255;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static async Task<int> Run(IReadOnlyList<string> args, CliContext context, CancellationToken cancel)
    {
        if (args is ["--version", ..])
        {
            await context.Out.WriteLineAsync($"{Name} {HelpText.Version}");
            return ExitCodes.Ok;
        }

        if (args is [Completer.Verb, ..])
            return await Completer.Run([.. args.Skip(1)], context, cancel, classic: true);

        string? cluster = args.Count > 0 && args[0].StartsWith('@') ? args[0][1..] : null;
        ImmutableArray<string> words = [.. cluster is null ? args : args.Skip(1)];
        if (words.IsEmpty)
        {
            await context.Error.WriteLineAsync($"See '{Name} help' for usage information");
            return Died;
        }

        try
        {
            // The original's answers end with a newline of their own or not; the client adds one to each.
            await context.Out.WriteAsync(await Answer(words, cluster, context, cancel) + "\n");
            return ExitCodes.Ok;
        }
        catch (CliFailure failure)
        {
            await context.Out.WriteLineAsync(failure.ExitCode == ExitCodes.NoMonitor ? MmmAnswers.CannotConnect : failure.Message);
            if (failure.ExitCode == ExitCodes.NoMonitor)
                await context.Error.WriteLineAsync(failure.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<string> Answer(ImmutableArray<string> words, string? cluster, CliContext context, CancellationToken cancel)
    {
        ImmutableArray<string> arguments = words[1..];
        if (MmmVerbs.Find(words[0]) is not { } verb || !verb.Takes(arguments))
            return MmmAnswers.InvalidCommand(string.Join(' ', words));
        if (verb.Name == MmmVerbs.Help)
            return MmmAnswers.Help();
        Whereabouts where = Whereabouts.Find(null, null, null, context);
        using Session session = new(new MonitorClient(where, Deadline), cluster, context);
        return (await MmmRunner.Run(verb, arguments, session, cancel)).Text;
    }
}
