using Akka.Hosting;
using Mmm.Actors;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Endpoints;

/// <summary>What the agent knows of its host.</summary>
internal interface IAgentViews
{
    /// <summary>Null = it did not tell in time: it is starting, or stands still.</summary>
    Task<AgentView?> NowAsync(CancellationToken cancel);
}

/// <summary><see cref="IAgentViews"/> of the agent's actor.</summary>
internal sealed class AgentViews(IRequiredActor<AgentActorKey> agent) : IAgentViews
{
    /// <summary>It answers from memory; load balancers give up after a second or two.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(1);

    public Task<AgentView?> NowAsync(CancellationToken cancel) => agent.AskWithin<AgentActorKey, AgentView>(AgentActor.GetView.Instance, s_deadline, cancel);
}
