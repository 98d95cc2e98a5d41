using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Coordinator;

/// <summary>
/// The cluster singleton <c>coordinator</c>: one child per MMM cluster decides for it; this actor only hands messages on by the
/// cluster they name, so the clusters of an installation never touch each other.
/// Receives, from any node through the singleton proxy: agents' reports and refusals, the vantages' and probes' sights, the granters' word, operators' commands.
/// Keeps nothing: after a restart the children adopt the ledger.
/// </summary>
public sealed class CoordinatorActor : ReceiveActor
{
    public static Props Props(MmmSettings settings, CoordinatorSetup setup) => Akka.Actor.Props.Create(() => new CoordinatorActor(settings, setup));

    private readonly Dictionary<string, IActorRef> _clusters = new(StringComparer.Ordinal);

    public CoordinatorActor(MmmSettings settings, CoordinatorSetup setup)
    {
        foreach (string cluster in settings.Clusters.Keys)
            _clusters[cluster] = Context.ActorOf(ClusterCoordinatorActor.Props(settings, cluster, setup), cluster);
        Context.GetLogger().Info("Coordinator starts on monitor {0} for cluster(s) {1}", settings.This, string.Join(", ", settings.Clusters.Keys));

        Receive<AgentProtocol.Report>(m => HandOn(m.Cluster, m));
        Receive<AgentProtocol.Refused>(m => HandOn(m.Cluster, m));
        Receive<SightProtocol.VantageReport>(m => HandOn(m.Cluster, m));
        Receive<SightProtocol.ReplicationSight>(m => HandOn(m.Cluster, m));
        Receive<LeaseProtocol.Ages>(m => HandOn(m.Cluster, m));
        Receive<ControlProtocol.Command>(HandleCommand);
        Receive<ControlProtocol.Ping>(m => Sender.Tell(new ControlProtocol.Answer(m.Id, true, "OK: Pinged successfully!", null)));
    }

    private void HandleCommand(ControlProtocol.Command command)
    {
        if (_clusters.TryGetValue(command.Cluster, out IActorRef? cluster))
            cluster.Forward(command);
        else
            Sender.Tell(new ControlProtocol.Answer(command.Id, false, $"ERROR: Unknown cluster '{command.Cluster}'! Configured: {string.Join(", ", _clusters.Keys)}", null));
    }

    // An unknown cluster here is a node with another configuration: its own log and the fingerprint warning say so.
    private void HandOn(string cluster, object message)
    {
        if (_clusters.TryGetValue(cluster, out IActorRef? child))
            child.Forward(message);
    }
}
