using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent/vanished-peers</c>: ends what stands in mysqld's way when another host's machine has vanished. Receives <see cref="AgentProtocol.PeerVanished"/>. A false word costs
/// nothing: only connections on which nothing is answered are ended.
/// </summary>
internal sealed class VanishedPeersActor : ReceiveActor
{
    private sealed record Ended(Host Peer, EndedConnections? Connections, string? Failure);

    /// <summary>The kernel answers in microseconds.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private readonly AgentSetup _setup;
    private readonly IConnections _connections;
    private string? _failure;

    public VanishedPeersActor(AgentSetup setup, IConnections connections)
    {
        _setup = setup;
        _connections = connections;
        Receive<AgentProtocol.PeerVanished>(HandleVanished);
        Receive<Ended>(HandleEnded);
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("ending connections ended in a way that it should not", f.Cause));
    }

    public static Props Props(AgentSetup setup, IConnections connections) => Akka.Actor.Props.Create(() => new VanishedPeersActor(setup, connections));

    private void HandleVanished(AgentProtocol.PeerVanished m)
    {
        if (m.Cluster == _setup.Topology.Name && m.Host != _setup.Host.Name && _setup.Topology.Hosts.TryGetValue(m.Host, out Host? peer) && _busy.Add(peer.Name))
            EndAsync(_connections, peer, _setup.Host.MysqlPort).PipeTo(Self);
    }

    private void HandleEnded(Ended ended)
    {
        _busy.Remove(ended.Peer.Name);
        if (ended.Failure is not null && ended.Failure != _failure)
            _log.Warning("mysqld's connections with host '{0}', whose machine has vanished, could not be looked at; when it returns, mysqld may answer nobody for as long as it was away: {1}", ended.Peer.Name, ended.Failure);
        _failure = ended.Failure;
        if (ended.Connections is { Standing: > 0 and var standing })
            _log.Info("Ended {0} connection(s) of mysqld with host '{1}' ({2}), whose machine has vanished: nothing that was sent was answered", standing, ended.Peer.Name, ended.Peer.Ip);
    }

    private static async Task<Ended> EndAsync(IConnections connections, Host peer, int ownPort)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            return new Ended(peer, await connections.EndUnansweredAsync(peer.Ip, peer.MysqlPort, ownPort, deadline.Token), null);
        }
        catch (Exception e) when (e is ConnectionsException or OperationCanceledException)
        {
            return new Ended(peer, null, e.Message);
        }
    }
}
