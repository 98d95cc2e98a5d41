using Mmm.Actors.Probing;
using Mmm.Monitor.Adapters;
using Xunit;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Cluster.Tests.Adapters;

public sealed class IcmpPingerTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_address_that_answers_is_fine(string ip) =>
        Assert.Equal(CheckReading.Fine, await new IcmpPinger().PingAsync(ip, TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));

    [Fact]
    public async Task One_that_does_not_is_failing_in_MMMs_words()
    {
        // 240.0.0.0/4 is reserved: nothing answers there, whether the kernel says so or stays silent.
        CheckReading reading = await new IcmpPinger().PingAsync("240.0.0.1", TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);
        Assert.Equal(Outcome.Failing, reading.Outcome);
        Assert.StartsWith("Could not ping 240.0.0.1", reading.Message, StringComparison.Ordinal);
    }
}
