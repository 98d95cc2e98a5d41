using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Mmm.Cluster.Tests.Remoting;

/// <summary>The way into one actor system, at which bytes can be held back or swallowed while every connection stays open.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Connection> _connections = [];
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _accepting = Task.CompletedTask;

    public Wire()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public int Port { get; }

    /// <summary>Connections that were dialled.</summary>
    public int Dialled => _connections.Count;

    /// <summary>What the system has answered, passed on or swallowed.</summary>
    public int BytesAnswered => _connections.Sum(c => c.BytesAnswered);

    /// <summary>What the system answers from now on is lost.</summary>
    public bool SwallowAnswers { get; set; }

    public void ForwardTo(int port) => _accepting = AcceptAsync(port);

    /// <summary>Until now, nothing that was dialled has reached the system.</summary>
    public void Open() => _open.TrySetResult();

    /// <summary>Whatever is sent over connections of this moment is lost, in both directions; new ones are good.</summary>
    public void SilenceConnections()
    {
        foreach (Connection connection in _connections)
            connection.Silent = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        var running = new List<Task>();
        try
        {
            while (true)
                running.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token), port));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task ServeAsync(TcpClient dialler, int port)
    {
        using (dialler)
        using (var system = new TcpClient())
        {
            var connection = new Connection();
            _connections.Add(connection);
            try
            {
                await _open.Task.WaitAsync(_end.Token);
                await system.ConnectAsync(IPAddress.Loopback, port, _end.Token);
                await Task.WhenAny(
                    PumpAsync(dialler, system, _ => !connection.Silent),
                    PumpAsync(system, dialler, bytes => connection.Answered(bytes) && !connection.Silent && !SwallowAnswers));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The dialler sees its connection end.
            }
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Func<int, bool> passes)
    {
        byte[] buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _end.Token)) > 0)
            {
                if (passes(read))
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone; the other is closed by the caller.
        }
    }

    private sealed class Connection
    {
        private int _answered;
        private volatile bool _silent;

        public bool Silent
        {
            get => _silent;
            set => _silent = value;
        }

        public int BytesAnswered => Volatile.Read(ref _answered);

        public bool Answered(int bytes) => Interlocked.Add(ref _answered, bytes) > 0;
    }
}
