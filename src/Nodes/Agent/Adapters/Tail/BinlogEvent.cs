using System.Buffers.Binary;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>One event as it stands in the file, header and checksum included.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="Start">Where it begins in the file.</param>
/// <param name="HasChecksum">Its last four bytes are a CRC32.</param>
internal readonly record struct BinlogEvent(byte[] Bytes, long Start, bool HasChecksum)
{
    public const int HeaderSize = 19;
    public const int ChecksumSize = 4;

    public EventType Type => TypeOf(Bytes);

    public long End => Start + Bytes.Length;

    /// <summary>Between header and checksum.</summary>
    public ReadOnlySpan<byte> Body => Bytes.AsSpan(HeaderSize, Bytes.Length - HeaderSize - (HasChecksum ? ChecksumSize : 0));

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
