using System.Text;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Status;

/// <summary>
/// MMM's <c>show</c>: a snapshot as the text that scripts parse. Lines that are not a host's begin with <c>#</c>.
/// Source of every format: lib/Monitor/Commands.pm, Agents.pm and Roles.pm of MySQL-MMM 2.2.1.
/// </summary>
public static class MmmShow
{
    /// <summary>The whole answer; ends with a newline.</summary>
    public static string Format(ClusterSnapshot snapshot)
    {
        StringBuilder text = new();
        AppendPassive(text, snapshot);
        foreach (string warning in Warnings(snapshot))
            text.Append("# Warning: ").Append(warning).Append('\n');
        foreach (HostView host in snapshot.Hosts.OrderBy(h => h.Name, StringComparer.Ordinal))
            text.Append("  ").Append(HostLine(snapshot, host)).Append('\n');
        AppendPreferences(text, snapshot);
        return text.ToString();
    }

    /// <summary><c>db1(192.168.0.31) master/ONLINE. Roles: reader(192.168.0.51), writer(192.168.0.50)</c>; without roles it ends in a blank, as the original's.</summary>
    public static string HostLine(ClusterSnapshot snapshot, HostView host)
    {
        IEnumerable<string> roles = snapshot.Roles.Where(r => r.Owner == host.Name).Select(r => r.Address).Order().Select(a => a.ToString());
        return $"{host.Name}({host.Ip}) {host.Mode}/{host.State}. Roles: {string.Join(", ", roles)}";
    }

    /// <summary>Unreachable agents first, as the original; then what else the coordinator warns of, without saying anything twice.</summary>
    public static IEnumerable<string> Warnings(ClusterSnapshot snapshot)
    {
        IEnumerable<string> agents = snapshot.Hosts
            .Where(h => !h.AgentReachable)
            .OrderBy(h => h.Name, StringComparer.Ordinal)
            .Select(h => $"agent on host {h.Name} is not reachable");
        return agents.Concat(snapshot.Warnings).Distinct(StringComparer.Ordinal).Select(OneLine);
    }

    private static void AppendPassive(StringBuilder text, ClusterSnapshot snapshot)
    {
        if (snapshot.Mode != "PASSIVE")
            return;
        text.Append("# --- Monitor is in PASSIVE MODE ---\n");
        string cause = snapshot.ModeReason ?? "";
        foreach (string line in $"Cause: {cause}".TrimEnd('\n').Split('\n'))
            text.Append("# ").Append(line).Append('\n');
    }

    private static void AppendPreferences(StringBuilder text, ClusterSnapshot snapshot)
    {
        foreach (RoleView role in snapshot.Roles.Where(r => r.Prefer is not null).OrderBy(r => r.Address))
        {
            string name = role.Address.Role;
            text.Append(role.Owner switch
            {
                null => $"# Role {name} has {role.Prefer} configured as it's preferred host.\n",
                string owner when owner == role.Prefer => $"# Role {name} is assigned to it's preferred host {role.Prefer}.\n",
                string owner => $"# Role {name} has {role.Prefer} configured as it's preferred host but is assigned to {owner} at the moment.\n",
            });
        }
    }

    /// <summary>A sentence with a line break (a driver's message) must not look like a host's line to a script.</summary>
    private static string OneLine(string sentence) => sentence.ReplaceLineEndings(" ");
}
