using System.Diagnostics;
using Mmm.Agent.Tests.Servers;
using Xunit;

namespace Mmm.Agent.Tests.Network;

/// <summary>
/// Two network namespaces with a cable between them. A process cannot change its namespace once it has threads, so what is tested runs in another
/// run of this program inside the first one (<see cref="InNamespaceTests"/>), and its neighbour is asked from here.
/// </summary>
public sealed class NamespaceTests : IAsyncLifetime
{
    private static readonly string s_here = $"mmm-at-{Environment.ProcessId}-a";
    private static readonly string s_neighbour = $"mmm-at-{Environment.ProcessId}-b";

    public async ValueTask InitializeAsync()
    {
        await IpAsync($"netns add {s_here}");
        await IpAsync($"netns add {s_neighbour}");
        await IpAsync($"-n {s_here} link add eth0 type veth peer name eth0 netns {s_neighbour}");
        foreach ((string name, int number) in new[] { (s_here, 1), (s_neighbour, 2) })
        {
            await IpAsync($"-n {name} addr add 10.9.0.{number}/24 dev eth0");
            await IpAsync($"-n {name} addr add fd00:9::{number}/64 dev eth0 nodad");
            await IpAsync($"-n {name} link set lo up");
            await IpAsync($"-n {name} link set eth0 up");
        }

        // A link that has just come up neither sends nor takes in multicast before its own address has passed duplicate address detection.
        foreach (string name in new[] { s_here, s_neighbour })
        {
            await Eventually.TrueAsync($"{name} is ready for IPv6", async () =>
                await IpAsync($"-n {name} -6 addr show dev eth0 scope link") is var own && own.Contains("fe80", StringComparison.Ordinal) && !own.Contains("tentative", StringComparison.Ordinal));
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Their interfaces go with them.
        await IpAsync($"netns del {s_neighbour}");
        await IpAsync($"netns del {s_here}");
    }

    [Fact]
    public async Task Addresses_come_and_go_and_are_noticed() => await InsideAsync(nameof(InNamespaceTests.Addresses));

    [Fact]
    public async Task The_kernel_takes_an_address_away_when_nobody_renews_its_lifetime() => await InsideAsync(nameof(InNamespaceTests.Lifetimes));

    [Fact]
    public async Task One_packet_socket_serves_all_announcements_and_survives_a_link_that_was_down() =>
        await InsideAsync(nameof(InNamespaceTests.Announce_ipv4_again_and_again));

    [Theory]
    [InlineData("10.9.0.50")]
    [InlineData("fd00:9::50")]
    public async Task A_neighbour_that_knew_another_holder_learns_of_the_new_one(string ip)
    {
        await IpAsync($"-n {s_neighbour} neigh replace {ip} lladdr 02:00:00:00:00:99 dev eth0 nud stale");
        await InsideAsync(ip.Contains(':') ? nameof(InNamespaceTests.Announce_ipv6) : nameof(InNamespaceTests.Announce_ipv4));
        string mac = (await IpAsync($"-n {s_here} -br link show dev eth0")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
        await Eventually.TrueAsync("the neighbour knows", async () => (await IpAsync($"-n {s_neighbour} neigh show {ip}")).Contains(mac, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_has_an_address_is_found_and_nobody_else()
    {
        await IpAsync($"-n {s_neighbour} addr add 10.9.0.50/32 dev eth0");
        await IpAsync($"-n {s_neighbour} addr add fd00:9::50/128 dev eth0 nodad");
        await InsideAsync(nameof(InNamespaceTests.Ask));
    }

    [Fact]
    public async Task A_host_with_two_interfaces_on_one_network_does_not_hold_itself_for_another()
    {
        // The neighbour becomes a switch between the two.
        await IpAsync($"-n {s_here} link add eth1 type veth peer name eth1 netns {s_neighbour}");
        await IpAsync($"-n {s_neighbour} link add br0 type bridge");
        await IpAsync($"-n {s_neighbour} addr del 10.9.0.2/24 dev eth0");
        await IpAsync($"-n {s_neighbour} addr add 10.9.0.2/24 dev br0");
        foreach (string port in new[] { "eth0", "eth1" })
            await IpAsync($"-n {s_neighbour} link set {port} master br0 up");
        await IpAsync($"-n {s_neighbour} link set br0 up");
        await IpAsync($"-n {s_here} link set eth1 up");
        await InsideAsync(nameof(InNamespaceTests.Ask_myself));
    }

    [Fact]
    public async Task Connections_on_which_a_vanished_machine_answers_nothing_are_ended_and_no_others() => await InsideAsync(nameof(InNamespaceTests.Connections));

    private static async Task InsideAsync(string test)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Mmm.Agent.Tests");
        (int code, string output) = await RunAsync(
            "ip", $"netns exec {s_here} {program} -method {typeof(InNamespaceTests).FullName}.{test} -explicit only -noColor");
        Assert.True(code == 0, output);
        Assert.Contains("Total: 1,", output, StringComparison.Ordinal);
    }

    private static async Task<string> IpAsync(string arguments)
    {
        (int code, string output) = await RunAsync("ip", arguments);
        return code == 0 ? output : throw new InvalidOperationException($"ip {arguments}: {output} (these tests need root and iproute2)");
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }
}
