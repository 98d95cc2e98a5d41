using System.Net;
using System.Net.Sockets;

namespace Mmm.Monitor.Adapters;

/// <summary>One ICMP echo over a datagram ICMP socket (Linux, icmp(7)): the kernel fills in identifier and checksum and delivers only the answers to this socket.</summary>
internal static class DatagramEcho
{
    private const byte EchoRequestV4 = 8;
    private const byte EchoReplyV4 = 0;
    private const byte EchoRequestV6 = 128;
    private const byte EchoReplyV6 = 129;

    /// <summary>True when the address answered within <paramref name="timeout"/>.</summary>
    /// <exception cref="SocketException">It cannot be reached, or the process may not open such sockets.</exception>
    public static async Task<bool> SendAsync(IPAddress address, TimeSpan timeout, CancellationToken stop)
    {
        bool v4 = address.AddressFamily == AddressFamily.InterNetwork;
        using Socket socket = new(address.AddressFamily, SocketType.Dgram, v4 ? ProtocolType.Icmp : ProtocolType.IcmpV6);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, 0), deadline.Token).ConfigureAwait(false);

            // Type, code, checksum (the kernel's), identifier (the kernel's), sequence 1: RFC 792, RFC 4443.
            byte[] request = [v4 ? EchoRequestV4 : EchoRequestV6, 0, 0, 0, 0, 0, 0, 1];
            await socket.SendAsync(request, deadline.Token).ConfigureAwait(false);
            byte[] answer = new byte[64];
            while (true)
            {
                int length = await socket.ReceiveAsync(answer, deadline.Token).ConfigureAwait(false);
                if (length > 0 && answer[0] == (v4 ? EchoReplyV4 : EchoReplyV6))
                    return true;
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }
}
