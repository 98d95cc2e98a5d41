using System.Collections.Concurrent;
using Mmm.Actors.Agents;

namespace Mmm.Agent.Tests.Actors;

/// <summary>Notes with whom connections were to be ended.</summary>
public sealed class FakeConnections : IConnections
{
    public ConcurrentQueue<(string Ip, int Port, int OwnPort)> Asked { get; } = new();

    public Task<EndedConnections> EndUnansweredAsync(string ip, int port, int ownPort, CancellationToken cancel)
    {
        Asked.Enqueue((ip, port, ownPort));
        return Task.FromResult(new EndedConnections(1, 0));
    }
}
