using System.Buffers.Binary;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>One event as it stands in the file, header and checksum included. Its bytes are the reader's own, and valid until it reads the next one.</summary>
/// <param name="Packet">A zero byte and the event: how it is sent to a replica.</param>
/// <param name="Start">Where it begins in the file.</param>
/// <param name="HasChecksum">Its last four bytes are a CRC32.</param>
internal readonly record struct BinlogEvent(ReadOnlyMemory<byte> Packet, long Start, bool HasChecksum)
{
    public const int HeaderSize = 19;
    public const int ChecksumSize = 4;

    /// <summary>Place of the flags in the header.</summary>
    public const int Flags = 17;

    public ReadOnlySpan<byte> Bytes => Packet.Span[1..];

    public EventType Type => TypeOf(Bytes);

    /// <summary>server_id of the server that wrote it first: a replica's log keeps it.</summary>
    public uint ServerId => BinaryPrimitives.ReadUInt32LittleEndian(Bytes[5..]);

    public long End => Start + Packet.Length - 1;

    /// <summary>Where it ends by its own word, of which a file keeps the lower 32 bits.</summary>
    public uint ToldEnd => BinaryPrimitives.ReadUInt32LittleEndian(Bytes[13..]);

    /// <summary>Between header and checksum.</summary>
    public ReadOnlySpan<byte> Body => Bytes[HeaderSize..^(HasChecksum ? ChecksumSize : 0)];

    public static EventType TypeOf(ReadOnlySpan<byte> header) => (EventType)header[4];

    public static uint SizeOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[9..]);

    /// <summary>Statement of a Query event; empty for one that is too short to hold any.</summary>
    public ReadOnlySpan<byte> Statement
    {
        get
        {
            // thread 4, seconds 4, length of the schema's name 1, error 2, length of the status variables 2
            const int fixedPart = 13;
            ReadOnlySpan<byte> body = Body;
            if (body.Length < fixedPart)
                return [];
            int at = fixedPart + BinaryPrimitives.ReadUInt16LittleEndian(body[11..]) + body[8] + 1;
            return at <= body.Length ? body[at..] : [];
        }
    }
}
