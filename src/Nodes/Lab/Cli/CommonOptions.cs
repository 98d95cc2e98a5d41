using System.CommandLine;

namespace Mmm.Lab.Cli;

internal static class CommonOptions
{
    public static readonly Option<string> Name = new("--name") { Description = "Name of the lab.", DefaultValueFactory = _ => "demo", Recursive = true };

    public static Argument<string> Host(string description = "Host of the lab, for example master1.") => new("HOST") { Description = description };

    /// <summary>A verb on the running lab.</summary>
    public static Command Verb(string name, string description, IEnumerable<Symbol> symbols, Func<LabCluster, ParseResult, CancellationToken, Task<int>> run) =>
        Bare(name, description, symbols, async (parsed, ct) =>
        {
            using LabCluster lab = await LabCluster.OpenAsync(parsed.GetValue(Name)!, ct);
            return await run(lab, parsed, ct);
        });

    /// <summary>A verb that needs no running lab.</summary>
    public static Command Bare(string name, string description, IEnumerable<Symbol> symbols, Func<ParseResult, CancellationToken, Task<int>> run)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)symbol);
        }

        command.SetAction((parsed, ct) => GuardAsync(() => run(parsed, ct), ct));
        return command;
    }

    private static async Task<int> GuardAsync(Func<Task<int>> run, CancellationToken ct)
    {
        try
        {
            return await run();
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            // Ctrl-C reaches our children too: what their ends looked like here is no news.
            Say.Error("Interrupted.");
            return 130;
        }
        catch (Exception e) when (e is LabException or MySqlConnector.MySqlException or HttpRequestException or UnauthorizedAccessException or IOException)
        {
            Say.Error(e.Message);
            return 1;
        }
    }
}
