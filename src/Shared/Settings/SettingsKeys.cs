using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Hooks;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>
/// Every setting under its HOCON path, as a text that is equal exactly when the setting is. Held by nobody and never shown: it has the secrets in it. What has a name of its own (a host, a
/// role, a monitor, a token, a cluster) has an entry itself, so that one that came or went is told as a whole.
/// </summary>
internal sealed class SettingsKeys
{
    /// <summary>Text of an entry that stands for something with a name.</summary>
    public const string Named = "";

    private readonly SortedDictionary<string, string> _keys = new(StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, string> Of(MmmSettings settings)
    {
        var keys = new SettingsKeys();
        keys.Root(settings);
        return keys._keys;
    }

    /// <summary>Path of a cluster's section.</summary>
    public static string PathOf(string cluster) => $"cluster {Quoted(cluster)}";

    /// <summary>A name as part of a path: names may have dots in them.</summary>
    public static string Quoted(string name) => name.Contains('.', StringComparison.Ordinal) ? $"\"{name}\"" : name;

    private void Root(MmmSettings s)
    {
        Add("this", s.This);
        Add("this_cluster", s.ThisCluster);
        foreach (MonitorMember m in s.Monitors)
        {
            string path = $"monitors.{Quoted(m.Name)}";
            Add(path, Named);
            Add($"{path}.address", m.Address);
            Add($"{path}.port", m.Port);
            Add($"{path}.http_port", m.HttpPort);
        }

        Add("tls.ca_file", s.Tls?.CaFile);
        Add("tls.cert_file", s.Tls?.CertFile);
        Add("tls.key_file", s.Tls?.KeyFile);
        Add("tls.revoked", s.Tls is { } tls ? Listed(tls.Revoked) : null);
        Monitor(s.Monitor);
        Agent(s.Agent);
        foreach ((string name, ClusterSettings cluster) in s.Clusters)
            Cluster(PathOf(name), cluster);
    }

    private void Monitor(MonitorSettings m)
    {
        Add("monitor.state_dir", m.StateDir);
        Add("monitor.http.bind", m.HttpBind);
        Add("monitor.http.token", m.HttpToken?.Reveal());
        Add("monitor.http.read_only", m.HttpReadOnly);
        foreach (ApiToken token in m.MoreTokens ?? [])
        {
            string path = $"monitor.http.tokens.{Quoted(token.Name)}";
            Add(path, Named);
            Add($"{path}.token", token.Secret.Reveal());
            Add($"{path}.role", token.Role);
        }

        Add("monitor.ping_ips", Listed(m.PingIps));
        Add("monitor.ping_interval", m.PingInterval);
        Membership(m.Membership);
        Add("monitor.kill_host_bin", m.KillHostBin);
        Add("monitor.kill_host_timeout", m.KillHostTimeout);
        Control(m.MmmControl);
        Add("monitor.history_events", m.HistoryEvents);
        Hooks("monitor.hooks", m.Hooks);
        if (m.Webhook is { } webhook)
        {
            Add("monitor.webhook.url", webhook.Url.Reveal());
            Add("monitor.webhook.secret", webhook.Key?.Reveal());
            Events("monitor.webhook", webhook.Events);
            Add("monitor.webhook.timeout", webhook.Timeout);
            Add("monitor.webhook.retries", webhook.Retries);
        }

        Add("monitor.otlp_endpoint", m.OtlpEndpoint?.AbsoluteUri);
    }

    private void Membership(MembershipSettings m)
    {
        Add("monitor.membership.heartbeat_interval", m.HeartbeatInterval);
        Add("monitor.membership.acceptable_heartbeat_pause", m.AcceptableHeartbeatPause);
        Add("monitor.membership.stable_after", m.StableAfter);
        Add("monitor.membership.down_removal_margin", m.DownRemovalMargin);
        Add("monitor.membership.gossip_interval", m.GossipInterval);
        Add("monitor.membership.seed_node_timeout", m.SeedNodeTimeout);
    }

    private void Control(ControlSocketSettings? control)
    {
        if (control is null)
            return;
        Add("monitor.mmm_control.bind", control.Bind);
        Add("monitor.mmm_control.port", control.Port);
        Add("monitor.mmm_control.cluster", control.Cluster);
        Add("monitor.mmm_control.cert_file", control.Tls?.CertFile);
        Add("monitor.mmm_control.key_file", control.Tls?.KeyFile);
        Add("monitor.mmm_control.ca_file", control.Tls?.CaFile);
    }

    private void Agent(AgentSettings a)
    {
        Add("agent.state_dir", a.StateDir);
        Add("agent.bind_address", a.BindAddress);
        Add("agent.mysql_socket", a.MysqlSocket);
        Add("agent.mysql_pid_file", a.MysqlPidFile);
        Add("agent.heartbeat_interval", a.HeartbeatInterval);
        Add("agent.local_watch_interval", a.LocalWatchInterval);
        Add("agent.statement_timeout", a.StatementTimeout);
        Add("agent.writer_grace", a.WriterGrace);
        Add("agent.max_kill_retries", a.MaxKillRetries);
        Add("agent.kill_retry_interval", a.KillRetryInterval);
        Add("agent.announce_interval", a.AnnounceInterval);
        Add("agent.binlog_port", a.BinlogPort);
        Add("agent.http.bind", a.Http?.Bind);
        Add("agent.http.port", a.Http?.Port);
        Add("agent.http.tls", a.Http?.Tls);
        Hooks("agent.hooks", a.Hooks);
    }

    private void Hooks(string path, HookSettings? hooks)
    {
        if (hooks is null)
            return;
        Add($"{path}.command", hooks.Command);
        Events(path, hooks.Events);
        Add($"{path}.timeout", hooks.Timeout);
        if (hooks.Wait is { } wait)
        {
            Add($"{path}.wait_for", Listed(wait.For.Patterns));
            Add($"{path}.wait_timeout", wait.Timeout);
        }
    }

    private void Events(string path, HookFilter events) => Add($"{path}.events", Listed(events.Patterns));

    private void Cluster(string path, ClusterSettings c)
    {
        Add(path, Named);
        Topology(path, c.Topology);
        Decisions(path, c.Decisions);
        foreach ((CheckKind kind, CheckSettings check) in c.Checks)
        {
            string at = $"{path}.checks.{CheckNames.NameOf(kind)}";
            Add($"{at}.check_period", check.CheckPeriod);
            Add($"{at}.trap_period", check.TrapPeriod);
            Add($"{at}.timeout", check.Timeout);
        }

        Add($"{path}.fencing.timeout", c.Lease.FencingTimeout);
        Add($"{path}.fencing.kill_mysqld", c.Lease.KillMysqld);
        Add($"{path}.failsafe.enabled", c.Lease.Failsafe);
        Add($"{path}.failsafe.balanced", c.Lease.KeepBalanced);
        Add($"{path}.addresses.probe", c.Addresses.Probe);
        Add($"{path}.addresses.on_conflict", c.Addresses.TakeAnyway);
        Add($"{path}.addresses.check_interval", c.Addresses.CheckInterval);
        Add($"{path}.max_backlog", c.MaxBacklog);
        Login($"{path}.monitor", c.MonitorUser);
        Login($"{path}.agent", c.AgentUser);
        Login($"{path}.replication", c.ReplicationUser);
        Add($"{path}.replication.semi_sync", c.SemiSync.Mode);
        Add($"{path}.replication.semi_sync_timeout", c.SemiSync.Timeout);
        Disk(path, c.Disk, c.Decisions.Disk);
    }

    private void Topology(string path, ClusterTopology topology)
    {
        Add($"{path}.active_master_role", topology.ActiveMasterRole);
        foreach (Host h in topology.Hosts.Values)
        {
            string host = $"{path}.hosts.{Quoted(h.Name)}";
            Add(host, Named);
            Add($"{host}.ip", h.Ip);
            Add($"{host}.mode", h.Mode);
            Add($"{host}.peer", h.Peer);
            Add($"{host}.mysql_port", h.MysqlPort);
            Add($"{host}.mysql_admin_port", h.AdminPort);
            Add($"{host}.agent_port", h.AgentPort);
            Add($"{host}.cluster_interface", h.ClusterInterface);
            Add($"{host}.priority", h.Priority);
            Add($"{host}.site", h.Site);
        }

        foreach (Role r in topology.Roles.Values)
        {
            string role = $"{path}.roles.{Quoted(r.Name)}";
            Add(role, Named);
            Add($"{role}.mode", r.Mode);
            Add($"{role}.hosts", Listed(r.Hosts));
            Add($"{role}.ips", Listed(r.Ips));
            Add($"{role}.prefer", r.Prefer);
        }
    }

    private void Decisions(string path, DecisionSettings d)
    {
        Add($"{path}.mode", d.InitialMode);
        Add($"{path}.auto_set_online", d.AutoSetOnline);
        Add($"{path}.flap_count", d.FlapCount);
        Add($"{path}.flap_duration", d.FlapDuration);
        Add($"{path}.wait_for_other_master", d.WaitForOtherMaster);
        Add($"{path}.careful_startup", d.CarefulStartup);
        Add($"{path}.master_connect_retry", d.MasterConnectRetry);
        Add($"{path}.quick_recovery", d.QuickRecovery);
        Add($"{path}.agent_timeout", d.AgentTimeout);
        Add($"{path}.lease.ttl", d.LeaseTtl);
        Add($"{path}.catch_up_timeout", d.CatchUpTimeout);
        Add($"{path}.move_max_lag", d.MoveMaxLag);
        Add($"{path}.move_timeout", d.MoveTimeout);
        Add($"{path}.startup_timeout", d.StartupTimeout);
        Add($"{path}.sight_timeout", d.SightTimeout);
        Add($"{path}.failover.maximum_loss", d.Failover?.MaximumLoss);
        Add($"{path}.failover.require_semi_sync", d.Failover?.RequireSemiSync);
    }

    /// <summary>The agents look by the one, the coordinator decides by the other; they are the same keys of the file.</summary>
    private void Disk(string path, DiskSettings agents, DiskSettings? decisions)
    {
        Add($"{path}.disk.check_interval", agents.CheckInterval, decisions?.CheckInterval);
        Add($"{path}.disk.timeout", agents.Timeout, decisions?.Timeout);
        Add($"{path}.disk.min_free_mb", agents.MinFree, decisions?.MinFree);
        Add($"{path}.disk.full", agents.Policy.Full, decisions?.Policy.Full);
        Add($"{path}.disk.read_only", agents.Policy.ReadOnly, decisions?.Policy.ReadOnly);
        Add($"{path}.disk.stalled", agents.Policy.Stalled, decisions?.Policy.Stalled);
    }

    private void Login(string path, MysqlLogin login)
    {
        Add($"{path}_user", login.User);
        Add($"{path}_password", login.Password.Reveal());
    }

    /// <summary>Each preceded by its length, so that no two lists are written alike.</summary>
    private static string Listed(IEnumerable<string> values) => string.Concat(values.Select(v => $"{v.Length}:{v} "));

    private void Add(string path, object? value, object? more = null) =>
        _keys[path] = more is null ? Text(value) : $"{Text(value)} {Text(more)}";

    /// <summary>What is not set differs from what is set to nothing.</summary>
    private static string Text(object? value) => value switch
    {
        null => "-",
        string text => "=" + text,
        TimeSpan time => time.Ticks.ToString(CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
