using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using Mmm.Shared.Settings;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// A replication source without a server: lets replicas read a dead server's binary log by file and position, until it is disposed. Speaks as much of the MySQL protocol as
/// their IO threads need (<see cref="TailConversation"/>), sends nothing behind the last whole transaction, and writes nothing.
/// </summary>
internal sealed partial class TailServer : IOpenTail
{
    /// <summary>More than any cluster has servers.</summary>
    private const int MostConnections = 32;

    private static readonly TimeSpan s_pauseAfterError = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TailConversation, Task> _conversations = new();
    private readonly TcpListener _listener;
    private readonly TailSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _accepting;
    private uint _connections;

    private TailServer(TcpListener listener, TailSource source, TimeProvider time, ILogger log)
    {
        _listener = listener;
        _source = source;
        _time = time;
        _log = log;
        Tail = new BinlogTail(((IPEndPoint)listener.LocalEndpoint).Port, source.End.At, source.End.Damage);
        _accepting = AcceptAsync();
    }

    public BinlogTail Tail { get; }

    /// <summary>Finds the end and listens. Throws <see cref="TailException"/>.</summary>
    /// <param name="at">Address and port; port 0 = any.</param>
    /// <param name="files">Whose log.</param>
    /// <param name="from">A place between two transactions that is known to be whole; null = none.</param>
    /// <param name="login">Who may read.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Where it tells who came.</param>
    /// <param name="cancel">Ends the search for the end.</param>
    public static TailServer Open(IPEndPoint at, BinlogFiles files, BinlogPosition? from, MysqlLogin login, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        var index = BinlogIndex.Read(files);
        var end = BinlogEnd.Find(index, from, cancel);
        TcpListener listener = Listen(at);
        Opened(log, at.ToString(), end.Transactions, from?.ToString() ?? "the last file's beginning", end.At.ToString());
        X509Certificate2 certificate = OwnCertificate.Create(time.GetUtcNow());
        return new TailServer(listener, new TailSource(files, index, end, new ReplicaLogin(login, files.Version, certificate), certificate), time, log);
    }

    /// <summary>Throws <see cref="TailException"/>.</summary>
    public static TcpListener Listen(IPEndPoint at)
    {
        var listener = new TcpListener(at);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new TailException($"no port to serve it at: {at} (agent.binlog_port): {e.Message}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_conversations.Values);
        _source.Certificate.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Begin(await _listener.AcceptSocketAsync(_stop.Token));
            }
            catch (Exception e) when (_stop.IsCancellationRequested && e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // No file descriptors, say: there may be some again.
                NotAccepted(_log, e.Message);
                await Task.Delay(s_pauseAfterError, _time, CancellationToken.None);
            }
        }
    }

    private void Begin(Socket socket)
    {
        // Strangers who say nothing must not keep replicas out.
        if (_conversations.Count >= MostConnections && _conversations.Keys.Where(c => !c.LoggedIn).MinBy(c => c.Number) is { } silent)
            silent.End();
        if (_conversations.Count >= 2 * MostConnections)
        {
            socket.Dispose();
            return;
        }

        var conversation = new TailConversation(socket, ++_connections, _source, _time, _log);
        Task serving = conversation.RunAsync(_stop.Token);
        _conversations[conversation] = serving;
        serving.ContinueWith(done => _conversations.TryRemove(conversation, out Task? _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The binary log is served at {At}: {Transactions} whole transactions from {From} to {End}")]
    private static partial void Opened(ILogger log, string at, int transactions, string from, string end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Binary log: no connection can be taken: {Why}")]
    private static partial void NotAccepted(ILogger log, string why);
}

/// <summary>What is served, and to whom.</summary>
/// <param name="Files">Whose log.</param>
/// <param name="Index">Its files.</param>
/// <param name="End">Its end.</param>
/// <param name="Login">Who may read.</param>
/// <param name="Certificate">For those who want TLS.</param>
internal sealed record TailSource(BinlogFiles Files, BinlogIndex Index, BinlogEnd End, ReplicaLogin Login, X509Certificate2 Certificate);
