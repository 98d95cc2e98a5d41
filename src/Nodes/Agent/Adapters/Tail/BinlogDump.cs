using Mmm.Actors.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>Sends the events from a position to the end, as a server's dump thread does (MySQL internals manual, "Binlog Network Stream").</summary>
/// <param name="index">The files.</param>
/// <param name="end">Nothing behind it is sent.</param>
/// <param name="made">Events that are not in the files.</param>
internal sealed class BinlogDump(BinlogIndex index, BinlogEnd end, MadeEvents made)
{
    /// <summary>BINLOG_SEND_ANNOTATE_ROWS_EVENT of MariaDB's COM_BINLOG_DUMP: the replica wants them.</summary>
    private const ushort WantsAnnotations = 2;

    /// <summary>Why there is nothing to send from a position: error 1236's text; null = there is. Throws <see cref="TailException"/>.</summary>
    public string? Refuses(BinlogPosition from)
    {
        int file = index.Find(from.File);
        if (file < 0 || file > index.Find(end.At.File))
            return $"Could not find {from.File} among the binary log files of this host";
        if (from.File == end.At.File && from.Position > end.At.Position)
            return $"Client requested position {from.Position} of {from.File}, and the last whole transaction ends at {end.At}";
        using BinlogReader reader = BinlogReader.Open(index.Paths[file]);
        if (reader.Length < from.Position)
            return $"Client requested position {from.Position} of {from.File}, which is shorter";
        reader.GoTo(Math.Max(from.Position, BinlogReader.FirstEvent));
        // Between two events there is one, which knows where it ends.
        bool between = from.Position <= BinlogReader.FirstEvent || from.Position == reader.Length || (reader.Next() is { } e && e.ToldEnd == (uint)e.End);
        return between ? null : $"Client requested position {from.Position} of {from.File}, which is not the beginning of an event";
    }

    /// <summary>Sends everything; throws <see cref="TailException"/> when a file cannot be read and <see cref="IOException"/> when the replica is gone.</summary>
    public async Task SendAsync(PacketStream packets, BinlogPosition from, int flags, CancellationToken cancel)
    {
        int last = index.Find(end.At.File);
        for (int i = index.Find(from.File); i <= last; i++)
        {
            long position = Math.Max(from.Position, BinlogReader.FirstEvent);
            bool first = BinlogIndex.NameOf(index.Paths[i]) == from.File;
            using BinlogReader reader = BinlogReader.Open(index.Paths[i]);
            if (!reader.Begun)
                throw new TailException(reader.Torn!);
            await packets.SendAsync(made.Rotate(BinlogIndex.NameOf(index.Paths[i]), first ? position : BinlogReader.FirstEvent, reader.Checksums), cancel);
            bool middle = first && position > BinlogReader.FirstEvent;
            await packets.SendAsync(MadeEvents.Format(reader.Format, middle), cancel);
            long at = middle ? position : BinlogReader.FirstEvent + reader.Format.Length - 1;
            long stop = i == last ? end.At.Position : long.MaxValue;
            reader.GoTo(at);
            while (at < stop && reader.Next() is { } e)
            {
                at = e.End;
                // An artificial rotation, which the next file begins with, says the same.
                if (e.Type is not (EventType.Rotate or EventType.Stop) && (e.Type != EventType.AnnotateRows || (flags & WantsAnnotations) != 0))
                    await packets.SendAsync(e.Packet, cancel);
            }

            if (reader.Torn is { } torn)
                throw new TailException(torn);
            await packets.FlushAsync(cancel);
        }
    }

    /// <summary>There is no more.</summary>
    public async Task SendHeartbeatAsync(PacketStream packets, CancellationToken cancel)
    {
        await packets.SendAsync(made.Heartbeat(end.At.File, end.At.Position, end.Checksums), cancel);
        await packets.FlushAsync(cancel);
    }
}
