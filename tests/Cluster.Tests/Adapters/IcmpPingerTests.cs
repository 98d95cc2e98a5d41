using System.Diagnostics;
using System.Net.Sockets;
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

    /// <summary>In a network of its own, where the group may use datagram ICMP sockets, and without any capability: as a monitor that does not run as root.</summary>
    [Fact]
    public async Task Without_capabilities_it_pings_where_the_kernel_lets_its_group()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Mmm.Cluster.Tests");
        using Process inside = Process.Start(new ProcessStartInfo(
            "unshare",
            ["--net", "sh", "-ec", "ip link set lo up; id -g | sed 's/.*/& &/' > /proc/sys/net/ipv4/ping_group_range; exec setpriv --inh-caps=-all --bounding-set=-all \"$@\"", "sh",
                program, "-method", $"{typeof(IcmpPingerTests).FullName}.{nameof(Inside_without_capabilities)}", "-explicit", "only", "-noColor"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = inside.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await inside.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await inside.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(inside.ExitCode == 0, output + " (this test needs root and iproute2)");
        Assert.Contains("Total: 1,", output, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task Inside_without_capabilities()
    {
        Assert.Throws<SocketException>(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));
        IcmpPinger pinger = new();
        Assert.Null(pinger.Concern);
        CheckReading[] readings = await Task.WhenAll(Enumerable.Range(1, 100).Select(i =>
            pinger.PingAsync(i == 1 ? "::1" : $"127.0.0.{i}", TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)));
        Assert.All(readings, r => Assert.Equal(CheckReading.Fine, r));
        CheckReading unreachable = await pinger.PingAsync("192.0.2.1", TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.Equal(Outcome.Failing, unreachable.Outcome);
        Assert.StartsWith("Could not ping 192.0.2.1", unreachable.Message, StringComparison.Ordinal);
    }
}
