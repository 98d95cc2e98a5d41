using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>What the agent remembers across restarts, on disk.</summary>
public interface IAgentStore
{
    /// <summary>Reads it; a missing file is <see cref="AgentMemory.Empty"/>. Throws <see cref="AgentStoreException"/> when it is corrupt or unreadable.</summary>
    Task<AgentMemory> LoadAsync(CancellationToken cancel);

    /// <summary>Completes once it would survive a power cut. Throws <see cref="AgentStoreException"/>.</summary>
    Task SaveAsync(AgentMemory memory, CancellationToken cancel);
}

/// <summary>The memory cannot be read or written; the message names the file and what to do.</summary>
public sealed class AgentStoreException : Exception
{
    public AgentStoreException(string message)
        : base(message)
    {
    }

    public AgentStoreException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
