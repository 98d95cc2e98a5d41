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

    /// <summary>Above this the buffer is not kept for the next event.</summary>
    private const int LargestKept = 16 << 20;

    /// <summary>LOG_EVENT_BINLOG_IN_USE_F, set in the first event of a file that was not closed; its checksum is computed without it.</summary>
    private const byte InUse = 1;

    private readonly FileStream _stream;
    private byte[] _packet = new byte[1 << 16];

    private BinlogReader(FileStream stream, string file)
    {
        _stream = stream;
        File = file;
    }

    /// <summary>Path.</summary>
    public string File { get; }

    /// <summary>False: the file ends inside its first event, as it does when the server died while it began the file. There is nothing in it to read.</summary>
    public bool Begun { get; private set; }

    /// <summary>The events have checksums.</summary>
    public bool Checksums { get; private set; }

    /// <summary>The first event, without which nobody can read the others.</summary>
    public ReadOnlyMemory<byte> Format { get; private set; }

    /// <summary>Why <see cref="Next"/> returned null; null = the file ends with a whole event.</summary>
    public string? Torn { get; private set; }

    /// <summary>It is not for want of bytes: what there is, is wrong or cannot be read.</summary>
    public bool Damaged { get; private set; }

    public long Length => _stream.Length;

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
        catch (IOException e)
        {
            reader.Dispose();
            throw new TailException($"{file} cannot be read: {e.Message}", e);
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
        (Torn, Damaged) = (null, false);
        _stream.Position = position;
    }

    /// <summary>The next event; null at the end.</summary>
    public BinlogEvent? Next()
    {
        try
        {
            long start = _stream.Position;
            int got = _stream.ReadAtLeast(_packet.AsSpan(1, BinlogEvent.HeaderSize), BinlogEvent.HeaderSize, throwOnEndOfStream: false);
            if (got == 0)
                return null;
            if (got < BinlogEvent.HeaderSize)
                return End($"{File} ends inside the event at {start}");
            uint size = BinlogEvent.SizeOf(_packet.AsSpan(1));
            if (size is < BinlogEvent.HeaderSize or > LargestEvent)
                return End($"{File} has no event at {start}", damaged: true);
            if (start + size > _stream.Length)
                return End($"{File} ends inside the event at {start}");
            MakeRoom(1 + (int)size);
            _stream.ReadExactly(_packet.AsSpan(1 + BinlogEvent.HeaderSize, (int)size - BinlogEvent.HeaderSize));
            var read = new BinlogEvent(_packet.AsMemory(0, 1 + (int)size), start, Checksums);
            return !Checksums || ChecksumHolds(read.Bytes) ? read : End($"the checksum of the event at {start} of {File} is wrong", damaged: true);
        }
        catch (IOException e)
        {
            return End($"{File} cannot be read on: {e.Message}", damaged: true);
        }
    }

    public void Dispose() => _stream.Dispose();

    private static bool ChecksumHolds(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < BinlogEvent.HeaderSize + BinlogEvent.ChecksumSize)
            return false;
        ReadOnlySpan<byte> told = bytes[^BinlogEvent.ChecksumSize..];
        if (BinlogEvent.TypeOf(bytes) != EventType.FormatDescription || (bytes[BinlogEvent.Flags] & InUse) == 0)
            return told.SequenceEqual(MadeEvents.Checksum(bytes));
        byte[] closed = bytes.ToArray();
        closed[BinlogEvent.Flags] &= unchecked((byte)~InUse);
        return told.SequenceEqual(MadeEvents.Checksum(closed));
    }

    private void MakeRoom(int length)
    {
        if (length <= _packet.Length && (_packet.Length <= LargestKept || length > LargestKept))
            return;
        byte[] larger = new byte[Math.Max(length, 1 << 16)];
        _packet.AsSpan(0, 1 + BinlogEvent.HeaderSize).CopyTo(larger);
        _packet = larger;
    }

    private void ReadFormat()
    {
        Span<byte> magic = stackalloc byte[4];
        if (_stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) < 4)
        {
            Torn = $"{File} ends before its first event";
            return;
        }

        if (magic[0] == 0xfd && magic[1..].SequenceEqual(Magic[1..]))
            throw new TailException($"{File} is encrypted (binlog_encryption): only its own server can read it");
        if (!magic.SequenceEqual(Magic))
            throw new TailException($"{File} is no binary log");
        if (Next() is not { } format)
        {
            if (Damaged)
                throw new TailException(Torn!);
            Torn ??= $"{File} ends before its first event";
            return;
        }

        if (format.Type != EventType.FormatDescription || format.Bytes.Length < BinlogEvent.HeaderSize + BinlogEvent.ChecksumSize + 1)
            throw new TailException($"{File} does not begin with a format description");
        // The last byte before the (always present) checksum names the algorithm: 0 none, 1 CRC32.
        byte algorithm = format.Bytes[^(BinlogEvent.ChecksumSize + 1)];
        if (algorithm > 1)
            throw new TailException($"{File} has checksums of an unknown kind ({algorithm})");
        Checksums = algorithm == 1;
        if (Checksums && !ChecksumHolds(format.Bytes))
            throw new TailException($"the checksum of the first event of {File} is wrong");
        Format = format.Packet.ToArray();
        Begun = true;
    }

    private BinlogEvent? End(string why, bool damaged = false)
    {
        (Torn, Damaged) = (why, damaged);
        return null;
    }
}
