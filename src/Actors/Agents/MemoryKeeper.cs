using Akka.Actor;
using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>
/// The agent actor's memory and the queue of changes to it: one write at a time, each built on the last one that reached the disk. Used from
/// within that actor only; its tasks are piped to the actor as <see cref="Ended"/>.
/// </summary>
internal sealed class MemoryKeeper(IAgentStore store, TimeSpan timeout)
{
    /// <summary>Outcome of a load or save.</summary>
    public sealed record Ended(AgentMemory? Memory, string? Failure);

    private readonly Queue<(Func<AgentMemory, AgentMemory> Change, Action<string?> Then, bool Always)> _waiting = new();
    private Action<string?>? _then;
    private bool _busy;

    /// <summary>Null until it has been read from the disk.</summary>
    public AgentMemory? Memory { get; private set; }

    /// <summary>Why it could not be read; null = it could, or is being read.</summary>
    public string? LoadFailure { get; private set; }

    public void Load(IActorRef self)
    {
        if (_busy || Memory is not null)
            return;
        _busy = true;
        // Noted and not known to have become writable: it may have, just before this agent ended, and then its data is the newest.
        RunAsync(async cancel => (await store.LoadAsync(cancel)).TookOver()).PipeTo(self);
    }

    /// <summary>Changes the memory; <paramref name="then"/> gets null once it is on disk, or why it is not.</summary>
    public void Save(Func<AgentMemory, AgentMemory> change, Action<string?> then, IActorRef self)
    {
        _waiting.Enqueue((change, then, false));
        Proceed(self);
    }

    /// <summary>Writes it again as it is; <paramref name="then"/> as with <see cref="Save"/>.</summary>
    public void Rewrite(Action<string?> then, IActorRef self)
    {
        _waiting.Enqueue((m => m, then, true));
        Proceed(self);
    }

    public void Handle(Ended ended, IActorRef self)
    {
        _busy = false;
        Memory = ended.Memory ?? Memory;
        LoadFailure = Memory is null ? ended.Failure : null;
        Action<string?>? then = _then;
        _then = null;
        then?.Invoke(ended.Failure);
        Proceed(self);
    }

    private void Proceed(IActorRef self)
    {
        while (!_busy && Memory is not null && _waiting.TryDequeue(out (Func<AgentMemory, AgentMemory> Change, Action<string?> Then, bool Always) next))
        {
            AgentMemory changed = next.Change(Memory);
            if (changed == Memory && !next.Always)
            {
                next.Then(null);
                continue;
            }

            _busy = true;
            _then = next.Then;
            RunAsync(async cancel =>
            {
                await store.SaveAsync(changed, cancel);
                return changed;
            }).PipeTo(self);
        }
    }

    private async Task<Ended> RunAsync(Func<CancellationToken, Task<AgentMemory>> io)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            return new Ended(await io(limit.Token).WaitAsync(limit.Token), null);
        }
        catch (AgentStoreException e)
        {
            return new Ended(null, e.Message);
        }
        catch (OperationCanceledException)
        {
            return new Ended(null, $"the disk of the agent's state_dir did not answer within {timeout.TotalSeconds:0.#} s");
        }
    }
}
