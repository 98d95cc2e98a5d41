using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using Mmm.Control.Admin;
using Mmm.Control.Tls;
using Mmm.Control.Verbs;
using Mmm.Shared.Status;

namespace Mmm.Control;

/// <summary>The command line as System.CommandLine parses it.</summary>
internal sealed class CommandTree
{
    public const string Json = "--json";

    /// <summary>Of <c>grants</c>.</summary>
    public const string Apply = "--apply";

    /// <summary>Of <c>check-setup</c>.</summary>
    public const string Logins = "--logins";

    public static readonly ImmutableArray<string> OptionsWithValue = ["--monitors", "--config", "--token-file", "--timeout"];

    private readonly Option<string?> _monitors = new("--monitors") { Recursive = true };
    private readonly Option<string?> _config = new("--config") { Recursive = true };
    private readonly Option<string?> _tokenFile = new("--token-file") { Recursive = true };
    private readonly Option<double> _timeout = new("--timeout") { Recursive = true, DefaultValueFactory = _ => 10 };
    private readonly Option<bool> _json = new(Json) { Recursive = true };

    public CommandTree(Run run, RunAlone alone, string? cluster, CliContext context)
    {
        Root = new Command("mmm");
        foreach (Option option in new Option[] { _monitors, _config, _tokenFile, _timeout, _json })
            Root.Add(option);
        foreach (MmmVerb verb in MmmVerbs.All.Where(v => v.Name != MmmVerbs.Help))
            Root.Add(Mmm(verb, run));
        Root.Add(Simple("status", run, MoreVerbs.Status));
        Root.Add(Events(run));
        Root.Add(OfHost(ExplainVerb.Name, 0, ExplainVerb.Run, run));
        Root.Add(CheckSetup(run, cluster, context));
        Root.Add(Grants(alone, cluster, context));
        Root.Add(Monitors(run));
        Root.Add(new TlsCommands(p => p.GetValue(_config), cluster, context, (parsed, verb, cancel) => alone(Options(parsed), _ => Task.FromResult(verb()), cancel)).All());
        foreach (Command command in new NodeCommands(Options, run).All())
            Root.Add(command);
    }

    /// <summary>Connects to the monitors, runs the verb, prints its result.</summary>
    public delegate Task<int> Run(GlobalOptions options, Func<Session, CancellationToken, Task<VerbResult>> verb, CancellationToken cancel);

    /// <summary>Runs a verb that asks no monitor, prints its result.</summary>
    public delegate Task<int> RunAlone(GlobalOptions options, Func<CancellationToken, Task<VerbResult>> verb, CancellationToken cancel);

    public Command Root { get; }

    public GlobalOptions Options(ParseResult parsed) => new(
        parsed.GetValue(_monitors), parsed.GetValue(_config), parsed.GetValue(_tokenFile), parsed.GetValue(_timeout), parsed.GetValue(_json));

    private Command Simple(string name, Run run, Func<Session, CancellationToken, Task<VerbResult>> verb)
    {
        Command command = new(name);
        command.SetAction((parsed, cancel) => run(Options(parsed), verb, cancel));
        return command;
    }

    private Command OfHost(string name, int least, Func<string?, Session, CancellationToken, Task<VerbResult>> verb, Run run)
    {
        (Command command, Argument<string[]> hosts) = WithHost(name, least);
        command.SetAction((parsed, cancel) => run(Options(parsed), (session, token) => verb(Host(parsed, hosts), session, token), cancel));
        return command;
    }

    private Command Events(Run run)
    {
        Option<int> lines = new("--lines", "-n") { DefaultValueFactory = _ => EventsVerb.DefaultLines };
        Option<string?> host = new(EventsVerb.OfHost), code = new("--code");
        Option<bool> follow = new("--follow", "-f");
        Command command = new(EventsVerb.Name) { lines, host, code, follow };
        command.Validators.Add(result =>
        {
            if (result.GetResult(lines) is { Implicit: false } given && given.GetValue(lines) is not (>= 1 and <= EventsVerb.MaxLines))
                result.AddError($"--lines must be 1 to {EventsVerb.MaxLines}.");
        });
        command.SetAction((parsed, cancel) => run(
            Options(parsed),
            new EventsVerb(parsed.GetValue(lines), parsed.GetValue(host), parsed.GetValue(code), parsed.GetValue(follow), parsed.GetValue(_json)).RunAsync,
            cancel));
        return command;
    }

