using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Prometheus;

namespace Mmm.Agent.Endpoints;

/// <summary>
/// <c>GET /metrics</c> in Prometheus' text format. Made anew for every scrape from what the agent knows then: what has gone leaves no old value behind, and what is not known has no value.
/// </summary>
internal static class AgentMetrics
{
    public const string MediaType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;

    public static async Task<byte[]> OfAsync(AgentView view, CancellationToken cancel, DateTimeOffset? certificateEnds = null)
    {
        CollectorRegistry registry = Metrics.NewCustomRegistry();
        registry.SetStaticLabels(new Dictionary<string, string> { ["cluster"] = view.Topology.Name, ["host"] = view.Host });
        MetricFactory metrics = Metrics.WithCustomRegistry(registry);
        Traffic(metrics, view);
        Orders(metrics, view);
        Mysqld(metrics, view.Found.Mysqld);
        Disk(metrics, view.Found.Disk);
        if (certificateEnds is { } ends)
            metrics.CreateGauge("mmm_agent_certificate_expiry_timestamp_seconds", "When the agent's certificate, or the one of the authority that signed it, expires (Unix time).").Set(ends.ToUnixTimeSeconds());
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, cancel);
        return text.ToArray();
    }

    private static void Traffic(MetricFactory metrics, AgentView view)
    {
        Set(metrics, "mmm_agent_takes_writes", "1 = /writer answers 200: the active master, by a valid lease.", TrafficRule.WhyNoWrites(view) is null);
        Set(metrics, "mmm_agent_takes_reads", "1 = /reader answers 200.", TrafficRule.WhyNoReads(view, null) is null);
    }

    private static void Orders(MetricFactory metrics, AgentView view)
    {
        Gauge held = metrics.CreateGauge("mmm_agent_role_address", "1 = the role address is on the host, 0 = it shall be and is not.", "role", "ip");
        Gauge left = metrics.CreateGauge("mmm_agent_lease_left_seconds", "What is left of the lease of the role address.", "role", "ip");
        foreach (RoleAddress address in view.Addresses)
        {
            held.WithLabels(address.Role, address.Ip).Set(view.Found.Addresses.Contains(address) ? 1 : 0);
            left.WithLabels(address.Role, address.Ip).Set(view.LeaseLeft(address).TotalSeconds);
        }

        Gauge state = metrics.CreateGauge("mmm_agent_host_state", "1 = MMM's state of the host, by the order its agent has.", "state");
        foreach (HostState one in Enum.GetValues<HostState>())
            state.WithLabels(StateNames.NameOf(one)).Set(view.Order?.State == one ? 1 : 0);
        Set(metrics, "mmm_agent_order_done", "1 = everything the order wants is true.", view.Progress.Status == AgentProtocol.OrderStatus.Done);
        Set(metrics, "mmm_agent_order_failed", "1 = a step towards what the order wants has failed; it is tried again.", view.Progress.Status == AgentProtocol.OrderStatus.Failed);
        Gauge silence = metrics.CreateGauge("mmm_agent_monitor_silence_seconds", "Time since the monitor last acknowledged a report of the agent.", "monitor");
        foreach ((string monitor, TimeSpan? since) in view.Monitors.Where(m => m.Value is not null))
            silence.WithLabels(monitor).Set(since!.Value.TotalSeconds);
    }

    private static void Mysqld(MetricFactory metrics, FoundMysqld mysqld)
    {
        Set(metrics, "mmm_agent_mysqld_up", "1 = mysqld answers its agent.", mysqld.State == AgentProtocol.MysqldState.Up);
        if (mysqld.ReadOnly is { } readOnly)
            Set(metrics, "mmm_agent_mysqld_read_only", "@@read_only.", readOnly);
        if (mysqld.Channel is not { } channel)
            return;
        Gauge running = metrics.CreateGauge("mmm_agent_replication_running", "1 = the replication thread runs (io: it is connected to its source).", "thread");
        running.WithLabels("io").Set(channel.IoRunning ? 1 : 0);
        running.WithLabels("sql").Set(channel.SqlRunning ? 1 : 0);
        if (channel.SecondsBehind is { } behind)
            metrics.CreateGauge("mmm_agent_replication_lag_seconds", "Seconds_Behind_Source.").Set(behind);
    }

    private static void Disk(MetricFactory metrics, AgentProtocol.DiskFacts? disk)
    {
        if (disk is null)
            return;
        if (disk.State != AgentProtocol.DiskState.Unknown)
            Set(metrics, "mmm_agent_disk_ok", "1 = mysqld's data can be written.", disk.State == AgentProtocol.DiskState.Ok);
        if (disk.FreeBytes is { } free)
            metrics.CreateGauge("mmm_agent_disk_free_bytes", "Free for mysqld on the disk of its data.").Set(free);
    }

    private static void Set(MetricFactory metrics, string name, string help, bool value) => metrics.CreateGauge(name, help).Set(value ? 1 : 0);
}
