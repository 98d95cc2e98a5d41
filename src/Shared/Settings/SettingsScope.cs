namespace Mmm.Shared.Settings;

/// <summary>What becomes of a changed key when a running program reads its configuration again.</summary>
internal enum SettingsEffect
{
    /// <summary>It takes effect at once.</summary>
    Live,

    /// <summary>It takes effect when this program is started anew.</summary>
    Restart,

    /// <summary>This program has no use for it.</summary>
    None,
}

/// <summary>Which key takes effect when, by program.</summary>
internal static class SettingsScope
{
    /// <summary>Of a cluster, what an agent goes by; the rest is the monitors' business.</summary>
    private static readonly string[] s_agentKeys =
    [
        "hosts", "roles", "active_master_role", "catch_up_timeout", "lease", "fencing", "failsafe", "addresses", "replication", "disk",
        "monitor_user", "agent_user", "agent_password", "replication_user", "replication_password",
    ];

    /// <summary>Of any cluster: what goes into <see cref="SettingsFingerprint"/>.</summary>
    private static readonly string[] s_topology = ["hosts", "roles", "active_master_role"];

    /// <summary>What the other program's logins are.</summary>
    private static readonly string[] s_notOfMonitors = ["agent_user", "agent_password", "replication_user", "replication_password"];

    /// <summary>Ports, folders and who there is, which a process takes hold of once; and what all monitors must change together.</summary>
    private static readonly string[] s_monitorRestart =
    [
        "monitors", "tls.ca_file", "tls.cert_file", "tls.key_file", "monitor.state_dir", "monitor.http.bind", "monitor.membership", "monitor.mmm_control", "monitor.history_events", "monitor.otlp_endpoint",
    ];

    private static readonly string[] s_agentRestart = ["tls.ca_file", "tls.cert_file", "tls.key_file", "agent.state_dir", "agent.bind_address", "agent.http"];

    /// <param name="path">Of <see cref="SettingsKeys"/>.</param>
    /// <param name="running">What the program runs with.</param>
    /// <param name="kind">Which program it is.</param>
    public static SettingsEffect Of(string path, MmmSettings running, NodeKind kind)
    {
        if (path is "this" or "this_cluster")
            return SettingsEffect.Restart;
        bool agent = kind == NodeKind.Agent;
        if (path.StartsWith("cluster ", StringComparison.Ordinal))
            return agent ? OfAgentsCluster(path, running) : OfMonitorsCluster(path);
        if (Within(path, agent ? "monitor" : "agent"))
            return SettingsEffect.None;
        return Array.Exists(agent ? s_agentRestart : s_monitorRestart, p => Within(path, p)) ? SettingsEffect.Restart : SettingsEffect.Live;
    }

    /// <summary>True for the section and everything in it.</summary>
    public static bool Within(string path, string section) =>
        path.StartsWith(section, StringComparison.Ordinal) && (path.Length == section.Length || path[section.Length] == '.');

    /// <summary>Which clusters there are is known to keepers and singletons from their start.</summary>
    private static SettingsEffect OfMonitorsCluster(string path)
    {
        if (KeyOf(path) is not { } key)
            return SettingsEffect.Restart;
        return IsOneOf(key, s_notOfMonitors) ? SettingsEffect.None : IsTtl(key) ? SettingsEffect.Restart : SettingsEffect.Live;
    }

    /// <summary>The agent's own address, port and interface are in its sockets.</summary>
    private static SettingsEffect OfAgentsCluster(string path, MmmSettings running)
    {
        if (KeyOf(path) is not { } key)
            return SettingsEffect.Live;
        string host = $"hosts.{SettingsKeys.Quoted(running.This)}";
        if (!Within(path, SettingsKeys.PathOf(running.ThisCluster!)))
            return IsOneOf(key, s_topology) ? SettingsEffect.Live : SettingsEffect.None;
        if (!IsOneOf(key, s_agentKeys))
            return SettingsEffect.None;
        return IsTtl(key) || key == $"{host}.ip" || key == $"{host}.agent_port" || key == $"{host}.cluster_interface" ? SettingsEffect.Restart : SettingsEffect.Live;
    }

    /// <summary>
    /// A granter grants nothing to a host with another ttl: changed on one program after the other, every lease would run out in between. Whoever changes it has to say when.
    /// </summary>
    private static bool IsTtl(string key) => key == "lease.ttl";

    /// <summary>What comes after the cluster's name; null: nothing, the path is the cluster itself.</summary>
    private static string? KeyOf(string path)
    {
        int name = "cluster ".Length;
        int from = path[name] == '"' ? path.IndexOf('"', name + 1) : name;
        int dot = path.IndexOf('.', from);
        return dot < 0 ? null : path[(dot + 1)..];
    }

    private static bool IsOneOf(string key, string[] sections) => Array.Exists(sections, s => Within(key, s));
}
