using Mmm.Shared.Settings;

namespace Mmm.Actors.Membership;

/// <summary>Akka's configuration of a monitor node, rendered from validated settings. Operators never write Akka keys.</summary>
public static class MonitorHocon
{
    public static string Render(MmmSettings settings)
    {
        MonitorMember self = settings.Monitors.First(m => m.Name == settings.This);
        MembershipSettings membership = settings.Monitor.Membership;
        return AkkaHocon.Render(new Dictionary<string, object>
        {
            // Everything goes through Microsoft.Extensions.Logging; the stdout logger would speak beside it at start and end.
            ["akka.stdout-loglevel"] = "off",
            ["akka.log-dead-letters"] = "off",
            ["akka.log-dead-letters-during-shutdown"] = false,
            // The default tick of 10 ms is nearly all of an idle node's CPU (7.5-9.5 % of a core; 3.2-3.8 % with 50 ms).
            ["akka.scheduler.tick-duration"] = TimeSpan.FromMilliseconds(50),
            ["akka.cluster.scheduler.tick-duration"] = TimeSpan.FromMilliseconds(50),
            ["akka.remote.dot-netty.tcp.hostname"] = self.Address,
            ["akka.remote.dot-netty.tcp.public-hostname"] = self.Address,
            ["akka.remote.dot-netty.tcp.port"] = self.Port,
            // Also the deadline of Akka's handshake. Too short, and a peer that is just starting on a busy machine is never reached; too long (15 s by default), and a peer that
            // comes back from a silent partition is waited for that long.
            ["akka.remote.dot-netty.tcp.connection-timeout"] = TimeSpan.FromSeconds(5),
            // A quarantined peer must be a new process anyway; a monitor that restarts has a new uid.
            ["akka.remote.log-remote-lifecycle-events"] = false,

            // Threads of its own: heartbeats must not queue behind a burst of checks.
            ["mmm.cluster-dispatcher.type"] = "ForkJoinDispatcher",
            ["mmm.cluster-dispatcher.throughput"] = 5,
            ["mmm.cluster-dispatcher.dedicated-thread-pool.thread-count"] = 2,
            ["mmm.cluster-dispatcher.dedicated-thread-pool.threadtype"] = "background",
            ["akka.cluster.use-dispatcher"] = "mmm.cluster-dispatcher",

            // Who joins whom is BootstrapActor's; static seeds would need the first configured monitor at every cold start.
            ["akka.cluster.seed-nodes"] = Array.Empty<string>(),
            ["akka.cluster.seed-node-timeout"] = membership.SeedNodeTimeout,
            ["akka.cluster.retry-unsuccessful-join-after"] = membership.SeedNodeTimeout,
            ["akka.cluster.shutdown-after-unsuccessful-join-seed-nodes"] = "off",
            // No min-nr-of-members: while nobody is up, Akka lets every joining member that has the lowest address in its own view move members up, each
            // numbering their ages anew; a singleton manager that was the oldest for that moment then stays in its end state and never takes over again (seen).
            ["akka.cluster.allow-weakly-up-members"] = false,
            ["akka.cluster.gossip-interval"] = membership.GossipInterval,
            ["akka.cluster.leader-actions-interval"] = membership.GossipInterval,
            ["akka.cluster.unreachable-nodes-reaper-interval"] = membership.GossipInterval,
            ["akka.cluster.periodic-tasks-initial-delay"] = membership.GossipInterval,
            ["akka.cluster.publish-stats-interval"] = "off",
            ["akka.cluster.log-info-verbose"] = false,
            // A plain deadline: the accrual detector adds about six standard deviations of what it has seen, which made 2.9 s of 1.8 s, and more on a busy machine.
            ["akka.cluster.failure-detector.implementation-class"] = "Akka.Remote.DeadlineFailureDetector, Akka.Remote",
            ["akka.cluster.failure-detector.heartbeat-interval"] = membership.HeartbeatInterval,
            ["akka.cluster.failure-detector.acceptable-heartbeat-pause"] = membership.AcceptableHeartbeatPause,
            ["akka.cluster.failure-detector.expected-response-after"] = membership.HeartbeatInterval,

            ["akka.cluster.downing-provider-class"] = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster",

            // A majority of the configured monitors, not of the members of the moment: keep-majority breaks the tie of a cluster of two by address, and was seen to
            // keep a cut-off node and to end the one that was about to have a majority again.
            ["akka.cluster.split-brain-resolver.active-strategy"] = "static-quorum",
            ["akka.cluster.split-brain-resolver.static-quorum.quorum-size"] = settings.Quorum,
            ["akka.cluster.split-brain-resolver.static-quorum.role"] = MonitorActors.MemberRole,
            ["akka.cluster.split-brain-resolver.stable-after"] = membership.StableAfter,
            // Ends everybody when reachability has flapped this long beyond stable-after; a busy machine flaps, so not soon.
            ["akka.cluster.split-brain-resolver.down-all-when-unstable"] = membership.StableAfter * 4,
            // The margin keeps two singletons from overlapping; epochs make an overlap harmless, so it is not waited for. ("off" would mean stable-after.)
            ["akka.cluster.down-removal-margin"] = membership.DownRemovalMargin,

            ["akka.cluster.singleton.hand-over-retry-interval"] = TimeSpan.FromMilliseconds(200),
            ["akka.cluster.singleton.min-number-of-hand-over-retries"] = 10,
            ["akka.cluster.singleton-proxy.singleton-identification-interval"] = TimeSpan.FromMilliseconds(200),
            // Warns falsely while a cluster forms (akka.net #8568).
            ["akka.cluster.singleton-proxy.log-singleton-identification-failure"] = false,
            ["akka.cluster.singleton.log-singleton-identification-failure"] = false,

            ["akka.cluster.sharding.role"] = MonitorActors.MemberRole,
            ["akka.cluster.sharding.state-store-mode"] = "ddata",
            ["akka.cluster.sharding.remember-entities"] = false,
            ["akka.cluster.sharding.passivate-idle-entity-after"] = "off",
            ["akka.cluster.sharding.retry-interval"] = TimeSpan.FromMilliseconds(500),
            ["akka.cluster.sharding.coordinator-failure-backoff"] = TimeSpan.FromSeconds(1),
            ["akka.cluster.sharding.shard-start-timeout"] = TimeSpan.FromSeconds(3),
            ["akka.cluster.sharding.handoff-timeout"] = TimeSpan.FromSeconds(5),
            ["akka.cluster.sharding.waiting-for-state-timeout"] = TimeSpan.FromSeconds(1),
            ["akka.cluster.sharding.updating-state-timeout"] = TimeSpan.FromSeconds(2),
            ["akka.cluster.sharding.verbose-debug-logging"] = false,
            // The default of 5 means "all" in a cluster of three: one dead node would stop shards from moving until it is removed.
            ["akka.cluster.sharding.distributed-data.majority-min-cap"] = 1,
            ["akka.cluster.sharding.distributed-data.durable.keys"] = Array.Empty<string>(),
            ["akka.cluster.distributed-data.majority-min-cap"] = 1,
            ["akka.cluster.distributed-data.durable.keys"] = Array.Empty<string>(),

            // The process ends through its host, which reads the reason and exits with the documented code.
            ["akka.coordinated-shutdown.exit-clr"] = false,
            ["akka.coordinated-shutdown.run-by-clr-shutdown-hook"] = false,
            ["akka.coordinated-shutdown.default-phase-timeout"] = TimeSpan.FromSeconds(2),
            ["akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout"] = TimeSpan.FromSeconds(2),
            ["akka.coordinated-shutdown.phases.cluster-leave.timeout"] = TimeSpan.FromSeconds(2),
            ["akka.coordinated-shutdown.phases.cluster-exiting.timeout"] = TimeSpan.FromSeconds(3),
            ["akka.coordinated-shutdown.phases.cluster-exiting-done.timeout"] = TimeSpan.FromSeconds(1),
            ["akka.coordinated-shutdown.phases.cluster-shutdown.timeout"] = TimeSpan.FromSeconds(1),
        });
    }
}
