using System.Buffers.Binary;
using System.IO.Hashing;
using Mmm.Actors.Agents;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// Reads one binary log file forwards, event by event. The end of a file of a server that died may be torn: the reader stops there and says why, and never throws for it.
/// </summary>
internal sealed class BinlogReader : IDisposable
{
    /// <summary>Behind the magic number.</summary>
    public const long FirstEvent = 4;

    /// <summary>FE 'bin'; an encrypted file of MySQL begins with FD.</summary>
    private static ReadOnlySpan<byte> Magic => [0xfe, 0x62, 0x69, 0x6e];

    /// <summary>A server's largest event: max_allowed_packet's limit and some.</summary>
    private const uint LargestEvent = (1u << 30) + (1u << 20);

    /// <summary>LOG_EVENT_BINLOG_IN_USE_F, set in the first event of a file that was not closed; its checksum is computed without it.</summary>
    private const byte InUse = 1;

    private readonly FileStream _stream;
    private readonly byte[] _header = new byte[BinlogEvent.HeaderSize];

    private BinlogReader(FileStream stream, string file)
    {
        _stream = stream;
        File = file;
    }

    /// <summary>Path.</summary>
    public string File { get; }

    /// <summary>The events have checksums.</summary>
    public bool Checksums { get; private set; }

    /// <summary>The first event, without which nobody can read the others.</summary>
    public BinlogEvent Format { get; private set; }

    /// <summary>Why <see cref="Next"/> returned null; null = the file ends with a whole event.</summary>
    public string? Torn { get; private set; }

    /// <summary>Opens a file and reads its format. Throws <see cref="TailException"/> for one that is no readable binary log.</summary>
    public static BinlogReader Open(string file)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TailException($"{file} cannot be read: {e.Message}", e);
        }

        var reader = new BinlogReader(stream, file);
        try
        {
            reader.ReadFormat();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Goes on at a position, which must be the beginning of an event.</summary>
    public void GoTo(long position)
    {
        Torn = null;
        _stream.Position = position;
    }

    /// <summary>The next event; null at the end.</summary>
    public BinlogEvent? Next()
    {
        try
        {
            long start = _stream.Position;
            int got = _stream.ReadAtLeast(_header, _header.Length, throwOnEndOfStream: false);
            if (got == 0)
                return null;
            if (got < _header.Length)
                return End($"{File} ends inside the event at {start}");
            uint size = BinlogEvent.SizeOf(_header);
            if (size is < BinlogEvent.HeaderSize or > LargestEvent)
                return End($"{File} has no event at {start}");
            if (start + size > _stream.Length)
                return End($"{File} ends inside the event at {start}");
            byte[] bytes = new byte[size];
            _header.CopyTo(bytes, 0);
            _stream.ReadExactly(bytes.AsSpan(_header.Length));
            return !Checksums || ChecksumHolds(bytes) ? new BinlogEvent(bytes, start, Checksums) : End($"the checksum of the event at {start} of {File} is wrong");
        }
        catch (IOException e)
        {
            return End($"{File} cannot be read on: {e.Message}");
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Writes the checksum of an event that was changed.</summary>
    public static void Seal(byte[] bytes) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - BinlogEvent.ChecksumSize), Crc32.HashToUInt32(bytes.AsSpan(0, bytes.Length - BinlogEvent.ChecksumSize)));

    private static bool ChecksumHolds(byte[] bytes)
    {
        if (bytes.Length < BinlogEvent.HeaderSize + BinlogEvent.ChecksumSize)
            return false;
        uint told = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - BinlogEvent.ChecksumSize));
        Span<byte> summed = bytes.AsSpan(0, bytes.Length - BinlogEvent.ChecksumSize);
        if (BinlogEvent.TypeOf(bytes) != EventType.FormatDescription || (bytes[17] & InUse) == 0)
            return Crc32.HashToUInt32(summed) == told;
        byte[] closed = summed.ToArray();
        closed[17] = (byte)(closed[17] & ~InUse);
        return Crc32.HashToUInt32(closed) == told;
    }

    private void ReadFormat()
    {
        Span<byte> magic = stackalloc byte[4];
        if (_stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) < 4)
            throw new TailException($"{File} is empty");
        if (magic[0] == 0xfd && magic[1..].SequenceEqual(Magic[1..]))
            throw new TailException($"{File} is encrypted (binlog_encryption): only its own server can read it");
        if (!magic.SequenceEqual(Magic))
            throw new TailException($"{File} is no binary log");
        if (Next() is not { Type: EventType.FormatDescription } format)
            throw new TailException(Torn ?? $"{File} does not begin with a format description");
        // The last byte before the (always present) checksum names the algorithm: 0 none, 1 CRC32.
        byte algorithm = format.Bytes[^(BinlogEvent.ChecksumSize + 1)];
        if (algorithm > 1)
            throw new TailException($"{File} has checksums of an unknown kind ({algorithm})");
        Checksums = algorithm == 1;
        if (Checksums && !ChecksumHolds(format.Bytes))
            throw new TailException($"the checksum of the first event of {File} is wrong");
        Format = format with { HasChecksum = true };
    }

    private BinlogEvent? End(string why)
    {
        Torn = why;
        return null;
    }
}
