using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// A replication source without a server: lets replicas read a dead server's binary log by file and position, until it is disposed. Speaks as much of the MySQL protocol as
/// their IO threads need, sends nothing behind the last whole transaction, and writes nothing.
/// </summary>
internal sealed partial class TailServer : IOpenTail
{
    /// <summary>A replica that does not finish its login, or asks for nothing, is let go.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>More than any cluster has servers.</summary>
    private const int MostConnections = 32;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _serving = new();
    private readonly TcpListener _listener;
    private readonly BinlogFiles _files;
    private readonly BinlogIndex _index;
    private readonly bool _checksums;
    private readonly ReplicaLogin _login;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _accepting;
    private uint _connections;

    private TailServer(TcpListener listener, BinlogFiles files, BinlogIndex index, BinlogPosition end, bool checksums, MysqlLogin login, TimeProvider time, ILogger log)
    {
        _listener = listener;
        _files = files;
        _index = index;
        _checksums = checksums;
        _login = new ReplicaLogin(login, files.Version);
        _time = time;
        _log = log;
        Tail = new TailProtocol.Tail(((IPEndPoint)listener.LocalEndpoint).Port, end);
        _accepting = AcceptAsync();
    }

    public TailProtocol.Tail Tail { get; }

    /// <summary>Listens. Throws <see cref="TailException"/>.</summary>
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
        (BinlogPosition end, int transactions) = BinlogEnd.Find(index, from, cancel);
        bool checksums;
        using (BinlogReader reader = BinlogReader.Open(index.Paths[index.Find(end.File)]))
            checksums = reader.Checksums;
        var listener = new TcpListener(at);
        try
        {
            listener.Start();
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new TailException($"no port to serve it at: {at} (agent.binlog_port): {e.Message}", e);
        }

        Opened(log, at.ToString(), transactions, from?.ToString() ?? "the last file's beginning", end.ToString());
        return new TailServer(listener, files, index, end, checksums, login, time, log);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync(_stop.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                if (_stop.IsCancellationRequested)
                    return;
                continue;
            }

            if (_serving.Count >= MostConnections)
            {
                socket.Dispose();
                continue;
            }

            Task serving = ServeAsync(socket, ++_connections);
            _serving[serving] = true;
            _ = serving.ContinueWith(t => _serving.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket socket, uint number)
    {
        string peer = socket.RemoteEndPoint?.ToString() ?? "?";
        await Task.Yield();
        try
        {
            using (socket)
            {
                socket.NoDelay = true;
                await using var stream = new BufferedStream(new NetworkStream(socket), 1 << 16);
                var packets = new PacketStream(stream);
                string? refused = await WithinAsync(cancel => _login.LetInAsync(packets, number, cancel));
                if (refused is not null)
                    Refused(_log, peer, refused);
                else
                    await ConverseAsync(packets, peer);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or TailException or ObjectDisposedException)
        {
            if (!_stop.IsCancellationRequested)
                Ended(_log, peer, e is OperationCanceledException ? "it was silent for too long" : e.Message);
        }
    }

    private async Task ConverseAsync(PacketStream packets, string peer)
    {
        var questions = new ReplicaQuestions(_files, _checksums, _time);
        while (await WithinAsync(packets.ReceiveAsync) is { Length: > 0 } command)
        {
            switch (command[0])
            {
                case 0x01:
                    return;
                case 0x03:
                    await AnswerAsync(packets, questions, Encoding.UTF8.GetString(command.AsSpan(1)));
                    break;
                case 0x0e or 0x15:
                    // Ping, and the replica's introduction of itself.
                    await packets.SendOkAsync(_stop.Token);
                    break;
                case 0x12 when command.Length >= 11:
                    await DumpAsync(packets, new BinlogPosition(Encoding.UTF8.GetString(command.AsSpan(11)).TrimEnd('\0'), BinaryPrimitives.ReadUInt32LittleEndian(command.AsSpan(1))), peer);
                    return;
                case 0x1e:
                    await packets.SendErrorAsync(1236, "HY000", "This agent serves a binary log by file and position only, not by GTID", _stop.Token);
                    break;
                default:
                    await packets.SendErrorAsync(1047, "08S01", "Unknown command: this agent serves the binary log of a server that is down", _stop.Token);
                    break;
            }

            await packets.FlushAsync(_stop.Token);
        }
    }

    private Task AnswerAsync(PacketStream packets, ReplicaQuestions questions, string statement)
    {
        switch (questions.Answer(statement))
        {
            case ReplicaQuestions.Reply.Row row:
                return packets.SendRowAsync(row.Columns, row.Values, _stop.Token);
            case ReplicaQuestions.Reply.Unknown unknown:
                NotAnswered(_log, statement, unknown.Message);
                return packets.SendErrorAsync(unknown.Number, unknown.State, unknown.Message, _stop.Token);
            default:
                return packets.SendOkAsync(_stop.Token);
        }
    }

    private async Task DumpAsync(PacketStream packets, BinlogPosition from, string peer)
    {
        var dump = new BinlogDump(_index, Tail.End, _files.ServerId);
        if (dump.Refuses(from) is { } why)
        {
            Refused(_log, peer, why);
            await packets.SendErrorAsync(1236, "HY000", why, _stop.Token);
            await packets.FlushAsync(_stop.Token);
            return;
        }

        Sending(_log, peer, from.ToString(), Tail.End.ToString());
        await dump.SendAsync(packets, from, _stop.Token);
        // There is no more to come; the replica goes when it is told to.
        await packets.ReceiveAsync(_stop.Token);
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(s_patience);
        return await call(limit.Token);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The binary log is served at {At}: {Transactions} whole transactions from {From} to {End}")]
    private static partial void Opened(ILogger log, string at, int transactions, string from, string end);

    [LoggerMessage(Level = LogLevel.Information, Message = "Binary log: {Peer} reads from {From} to {End}")]
    private static partial void Sending(ILogger log, string peer, string from, string end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Binary log: {Peer} was refused: {Why}")]
    private static partial void Refused(ILogger log, string peer, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Binary log: {Peer} has gone: {Why}")]
    private static partial void Ended(ILogger log, string peer, string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Binary log: not answered to {Statement}: {Why}")]
    private static partial void NotAnswered(ILogger log, string statement, string why);
}
