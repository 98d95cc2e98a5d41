using System.Collections.Immutable;

namespace Mmm.Shared.Status;

/// <summary>Who answers a verb.</summary>
public enum VerbKind
{
    /// <summary>Answered from the published snapshot.</summary>
    Read,

    /// <summary>Carried out by the coordinator.</summary>
    Change,
}

/// <summary>One verb of <c>mmm_control</c>.</summary>
/// <param name="Name">As typed.</param>
/// <param name="Arguments">As the help shows them; empty when there are none.</param>
/// <param name="Meaning">One line of the help.</param>
/// <param name="Kind">Who answers it.</param>
/// <param name="MinArguments">Fewest arguments.</param>
/// <param name="MaxArguments">Most arguments, options included.</param>
public sealed record MmmVerb(string Name, string Arguments, string Meaning, VerbKind Kind, int MinArguments, int MaxArguments)
{
    /// <summary>Name and arguments, as in <c>move_role [--force] &lt;role&gt; &lt;host&gt;</c>.</summary>
    public string Usage => Arguments.Length == 0 ? Name : $"{Name} {Arguments}";

    /// <summary>It can be told <see cref="MmmVerbs.Force"/>, in front of its arguments.</summary>
    public bool MayBeForced => Name is MmmVerbs.MoveRole or MmmVerbs.SetOnline;

    /// <summary>It can be told <see cref="MmmVerbs.DryRun"/>, in front of its arguments.</summary>
    public bool MayBeDryRun => Name is MmmVerbs.MoveRole or MmmVerbs.SetOffline;

    /// <summary>Most arguments without an option.</summary>
    public int MostArguments => MayBeForced ? MaxArguments - 1 : MaxArguments;

    /// <summary>MMM's own rule: the number of arguments decides, an option in front aside.</summary>
    public bool Takes(ImmutableArray<string> arguments)
    {
        bool option = arguments.Length > 0 && ((MayBeForced && arguments[0] == MmmVerbs.Force) || (MayBeDryRun && arguments[0] == MmmVerbs.DryRun));
        int given = arguments.Length - (option ? 1 : 0);
        return given >= MinArguments && given <= MostArguments;
    }
}

/// <summary>MySQL-MMM's verbs, in the order of its help (lib/Monitor/Commands.pm, 2.2.1).</summary>
public static class MmmVerbs
{
    public const string Help = "help";
    public const string Ping = "ping";
    public const string Show = "show";
    public const string Checks = "checks";
    public const string SetOnline = "set_online";
    public const string SetOffline = "set_offline";
    public const string Mode = "mode";
    public const string SetActive = "set_active";
    public const string SetManual = "set_manual";
    public const string SetPassive = "set_passive";
    public const string MoveRole = "move_role";
    public const string SetIp = "set_ip";

    /// <summary>MMM's one option.</summary>
    public const string Force = "--force";

    /// <summary>Ours: says what would be done, and changes nothing.</summary>
    public const string DryRun = "--dry-run";

    public static readonly ImmutableArray<MmmVerb> All =
    [
        new(Help, "", "show this message", VerbKind.Read, 0, 0),
        new(Ping, "", "ping monitor", VerbKind.Read, 0, 0),
        new(Show, "", "show status", VerbKind.Read, 0, 0),
        new(Checks, "[<host>|all [<check>|all]]", "show checks status", VerbKind.Read, 0, 2),
        new(SetOnline, "[--force] <host>", "set host <host> online", VerbKind.Change, 1, 2),
        new(SetOffline, "<host>", "set host <host> offline", VerbKind.Change, 1, 1),
        new(Mode, "", "print current mode.", VerbKind.Read, 0, 0),
        new(SetActive, "", "switch into active mode.", VerbKind.Change, 0, 0),
        new(SetManual, "", "switch into manual mode.", VerbKind.Change, 0, 0),
        new(SetPassive, "", "switch into passive mode.", VerbKind.Change, 0, 0),
        new(MoveRole, "[--force] <role> <host>", "move exclusive role <role> to host <host>", VerbKind.Change, 2, 3),
        new(SetIp, "<ip> <host>", "set role with ip <ip> to host <host>", VerbKind.Change, 2, 2),
    ];

    /// <summary>Ours: which monitors vote. Not one of MMM's, which has but one monitor.</summary>
    public static readonly MmmVerb Monitors = new("monitors", "add|remove <monitor>", "have a monitor vote, or vote no more", VerbKind.Change, 2, 2);

    /// <summary>The verbs that the coordinator carries out.</summary>
    public static readonly ImmutableArray<MmmVerb> Changes = [.. All.Where(v => v.Kind == VerbKind.Change), Monitors];

    /// <summary>The verb of that exact name; null when MMM has none.</summary>
    public static MmmVerb? Find(string name) => All.FirstOrDefault(v => v.Name == name);
}
