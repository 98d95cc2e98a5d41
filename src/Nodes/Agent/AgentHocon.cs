using Mmm.Actors.Coordinator;
using Mmm.Actors.Remoting;
using Mmm.Actors.Serialization;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Agent;

/// <summary>Akka's configuration of an agent, from validated settings: remoting without cluster membership, because a dying database host must not be an event of the monitors' cluster.</summary>
internal static class AgentHocon
{
    public const string SystemName = WellKnown.AgentSystem;

    public const string ActorName = "agent";

    public const string LeaseDispatcher = "mmm.lease-dispatcher";

    public static string Render(Host host, AgentSettings agent) => AkkaHocon.Render(new Dictionary<string, object>
    {
        ["akka.actor.provider"] = "remote",
        // Everything goes through Microsoft.Extensions.Logging; the stdout logger would speak beside it at start and end.
        ["akka.stdout-loglevel"] = "off",
        ["akka.log-dead-letters"] = false,
        ["akka.log-dead-letters-during-shutdown"] = false,
        // The default tick of 10 ms is nearly all of an idle agent's CPU.
        ["akka.scheduler.tick-duration"] = TimeSpan.FromMilliseconds(50),
        ["akka.remote.dot-netty.tcp.hostname"] = agent.BindAddress ?? host.Ip,
        ["akka.remote.dot-netty.tcp.public-hostname"] = host.Ip,
        ["akka.remote.dot-netty.tcp.port"] = host.AgentPort,
        ["akka.remote.dot-netty.tcp.connection-timeout"] = TimeSpan.FromSeconds(2),
        // On Linux .NET turns this into SO_REUSEPORT, with which two agents listen on one port and each gets half of the messages.
        ["akka.remote.dot-netty.tcp.tcp-reuse-addr"] = "off",
        ["akka.remote.log-remote-lifecycle-events"] = "off",
        // From outside only the agent itself can be addressed by path, and nothing can be deployed here.
        ["akka.remote.untrusted-mode"] = true,
        ["akka.remote.trusted-selection-paths"] = new[] { $"/user/{ActorName}", $"/user/{ActorName}/lease" },
        // A thread of its own: the lease must not wait for anything else that the agent does.
        [$"{LeaseDispatcher}.type"] = "PinnedDispatcher",
        ["akka.coordinated-shutdown.exit-clr"] = false,
        ["akka.coordinated-shutdown.run-by-clr-shutdown-hook"] = false,
        ["akka.coordinated-shutdown.default-phase-timeout"] = TimeSpan.FromSeconds(2),
    }) + RemotingHocon.Render() + WireSerialization.Hocon();
}
