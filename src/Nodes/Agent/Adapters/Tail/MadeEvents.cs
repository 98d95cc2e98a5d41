using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>The events that a source sends without having them in its log, as packets. MySQL internals manual, "Binlog Event" (Rotate, Heartbeat, Format description).</summary>
/// <param name="serverId">Of the server that wrote the log.</param>
internal sealed class MadeEvents(long serverId)
{
    private const int Created = BinlogEvent.HeaderSize + 2 + 50;
    private const ushort Artificial = 0x20;

    /// <summary>Tells the replica which file, and where in it, the events that follow are from.</summary>
    public byte[] Rotate(string file, long position, bool checksum)
    {
        byte[] packet = Header(EventType.Rotate, Artificial, 8 + Encoding.UTF8.GetByteCount(file), checksum);
        BinaryPrimitives.WriteInt64LittleEndian(packet.AsSpan(1 + BinlogEvent.HeaderSize), position);
        Encoding.UTF8.GetBytes(file, packet.AsSpan(1 + BinlogEvent.HeaderSize + 8));
        return Sealed(packet, checksum);
    }

    /// <summary>Nothing new: the replica does not take the source for dead.</summary>
    public byte[] Heartbeat(string file, long position, bool checksum)
    {
        byte[] packet = Header(EventType.Heartbeat, 0, Encoding.UTF8.GetByteCount(file), checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(1 + 13), (uint)position);
        Encoding.UTF8.GetBytes(file, packet.AsSpan(1 + BinlogEvent.HeaderSize));
        return Sealed(packet, checksum);
    }

    /// <summary>Of a file that was not closed, or is begun in the middle: a replica must neither take it for a restart (it would drop temporary tables) nor move its position.</summary>
    /// <param name="format">As a packet, as it stands in the file.</param>
    /// <param name="middle">What follows is not what follows it in the file.</param>
    public static byte[] Format(ReadOnlyMemory<byte> format, bool middle)
    {
        byte[] packet = format.ToArray();
        packet[1 + BinlogEvent.Flags] &= 0xfe;
        if (middle)
        {
            packet.AsSpan(1 + Created, 4).Clear();
            packet.AsSpan(1 + 13, 4).Clear();
        }

        // Checksummed whatever the algorithm of the other events is, if it has one.
        return Sealed(packet, checksum: true);
    }

    /// <summary>CRC32 of an event but for its last four bytes, as it stands there.</summary>
    public static byte[] Checksum(ReadOnlySpan<byte> bytes)
    {
        byte[] sum = new byte[BinlogEvent.ChecksumSize];
        BinaryPrimitives.WriteUInt32LittleEndian(sum, Crc32.HashToUInt32(bytes[..^BinlogEvent.ChecksumSize]));
        return sum;
    }

    private byte[] Header(EventType type, ushort flags, int body, bool checksum)
    {
        int size = BinlogEvent.HeaderSize + body + (checksum ? BinlogEvent.ChecksumSize : 0);
        byte[] packet = new byte[1 + size];
        Span<byte> header = packet.AsSpan(1);
        header[4] = (byte)type;
        BinaryPrimitives.WriteUInt32LittleEndian(header[5..], (uint)serverId);
        BinaryPrimitives.WriteUInt32LittleEndian(header[9..], (uint)size);
        BinaryPrimitives.WriteUInt16LittleEndian(header[BinlogEvent.Flags..], flags);
        return packet;
    }

    private static byte[] Sealed(byte[] packet, bool checksum)
    {
        if (checksum)
            Checksum(packet.AsSpan(1)).CopyTo(packet, packet.Length - BinlogEvent.ChecksumSize);
        return packet;
    }
}
