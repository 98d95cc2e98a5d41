using System.Globalization;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Membership;

/// <summary>
/// Akka's configuration of a monitor node, rendered from validated settings; one key per line, because Akka's own HOCON parser fails on some nested
/// one-liners. Operators never write Akka keys.
/// </summary>
public static class MonitorHocon
{
    public static string Render(MmmSettings settings)
    {
        MonitorMember self = settings.Monitors.First(m => m.Name == settings.This);
        MembershipSettings membership = settings.Monitor.Membership;
        return $"""
            # Everything goes through Microsoft.Extensions.Logging; the stdout logger would speak beside it at start and end.
            akka.stdout-loglevel = off
            akka.log-dead-letters = off
            akka.log-dead-letters-during-shutdown = off
            # The default tick of 10 ms is nearly all of an idle node's CPU (7.5-9.5 % of a core; 3.2-3.8 % with 50 ms).
            akka.scheduler.tick-duration = 50ms
            akka.cluster.scheduler.tick-duration = 50ms
            akka.remote.dot-netty.tcp.hostname = {Quoted(self.Address)}
            akka.remote.dot-netty.tcp.public-hostname = {Quoted(self.Address)}
            akka.remote.dot-netty.tcp.port = {self.Port}
            akka.remote.dot-netty.tcp.connection-timeout = 2s
            # Agents and monitors come back within this of a failed connection; 5 s by default.
            akka.remote.retry-gate-closed-for = 500ms
            # A quarantined peer must be a new process anyway; a monitor that restarts has a new uid.
            akka.remote.log-remote-lifecycle-events = off

            # Threads of its own: heartbeats must not queue behind a burst of checks.
            mmm.cluster-dispatcher.type = ForkJoinDispatcher
            mmm.cluster-dispatcher.throughput = 5
            mmm.cluster-dispatcher.dedicated-thread-pool.thread-count = 2
            mmm.cluster-dispatcher.dedicated-thread-pool.threadtype = background
            akka.cluster.use-dispatcher = mmm.cluster-dispatcher

            # Who joins whom is BootstrapActor's; static seeds would need the first configured monitor at every cold start.
            akka.cluster.seed-nodes = []
            akka.cluster.seed-node-timeout = {Ms(membership.SeedNodeTimeout)}
            akka.cluster.retry-unsuccessful-join-after = {Ms(membership.SeedNodeTimeout)}
            akka.cluster.shutdown-after-unsuccessful-join-seed-nodes = off
            akka.cluster.role.{MonitorActors.MemberRole}.min-nr-of-members = {settings.Quorum}
            akka.cluster.allow-weakly-up-members = off
            akka.cluster.gossip-interval = {Ms(membership.GossipInterval)}
            akka.cluster.leader-actions-interval = {Ms(membership.GossipInterval)}
            akka.cluster.unreachable-nodes-reaper-interval = {Ms(membership.GossipInterval)}
            akka.cluster.periodic-tasks-initial-delay = {Ms(membership.GossipInterval)}
            akka.cluster.publish-stats-interval = off
            akka.cluster.log-info-verbose = off
            akka.cluster.failure-detector.heartbeat-interval = {Ms(membership.HeartbeatInterval)}
            akka.cluster.failure-detector.acceptable-heartbeat-pause = {Ms(membership.AcceptableHeartbeatPause)}
            akka.cluster.failure-detector.expected-response-after = {Ms(membership.HeartbeatInterval)}

            akka.cluster.downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            akka.cluster.split-brain-resolver.active-strategy = keep-majority
            akka.cluster.split-brain-resolver.keep-majority.role = {MonitorActors.MemberRole}
            akka.cluster.split-brain-resolver.stable-after = {Ms(membership.StableAfter)}
            akka.cluster.split-brain-resolver.down-all-when-unstable = {Ms(membership.StableAfter * 2)}
            # The margin keeps two singletons from overlapping; epochs make an overlap harmless, so it is not waited for. ("off" would mean stable-after.)
            akka.cluster.down-removal-margin = {Ms(membership.DownRemovalMargin)}

            akka.cluster.singleton.hand-over-retry-interval = 200ms
            akka.cluster.singleton.min-number-of-hand-over-retries = 10
            akka.cluster.singleton-proxy.singleton-identification-interval = 200ms
            # Warns falsely while a cluster forms (akka.net #8568).
            akka.cluster.singleton-proxy.log-singleton-identification-failure = off
            akka.cluster.singleton.log-singleton-identification-failure = off

            akka.cluster.sharding.role = {MonitorActors.MemberRole}
            akka.cluster.sharding.state-store-mode = ddata
            akka.cluster.sharding.remember-entities = off
            akka.cluster.sharding.passivate-idle-entity-after = off
            akka.cluster.sharding.retry-interval = 500ms
            akka.cluster.sharding.coordinator-failure-backoff = 1s
            akka.cluster.sharding.shard-start-timeout = 3s
            akka.cluster.sharding.handoff-timeout = 5s
            akka.cluster.sharding.waiting-for-state-timeout = 1s
            akka.cluster.sharding.updating-state-timeout = 2s
            akka.cluster.sharding.verbose-debug-logging = off
            # The default of 5 means "all" in a cluster of three: one dead node would stop shards from moving until it is removed.
            akka.cluster.sharding.distributed-data.majority-min-cap = 1
            akka.cluster.sharding.distributed-data.durable.keys = []
            akka.cluster.distributed-data.majority-min-cap = 1
            akka.cluster.distributed-data.durable.keys = []

            # The process ends through its host, which reads the reason and exits with the documented code.
            akka.coordinated-shutdown.exit-clr = off
            akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
            akka.coordinated-shutdown.default-phase-timeout = 2s
            akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = 2s
            akka.coordinated-shutdown.phases.cluster-leave.timeout = 2s
            akka.coordinated-shutdown.phases.cluster-exiting.timeout = 3s
            akka.coordinated-shutdown.phases.cluster-exiting-done.timeout = 1s
            akka.coordinated-shutdown.phases.cluster-shutdown.timeout = 1s
            """;
    }

    private static string Ms(TimeSpan duration) => $"{Math.Max(1, (long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)}ms";

    private static string Quoted(string value) => $"\"{value}\"";
}
