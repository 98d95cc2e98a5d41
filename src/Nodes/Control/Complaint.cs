using System.CommandLine;
using System.CommandLine.Parsing;
using Mmm.Shared.Status;

namespace Mmm.Control;

/// <summary>What is said to a command line that cannot be parsed.</summary>
internal static class Complaint
{
    /// <summary>At most this many changed letters are taken for a slip.</summary>
    private const int MaxDistance = 3;

    public static string About(ParseResult parsed)
    {
        string[] path = Path(parsed.CommandResult)?.Split(' ') ?? [];
        if (path is not [var verb, ..])
        {
            return parsed.UnmatchedTokens.FirstOrDefault(t => !t.StartsWith('-')) is string unknown
                ? UnknownVerb(unknown)
                : $"ERROR: {parsed.Errors.Select(e => e.Message).FirstOrDefault("No command given.")} See 'mmm help'.";
        }

        bool secondMissing = path.Length == 1 && HelpText.Groups.Contains(verb);
        string usage = HelpText.UsageOf(verb, path.ElementAtOrDefault(1)) ?? verb;
        string? stray = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        string problem = stray switch
        {
            null when secondMissing => "A second word is missing.",
            null => parsed.Errors.Select(e => e.Message).First(),
            ['-', ..] => $"There is no option '{stray}'.",
            _ when secondMissing => $"There is no '{verb} {stray}'.",
            _ => $"'{stray}' is one too many.",
        };
        return $"ERROR: {problem} Usage: mmm [@CLUSTER] {usage}";
    }

    public static string UnknownVerb(string verb)
    {
        IEnumerable<string> verbs = [.. MmmVerbs.All.Select(v => v.Name), .. HelpText.Extra.Select(e => e.Name)];
        string? nearest = verbs.Select(v => (Verb: v, Distance: Distance(verb, v))).Where(x => x.Distance <= MaxDistance).OrderBy(x => x.Distance).Select(x => x.Verb).FirstOrDefault();
        return $"ERROR: Unknown command '{verb}'.{(nearest is null ? "" : $" Did you mean '{nearest}'?")} See 'mmm help'.";
    }

    private static string? Path(CommandResult result) => result.Parent is CommandResult parent
        ? Path(parent) is string above ? $"{above} {result.Command.Name}" : result.Command.Name
        : null;

    /// <summary>Levenshtein's.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
