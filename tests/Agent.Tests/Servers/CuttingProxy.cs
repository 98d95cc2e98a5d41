using System.Net;
using System.Net.Sockets;

namespace Mmm.Agent.Tests.Servers;

/// <summary>
/// Stands between a replica and its source and, once told to, swallows what the source sends after so many more bytes, while every connection
/// stays open: a source that lost its power in the middle of sending.
/// </summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private long _left = long.MaxValue;

    public CuttingProxy(string ip, string targetIp, int targetPort)
    {
        _listener = new TcpListener(IPAddress.Parse(ip), 0);
        _listener.Start();
        _accepting = AcceptAsync(targetIp, targetPort);
    }

    public string Ip => ((IPEndPoint)_listener.LocalEndpoint).Address.ToString();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The source sends this many bytes more, then nothing for ever.</summary>
    public void SilentAfter(long bytes) => Interlocked.Exchange(ref _left, bytes);

    /// <summary>All that was allowed has been sent.</summary>
    public bool IsSilent => Interlocked.Read(ref _left) <= 0;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync(string targetIp, int targetPort)
    {
        var running = new List<Task>();
        try
        {
            while (true)
                running.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token), targetIp, targetPort));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task ServeAsync(TcpClient replica, string targetIp, int targetPort)
    {
        using (replica)
        using (var source = new TcpClient())
        {
            try
            {
                await source.ConnectAsync(targetIp, targetPort, _end.Token);
                await Task.WhenAny(PumpAsync(replica, source, _ => true), PumpAsync(source, replica, Allowed));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The replica sees its connection end.
            }
        }
    }

    private bool Allowed(int bytes) => Interlocked.Add(ref _left, -bytes) > 0;

    private async Task PumpAsync(TcpClient from, TcpClient to, Func<int, bool> allowed)
    {
        byte[] buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _end.Token)) > 0)
            {
                if (allowed(read))
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone; the other is closed by the caller.
        }
    }
}
