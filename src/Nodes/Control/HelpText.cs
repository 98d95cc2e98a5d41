using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using Mmm.Control.Admin;
using Mmm.Control.Tls;
using Mmm.Control.Verbs;
using Mmm.Shared.Status;

namespace Mmm.Control;

/// <summary>A verb of <c>mmm</c> that MMM did not have, for help, usage and completion.</summary>
internal sealed record ExtraVerb(string Name, string Arguments, string Meaning)
{
    public string Usage => Arguments.Length == 0 ? Name : $"{Name} {Arguments}";

    /// <summary>Of a verb that needs one: <c>show</c> and <c>status</c>, say.</summary>
    public string[] SecondWords => Arguments.Split(' ')[0].Split('|');
}

/// <summary>What <c>mmm help</c> prints.</summary>
internal static class HelpText
{
    private const int Column = 39;

    public static readonly ImmutableArray<ExtraVerb> Extra =
    [
        new("status", "", "monitors, clusters, hosts, troubles and latest decisions on one screen"),
        new("move_role", "--dry-run <role> <host>", "the steps of a move and what is in the way; nothing is changed"),
        new("set_offline", "--dry-run <host>", "the same of taking a host out"),
        new(ExplainVerb.Name, "[<role>|<host>]", "why it is as it is, why it does not change, and what can be done"),
        new("check-setup", $"[{CommandTree.Logins}] [<host>]", "how the servers are set up, and the statements that mend what is wrong"),
        new(EventsVerb.Name, EventsVerb.Arguments, "what was decided, seen and ordered; --follow: and what comes"),
        new(MonitorsVerb.Name, MonitorsVerb.Arguments, "the monitors by name, or which of them vote"),
        new(NodeCommands.Cluster, "show|status", "the monitors: as Akka's members, or by name with leader and coordinator"),
        new(NodeCommands.Cluster, "list-unreachable", "the members that others cannot reach"),
        new(NodeCommands.Cluster, "leave [-a <monitor>] [--force]", "have a monitor leave the monitors' cluster, the one that is asked or the named one"),
        new(NodeCommands.Cluster, "down -a <monitor> [--force]", "remove a monitor that is gone from the monitors' cluster"),
        new(NodeCommands.Cluster, "down-unreachable [--force]", "the same of every member that others cannot reach"),
        new(NodeCommands.Cluster, "join -a <monitor>", "have the monitor that is asked join the named one's cluster"),
        new(NodeCommands.Sharding, "list-regions", "the shard regions of a monitor"),
        new(NodeCommands.Sharding, "region-stats -r <region>", "which monitor holds which shards of a region"),
        new(NodeCommands.Actor, "hierarchy [-a <monitor>] [-s <path>] [-d <depth>]", "the actors of a monitor, from /user or another path on"),
        new(NodeCommands.Log, "tail [-a <monitor>] [-n <lines>] [--level <level>] [--follow]", "the latest lines of a monitor's log"),
        new(NodeCommands.Config, "reload [-a <monitor>]", "have the monitors, or one, read their configuration again; agents: systemctl reload mmm-agent"),
        new(NodeCommands.Watch, "[--interval <seconds>]", "status, again and again until Ctrl-C"),
        new("grants", MmmCli.GrantsArguments, "print the statements that make MMM's logins, with the least rights"),
        new("grants", $"{CommandTree.Apply} [{GrantsApply.Unlogged}] [<host>]", "make them, and give them what they lack"),
        new(TlsVerbs.Name, "init [--dir <folder>] [--days <days>] [--renew|--finish]", "make the authority that signs an installation's certificates; put a new one in its place"),
        new(TlsVerbs.Name, "issue --all|<monitor|host>…|--client <name> [--role <role>]", "sign certificates of the configured nodes, or of somebody who asks the monitors"),
        new(TlsVerbs.Name, "show [--dir <folder>] [<file>…]", "whom certificates are for and how long they are good"),
        new("completion", "bash|zsh|fish", "print a completion script for the shell"),
    ];

    /// <summary>Verbs that are nothing without a second word.</summary>
    public static readonly ImmutableArray<string> Groups = [NodeCommands.Cluster, NodeCommands.Sharding, NodeCommands.Actor, NodeCommands.Log, NodeCommands.Config, TlsVerbs.Name];

