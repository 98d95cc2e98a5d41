using System.Diagnostics;
using Mmm.Agent.Adapters.Linux;
using Xunit;

namespace Mmm.Agent.Tests.Linux;

/// <summary>A process is told from every other one, also from a later one with the same number.</summary>
public sealed class ProcessIdentityTests
{
    [Fact]
    public void It_stays_the_same_and_is_nobody_elses()
    {
        using var poller = new Poller();
        var watch = new ProcessWatch(poller, null, TimeSpan.FromMilliseconds(20), TimeProvider.System);
        using Process sleeps = Process.Start("sleep", "60");
        try
        {
            string? identity = watch.IdentityOf(sleeps.Id);
            Assert.NotNull(identity);
            Assert.Equal(identity, watch.IdentityOf(sleeps.Id));
            Assert.NotEqual(identity, watch.IdentityOf(Environment.ProcessId));
            Assert.Equal(identity.Split('/')[0], watch.IdentityOf(Environment.ProcessId)!.Split('/')[0]);
        }
        finally
        {
            sleeps.Kill();
            sleeps.WaitForExit();
        }

        Assert.Null(watch.IdentityOf(sleeps.Id));
    }
}