    private Command CheckSetup(Run run, string? cluster, CliContext context)
    {
        (Command command, Argument<string[]> hosts) = WithHost("check-setup", 0);
        Option<bool> logins = new(Logins);
        AdminLogin.Options admin = new();
        command.Add(logins);
        admin.AddTo(command);
        command.SetAction((parsed, cancel) => run(
            Options(parsed),
            async (session, token) => await MoreVerbs.CheckSetup(
                Host(parsed, hosts), session,
                parsed.GetValue(logins)
                    ? new LoginCheck(ConfiguredCluster.Read(parsed.GetValue(_config), cluster ?? await session.ClusterName(token), context), admin.Read(parsed, context), Timeout(parsed)) : null,
                token),
            cancel));
        return command;
    }

    /// <summary>What prints statements needs neither monitor nor server and is answered before anything is parsed.</summary>
    private Command Grants(RunAlone alone, string? cluster, CliContext context)
    {
        (Command command, Argument<string[]> hosts) = WithHost("grants", 0);
        Option<bool> apply = new(Apply);
        Option<bool> unlogged = new(GrantsApply.Unlogged);
        AdminLogin.Options admin = new();
        command.Add(apply);
        command.Add(unlogged);
        admin.AddTo(command);
        command.SetAction((parsed, cancel) => alone(
            Options(parsed),
            token => new GrantsApply(ConfiguredCluster.Read(parsed.GetValue(_config), cluster, context), admin.Read(parsed, context), Timeout(parsed))
                .RunAsync(Host(parsed, hosts), parsed.GetValue(unlogged), token),
            cancel));
        return command;
    }

    private TimeSpan Timeout(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(_timeout));

    private static string? Host(ParseResult parsed, Argument<string[]> hosts) => (parsed.GetValue(hosts) ?? []).FirstOrDefault();

    private static (Command Command, Argument<string[]> Hosts) WithHost(string name, int least)
    {
        Argument<string[]> hosts = new("host") { Arity = ArgumentArity.ZeroOrMore };
        Command command = new(name) { hosts };
        command.Validators.Add(result =>
        {
            IReadOnlyList<Token> given = result.GetResult(hosts)?.Tokens ?? [];
            if (given.Count < least)
                result.AddError("An argument is missing.");
            else if (given.Count > 1)
                result.AddError($"'{given[1].Value}' is one too many.");
        });
        return (command, hosts);
    }

    private Command Monitors(Run run)
    {
        Argument<string[]> words = new("arguments") { Arity = ArgumentArity.ZeroOrMore };
        Command command = new(MonitorsVerb.Name) { words };
        command.Validators.Add(result =>
        {
            if (MonitorsVerb.WhatIsWrong([.. (result.GetResult(words)?.Tokens ?? []).Select(t => t.Value)]) is { } wrong)
                result.AddError(wrong);
        });
        command.SetAction((parsed, cancel) =>
        {
            ImmutableArray<string> given = [.. parsed.GetValue(words) ?? []];
            return run(Options(parsed), (session, token) => MonitorsVerb.Run(given, session, token), cancel);
        });
        return command;
    }

    private Command Mmm(MmmVerb verb, Run run)
    {
        Command command = new(verb.Name);
        Option<bool> force = new(MmmVerbs.Force);
        Option<bool> dryRun = new(MmmVerbs.DryRun);
        Argument<string[]> arguments = new("arguments") { Arity = ArgumentArity.ZeroOrMore };
        if (verb.MayBeForced)
            command.Add(force);
        if (verb.MayBeDryRun)
            command.Add(dryRun);
        if (verb.MaxArguments > 0)
        {
            command.Add(arguments);
            command.Validators.Add(result => Count(result, result.GetResult(arguments)?.Tokens ?? [], verb));
        }

        command.SetAction((parsed, cancel) =>
        {
            ImmutableArray<string> given = verb.MaxArguments == 0 ? [] : [.. parsed.GetValue(arguments) ?? []];
            if (verb.MayBeForced && parsed.GetValue(force))
                given = given.Insert(0, MmmVerbs.Force);
            if (verb.MayBeDryRun && parsed.GetValue(dryRun))
                given = given.Insert(0, MmmVerbs.DryRun);
            return run(Options(parsed), (session, token) => MmmRunner.Run(verb, given, session, token), cancel);
        });
        return command;
    }

    /// <summary>Counted here rather than by the parser's arity, whose sentences speak of the parser.</summary>
    private static void Count(CommandResult result, IReadOnlyList<Token> given, MmmVerb verb)
    {
        int most = verb.MostArguments;
        if (given.Count < verb.MinArguments)
            result.AddError("An argument is missing.");
        else if (given.Count > most)
            result.AddError($"'{given[most].Value}' is one too many.");
    }
}

/// <param name="Monitors">--monitors.</param>
/// <param name="Config">--config.</param>
/// <param name="TokenFile">--token-file.</param>
/// <param name="TimeoutSeconds">--timeout.</param>
/// <param name="Json">--json.</param>
internal sealed record GlobalOptions(string? Monitors, string? Config, string? TokenFile, double TimeoutSeconds, bool Json);
