using System.Collections.Immutable;
using Akka.Actor;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>Asks the agent of another host for the binary log of its dead mysqld.</summary>
internal interface ITailAsker
{
    /// <summary>Null when that agent does not answer: its machine is gone, or cut off.</summary>
    Task<TailProtocol.Answer?> AskAsync(string host, AgentProtocol.BinlogPosition? applied, CancellationToken cancel);
}

/// <inheritdoc cref="ITailAsker"/>
internal sealed class TailAsker : ITailAsker
{
    /// <summary>
    /// How long an answer is waited for: an agent on the same network answers within milliseconds, and one that does not would hold up every takeover from a machine that is gone.
    /// What has been received is applied meanwhile, which takes most of it.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(400);

    private readonly ImmutableDictionary<string, ActorSelection> _others;
    private readonly string _cluster;
    private readonly string _self;

    public TailAsker(ClusterTopology topology, string self, IActorContext context)
    {
        _cluster = topology.Name;
        _self = self;
        _others = topology.Hosts.Values.Where(h => h.Name != self).ToImmutableDictionary(h => h.Name, h => context.ActorSelection(WellKnown.TailOf(h)));
    }

    public async Task<TailProtocol.Answer?> AskAsync(string host, AgentProtocol.BinlogPosition? applied, CancellationToken cancel)
    {
        if (!_others.TryGetValue(host, out ActorSelection? other))
            return null;
        try
        {
            TailProtocol.Answer answer = await other.Ask<TailProtocol.Answer>(new TailProtocol.Ask(_cluster, host, _self, applied), s_patience, cancel);
            return answer.Cluster == _cluster && answer.Host == host ? answer : null;
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
