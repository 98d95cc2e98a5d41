using System.Text;

namespace Mmm.Lab.Network;

/// <summary>
/// The lab's network: a bridge in the keeper's namespace and a cable to every host's own. Nothing is added to the machine's
/// own network namespace, so the range needs only be free inside the lab.
/// </summary>
internal static class LabSwitch
{
    public static string BuildScript(LabPlan plan, LabPaths paths)
    {
        StringBuilder script = new();
        void Line(FormattableString line) => script.Append(FormattableString.Invariant(line)).Append('\n');

        Line($"ip link set lo up");
        Line($"ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
        Line($"ip link set br0 up");
        Line($"ip addr add {plan.SwitchIp}/24 dev br0");
        Line($"ip -6 addr add {plan.SwitchIp6}/64 dev br0 nodad 2>/dev/null || true");
        foreach (LabHost host in plan.Hosts)
        {
            string ns = paths.NamespaceOf(host.Name);
            Line($": > {ns}");
            Line($"unshare --net={ns} true");
            Line($"ip link add {host.Port} type veth peer name eth0 netns {ns}");
            Line($"ip link set {host.Port} master br0 up");
            Line($"nsenter --net={ns} sh -e <<'HOST'");
            Line($"ip link set lo up");
            Line($"ip addr add {host.Ip}/24 dev eth0");
            Line($"ip -6 addr add {host.Ip6}/64 dev eth0 nodad 2>/dev/null || true");
            Line($"ip link set eth0 up");
            // Unprivileged ICMP sockets: for everybody, as most distributions have it, or for the lab's own root group, which is the only one in a user namespace.
            Line($"(echo 0 {(plan.Options.Unprivileged ? 2147483647 : 0)} > /proc/sys/net/ipv4/ping_group_range) 2>/dev/null || true");
            Line($"HOST");
        }

        return script.ToString();
    }
}
