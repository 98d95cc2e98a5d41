using System.Text;
using Mmm.Shared.Checks;
using Mmm.Shared.Leases;

namespace Mmm.Shared.Settings;

/// <summary>Longest write outages that the settings allow. Disks and network add some tens of milliseconds.</summary>
/// <param name="Crash">mysqld of the active master dies, its agent lives: its word and one refused connection per monitor are enough.</param>
/// <param name="Hang">mysqld accepts connections and answers nothing, its agent lives and ends it.</param>
/// <param name="Silence">The host loses power or its network: nobody can be asked, so its lease is waited for, from its last renewal.</param>
/// <param name="CatchUp">On top, at most: what the next active master has received and not yet applied.</param>
public sealed record WorstCaseTimes(TimeSpan Crash, TimeSpan Hang, TimeSpan Silence, TimeSpan CatchUp);

/// <summary>Failover times as formulas of the settings, so that an operator sees what a changed value costs.</summary>
public static class Timings
{
    /// <summary>The times of one cluster.</summary>
    public static WorstCaseTimes Of(ClusterSettings cluster, AgentSettings agent)
    {
        CheckSettings mysql = cluster.Checks[CheckKind.Mysql];
        return new WorstCaseTimes(
            agent.LocalWatchInterval + mysql.CheckPeriod,
            Seen(mysql) + cluster.Lease.FencingTimeout,
            Longer(SeenSilent(cluster), new LeaseTerms(cluster.Decisions.LeaseTtl).Promise),
            cluster.Decisions.CatchUpTimeout);
    }

    /// <summary>For the log at the start of a node: a few lines per cluster, each a time and what it is made of.</summary>
    public static string WorstCase(MmmSettings settings)
    {
        var text = new StringBuilder();
        foreach ((string name, ClusterSettings cluster) in settings.Clusters)
        {
            WorstCaseTimes times = Of(cluster, settings.Agent);
            (string check, CheckSettings silent) = Seen(cluster.Checks[CheckKind.Ping]) <= Seen(cluster.Checks[CheckKind.Mysql])
                ? ("ping", cluster.Checks[CheckKind.Ping])
                : ("mysql", cluster.Checks[CheckKind.Mysql]);
            string hangs = Sum("mysql", cluster.Checks[CheckKind.Mysql]);
            text.Append($"Cluster {name}: longest write outage of a failover, with some 10 ms for disks and network on top:\n");
            text.Append($"  mysqld crashes: {Show(times.Crash)} = local_watch_interval {Show(settings.Agent.LocalWatchInterval)}");
            text.Append($" + mysql check_period {Show(cluster.Checks[CheckKind.Mysql].CheckPeriod)}\n");
            text.Append($"  mysqld hangs: {Show(times.Hang)} = {hangs} + fencing.timeout {Show(cluster.Lease.FencingTimeout)}\n");
            LeaseTerms lease = new(cluster.Decisions.LeaseTtl);
            text.Append($"  host silent: {Show(times.Silence)} = the longer of {Sum(check, silent)}, and lease.ttl {Show(lease.Ttl)} + {Show(lease.Margin)}\n");
            text.Append($"  each with up to {Show(times.CatchUp)} more (catch_up_timeout) while the next active master applies what it has received\n");
        }

        if (settings.Monitors.Length > 1)
            text.Append(Takeover(settings.Monitor.Membership));
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>
    /// What comes on top of the settings was measured: gossip, the removal, the start of the coordinator and the reading of the ledger, 0.5 s; the resolver, which looks once a
    /// second, 1 s more.
    /// </summary>
    private static string Takeover(MembershipSettings membership)
    {
        TimeSpan seen = membership.HeartbeatInterval + membership.AcceptableHeartbeatPause;
        TimeSpan waited = membership.StableAfter + membership.DownRemovalMargin;
        string after = $"heartbeat_interval {Show(membership.HeartbeatInterval)} + acceptable_heartbeat_pause {Show(membership.AcceptableHeartbeatPause)}";
        return $"The deciding monitor's process dies: another decides after about {About(seen, 0.5)} = {after} + 0.5s\n"
            + $"The deciding monitor's host is silent: another decides after at most {About(seen + waited, 1.5)}"
            + $" = {after} + stable_after {Show(membership.StableAfter)} + down_removal_margin {Show(membership.DownRemovalMargin)} + 1.5s\n";

        static string About(TimeSpan sum, double more) => Show(TimeSpan.FromSeconds(Math.Round(sum.TotalSeconds + more, 1)));
    }

    /// <summary>The failure begins right after a check; the next one runs into its deadline; the trap runs from there.</summary>
    private static TimeSpan Seen(CheckSettings check) => check.CheckPeriod + check.Timeout + check.TrapPeriod;

    /// <summary>A silent host fails both checks; the first one counts.</summary>
    private static TimeSpan SeenSilent(ClusterSettings cluster)
    {
        TimeSpan ping = Seen(cluster.Checks[CheckKind.Ping]);
        TimeSpan mysql = Seen(cluster.Checks[CheckKind.Mysql]);
        return ping < mysql ? ping : mysql;
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static string Sum(string name, CheckSettings check) =>
        $"{name} check_period {Show(check.CheckPeriod)} + timeout {Show(check.Timeout)} + trap_period {Show(check.TrapPeriod)}";

    private static string Show(TimeSpan time) => DurationText.Of(time);
}
