using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mmm.Cluster.Tests.Adapters;

/// <summary>Tells everybody that it has too many connections, in the words of mysqld (an error packet instead of the greeting), and closes.</summary>
public sealed class FullServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    public FullServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _serving;
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        // ER_CON_COUNT_ERROR 1040 = 0x0410.
        byte[] error = [0xff, 0x10, 0x04, .. Encoding.ASCII.GetBytes("Too many connections")];
        byte[] packet = [(byte)error.Length, 0, 0, 0, .. error];
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                await client.GetStream().WriteAsync(packet, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
