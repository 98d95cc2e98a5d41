using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>One connection of a replica's IO thread: greeting, login, its questions, and the dump.</summary>
/// <param name="socket">Taken over.</param>
/// <param name="number">Of the connection.</param>
/// <param name="source">What is served.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Where it tells who came.</param>
internal sealed partial class TailConversation(Socket socket, uint number, TailSource source, TimeProvider time, ILogger log)
{
    /// <summary>A replica that does not finish its login, or asks for nothing, or takes nothing, is let go.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Below any sensible slave_net_timeout.</summary>
    private static readonly TimeSpan s_heartbeatEvery = TimeSpan.FromSeconds(1);

    private readonly string _peer = socket.RemoteEndPoint?.ToString() ?? "?";

    public uint Number => number;

    /// <summary>It has proved that it is a replica of the cluster.</summary>
    public bool LoggedIn { get; private set; }

    /// <summary>Somebody else needs its place.</summary>
    public void End() => socket.Dispose();

    public async Task RunAsync(CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            using (socket)
            {
                socket.NoDelay = true;
                await using var network = new NetworkStream(socket);
                var packets = new PacketStream(network, s_patience);
                if (await WithinAsync(cancel => source.Login.LetInAsync(packets, number, cancel), stop) is { } refused)
                {
                    Refused(log, _peer, refused);
                    return;
                }

                LoggedIn = true;
                await ConverseAsync(packets, stop);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or AuthenticationException)
        {
            if (!stop.IsCancellationRequested)
                Ended(log, _peer, e is OperationCanceledException ? "it was silent for too long" : e.Message);
        }
    }

    private async Task ConverseAsync(PacketStream packets, CancellationToken stop)
    {
        var questions = new ReplicaQuestions(source.Files, source.End.Checksums, time);
        while (await WithinAsync(packets.ReceiveAsync, stop) is { Length: > 0 } command)
        {
            switch (command[0])
            {
                case 0x01:
                    return;
                case 0x03:
                    await AnswerAsync(packets, questions, Encoding.UTF8.GetString(command.AsSpan(1)), stop);
                    break;
                case 0x0e or 0x15:
                    // Ping, and the replica's introduction of itself.
                    await packets.SendOkAsync(stop);
                    break;
                case 0x12 when command.Length >= 11:
                    await DumpAsync(packets, command, stop);
                    return;
                case 0x1e:
                    await packets.SendErrorAsync(1236, "HY000", "This agent serves a binary log by file and position only, not by GTID", stop);
                    break;
                default:
                    await packets.SendErrorAsync(1047, "08S01", "Unknown command: this agent serves the binary log of a server that is down", stop);
                    break;
            }

            await packets.FlushAsync(stop);
        }
    }

    private Task AnswerAsync(PacketStream packets, ReplicaQuestions questions, string statement, CancellationToken stop)
    {
        switch (questions.Answer(statement))
        {
            case ReplicaQuestions.Reply.Row row:
                return packets.SendRowAsync(row.Columns, row.Values, stop);
            case ReplicaQuestions.Reply.Unknown unknown:
                NotAnswered(log, statement, unknown.Message);
                return packets.SendErrorAsync(unknown.Number, unknown.State, unknown.Message, stop);
            default:
                return packets.SendOkAsync(stop);
        }
    }

    /// <summary>COM_BINLOG_DUMP: position 4, flags 2, server id 4, name of the file.</summary>
    private async Task DumpAsync(PacketStream packets, byte[] command, CancellationToken stop)
    {
        var from = new BinlogPosition(Encoding.UTF8.GetString(command.AsSpan(11)).TrimEnd('\0'), BinaryPrimitives.ReadUInt32LittleEndian(command.AsSpan(1)));
        var dump = new BinlogDump(source.Index, source.End, new MadeEvents(source.Files.ServerId));
        string? failure;
        try
        {
            failure = dump.Refuses(from);
            if (failure is null)
            {
                Sending(log, _peer, from.ToString(), source.End.At.ToString(), packets.IsEncrypted ? "encrypted" : "not encrypted");
                await dump.SendAsync(packets, from, BinaryPrimitives.ReadUInt16LittleEndian(command.AsSpan(5)), stop);
                await StayAsync(packets, dump, stop);
            }
        }
        catch (TailException e)
        {
            failure = e.Message;
        }

        if (failure is null)
            return;
        Refused(log, _peer, failure);
        await packets.SendErrorAsync(1236, "HY000", failure, stop);
        await packets.FlushAsync(stop);
    }

    /// <summary>There is no more to come; the replica goes when it is told to.</summary>
    private async Task StayAsync(PacketStream packets, BinlogDump dump, CancellationToken stop)
    {
        Task<byte[]?> going = packets.ReceiveAsync(stop);
        while (await Task.WhenAny(going, Task.Delay(s_heartbeatEvery, time, stop)) != going)
        {
            stop.ThrowIfCancellationRequested();
            await dump.SendHeartbeatAsync(packets, stop);
        }

        await going;
    }

    private static async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(s_patience);
        return await call(limit.Token);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Binary log: {Peer} reads from {From} to {End}, {How}")]
    private static partial void Sending(ILogger log, string peer, string from, string end, string how);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Binary log: {Peer} was refused: {Why}")]
    private static partial void Refused(ILogger log, string peer, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Binary log: {Peer} has gone: {Why}")]
    private static partial void Ended(ILogger log, string peer, string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Binary log: not answered to {Statement}: {Why}")]
    private static partial void NotAnswered(ILogger log, string statement, string why);
}
