using Xunit;

namespace Mmm.Lab.Tests.Harness;

/// <summary>Base of tests on a shared lab: each begins with a lab in order and shows every node's log when it fails.</summary>
public abstract class LabTest(LabFixture fixture) : IAsyncLifetime
{
    protected LabFixture Fixture => fixture;

    protected LabCluster Lab => fixture.Lab;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        try
        {
            await fixture.UpAsync();
            await StartConditionAsync();
        }
        catch (Exception e) when (e is LabException or MySqlConnector.MySqlException)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"The lab was not in order ({e.Message}); a new one is made.");
            if (fixture.IsUp)
                LogDump.Write(fixture.Lab);
            await fixture.RecreateAsync();
            await StartConditionAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed && fixture.IsUp)
            LogDump.Write(Lab);
        if (fixture.IsUp && await Lab.Client.IsRunningAsync())
            await Lab.Client.StopAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>What every test of the class may rely on at its start; waits for it with a deadline.</summary>
    protected abstract Task StartConditionAsync();

    protected static Task Until(string what, int seconds, Func<Task<bool>> condition, Func<Task<string>>? why = null) =>
        Wait.UntilAsync(what, TimeSpan.FromSeconds(seconds), _ => condition(), why: why, ct: Stop);
}
