using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Prometheus;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// Metrics of one MMM cluster from the picture its coordinator published. A stale picture may be wrong, so only its age is told; before the first decision has been read nothing is known
/// of hosts and roles, whatever the picture shows in their place.
/// </summary>
internal static class ClusterMetrics
{
    /// <param name="metrics">Of this scrape.</param>
    /// <param name="cluster">Name of a configured cluster.</param>
    /// <param name="heard">Null = nothing heard of it since this node started.</param>
    public static void Add(MetricFactory metrics, string cluster, HeardSnapshot? heard)
    {
        ClusterSnapshot? picture = heard is { IsStale: false } ? heard.Snapshot : null;
        metrics.CreateGauge("mmm_cluster_serving", "1 = a coordinator that can decide has told this monitor so within the last 5 s.", "cluster")
            .WithLabels(cluster).Set(picture?.Phase == "serving" ? 1 : 0);
        if (heard is not null)
            metrics.CreateGauge("mmm_cluster_picture_age_seconds", "Time since this monitor last heard from the coordinator, which publishes every second.", "cluster").WithLabels(cluster).Set(heard.Age.TotalSeconds);
        if (picture is null)
            return;
        metrics.CreateGauge("mmm_cluster_coordinator", "1 for the monitor whose coordinator decides.", "cluster", "coordinator").WithLabels(cluster, picture.Coordinator).Set(1);
        metrics.CreateGauge("mmm_cluster_warnings", "Number of warnings that 'mmm show' prints.", "cluster").WithLabels(cluster).Set(Shared.Status.MmmShow.Warnings(picture).Count());
        if (picture.Decision.Version == 0)
            return;
        Decisions(metrics, picture);
        Roles(metrics, picture);
        foreach (HostView host in picture.Hosts)
            HostMetrics.Add(metrics, cluster, host);
        if (picture.Setup is { } setup)
            Setup(metrics, picture, setup);
    }

    private static void Decisions(MetricFactory metrics, ClusterSnapshot picture)
    {
        string cluster = picture.Cluster;
        Gauge mode = metrics.CreateGauge("mmm_cluster_mode", "1 for the cluster's mode, 0 for the others.", "cluster", "mode");
        foreach (ClusterMode one in Enum.GetValues<ClusterMode>())
            mode.WithLabels(cluster, StateNames.NameOf(one)).Set(picture.Mode == StateNames.NameOf(one) ? 1 : 0);
        metrics.CreateGauge("mmm_cluster_move_running", "1 = the active master role is being moved.", "cluster").WithLabels(cluster).Set(picture.Move is null ? 0 : 1);
        if (picture.ActiveMaster is { } active)
            metrics.CreateGauge("mmm_cluster_active_master", "1 for the host that completed its takeover last.", "cluster", "host").WithLabels(cluster, active).Set(1);
        metrics.CreateGauge("mmm_cluster_writers", "Number of hosts that take writes by their agents' reports: mysqld is up and writable, and the writer address is on the host.", "cluster")
            .WithLabels(cluster).Set(picture.Hosts.Count(h => HostMetrics.TakesWrites(h, picture.ActiveMasterRole)));
    }

    private static void Roles(MetricFactory metrics, ClusterSnapshot picture)
    {
        Gauge owned = metrics.CreateGauge("mmm_role_address_owned", "1 = a host is to have the role address, 0 = none may.", "cluster", "role", "ip");
        Gauge owner = metrics.CreateGauge("mmm_role_address_owner", "1 for the host that is to have the role address.", "cluster", "role", "ip", "host");
        foreach (RoleView role in picture.Roles)
        {
            owned.WithLabels(picture.Cluster, role.Address.Role, role.Address.Ip).Set(role.Owner is null ? 0 : 1);
            if (role.Owner is { } host)
                owner.WithLabels(picture.Cluster, role.Address.Role, role.Address.Ip, host).Set(1);
        }
    }

    private static void Setup(MetricFactory metrics, ClusterSnapshot picture, ImmutableArray<SetupFinding> setup)
    {
        Gauge findings = metrics.CreateGauge("mmm_host_setup_findings", "Number of things that 'mmm check-setup' finds wrong with the server.", "cluster", "host", "severity");
        foreach (HostView host in picture.Hosts)
        {
            findings.WithLabels(picture.Cluster, host.Name, "error").Set(setup.Count(f => f.Host == host.Name && f.IsError));
            findings.WithLabels(picture.Cluster, host.Name, "warning").Set(setup.Count(f => f.Host == host.Name && !f.IsError));
        }
    }
}
