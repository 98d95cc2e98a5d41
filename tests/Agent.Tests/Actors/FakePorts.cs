using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Tests.Actors;

/// <summary>Addresses in memory, with the moments they came and went.</summary>
public sealed class FakeAddresses : IAddresses, IAnnouncer, INeighbours
{
    private volatile ImmutableSortedSet<string> _ips = ["127.0.0.1"];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ImmutableSortedSet<string> Ips => _ips;

    /// <summary>Called before an address comes.</summary>
    public Action<string> OnAdd { get; set; } = _ => { };

    /// <summary>Called when an address has come.</summary>
    public Action<string> OnAdded { get; set; } = _ => { };

    /// <summary>Called before an address goes.</summary>
    public Action<string> OnRemove { get; set; } = _ => { };

    public ImmutableList<string> Announced { get; private set; } = [];

    public string? AddFailure { get; set; }

    /// <summary>As somebody at the host's shell would.</summary>
    public void ByHand(Func<ImmutableSortedSet<string>, ImmutableSortedSet<string>> change)
    {
        _ips = change(_ips);
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    public Task<ImmutableArray<string>> ReadAsync(CancellationToken cancel) => Task.FromResult(_ips.ToImmutableArray());

    /// <summary>Lifetime each address was last given, in seconds.</summary>
    public ImmutableSortedDictionary<string, int> Seconds { get; private set; } = ImmutableSortedDictionary<string, int>.Empty;

    public Task AddAsync(string ip, int seconds, CancellationToken cancel)
    {
        if (AddFailure is { } why)
            throw new AddressException(why);
        OnAdd(ip);
        Seconds = Seconds.SetItem(ip, seconds);
        ByHand(i => i.Add(ip));
        OnAdded(ip);
        return Task.CompletedTask;
    }

    public void Extend(IReadOnlyDictionary<string, int> seconds) => Seconds = Seconds.SetItems(seconds.Where(s => _ips.Contains(s.Key)));

    public void Remove(IReadOnlyCollection<string> ips)
    {
        foreach (string ip in ips.Where(_ips.Contains))
        {
            OnRemove(ip);
            ByHand(i => i.Remove(ip));
        }
    }

    public Task RemoveAsync(string ip, CancellationToken cancel)
    {
        OnRemove(ip);
        ByHand(i => i.Remove(ip));
        return Task.CompletedTask;
    }

    public Task CheckAsync(CancellationToken cancel) => Task.CompletedTask;

    public Task ChangedAsync(CancellationToken cancel) => _changed.Task.WaitAsync(cancel);

    /// <summary>Machines elsewhere that answer for an address, by address.</summary>
    public ImmutableDictionary<string, string> Elsewhere { get; set; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Why nobody can be asked.</summary>
    public string? AskFailure { get; set; }

    /// <summary>Called before anybody is asked.</summary>
    public Action<IReadOnlyCollection<string>> OnAsk { get; set; } = _ => { };

    /// <summary>Ends when it is time for the answers.</summary>
    public Task Answering { get; set; } = Task.CompletedTask;

    public async Task<NeighbourAnswers> AskAsync(IReadOnlyCollection<string> ips, TimeSpan window, bool first, CancellationToken cancel)
    {
        OnAsk(ips);
        if (AskFailure is { } why)
            throw new AddressException(why);
        await Answering.WaitAsync(cancel);
        return new NeighbourAnswers(["02:00:00:00:00:01"], ips.Where(Elsewhere.ContainsKey).ToImmutableSortedDictionary(ip => ip, ip => ImmutableSortedSet.Create(Elsewhere[ip])));
    }

    public Task AnnounceAsync(string ip, CancellationToken cancel)
    {
        lock (this)
            Announced = Announced.Add(ip);
        return Task.CompletedTask;
    }
}

/// <summary>Memory in memory; can refuse to keep anything.</summary>
public sealed class FakeStore : IAgentStore
{
    public AgentMemory Kept { get; set; } = AgentMemory.Empty;

    public string? LoadFailure { get; set; }

    public string? SaveFailure { get; set; }

    /// <summary>Why it cannot take this; null = it can.</summary>
    public Func<AgentMemory, string?>? Refuses { get; set; }

    public Task<AgentMemory> LoadAsync(CancellationToken cancel) =>
        LoadFailure is { } why ? Task.FromException<AgentMemory>(new AgentStoreException(why)) : Task.FromResult(Kept);

    /// <summary>It takes this until then.</summary>
    public Func<AgentMemory, Task?>? Waits { get; set; }

    public async Task SaveAsync(AgentMemory memory, CancellationToken cancel)
    {
        if ((SaveFailure ?? Refuses?.Invoke(memory)) is { } why)
            throw new AgentStoreException(why);
        if (Waits?.Invoke(memory) is { } slow)
            await slow.WaitAsync(cancel);
        Kept = memory;
    }
}

/// <summary>No process to watch: the looks tell.</summary>
public sealed class NoWatch : ILocalWatch
{
    public TimeSpan MachineUptime => TimeSpan.FromHours(1);

    /// <summary>How often mysqld was to be killed.</summary>
    public int Kills { get; private set; }

    /// <summary>What mysqld's process is told by; null = it is not found.</summary>
    public string? Process { get; set; }

    public int? FindProcess(string? pidFile) => Process is null ? null : 1;

    public string? IdentityOf(int processId) => Process;

    public ImmutableArray<ServerVariable>? StartOptionsOf(int processId, string version, string dataFolder) => null;

    public string Kill(string? pidFile)
    {
        Kills++;
        return "killed";
    }

    public Task WaitForExitAsync(int processId, CancellationToken cancel) => Task.Delay(Timeout.Infinite, cancel);
}
