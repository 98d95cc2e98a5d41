using Xunit;

namespace Mmm.Lab.Tests.Harness;

/// <summary>A lab that a collection of tests shares; up before the first, removed after the last.</summary>
public abstract class LabFixture : IAsyncLifetime
{
    private static int _count;

    private readonly List<string> _steps = [];
    private LabCluster? _lab;

    /// <param name="options">Name is set here: unique to this process, so that runs beside each other do not meet.</param>
    protected LabFixture(LabOptions options) => Options = options with { Name = UniqueName() };

    public LabOptions Options { get; }

    public LabCluster Lab => _lab ?? throw new InvalidOperationException("The lab is not up.");

    public bool IsUp => _lab is not null;

    public static string UniqueName() => $"t{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";

    public async ValueTask InitializeAsync() => await UpAsync();

    public async ValueTask DisposeAsync()
    {
        _lab?.Dispose();
        await LabLifecycle.DownAsync(Options.Name);
        GC.SuppressFinalize(this);
    }

    /// <summary>Brings it up, or puts it in order.</summary>
    public async Task UpAsync()
    {
        _lab?.Dispose();
        _lab = null;
        _lab = await LabLifecycle.UpAsync(Options, _steps.Add);
    }

    /// <summary>A new lab instead of one that a failed test left beyond repair.</summary>
    public async Task RecreateAsync()
    {
        await LabLifecycle.DownAsync(Options.Name);
        await UpAsync();
    }
}
