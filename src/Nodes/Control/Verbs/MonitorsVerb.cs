using System.Collections.Immutable;
using Mmm.Shared.Api;
using Mmm.Shared.Status;

namespace Mmm.Control.Verbs;

/// <summary>
/// <c>mmm monitors [add|remove|replace|bootstrap]</c>: which monitors vote. A change is made in every cluster, or in the named one; the next change waits until the last
/// one is in force, which takes a lease. Every step is harmless when repeated, so an interrupted <c>replace</c> is simply given again.
/// </summary>
internal static class MonitorsVerb
{
    public const string Name = "monitors";

    public const string Arguments = "[add <monitor>|remove <monitor>|replace <old> <new>|bootstrap]";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private const string Bootstrap = """
        When so many voting monitors are gone for good, with their disks, that the others are no majority, nothing can be decided any more: there is nobody to ask whether
        they had decided something else. Roles stay where they are meanwhile. To go on with what one of the remaining monitors has on its disk:

          1. 'mmm monitors' shows which decision each monitor holds: take the one with the latest.
          2. Make sure that the lost monitors stay off, or empty their monitor.state_dir: with their disks they could decide without the others.
          3. List only the monitors that are left in monitors { } in the configuration of every monitor and agent, and restart them.
          4. Stop the chosen monitor, and on its machine run 'mmm-monitor --config FILE --bootstrap': it says what would be discarded; with '--yes' it does it.
          5. Start it again. It votes alone now: 'mmm monitors add NAME' for each of the others.

        """;

    /// <summary>Why these words are no command; null when they are.</summary>
    public static string? WhatIsWrong(IReadOnlyList<string> words) => words switch
    {
        [] or ["bootstrap"] or ["add" or "remove", _] or ["replace", _, _] => null,
        ["add" or "remove" or "replace" or "bootstrap", ..] => $"'{Name} {words[0]}' takes other arguments.",
        _ => $"There is no '{Name} {words[0]}'.",
    };

    /// <param name="words">As typed, see <see cref="WhatIsWrong"/>.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Run(ImmutableArray<string> words, Session session, CancellationToken cancel)
    {
        switch (words)
        {
            case []:
                return await MoreVerbs.ClusterStatus(session, cancel);
            case ["bootstrap"]:
                return VerbResult.Of(Bootstrap, ExitCodes.Ok, new CommandAnswer("bootstrap", true, Bootstrap), ApiFormat.Pretty.CommandAnswer);
        }

        ImmutableArray<(string Change, string Monitor)> steps = words is ["replace", var old, var fresh] ? [("add", fresh), ("remove", old)] : [(words[0], words[1])];
        ImmutableArray<string> clusters = session.Cluster is { } one ? [one] : await session.ClusterNames(cancel);
        List<string> lines = [];
        CommandAnswer answer = new("none", false, "ERROR: The monitors are configured with no cluster at all.");
        foreach ((string change, string monitor) in steps)
        {
            foreach (string cluster in clusters)
            {
                answer = await Step(session with { Cluster = cluster }, change, monitor, cancel);
                lines.Add(clusters.Length > 1 ? $"{cluster}: {answer.Text}" : answer.Text);
                if (!answer.Ok)
                    return Result();
            }
        }

        return Result();

        VerbResult Result()
        {
            string text = string.Join('\n', lines);
            return VerbResult.Of(text, MmmRunner.ExitOf(answer), answer with { Text = text }, ApiFormat.Pretty.CommandAnswer);
        }
    }

    private static async Task<CommandAnswer> Step(Session session, string change, string monitor, CancellationToken cancel)
    {
        long began = session.Context.Time.GetTimestamp();
        bool told = false;
        while (true)
        {
            CommandAnswer answer = await session.Command(MmmVerbs.Monitors, [change, monitor], cancel);
            if (!MmmAnswers.IsNotYetInForce(answer.Text) || session.Context.Time.GetElapsedTime(began) > s_patience)
                return answer;
            if (!told)
                await session.Context.Error.WriteLineAsync("Waiting until the last change of the monitors is in force ...");
            told = true;
            await Task.Delay(s_pause, session.Context.Time, cancel);
        }
    }
}
