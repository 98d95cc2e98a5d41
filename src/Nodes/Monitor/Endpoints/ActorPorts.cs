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

/// <summary>
/// <see cref="ICommands"/> through the coordinator singleton's proxy. A proxy that knows of no coordinator keeps what it is given until there is one, minutes later perhaps, when the operator
/// has long been told that it failed and has done something else: so a command is given to it only once a coordinator has answered.
/// </summary>
public sealed class CoordinatorCommands(IRequiredActor<CoordinatorProxyKey> proxy) : ICommands
{
    public async Task<(ControlProtocol.Answer? Answer, bool Sent)> Send(ControlProtocol.Command command, CancellationToken cancel) =>
        await Ping(new ControlProtocol.Ping(command.Id), cancel) is null ? (null, false) : (await Ask(command, cancel), true);

    public Task<ControlProtocol.Answer?> Ping(ControlProtocol.Ping ping, CancellationToken cancel) => Ask(ping, cancel);

    private Task<ControlProtocol.Answer?> Ask(ControlProtocol.IMessage message, CancellationToken cancel) =>
        proxy.AskWithin<CoordinatorProxyKey, ControlProtocol.Answer>(message, EndpointLimits.CommandDeadline, cancel);
}
