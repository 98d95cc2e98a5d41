using System.Collections.Immutable;
using System.Net;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>No address twice: within a cluster, across clusters, and against the monitors. Two clusters never touch each other's hosts.</summary>
internal static class AddressRules
{
    public static void Check(ImmutableArray<MonitorDraft> monitors, AgentDraft agent, ImmutableArray<ClusterDraft> clusters, SettingsProblems problems)
    {
        CheckRoleAddresses(monitors, clusters, problems);
        CheckEndpoints(monitors, agent, clusters, problems);
        WarnOfSharedMachines(clusters, problems);
    }

    /// <summary>A role address moves; it may be nothing else at the same time.</summary>
    private static void CheckRoleAddresses(ImmutableArray<MonitorDraft> monitors, ImmutableArray<ClusterDraft> clusters, SettingsProblems problems)
    {
        var taken = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (MonitorDraft monitor in monitors.Where(m => m.Address.Valid))
            taken.TryAdd(Canonical(monitor.Address.Value), $"the address of monitor {monitor.Name} ({monitor.Address.Origin.FileAndLine})");
        foreach (HostDraft host in clusters.SelectMany(c => c.Hosts).Where(h => h.Ip.Valid))
            taken.TryAdd(host.Ip.Value, $"the address of host {host.Name} ({host.Ip.Origin.FileAndLine})");
        foreach (ClusterDraft cluster in clusters)
        {
            foreach (RoleDraft role in cluster.Roles)
            {
                foreach (Setting<string> ip in role.Ips.Value.Where(i => i.Valid))
                {
                    if (IPAddress.IsLoopback(IPAddress.Parse(ip.Value)))
                        problems.Warn(ip, $"{ip.Value} is a loopback address: no other machine can reach this role");
                    if (taken.TryGetValue(ip.Value, out string? by))
                        problems.Error(ip, $"{ip.Value} is already {by}", "an address that nothing else has");
                    else
                        taken[ip.Value] = $"an address of role {role.Name} of cluster {cluster.Name} ({ip.Origin.FileAndLine})";
                }
            }
        }
    }

    /// <summary>Each listener has its own address and port.</summary>
    private static void CheckEndpoints(ImmutableArray<MonitorDraft> monitors, AgentDraft agent, ImmutableArray<ClusterDraft> clusters, SettingsProblems problems)
    {
        var taken = new Dictionary<(string Ip, int Port), string>();
        foreach (MonitorDraft monitor in monitors)
        {
            Take(monitor.Address, monitor.Port, $"port of monitor {monitor.Name}");
            Take(monitor.Address, monitor.HttpPort, $"http_port of monitor {monitor.Name}");
        }

        foreach (ClusterDraft cluster in clusters)
        {
            foreach (HostDraft host in cluster.Hosts)
            {
                Take(host.Ip, host.MysqlPort, $"mysqld of host {host.Name} of cluster {cluster.Name}");
                if (host.AdminPort is { Valid: true, Value: > 0 })
                    Take(host.Ip, host.AdminPort, $"mysql_admin_port of host {host.Name} of cluster {cluster.Name}");
                Take(host.Ip, host.AgentPort, $"agent of host {host.Name} of cluster {cluster.Name}");
            }
        }

        HostDraft[] machines = [.. clusters.SelectMany(c => c.Hosts).Where(h => h.Ip.Valid).DistinctBy(h => h.Ip.Value)];
        foreach (HostDraft host in machines)
        {
            if (Clash(host, agent.BinlogPort) is not { } clash)
                continue;
            // Nobody chose the default: what ran without it goes on.
            if (agent.BinlogPort.Origin.File == ReferenceConfiguration.Name)
            {
                problems.Warn(host.Ip, $"agent.binlog_port: {clash}: the binary log of a dead mysqld cannot be served there; choose another port, or 0");
                continue;
            }

            problems.Error(agent.BinlogPort, clash, "another port, or 0 to serve no binary logs");
            break;
        }

        if (agent.HttpPort is { Valid: true, Value: > 0 })
        {
            if (agent.HttpPort.Value == agent.BinlogPort.Value)
                problems.Error(agent.HttpPort, $"{agent.HttpPort.Value} is already agent.binlog_port", "another port, or 0 to serve nothing");
            else if (machines.Select(h => Clash(h, agent.HttpPort)).FirstOrDefault(c => c is not null) is { } clash)
                problems.Error(agent.HttpPort, clash, "another port, or 0 to serve nothing");
        }

        string? Clash(HostDraft host, Setting<int> port) =>
            port.Valid && taken.TryGetValue((host.Ip.Value, port.Value), out string? by) ? $"{host.Ip.Value} port {port.Value} is already {by}" : null;

        void Take(Setting<string> ip, Setting<int> port, string what)
        {
            if (!ip.Valid || !port.Valid)
                return;
            (string, int) endpoint = (Canonical(ip.Value), port.Value);
            string where = port.Origin.File == ReferenceConfiguration.Name ? ip.Origin.FileAndLine : port.Origin.FileAndLine;
            if (taken.TryGetValue(endpoint, out string? by))
                problems.Error(ip, $"{what} would use {ip.Value} port {port.Value}, which is already {by}", "another address or port");
            else
                taken[endpoint] = $"{what} ({where})";
        }
    }

    /// <summary>Legal for trying things out; in production the two fail together.</summary>
    private static void WarnOfSharedMachines(ImmutableArray<ClusterDraft> clusters, SettingsProblems problems)
    {
        foreach (ClusterDraft cluster in clusters)
        {
            foreach (IGrouping<string, HostDraft> same in cluster.Hosts.Where(h => h.Ip.Valid).GroupBy(h => h.Ip.Value).Where(g => g.Count() > 1))
                problems.Warn(same.Last().Ip, $"the hosts {string.Join(", ", same.Select(h => h.Name))} are on one machine: they fail together");
        }
    }

    private static string Canonical(string address) => IpText.TryParse(address, out IPAddress? ip) ? ip.ToString() : address.ToUpperInvariant();
}
