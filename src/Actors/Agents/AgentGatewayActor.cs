using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Configuration;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent-gateway</c> on every monitor node: the agents' door. Acknowledges each report and forwards it, with its sender,
/// to the coordinator wherever that runs. Keeps the last report of each host in which mysqld was up, for a coordinator that begins (<see cref="AgentProtocol.AskLastUp"/>); lost with a restart,
/// and so not restarted when the settings change: it goes on by the new ones: whoever starts it subscribes it to <see cref="SettingsTaken"/>.
/// </summary>
public sealed class AgentGatewayActor : ReceiveActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private MmmSettings _settings;
    private readonly IActorRef _coordinator;

    /// <summary>Who sent the last report for a host that is not configured; one log line per change of sender.</summary>
    private readonly Dictionary<(string Cluster, string Host), Address> _strangers = [];

    private readonly Dictionary<(string Cluster, string Host), AgentProtocol.Report> _lastUp = [];

    /// <param name="settings">Its clusters are the ones reports are accepted for.</param>
    /// <param name="coordinator">Singleton proxy.</param>
    public static Props Props(MmmSettings settings, IActorRef coordinator) => Akka.Actor.Props.Create(() => new AgentGatewayActor(settings, coordinator));

    public AgentGatewayActor(MmmSettings settings, IActorRef coordinator)
    {
        _settings = settings;
        _coordinator = coordinator;
        Receive<AgentProtocol.Report>(HandleReport);
        Receive<AgentProtocol.Refused>(m => _coordinator.Forward(m));
        Receive<AgentProtocol.AskLastUp>(HandleAskLastUp);
        Receive<SettingsTaken>(m => _settings = m.Settings);
    }

    private void HandleReport(AgentProtocol.Report report)
    {
        if (!IsConfigured(report))
        {
            HandleStranger(report);
            return;
        }

        if (report.Facts.Mysqld == AgentProtocol.MysqldState.Up)
            _lastUp[(report.Cluster, report.Host)] = report;
        _coordinator.Forward(report);
        Sender.Tell(new AgentProtocol.Heard(_settings.This, report.Seq));
    }

    private void HandleAskLastUp(AgentProtocol.AskLastUp ask)
    {
        foreach (AgentProtocol.Report report in _lastUp.Where(l => l.Key.Cluster == ask.Cluster).Select(l => l.Value))
            Sender.Tell(new AgentProtocol.LastUp(report));
    }

    private void HandleStranger(AgentProtocol.Report report)
    {
        (string, string) key = (report.Cluster, report.Host);
        Address from = Sender.Path.Address;
        if (_strangers.TryGetValue(key, out Address? known) && known == from)
            return;

        // A misconfigured network must not grow this table for ever; forgetting it costs a repeated log line.
        if (_strangers.Count >= 1000)
            _strangers.Clear();
        _strangers[key] = from;
        _log.Warning(
            "Reports of an agent at {0} are dropped: it says it is host '{1}' of cluster '{2}', which this monitor's configuration does not have. Compare the two configuration files.",
            from, report.Host, report.Cluster);
    }

    private bool IsConfigured(AgentProtocol.Report report) =>
        _settings.Clusters.TryGetValue(report.Cluster, out ClusterSettings? cluster) && cluster.Topology.Hosts.ContainsKey(report.Host);
}
