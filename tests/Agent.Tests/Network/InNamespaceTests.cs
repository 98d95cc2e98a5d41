using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;
using Mmm.Agent.Adapters.Network;
using Mmm.Agent.Tests.Servers;
using Xunit;

namespace Mmm.Agent.Tests.Network;

/// <summary>Run by <see cref="NamespaceTests"/> inside a namespace of their own; never by themselves, as they change the machine's addresses.</summary>
public sealed class InNamespaceTests : IDisposable
{
    private const string Writer = "10.9.0.50";
    private const string Writer6 = "fd00:9::50";

    private readonly Poller _poller = new();
    private readonly KernelAddresses _addresses;
    private readonly NeighbourAnnouncer _announcer = new("eth0");
    private readonly KernelNeighbours _neighbours;
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public InNamespaceTests()
    {
        _addresses = new KernelAddresses(_poller, "eth0");
        _neighbours = new KernelNeighbours(_poller, "eth0");
    }

    public void Dispose()
    {
        _announcer.Dispose();
        _poller.Dispose();
    }

    [Fact(Explicit = true)]
    public async Task Addresses()
    {
        Assert.Contains("10.9.0.1", await _addresses.ReadAsync(_cancel));
        foreach (string ip in (string[])[Writer, Writer6])
        {
            Task changed = _addresses.ChangedAsync(_cancel);
            await _addresses.AddAsync(ip, 30, _cancel);
            await _addresses.AddAsync(ip, 30, _cancel);
            await changed.WaitAsync(TimeSpan.FromSeconds(5), _cancel);
            Assert.Contains(ip, await _addresses.ReadAsync(_cancel));

            changed = _addresses.ChangedAsync(_cancel);
            await _addresses.RemoveAsync(ip, _cancel);
            await _addresses.RemoveAsync(ip, _cancel);
            await changed.WaitAsync(TimeSpan.FromSeconds(5), _cancel);
            Assert.DoesNotContain(ip, await _addresses.ReadAsync(_cancel));
        }

        // As added by hand or by another program: with another prefix, or on another interface.
        await ShellAsync($"ip addr add {Writer}/24 dev eth0; ip addr add {Writer}/32 dev lo");
        await _addresses.AddAsync(Writer, 30, _cancel);
        await _addresses.RemoveAsync(Writer, _cancel);
        Assert.DoesNotContain(Writer, await _addresses.ReadAsync(_cancel));
        Assert.Contains("10.9.0.1", await _addresses.ReadAsync(_cancel));

        // The host's own connections must not leave from a role address that may go at any moment.
        await _addresses.AddAsync(Writer6, 30, _cancel);
        Assert.Contains("src fd00:9::1 ", await ShellAsync("ip route get fd00:9::2"), StringComparison.Ordinal);
        await _addresses.AddAsync(Writer, 30, _cancel);
        Assert.Contains("src 10.9.0.1 ", await ShellAsync("ip route get 10.9.0.2"), StringComparison.Ordinal);

        AddressException e = await Assert.ThrowsAsync<AddressException>(() => new KernelAddresses(_poller, "eth9").AddAsync("10.9.0.51", 30, _cancel));
        Assert.Contains("no interface 'eth9'", e.Message, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task Lifetimes()
    {
        foreach (string ip in (string[])[Writer, Writer6])
        {
            // Without anybody's help: this is what takes an address off a host whose agent is dead.
            await _addresses.AddAsync(ip, 1, _cancel);
            await Eventually.TrueAsync($"the kernel takes {ip} away", async () => !(await _addresses.ReadAsync(_cancel)).Contains(ip));

            // One that is gone is not added again.
            _addresses.Extend(new Dictionary<string, int> { [ip] = 30 });
            Assert.DoesNotContain(ip, await _addresses.ReadAsync(_cancel));

            await _addresses.AddAsync(ip, 1, _cancel);
            _addresses.Extend(new Dictionary<string, int> { [ip] = 30 });
            Assert.Matches($"{Regex.Escape(ip)}/.*valid_lft (29|30)sec", (await ShellAsync("ip addr show dev eth0")).ReplaceLineEndings(" "));
            _addresses.Remove([ip]);
            Assert.DoesNotContain(ip, await _addresses.ReadAsync(_cancel));
        }

        // Left behind by another program, for ever and with another prefix: it is given a lifetime, and stays where it is.
        await ShellAsync($"ip addr add {Writer}/24 dev eth0");
        _addresses.Extend(new Dictionary<string, int> { [Writer] = 30 });
        Assert.Matches($"{Regex.Escape(Writer)}/24 .*valid_lft (29|30)sec", (await ShellAsync("ip -o -4 addr show dev eth0")));
        _addresses.Remove([Writer]);
    }

    [Fact(Explicit = true)]
    public async Task Connections()
    {
        // Loopback addresses stand for machines: what is sent to or from one of them can be dropped. The server's socket is one for IPv4 and IPv6, as mysqld's is.
        await ShellAsync("ip addr add 10.9.1.1/32 dev lo; ip addr add 10.9.1.2/32 dev lo; ip addr add 10.9.1.3/32 dev lo; ip addr add 10.9.1.4/32 dev lo; ip addr add fd00:9:1::1/128 dev lo nodad; ip addr add fd00:9:1::2/128 dev lo nodad");
        using var server = new TcpListener(IPAddress.IPv6Any, 0);
        server.Server.DualMode = true;
        server.Start();
        int port = ((IPEndPoint)server.LocalEndpoint).Port;
        (TcpClient Replica, TcpClient Here) gone = await ConnectAsync("10.9.1.2", "10.9.1.1");
        (TcpClient Replica, TcpClient Here) gone6 = await ConnectAsync("fd00:9:1::2", "fd00:9:1::1");
        (TcpClient Replica, TcpClient Here) idle = await ConnectAsync("10.9.1.2", "10.9.1.1");
        (TcpClient Replica, TcpClient Here) other = await ConnectAsync("10.9.1.3", "10.9.1.1");
        (TcpClient Replica, TcpClient Here) late = await ConnectAsync("10.9.1.4", "10.9.1.1");
        await NftAsync("add table inet cut; add chain inet cut out { type filter hook output priority 0; }; add rule inet cut out ip saddr { 10.9.1.2, 10.9.1.3, 10.9.1.4 } drop; "
            + "add rule inet cut out ip6 saddr fd00:9:1::2 drop; add rule inet cut out tcp dport 9 drop");
        var connections = new KernelConnections();

        // A machine that is not asked for keeps its connection, and so does one on which nothing has been sent.
        foreach (TcpClient here in new[] { gone.Here, gone6.Here, other.Here })
            await here.GetStream().WriteAsync(new byte[100], _cancel);
        foreach ((string machine, TcpClient here) in new[] { ("10.9.1.2", gone.Here), ("fd00:9:1::2", gone6.Here) })
        {
            await Eventually.TrueAsync($"the connection with {machine} is ended", async () => await connections.EndUnansweredAsync(machine, 9, port, _cancel) == new EndedConnections(1, 0));
            IOException e = await Assert.ThrowsAnyAsync<IOException>(async () => await here.GetStream().ReadExactlyAsync(new byte[1], _cancel));
            Assert.Equal(SocketError.ConnectionAborted, ((SocketException)e.InnerException!).SocketErrorCode);
        }

        // What is said to other ports stays, however long it is unanswered, and so does what was only just said.
        Assert.Equal(new EndedConnections(0, 0), await connections.EndUnansweredAsync("10.9.1.3", 9, port + 1, _cancel));
        Assert.Equal(new EndedConnections(0, 0), await connections.EndUnansweredAsync("10.9.1.2", 9, port, _cancel));
        long said = Stopwatch.GetTimestamp();
        await late.Here.GetStream().WriteAsync(new byte[1], _cancel);
        EndedConnections early = await connections.EndUnansweredAsync("10.9.1.4", 9, port, _cancel);
        // It is repeated for the second time after 0.6 s.
        Assert.True(early.Standing == 0 || Stopwatch.GetElapsedTime(said) > TimeSpan.FromMilliseconds(500), "a machine that has had no time to answer lost its connection");
        await NftAsync("delete table inet cut");
        foreach ((TcpClient replica, TcpClient here) in new[] { idle, other })
        {
            await replica.GetStream().WriteAsync(new byte[1], _cancel);
            await here.GetStream().ReadExactlyAsync(new byte[1], _cancel);
        }

        // A receiver that is just dialling.
        await NftAsync("add table inet cut; add chain inet cut in { type filter hook input priority 0; }; add rule inet cut in tcp dport 9 drop");
        using var receiver = new TcpClient();
        Task dialling = receiver.ConnectAsync("10.9.1.2", 9, _cancel).AsTask();
        await Eventually.TrueAsync("the attempt is ended", async () => await connections.EndUnansweredAsync("10.9.1.2", 9, 1, _cancel) == new EndedConnections(0, 1));
        await Assert.ThrowsAsync<SocketException>(() => dialling.WaitAsync(TimeSpan.FromSeconds(5), _cancel));

        async Task<(TcpClient Replica, TcpClient Here)> ConnectAsync(string from, string to)
        {
            var replica = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0));
            Task<TcpClient> here = server.AcceptTcpClientAsync(_cancel).AsTask();
            await replica.ConnectAsync(to, port, _cancel);
            return (replica, await here);
        }

        static Task<string> NftAsync(string rules) => ShellAsync($"printf '%s\\n' '{rules}' | tr ';' '\\n' | nft -f -");
    }

