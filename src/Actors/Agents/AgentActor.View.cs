using Akka.Actor;
using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>What the agent's HTTP endpoint asks it.</summary>
public sealed partial class AgentActor
{
    /// <summary>HTTP endpoint -> this; never crosses the network. Reply: an <see cref="AgentView"/>, by way of the lease, whose word on itself is the latest.</summary>
    public sealed record GetView
    {
        public static readonly GetView Instance = new();
    }

    private (long Seconds, long At)? _lagSeen;

    private void NoteLag(FoundMysqld found)
    {
        if (found.Channel?.SecondsBehind is { } seconds)
            _lagSeen = (seconds, _time.GetTimestamp());
    }

    private void HandleGetView() => _lease.Forward(new LeaseActor.Complete(new AgentView(
        _setup.Topology, _setup.Host.Name, _order, _progress, _cover, _ports.LeaseClock.GetElapsedTime(0), _found, Staleness, _contacts.LastHeard(), _setup.LeaseTtl)));

    private TimeSpan? Staleness =>
        _found.Mysqld.Channel?.SecondsBehind is { } now ? TimeSpan.FromSeconds(now)
        : _lagSeen is { } last ? TimeSpan.FromSeconds(last.Seconds) + _time.GetElapsedTime(last.At)
        : null;
}

/// <summary>Registry key of the agent's actor.</summary>
public sealed class AgentActorKey;
