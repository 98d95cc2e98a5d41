using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using static Mmm.Lab.Processes.KeeperProtocol;

namespace Mmm.Lab.Processes;

/// <summary>How everyone else talks to a lab's <see cref="Keeper"/>.</summary>
public sealed class KeeperClient(LabPaths paths)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>True when the keeper answers.</summary>
    public async Task<bool> IsAliveAsync(CancellationToken ct)
    {
        try
        {
            await AskAsync(new Request("list"), ct);
            return true;
        }
        catch (LabException)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<KeptState>> AskAsync(Request request, CancellationToken ct)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Timeout);
        try
        {
            await using NetworkStream stream = await SendAsync(request, deadline.Token);
            Response response = await ReceiveAsync(stream, deadline.Token);
            return response.Processes ?? [];
        }
        catch (IOException e)
        {
            throw new LabException($"The process keeper of lab '{paths.Name}' ended while it was asked: {e.Message}", e);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new LabException($"The process keeper of lab '{paths.Name}' did not answer within {Timeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>A TCP connection to a port inside the lab, made from the lab's switch.</summary>
    public async Task<Stream> ConnectAsync(string address, int port, CancellationToken ct)
    {
        NetworkStream stream = await SendAsync(new Request("connect", Address: address, Port: port), ct);
        try
        {
            await ReceiveAsync(stream, ct);
            return stream;
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            if (e is IOException)
                throw new LabException($"The process keeper of lab '{paths.Name}' ended while it was asked: {e.Message}", e);
            throw;
        }
    }

    private async Task<NetworkStream> SendAsync(Request request, CancellationToken ct)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.KeeperSocket), ct);
            NetworkStream stream = new(socket, ownsSocket: true);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(request, Json) + "\n"), ct);
            return stream;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new LabException($"The lab '{paths.Name}' is not running (its process keeper cannot be reached: {e.Message}).", e);
        }
    }

    private static async Task<Response> ReceiveAsync(NetworkStream stream, CancellationToken ct)
    {
        string line = await ReadLineAsync(stream, ct);
        Response response = JsonSerializer.Deserialize<Response>(line, Json)!;
        return response.Error is null ? response : throw new LabException(response.Error);
    }

    /// <summary>Reads byte by byte up to the line's end: what follows it belongs to the tunnel.</summary>
    internal static async Task<string> ReadLineAsync(NetworkStream stream, CancellationToken ct)
    {
        List<byte> line = [];
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, ct) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]);
            line.Add(one[0]);
        }

        throw new IOException("The connection ended in the middle of a line.");
    }
}