    [Fact(Explicit = true)]
    public Task Announce_ipv4() => AnnounceAsync(Writer);

    [Fact(Explicit = true)]
    public async Task Announce_ipv4_again_and_again()
    {
        await AnnounceAsync(Writer);
        string[] open = PacketSockets();
        Assert.Single(open);

        await AnnounceAsync(Writer);
        Assert.Equal(open, PacketSockets());

        await ShellAsync("ip link set eth0 down");
        AddressException e = await Assert.ThrowsAsync<AddressException>(() => _announcer.AnnounceAsync(Writer, _cancel));
        Assert.Contains("on eth0 failed", e.Message, StringComparison.Ordinal);
        await ShellAsync("ip link set eth0 up");

        await AnnounceAsync(Writer);
        Assert.Single(PacketSockets());
    }

    [Fact(Explicit = true)]
    public Task Announce_ipv6() => AnnounceAsync(Writer6);

    /// <summary>The neighbour has both, and nobody else has anything.</summary>
    [Fact(Explicit = true)]
    public async Task Ask()
    {
        TimeSpan window = TimeSpan.FromMilliseconds(300);
        NeighbourAnswers all = await _neighbours.AskAsync([Writer, Writer6, "10.9.0.51", "fd00:9::51"], window, first: false, _cancel);
        string neighbour = Assert.Single(all.Of(Writer));
        Assert.Equal([neighbour], all.Of(Writer6));
        Assert.Equal(2, all.Macs.Count);
        Assert.DoesNotContain(neighbour, all.OwnMacs);
        Assert.Contains(all.OwnMacs, mac => ShellAsync("ip link show dev eth0").Result.Contains(mac, StringComparison.Ordinal));

        // The first answer ends it, long before the window does.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        NeighbourAnswers first = await _neighbours.AskAsync([Writer, Writer6], TimeSpan.FromMinutes(10), first: true, soon.Token);
        Assert.Equal(2, first.Macs.Count);

        // Asking tells nobody anything: no address of ours has been learnt for what was asked.
        Assert.DoesNotContain("10.9.0.51", await _addresses.ReadAsync(_cancel));

        await ShellAsync("ip link set eth0 down");
        AddressException e = await Assert.ThrowsAsync<AddressException>(() => _neighbours.AskAsync([Writer], window, first: true, _cancel));
        Assert.Contains("nobody on eth0 can be asked", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<AddressException>(() => new KernelNeighbours(_poller, "eth9").AskAsync([Writer], window, first: true, _cancel));
        Assert.Contains("no interface 'eth9'", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The address is on this host's eth1, on the same network: its kernel answers the question of eth0 with eth1's hardware address.</summary>
    [Fact(Explicit = true)]
    public async Task Ask_myself()
    {
        await ShellAsync($"ip addr add {Writer}/32 dev eth1");
        NeighbourAnswers answers = await _neighbours.AskAsync([Writer, "10.9.0.2"], TimeSpan.FromMilliseconds(500), first: false, _cancel);
        Assert.Empty(answers.Of(Writer));
        Assert.Single(answers.Of("10.9.0.2"));
        Assert.Equal(2, answers.OwnMacs.Count);
    }

    private async Task AnnounceAsync(string ip)
    {
        await _addresses.AddAsync(ip, 30, _cancel);
        await _announcer.AnnounceAsync(ip, _cancel);
    }

    /// <summary>One line per packet socket of this namespace (the first line of the file is a heading).</summary>
    private static string[] PacketSockets() => [.. File.ReadLines("/proc/self/net/packet").Skip(1)];

    private static async Task<string> ShellAsync(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", command]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, command);
        return output;
    }
}
