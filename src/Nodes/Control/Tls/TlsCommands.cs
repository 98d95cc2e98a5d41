using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Mmm.Control.Verbs;
using Mmm.Shared.Security;

namespace Mmm.Control.Tls;

/// <summary>The part of the command line that is about certificates.</summary>
/// <param name="config">The global option --config.</param>
/// <param name="cluster">Named in front; null = none.</param>
/// <param name="context">Environment, clock.</param>
/// <param name="run">Prints what a verb says.</param>
internal sealed class TlsCommands(Func<ParseResult, string?> config, string? cluster, CliContext context, Func<ParseResult, Func<VerbResult>, CancellationToken, Task<int>> run)
{
    private const string Dir = "--dir";
    private const string Days = "--days";
    private const string Renew = "--renew";
    private const string Finish = "--finish";
    private const string Everyone = "--all";
    private const string Client = "--client";
    private const string Role = "--role";

    /// <summary>For completion.</summary>
    public static readonly ImmutableArray<string> OptionsWithValue = [Dir, Days, Client, Role];

    /// <summary>For completion.</summary>
    public static ImmutableArray<string> OptionsOf(string? second) => second switch
    {
        "init" => [Dir, Days, Renew, Finish],
        "issue" => [Dir, Days, Everyone, Client, Role],
        "show" => [Dir],
        _ => [],
    };

    public Command All() => new(TlsVerbs.Name) { Init(), Issue(), Show() };

    private Command Init()
    {
        Option<string> dir = DirOption();
        Option<int> days = DaysOption(TlsVerbs.AuthorityDays);
        Option<bool> renew = new(Renew), finish = new(Finish);
        Command command = new("init") { dir, days, renew, finish };
        command.Validators.Add(r =>
        {
            if (r.GetValue(renew) && r.GetValue(finish))
                r.AddError($"{Renew} and {Finish} are two steps: first the one, then, once every certificate is issued anew, the other.");
        });
        return With(command, parsed => Verbs(parsed, dir).Init(parsed.GetValue(days), parsed.GetValue(renew), parsed.GetValue(finish)));
    }

    private Command Issue()
    {
        Option<string> dir = DirOption();
        Option<int> days = DaysOption(TlsVerbs.Days);
        Option<bool> all = new(Everyone);
        Option<string?> client = new(Client), role = new(Role);
        Argument<string[]> names = new("name") { Arity = ArgumentArity.ZeroOrMore };
        Command command = new("issue") { names, dir, days, all, client, role };
        command.Validators.Add(r =>
        {
            bool named = r.GetResult(names)?.Tokens.Count > 0;
            int ways = (named ? 1 : 0) + (r.GetValue(all) ? 1 : 0) + (r.GetValue(client) is not null ? 1 : 0);
            if (ways != 1)
                r.AddError($"Say whose certificate: names of monitors and hosts, or {Everyone}, or {Client} NAME.");
            else if (r.GetValue(client) is null && r.GetValue(role) is not null)
                r.AddError($"{Role} is for {Client}: what a monitor or an agent may do is fixed.");
            else if (r.GetValue(client) is not null && PeerName.RoleOf(r.GetValue(role) ?? "viewer") is null)
                r.AddError($"{Role} must be viewer, operator or admin.");
        });
        return With(command, parsed => parsed.GetValue(client) is { } who
            ? Verbs(parsed, dir).IssueClient(who, PeerName.RoleOf(parsed.GetValue(role) ?? "viewer")!.Value, parsed.GetValue(days))
            : Verbs(parsed, dir).IssueNodes([.. parsed.GetValue(names) ?? []], TlsVerbs.Settings(config(parsed), context), cluster, parsed.GetValue(days)));
    }

    private Command Show()
    {
        Option<string> dir = DirOption();
        Argument<string[]> files = new("file") { Arity = ArgumentArity.ZeroOrMore };
        return With(new Command("show") { files, dir }, parsed => Verbs(parsed, dir).Show([.. parsed.GetValue(files) ?? []]));
    }

    private TlsVerbs Verbs(ParseResult parsed, Option<string> dir) => new(new TlsFolder(parsed.GetRequiredValue(dir)), context.Time);

    private Command With(Command command, Func<ParseResult, VerbResult> verb)
    {
        command.SetAction((parsed, cancel) => run(parsed, () => verb(parsed), cancel));
        return command;
    }

    private static Option<string> DirOption() => new(Dir) { DefaultValueFactory = _ => TlsFolder.Default };

    private static Option<int> DaysOption(int usual)
    {
        Option<int> option = new(Days) { DefaultValueFactory = _ => usual };
        option.CustomParser = result =>
        {
            if (result.Tokens is [{ Value: { } text }] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int days) && days is >= 1 and <= TlsVerbs.MostDays)
                return days;
            result.AddError($"{Days} must be a whole number from 1 to {TlsVerbs.MostDays}.");
            return usual;
        };
        return option;
    }
}
