using System.Net.Sockets;

namespace Mmm.Lab.Processes;

/// <summary>Copies bytes both ways between two connections until one side ends.</summary>
internal static class Tunnel
{
    public static async Task PumpAsync(NetworkStream a, NetworkStream b)
    {
        try
        {
            await Task.WhenAny(CopyAsync(a, b), CopyAsync(b, a)).Unwrap();
        }
        catch (IOException)
        {
            // One side was reset: both connections are closed by their owners.
        }
    }

    private static async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        await from.CopyToAsync(to);
        to.Socket.Shutdown(SocketShutdown.Send);
    }
}
