using Mmm.Shared.Decisions;
using Prometheus;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Monitor.Endpoints;

/// <summary>Metrics of one host of a picture.</summary>
internal static class HostMetrics
{
    public static void Add(MetricFactory metrics, string cluster, HostView host)
    {
        Gauge state = metrics.CreateGauge("mmm_host_state", "1 for MMM's state of the host, 0 for the others.", "cluster", "host", "state");
        foreach (HostState one in Enum.GetValues<HostState>())
            state.WithLabels(cluster, host.Name, StateNames.NameOf(one)).Set(host.State == StateNames.NameOf(one) ? 1 : 0);
        Gauge check = metrics.CreateGauge("mmm_host_check_ok", "1 = the check is OK, 0 = ERROR. No value while it is UNKNOWN.", "cluster", "host", "check");
        foreach (CheckView view in host.Checks.Where(c => c.Verdict is "OK" or "ERROR"))
            check.WithLabels(cluster, host.Name, view.Check).Set(view.Verdict == "OK" ? 1 : 0);

        void Set(string name, string help, double? value)
        {
            if (value is { } known)
                metrics.CreateGauge(name, help, "cluster", "host").WithLabels(cluster, host.Name).Set(known);
        }

        Set("mmm_host_flapping", "1 = the host left ONLINE too often, and is held back.", Of(host.Flapping));
        Set("mmm_host_replication_lag_seconds", "How far replication is behind, as the monitors see it.", host.SecondsBehind);
        Set("mmm_host_agent_reachable", "1 = the host's agent was heard within agent_timeout.", Of(host.AgentReachable));
        Report? report = Word(host);
        HostFacts? facts = report?.Facts;
        Set("mmm_host_mysqld_up", "1 = mysqld answers its agent.", facts is null or { Mysqld: MysqldState.Unknown } ? null : Of(facts.Mysqld == MysqldState.Up));
        Set("mmm_host_read_only", "@@read_only, by the agent.", Of(facts?.ReadOnly));
        Set("mmm_host_lease_left_seconds", "What is left of the lease that ends first; 0 = something that the host is to have is not leased. No value for a host that is to have nothing.", report?.Lease?.LeftMs / 1000.0);
        Set("mmm_host_disk_ok", "1 = mysqld's data can be written.", facts?.Disk is null or { State: DiskState.Unknown } ? null : Of(facts.Disk.State == DiskState.Ok));
        Set("mmm_host_disk_free_bytes", "Free for mysqld on the disk of its data.", facts?.Disk?.FreeBytes);
    }

    /// <summary>By its agent: mysqld is up and writable, and the address of that role is on the host.</summary>
    public static bool TakesWrites(HostView host, string activeMasterRole) =>
        Word(host)?.Facts is { Mysqld: MysqldState.Up, ReadOnly: false } facts && facts.Addresses.Any(a => a.Role == activeMasterRole);

    /// <summary>The agent's report; null when it says nothing of the present, as the agent is silent.</summary>
    private static Report? Word(HostView host) => host.AgentReachable ? host.Agent : null;

    private static double? Of(bool? value) => value is { } known ? known ? 1 : 0 : null;
}
