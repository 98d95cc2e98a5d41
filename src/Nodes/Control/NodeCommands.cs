using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Mmm.Control.Verbs;
using Mmm.Shared.Api;

namespace Mmm.Control;

/// <summary>The part of the command line that is about the monitors as nodes: of an Akka cluster, by the names of Petabridge.Cmd, and with a configuration each.</summary>
internal sealed class NodeCommands(Func<ParseResult, GlobalOptions> options, CommandTree.Run run)
{
    public const string Cluster = "cluster";
    public const string Sharding = "cluster-sharding";
    public const string Actor = "actor";
    public const string Log = "log";
    public const string Watch = "watch";
    public const string Config = "config";

    public const string Address = "--address";
    public const string Region = "--region";
    public const string Level = "--level";
    private const string Force = "--force";
    private const string Start = "--start";
    private const string Depth = "--depth";
    private const string Lines = "--lines";
    private const string Follow = "--follow";
    private const string Interval = "--interval";

    /// <summary>For completion: the word behind one of these is no argument.</summary>
    public static readonly ImmutableArray<string> OptionsWithValue = ["-a", Address, "-r", Region, "-s", Start, "-d", Depth, "-n", Lines, Level, Interval];

    /// <summary>For completion.</summary>
    public static ImmutableArray<string> OptionsOf(string? verb, string? second) => (verb, second) switch
    {
        (Cluster, "leave" or "down") => ["-a", Address, Force],
        (Cluster, "join") => ["-a", Address],
        (Cluster, "down-unreachable") => [Force],
        (Sharding, "region-stats") => ["-r", Region],
        (Actor, "hierarchy") => ["-a", Address, "-s", Start, "-d", Depth],
        (Log, "tail") => ["-a", Address, "-n", Lines, Level, "-f", Follow],
        (Watch, _) => [Interval],
        (Config, "reload") => ["-a", Address],
        _ => [],
    };

    public IEnumerable<Command> All() =>
    [
        new(Cluster)
        {
            Plain("show", MoreVerbs.ClusterShow),
            Plain("status", MoreVerbs.ClusterStatus),
            Plain("list-unreachable", ClusterVerbs.ListUnreachable),
            Leave(),
            Down(),
            DownUnreachable(),
            Join(),
        },
        new(Sharding) { Plain("list-regions", ShardingVerbs.ListRegions), RegionStats() },
        new(Actor) { Hierarchy() },
        new(Log) { Tail() },
        new(Config) { Reload() },
        WatchStatus(),
    ];

    private Command Leave()
    {
        Option<string?> address = AddressOption();
        Option<bool> force = new(Force);
        return Of("leave", [address, force], (parsed, session, cancel) => ClusterVerbs.Leave(parsed.GetValue(address), parsed.GetValue(force), session, cancel));
    }

    private Command Down()
    {
        Option<string?> address = AddressOption(required: true);
        Option<bool> force = new(Force);
        return Of("down", [address, force], (parsed, session, cancel) => ClusterVerbs.Down(parsed.GetRequiredValue(address)!, parsed.GetValue(force), session, cancel));
    }

    private Command DownUnreachable()
    {
        Option<bool> force = new(Force);
        return Of("down-unreachable", [force], (parsed, session, cancel) => ClusterVerbs.DownUnreachable(parsed.GetValue(force), session, cancel));
    }

    private Command Join()
    {
        Option<string?> address = AddressOption(required: true);
        return Of("join", [address], (parsed, session, cancel) => ClusterVerbs.Join(parsed.GetRequiredValue(address)!, session, cancel));
    }

    private Command RegionStats()
    {
        Option<string> region = new(Region, "-r") { Required = true };
        return Of("region-stats", [region], (parsed, session, cancel) => ShardingVerbs.RegionStats(parsed.GetRequiredValue(region), session, cancel));
    }

    private Command Hierarchy()
    {
        Option<string?> address = AddressOption();
        Option<string> start = new(Start, "-s") { DefaultValueFactory = _ => "/user" };
        Option<double> depth = Number(Depth, "-d", ActorVerb.MaxDepth, 0, ActorVerb.MaxDepth, whole: true);
        return Of(
            "hierarchy", [address, start, depth],
            (parsed, session, cancel) => ActorVerb.Hierarchy(parsed.GetValue(address), parsed.GetRequiredValue(start), (int)parsed.GetValue(depth), session, cancel));
    }

    private Command Tail()
    {
        Option<string?> address = AddressOption();
        Option<double> lines = Number(Lines, "-n", LogVerb.UsualLines, 1, LogVerb.MaxLines, whole: true);
        Option<string?> level = new(Level);
        Option<bool> follow = new(Follow, "-f");
        level.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } word }] && LogLevels.RankOf(word) is null)
                result.AddError($"{Level} must be one of {string.Join(", ", LogLevels.All)}.");
        });
        return Of(
            "tail", [address, lines, level, follow],
            (parsed, session, cancel) =>
            {
                LogVerb.Wish wish = new((int)parsed.GetValue(lines), parsed.GetValue(level));
                return parsed.GetValue(follow)
                    ? LogVerb.Follow(parsed.GetValue(address), wish, options(parsed).Json, session, cancel)
                    : LogVerb.Tail(parsed.GetValue(address), wish, session, cancel);
            });
    }

    private Command Reload()
    {
        Option<string?> address = AddressOption();
        return Of("reload", [address], (parsed, session, cancel) => ConfigVerbs.Reload(parsed.GetValue(address), session, cancel));
    }

    private Command WatchStatus()
    {
        Option<double> interval = Number(Interval, null, 2, 0.1, 3600, whole: false);
        return Of(Watch, [interval], (parsed, session, cancel) => WatchVerb.Run(TimeSpan.FromSeconds(parsed.GetValue(interval)), options(parsed).Json, session, cancel));
    }

    private Command Plain(string name, Func<Session, CancellationToken, Task<VerbResult>> verb) => Of(name, [], (_, session, cancel) => verb(session, cancel));

    private Command Of(string name, ImmutableArray<Option> own, Func<ParseResult, Session, CancellationToken, Task<VerbResult>> verb)
    {
        Command command = new(name);
        foreach (Option option in own)
            command.Add(option);
        command.SetAction((parsed, cancel) => run(options(parsed), (session, token) => verb(parsed, session, token), cancel));
        return command;
    }

    private static Option<string?> AddressOption(bool required = false) => new(Address, "-a") { Required = required };

    /// <summary>The parser's own complaints speak of .NET's types.</summary>
    private static Option<double> Number(string name, string? alias, double usual, double least, double most, bool whole)
    {
        Option<double> option = alias is null ? new(name) : new(name, alias);
        option.DefaultValueFactory = _ => usual;
        option.CustomParser = result =>
        {
            NumberStyles styles = whole ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
            if (result.Tokens is [{ Value: { } text }] && double.TryParse(text, styles, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most)
                return number;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be a {(whole ? "whole number" : "number")} from {least} to {most}."));
            return usual;
        };
        return option;
    }
}
