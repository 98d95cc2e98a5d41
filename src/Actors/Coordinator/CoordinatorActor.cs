using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Configuration;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Coordinator;

/// <summary>
/// The cluster singleton <c>coordinator</c>: one child per MMM cluster decides for it; this actor only hands messages on by the
/// cluster they name, so the clusters of an installation never touch each other.
/// Receives, from any node through the singleton proxy: agents' reports and refusals, the vantages' and probes' sights, the granters' word, operators' commands;
/// from its node <see cref="SettingsTaken"/>: the children that it is about end, and begin a reign of their own by the new settings, as those of another node would.
/// Keeps nothing: after a restart the children adopt the ledger.
/// </summary>
public sealed class CoordinatorActor : ReceiveActor
{
    private readonly RunningSettings _running;
    private readonly CoordinatorSetup _setup;

    /// <summary>Null: it ends, to be started anew.</summary>
    private readonly Dictionary<string, IActorRef?> _clusters = new(StringComparer.Ordinal);

    public static Props Props(MmmSettings settings, CoordinatorSetup setup) => Props(new RunningSettings(settings), setup);

    /// <param name="running">What its node runs with, also when this starts long after the node.</param>
    /// <param name="setup">Its ports.</param>
    public static Props Props(RunningSettings running, CoordinatorSetup setup) => Akka.Actor.Props.Create(() => new CoordinatorActor(running, setup));

    public CoordinatorActor(RunningSettings running, CoordinatorSetup setup)
    {
        _running = running;
        _setup = setup;
        // Before it is asked what the node runs with: what changes after that must not be missed.
        Context.System.EventStream.Subscribe(Self, typeof(SettingsTaken));
        MmmSettings settings = running.Now;
        foreach (string cluster in settings.Clusters.Keys)
            Start(cluster, settings);
        Context.GetLogger().Info("Coordinator starts on monitor {0} for cluster(s) {1}", settings.This, string.Join(", ", settings.Clusters.Keys));

        Receive<AgentProtocol.Report>(m => HandOn(m.Cluster, m));
        Receive<AgentProtocol.Refused>(m => HandOn(m.Cluster, m));
        Receive<SightProtocol.VantageReport>(m => HandOn(m.Cluster, m));
        Receive<SightProtocol.ReplicationSight>(m => HandOn(m.Cluster, m));
        Receive<LeaseProtocol.Ages>(m => HandOn(m.Cluster, m));
        Receive<ControlProtocol.Command>(HandleCommand);
        Receive<ControlProtocol.Ping>(m => Sender.Tell(new ControlProtocol.Answer(m.Id, true, "OK: Pinged successfully!", null)));
        Receive<SettingsTaken>(HandleSettingsTaken);
        Receive<Terminated>(m => HandleEnded(m.ActorRef.Path.Name));
    }

    private void Start(string cluster, MmmSettings settings)
    {
        CoordinatorSetup setup = _setup with { Fingerprint = _setup.Fingerprint is null ? null : SettingsFingerprint.Of(settings) };
        _clusters[cluster] = Context.Watch(Context.ActorOf(ClusterCoordinatorActor.Props(settings, cluster, setup), cluster));
    }

    /// <summary>A changed topology changes the fingerprint by which every cluster's observers are counted.</summary>
    private void HandleSettingsTaken(SettingsTaken taken)
    {
        foreach ((string cluster, IActorRef? child) in _clusters.ToList())
        {
            if (child is null || !(taken.Change.TopologyChanged || taken.Change.TouchesCluster(cluster) || taken.Change.Touches("monitor.kill_host_timeout")))
                continue;
            _clusters[cluster] = null;
            Context.Stop(child);
        }
    }

    /// <summary>One that was not stopped here has a defect, and would end again at once.</summary>
    private void HandleEnded(string cluster)
    {
        if (_clusters[cluster] is null)
            Start(cluster, _running.Now);
    }

    private void HandleCommand(ControlProtocol.Command command)
    {
        if (!_clusters.TryGetValue(command.Cluster, out IActorRef? cluster))
            Sender.Tell(new ControlProtocol.Answer(command.Id, false, $"ERROR: Unknown cluster '{command.Cluster}'! Configured: {string.Join(", ", _clusters.Keys)}", null));
        else if (cluster is null)
            Sender.Tell(new ControlProtocol.Answer(command.Id, false, Shared.Status.MmmAnswers.NothingDecided("the coordinator begins anew by its new configuration"), null));
        else
            cluster.Forward(command);
    }

    // An unknown cluster here is a node with another configuration: its own log and the fingerprint warning say so.
    private void HandOn(string cluster, object message)
    {
        if (_clusters.TryGetValue(cluster, out IActorRef? child))
            child?.Forward(message);
    }
}