    public static string Version =>
        typeof(HelpText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Usage of one verb, one line; null when there is no such verb.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="second">Second word, of the verbs that need one; null = all of them.</param>
    public static string? UsageOf(string verb, string? second = null)
    {
        if (!Groups.Contains(verb))
            return MmmVerbs.Find(verb)?.Usage ?? Extra.FirstOrDefault(e => e.Name == verb)?.Usage;
        return second is null ? $"{verb} {string.Join('|', SecondWords(verb))}" : Extra.FirstOrDefault(e => e.Name == verb && e.SecondWords.Contains(second))?.Usage;
    }

    /// <summary>What may follow one of <see cref="Groups"/>.</summary>
    public static IEnumerable<string> SecondWords(string group) => Extra.Where(e => e.Name == group).SelectMany(e => e.SecondWords);

    /// <summary>Help of one verb; null when there is no such verb.</summary>
    public static string? Of(string verb)
    {
        IEnumerable<(string Usage, string Meaning)> all = MmmVerbs.All.Where(v => v.Name == verb).Select(v => (v.Usage, v.Meaning))
            .Concat(Extra.Where(e => e.Name == verb).Select(e => (e.Usage, e.Meaning)));
        string text = string.Join('\n', all.Select(v => $"Usage: mmm [@CLUSTER] {v.Usage}\n\n    {v.Meaning}\n"));
        return text.Length == 0 ? null : text;
    }

    public static string All()
    {
        StringBuilder text = new("Usage: mmm [options] [@CLUSTER] COMMAND [arguments]\n\nMySQL-MMM's commands:\n");
        foreach (MmmVerb verb in MmmVerbs.All)
            Line(text, verb.Usage, verb.Meaning);
        text.Append("\nMore commands:\n");
        foreach (ExtraVerb verb in Extra)
            Line(text, verb.Usage, verb.Meaning);
        text.Append("\nOptions:\n");
        Line(text, "--monitors HOST[:PORT],…", "whom to ask (MMM_MONITORS)");
        Line(text, "--config FILE", "a monitor's configuration: monitors and token, hosts and logins");
        Line(text, "", "(default /etc/mmm/mmm.conf, /etc/mmm/monitor.conf, then 127.0.0.1:8558)");
        Line(text, "--token-file FILE", "bearer token (MMM_TOKEN)");
        Line(text, "--timeout SECONDS", "how long to try all of them, default 10");
        Line(text, "--json", "the monitors' answer as JSON, see docs/http-api.md");
        text.Append("\nOptions of grants --apply and check-setup --logins, which log in at the servers themselves:\n");
        Line(text, "--admin-user USER", "an administrator's login, default root");
        Line(text, "--admin-password-file FILE", $"its password, on the first line ({AdminLogin.PasswordVariable})");
        Line(text, "--socket PATH", "unix socket of this machine's server, in place of TCP");
        text.Append("\nExit codes:\n");
        foreach ((int code, string meaning) in Codes)
            Line(text, code.ToString(CultureInfo.InvariantCulture), meaning);
        return text.ToString();
    }

    private static readonly ImmutableArray<(int Code, string Meaning)> Codes =
    [
        (ExitCodes.Ok, "done, or the picture is fresh"),
        (ExitCodes.Refused, "the answer is an ERROR: nothing was changed; check-setup: there are errors; config reload: a file is not valid"),
        (ExitCodes.Usage, "wrong command line"),
        (ExitCodes.NoMonitor, "no monitor can be reached"),
        (ExitCodes.NoCoordinator, "no coordinator answers or it has no quorum; what is shown is old"),
        (ExitCodes.NotAuthorised, "token missing or wrong"),
        (ExitCodes.Config, "configuration or token file cannot be used"),
        (ExitCodes.Interrupted, "ended with Ctrl-C"),
    ];

    private static void Line(StringBuilder text, string left, string right) =>
        text.Append("    ").Append(left.Length < Column - 4 ? left.PadRight(Column - 4) : left + '\n' + new string(' ', Column)).Append(right).Append('\n');
}
