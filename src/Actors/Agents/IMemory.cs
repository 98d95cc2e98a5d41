using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>The agent's memory, for a step that must not go on before something is on disk.</summary>
internal interface IMemory
{
    /// <returns>Null once it is on disk, or why it is not.</returns>
    Task<string?> SaveAsync(Func<AgentMemory, AgentMemory> change, CancellationToken cancel);
}
