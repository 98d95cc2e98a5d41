using System.Buffers.Binary;
using System.Text;
using Mmm.Actors.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>Sends the events from a position to the end, as a server's dump thread does (MySQL internals manual, "Binlog Network Stream").</summary>
/// <param name="index">The files.</param>
/// <param name="end">Nothing behind it is sent.</param>
/// <param name="serverId">Of the server that wrote the log.</param>
internal sealed class BinlogDump(BinlogIndex index, BinlogPosition end, long serverId)
{
    private const int Created = BinlogEvent.HeaderSize + 2 + 50;
    private const ushort Artificial = 0x20;

    /// <summary>Why there is nothing to send from a position: error 1236's text; null = there is.</summary>
    public string? Refuses(BinlogPosition from)
    {
        int file = index.Find(from.File);
        if (file < 0)
            return $"Could not find {from.File} among the binary log files of this host";
        if (from.File == end.File && from.Position > end.Position)
            return $"Client requested position {from.Position} of {from.File}, and the last whole transaction ends at {end}";
        return new FileInfo(index.Paths[file]).Length < from.Position ? $"Client requested position {from.Position} of {from.File}, which is shorter" : null;
    }

    /// <summary>Sends everything; throws <see cref="TailException"/> when a file cannot be read and <see cref="IOException"/> when the replica is gone.</summary>
    public async Task SendAsync(PacketStream packets, BinlogPosition from, CancellationToken cancel)
    {
        int last = index.Find(end.File);
        for (int i = index.Find(from.File); i <= last; i++)
        {
            long position = Math.Max(from.Position, BinlogReader.FirstEvent);
            bool first = BinlogIndex.NameOf(index.Paths[i]) == from.File;
            using BinlogReader reader = BinlogReader.Open(index.Paths[i]);
            await SendEventAsync(packets, Rotate(BinlogIndex.NameOf(index.Paths[i]), first ? position : BinlogReader.FirstEvent, reader.Checksums), cancel);
            bool middle = first && position > BinlogReader.FirstEvent;
            await SendEventAsync(packets, Format(reader, middle), cancel);
            reader.GoTo(middle ? position : reader.Format.End);
            long stop = i == last ? end.Position : long.MaxValue;
            while (reader.Next() is { } e && e.End <= stop)
            {
                // An artificial rotation, which the next file begins with, says the same.
                if (e.Type is not (EventType.Rotate or EventType.Stop))
                    await SendEventAsync(packets, e.Bytes, cancel);
                if (e.End == stop)
                    break;
            }

            if (reader.Torn is { } torn && i < last)
                throw new TailException(torn);
            await packets.FlushAsync(cancel);
        }
    }

    private static Task SendEventAsync(PacketStream packets, byte[] bytes, CancellationToken cancel)
    {
        byte[] body = new byte[1 + bytes.Length];
        bytes.CopyTo(body, 1);
        return packets.SendAsync(body, cancel);
    }

    /// <summary>Tells the replica which file, and where in it, the events that follow are from.</summary>
    private byte[] Rotate(string file, long position, bool checksum)
    {
        byte[] name = Encoding.ASCII.GetBytes(file);
        byte[] bytes = new byte[BinlogEvent.HeaderSize + 8 + name.Length + (checksum ? BinlogEvent.ChecksumSize : 0)];
        bytes[4] = (byte)EventType.Rotate;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(5), (uint)serverId);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(9), (uint)bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(17), Artificial);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(BinlogEvent.HeaderSize), position);
        name.CopyTo(bytes, BinlogEvent.HeaderSize + 8);
        if (checksum)
            BinlogReader.Seal(bytes);
        return bytes;
    }

    /// <summary>Of a file that was not closed, or is begun in the middle: a replica must neither take it for a restart (it would drop temporary tables) nor move its position.</summary>
    private static byte[] Format(BinlogReader reader, bool middle)
    {
        byte[] bytes = [.. reader.Format.Bytes];
        bytes[17] &= 0xfe;
        if (middle)
        {
            bytes.AsSpan(Created, 4).Clear();
            bytes.AsSpan(13, 4).Clear();
        }

        // Checksummed whatever the algorithm of the other events is, if it has one.
        BinlogReader.Seal(bytes);
        return bytes;
    }
}
