using System.Security.Cryptography;
using System.Text;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>
/// A short text that is equal on two nodes exactly when they agree on who is there: hosts, roles, addresses. Timings are left out on
/// purpose: they may differ while a change is rolled out, and nodes with different ones still speak of the same hosts. So is the list of monitors: a file only says
/// where they are, whose word counts is decided. Holds no secrets.
/// </summary>
public static class SettingsFingerprint
{
    /// <summary>Of all clusters. 64 hexadecimal digits (SHA-256).</summary>
    public static string Of(MmmSettings settings)
    {
        var writer = new Writer();
        foreach (ClusterSettings cluster in settings.Clusters.Values)
            writer.Cluster(cluster.Topology);
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
