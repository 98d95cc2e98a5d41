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

          1. Make sure that the lost monitors stay off, or empty their monitor.state_dir: with their disks they could decide without the others.
          2. Stop each monitor that is left, and on its machine run 'mmm-monitor --config FILE --bootstrap': it says which decision it holds. Take the one with the latest.
          3. List only the monitors that are left in monitors { } in the configuration of the monitors. Leave the agents alone: a host keeps its roles as long as its
             agent runs, and loses them when it is restarted before anybody can decide again.
          4. On the chosen monitor's machine run 'mmm-monitor --config FILE --bootstrap' again: it says what would be discarded; with '--yes' it does it. Start it. It votes alone now.
          5. Start the others that are left, and 'mmm monitors add NAME' each. Then reload the agents with the new configuration, one after the other.

        """;

    /// <summary>Why these words are no command; null when they are.</summary>
    public static string? WhatIsWrong(IReadOnlyList<string> words) => words switch
    {
        ["replace", var old, var fresh] when old == fresh => $"'{Name} replace' takes two different monitors.",
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

        // Before anything is changed: it is known only to the second step otherwise.
        if (words is ["replace", var gone, _] && await Unknown(gone, session, cancel) is { } unknown)
            return VerbResult.Of(unknown.Text, MmmRunner.ExitOf(unknown), unknown, ApiFormat.Pretty.CommandAnswer);
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

    /// <summary>Why it cannot be replaced; null when it can.</summary>
    private static async Task<CommandAnswer?> Unknown(string monitor, Session session, CancellationToken cancel)
    {
        MonitorsReading reading = await session.Client.Get(ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading, cancel);
        ImmutableSortedSet<string> known = [.. reading.Members.Select(m => m.Name), .. reading.Members.SelectMany(m => m.Keeper?.Voters ?? [])];
        return known.Contains(monitor) ? null : new CommandAnswer("none", false, $"ERROR: Unknown monitor '{monitor}'! There are: {string.Join(", ", known)}. Nothing is changed.");
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
