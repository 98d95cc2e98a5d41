using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Mmm.Actors;
using Mmm.Actors.Status;
using Mmm.Shared.Messages;

namespace Mmm.Monitor.Endpoints;

/// <summary><see cref="IClusterReads"/> from this node's status board.</summary>
public sealed class StatusBoardReads(IRequiredActor<StatusBoardKey> board) : IClusterReads
{
    public async Task<ImmutableArray<HeardSnapshot>> All(CancellationToken cancel)
    {
        StatusBoard.AllSeen seen = await board.AskWithin<StatusBoardKey, StatusBoard.AllSeen>(StatusBoard.GetAll.Instance, EndpointLimits.LocalDeadline, cancel)
            ?? throw new TimeoutException("the status board did not answer");
        return [.. seen.Snapshots.Select(s => new HeardSnapshot(s.Snapshot, s.Age))];
    }
}

/// <summary><see cref="ICommands"/> through the coordinator singleton's proxy.</summary>
public sealed class CoordinatorCommands(IRequiredActor<CoordinatorProxyKey> proxy) : ICommands
{
    public Task<ControlProtocol.Answer?> Send(ControlProtocol.Command command, CancellationToken cancel) => Ask(command, cancel);

    public Task<ControlProtocol.Answer?> Ping(ControlProtocol.Ping ping, CancellationToken cancel) => Ask(ping, cancel);

    private Task<ControlProtocol.Answer?> Ask(ControlProtocol.IMessage message, CancellationToken cancel) =>
        proxy.AskWithin<CoordinatorProxyKey, ControlProtocol.Answer>(message, EndpointLimits.CommandDeadline, cancel);
}

/// <summary>Ask at the HTTP edge, the only place where it is used.</summary>
internal static class RequiredActorAsk
{
    /// <summary>The answer; null when none came within the deadline, also because the actor is not registered yet (the node is starting).</summary>
    public static async Task<TAnswer?> AskWithin<TKey, TAnswer>(this IRequiredActor<TKey> required, object message, TimeSpan deadline, CancellationToken cancel)
        where TAnswer : class
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(deadline);
        try
        {
            IActorRef actor = await required.GetAsync(limit.Token);
            return await actor.Ask<TAnswer>(message, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
