using System.Globalization;
using System.Text;

namespace Mmm.Shared.Status;

/// <summary>MMM's answers that need no cluster: what every front end (CLI, TCP protocol, HTTP) says in the same words.</summary>
public static class MmmAnswers
{
    private const string NotYetInForce = "ERROR: The last change of the monitors is not yet in force: ";

    /// <summary>A change of the monitors that must wait for the one before.</summary>
    public static string WaitsForLastChange(string why) => NotYetInForce + why;

    /// <summary>True for <see cref="WaitsForLastChange"/>.</summary>
    public static bool IsNotYetInForce(string answer) => answer.StartsWith(NotYetInForce, StringComparison.Ordinal);

    public const string Pinged = "OK: Pinged successfully!";

    /// <summary>What <c>mmm_control</c> prints when no monitor can be reached.</summary>
    public const string CannotConnect = "ERROR: Can't connect to monitor daemon!";

    public static string UnknownHost(string host) => $"ERROR: Unknown host name '{host}'!";

    public static string UnknownCheck(string check) => $"ERROR: Unknown check '{check}'!";

    /// <summary>Ours: the original had one configuration file per cluster and knew no list.</summary>
    public static string UnknownCluster(string cluster, IEnumerable<string> known) =>
        $"ERROR: Unknown cluster '{cluster}'! Clusters are: {string.Join(", ", known)}";

    /// <summary>Ours: the original went on with <c>mmm_mon.conf</c> when no cluster was named.</summary>
    public static string NameACluster(IEnumerable<string> known) =>
        $"ERROR: There are several clusters; name one in front, as in '@{known.First()} show'. Clusters are: {string.Join(", ", known)}";

    /// <summary>Ours: the coordinator is there but cannot decide (no quorum, or it is just starting).</summary>
    /// <param name="why">What keeps it, without a full stop.</param>
    public static string NothingDecided(string why) => $"{NothingDecidedStart}: {why}. Nothing was changed.";

    /// <summary>True for <see cref="NothingDecided"/>: not this command was refused, but none would be carried out now.</summary>
    public static bool IsNothingDecided(string answer) => answer.StartsWith(NothingDecidedStart, StringComparison.Ordinal);

    private const string NothingDecidedStart = "ERROR: Nothing can be decided at the moment";

    /// <summary>Ours: a picture that is too old to be trusted.</summary>
    public static string StalePicture(string cluster, long ageMs, string monitor) =>
        string.Create(CultureInfo.InvariantCulture, $"this picture of {cluster} is {ageMs / 1000} s old: monitor {monitor} hears no coordinator, see 'mmm status'");

    /// <summary>Ours: a monitor that has just started.</summary>
    public static string NothingHeard(string monitor, string cluster) => $"Monitor {monitor} has not heard from a coordinator of cluster {cluster} since it started. Ask again in a second or ask another monitor.";

    /// <summary>Ours: the coordinator is silent.</summary>
    /// <param name="monitor">Which monitor says so.</param>
    /// <param name="sent">The command was sent to it. Goes on with what the caller can do.</param>
    public static string NoCoordinator(string monitor, bool sent) =>
        $"Monitor {monitor} got no answer from the coordinator in time: a takeover is going on, or too few monitors are up. "
        + (sent ? "It is not known whether the command was carried out" : "Nothing was changed");

    /// <summary>Ours: a monitor whose own actors are silent.</summary>
    public static string NotAnswering(string monitor) =>
        $"The parts of monitor {monitor} that know the clusters did not answer in time: it is starting, stopping or overloaded. Ask another monitor.";

    /// <summary>Answer to a line that is no command, help included.</summary>
    public static string InvalidCommand(string line) => $"{InvalidCommandStart}'{line}'\n\n{Help()}";

    /// <summary>True for <see cref="InvalidCommand"/>.</summary>
    public static bool IsInvalidCommand(string answer) => answer.StartsWith(InvalidCommandStart, StringComparison.Ordinal);

    private const string InvalidCommandStart = "Invalid command ";

    /// <summary>MMM's help text; ends with a newline.</summary>
    public static string Help()
    {
        const int column = 34;
        StringBuilder text = new("Valid commands are:\n");
        foreach (MmmVerb verb in MmmVerbs.All)
        {
            text.Append("    ").Append(verb.Usage.PadRight(column - 1)).Append(" - ").Append(verb.Meaning).Append('\n');
            if (verb.Name == MmmVerbs.MoveRole)
                text.Append(' ', column + 6).Append("(Only use --force if you know what you are doing!)\n");
        }

        return text.ToString();
    }
}
