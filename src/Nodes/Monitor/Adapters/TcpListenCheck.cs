using System.Net.Sockets;
using Mmm.Actors.Membership;

namespace Mmm.Monitor.Adapters;

/// <summary><see cref="IListenCheck"/> by a TCP connection that is closed at once.</summary>
public sealed class TcpListenCheck : IListenCheck
{
    public async Task<bool> RefusesAsync(string address, int port, CancellationToken cancel)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, port, cancel);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
