using System.Collections.Immutable;
using System.Threading.Channels;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Tests.Actors;

/// <summary>A disk that answers when a test says so; until the test says anything, well and at once.</summary>
public sealed class FakeDisk : IDisk
{
    private readonly Channel<(ImmutableArray<string> Folders, TaskCompletionSource<DiskProbe> Answer)> _asked = Channel.CreateUnbounded<(ImmutableArray<string>, TaskCompletionSource<DiskProbe>)>();

    /// <summary>From now on writes wait for <see cref="AskedAsync"/>.</summary>
    public bool Waits { get; set; }

    public static DiskProbe Well(string folder) => new(folder, 0, null, 1L << 40);

    public Task<DiskProbe> ProbeAsync(ImmutableArray<string> folders, int? mysqld)
    {
        if (!Waits)
            return Task.FromResult(Well(folders[0]));
        var answer = new TaskCompletionSource<DiskProbe>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Writer.TryWrite((folders, answer));
        return answer.Task;
    }

    /// <summary>The next write that has begun.</summary>
    public async Task<(ImmutableArray<string> Folders, TaskCompletionSource<DiskProbe> Answer)> AskedAsync(CancellationToken cancel) => await _asked.Reader.ReadAsync(cancel);
}
