using System.Security.Cryptography;
using System.Text;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>
/// A short text that is equal on two nodes exactly when they agree on who is there: monitors, hosts, roles, addresses. Timings are left out on
/// purpose: they may differ while a change is rolled out, and nodes with different ones still speak of the same hosts. Holds no secrets.
/// </summary>
public static class SettingsFingerprint
{
    /// <summary>Of everything: all clusters and the monitors. 64 hexadecimal digits (SHA-256).</summary>
    public static string Of(MmmSettings settings)
    {
        var writer = new Writer();
        writer.Monitors(settings);
        foreach (ClusterSettings cluster in settings.Clusters.Values)
            writer.Cluster(cluster.Topology);
        return writer.Hash();
    }

    /// <summary>Of one cluster and the monitors that decide on it: another cluster's changes do not touch it.</summary>
    public static string Of(MmmSettings settings, string cluster)
    {
        var writer = new Writer();
        writer.Monitors(settings);
        writer.Cluster(settings.Clusters[cluster].Topology);
        return writer.Hash();
    }

    /// <summary>Of one cluster alone.</summary>
    public static string Of(ClusterTopology topology)
    {
        var writer = new Writer();
        writer.Cluster(topology);
        return writer.Hash();
    }

    /// <summary>Each text is preceded by its length, and each list by its count, so that no two configurations are written alike.</summary>
    private sealed class Writer
    {
        private readonly StringBuilder _text = new("mmm-settings-1\n");

        public void Monitors(MmmSettings settings)
        {
            Add(settings.Monitors.Length);
            foreach (MonitorMember monitor in settings.Monitors)
                Add(monitor.Name, monitor.Address, monitor.Port, monitor.HttpPort);
        }

        public void Cluster(ClusterTopology cluster)
        {
            Add(cluster.Name, cluster.ActiveMasterRole, cluster.Hosts.Count);
            foreach (Host host in cluster.Hosts.Values)
                Add(host.Name, host.Ip, host.Mode, host.Peer ?? string.Empty, host.MysqlPort, host.AgentPort, host.ClusterInterface);
            Add(cluster.Roles.Count);
            foreach (Role role in cluster.Roles.Values)
            {
                Add(role.Name, role.Mode, role.Prefer ?? string.Empty, role.Hosts.Length, role.Ips.Length);
                Add([.. role.Hosts, .. role.Ips]);
            }
        }

        public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_text.ToString())));

        private void Add(params object[] values)
        {
            foreach (object value in values)
            {
                string text = value.ToString()!;
                _text.Append(text.Length).Append(':').Append(text).Append('\n');
            }
        }
    }
}
