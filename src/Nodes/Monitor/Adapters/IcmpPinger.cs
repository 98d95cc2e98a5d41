using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Mmm.Actors.Probing;

namespace Mmm.Monitor.Adapters;

/// <summary>
/// ICMP echo by the cheapest means this process is allowed. .NET's <see cref="Ping"/> opens a raw socket, which needs root or CAP_NET_RAW, and otherwise starts
/// the <c>ping</c> program for every echo: too dear for many hosts. So where the kernel lets the process's group use datagram ICMP sockets
/// (<c>net.ipv4.ping_group_range</c>, icmp(7)), those are used.
/// </summary>
public sealed class IcmpPinger : IPinger
{
    private readonly bool _datagrams = CanOpen(SocketType.Dgram);

    /// <summary>Why pings will be dear on this machine, one sentence; null when they will not.</summary>
    public string? Concern => _datagrams || CanOpen(SocketType.Raw)
        ? null
        : "This process may not send ICMP itself, so each ping starts the 'ping' program. Give it CAP_NET_RAW (systemd: AmbientCapabilities=CAP_NET_RAW) or its group net.ipv4.ping_group_range.";

    public async Task<CheckReading> PingAsync(string ip, TimeSpan timeout, CancellationToken stop)
    {
        if (!IPAddress.TryParse(ip, out IPAddress? address))
            return CheckReading.Unknown($"Invalid address '{ip}'");
        try
        {
            bool answered = _datagrams
                ? await DatagramEcho.SendAsync(address, timeout, stop).ConfigureAwait(false)
                : await SendAsync(address, timeout, stop).ConfigureAwait(false);
            return answered ? CheckReading.Fine : CheckReading.Failing($"Could not ping {ip}");
        }
        catch (OperationCanceledException)
        {
            return CheckReading.Unknown("Not checked: the monitor is stopping");
        }
        catch (Exception e) when (e is PingException or SocketException)
        {
            return Explain(ip, e);
        }
        catch (PlatformNotSupportedException e)
        {
            return CheckReading.Unknown($"This monitor cannot ping: {e.Message}");
        }
    }

    private static CheckReading Explain(string ip, Exception e)
    {
        SocketException? socket = e as SocketException ?? e.InnerException as SocketException;
        return socket?.SocketErrorCode is SocketError.AccessDenied or SocketError.AddressFamilyNotSupported or SocketError.TooManyOpenSockets
            ? CheckReading.Unknown($"This monitor cannot ping {ip}: {socket.Message}")
            : CheckReading.Failing($"Could not ping {ip}: {socket?.Message ?? e.InnerException?.Message ?? e.Message}");
    }

    private static async Task<bool> SendAsync(IPAddress address, TimeSpan timeout, CancellationToken stop)
    {
        using Ping ping = new();
        PingReply reply = await ping.SendPingAsync(address, timeout, cancellationToken: stop).ConfigureAwait(false);
        return reply.Status == IPStatus.Success;
    }

    private static bool CanOpen(SocketType type)
    {
        try
        {
            using Socket socket = new(AddressFamily.InterNetwork, type, ProtocolType.Icmp);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
