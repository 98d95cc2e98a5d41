using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// Packets of the MySQL protocol on a stream: three bytes of length, one of sequence; what is 16 MB or longer goes in several (MySQL internals manual, "MySQL Packets").
/// </summary>
/// <param name="stream">Unbuffered: what is sent is gathered here until it is flushed.</param>
/// <param name="patience">How long the peer may take nothing of what is sent.</param>
internal sealed class PacketStream(Stream stream, TimeSpan patience)
{
    private const int Gathered = 1 << 16;

    private const int Longest = 0xffffff;

    /// <summary>What a replica has to say is short.</summary>
    private const int LongestReceived = 64 * 1024;

    private readonly byte[] _head = new byte[4];
    private readonly byte[] _gathered = new byte[Gathered];
    private Stream _stream = stream;
    private int _length;

    /// <summary>It goes on encrypted.</summary>
    public bool IsEncrypted => _stream is SslStream;

    /// <summary>Of the next packet that is sent; a command begins anew.</summary>
    public byte Sequence { get; set; }

    /// <summary>Null when the peer has closed. Throws <see cref="IOException"/> for a peer that does not speak the protocol.</summary>
    public async Task<byte[]?> ReceiveAsync(CancellationToken cancel)
    {
        int got = await _stream.ReadAtLeastAsync(_head, _head.Length, throwOnEndOfStream: false, cancel);
        if (got < _head.Length)
            return null;
        int length = _head[0] | (_head[1] << 8) | (_head[2] << 16);
        if (length > LongestReceived)
            throw new IOException($"a packet of {length} bytes: this is no replica");
        Sequence = (byte)(_head[3] + 1);
        byte[] body = new byte[length];
        await _stream.ReadExactlyAsync(body, cancel);
        return body;
    }

    /// <summary>Sends what may be longer than one packet.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        for (ReadOnlyMemory<byte> rest = body; ;)
        {
            int length = Math.Min(rest.Length, Longest);
            byte[] head = [(byte)length, (byte)(length >> 8), (byte)(length >> 16), Sequence++];
            await GatherAsync(head, cancel);
            await GatherAsync(rest[..length], cancel);
            rest = rest[length..];
            // A packet of exactly the longest length is followed by one that may be empty.
            if (length < Longest)
                return;
        }
    }

    public async Task FlushAsync(CancellationToken cancel)
    {
        ReadOnlyMemory<byte> all = _gathered.AsMemory(0, _length);
        _length = 0;
        await WriteAsync(all, cancel);
    }

    /// <summary>The server's side of TLS, after the peer has asked for it.</summary>
    public async Task EncryptAsync(X509Certificate2 certificate, CancellationToken cancel)
    {
        var encrypted = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = encrypted;
        await encrypted.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancel);
    }

    public Task SendOkAsync(CancellationToken cancel) => SendAsync(new byte[] { 0, 0, 0, 2, 0, 0, 0 }, cancel);

    public Task SendErrorAsync(int number, string state, string message, CancellationToken cancel)
    {
        byte[] text = Encoding.UTF8.GetBytes($"#{state}{message}");
        byte[] body = new byte[3 + text.Length];
        body[0] = 0xff;
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(1), (ushort)number);
        text.CopyTo(body, 3);
        return SendAsync(body, cancel);
    }

    /// <summary>A text result with one row, or none.</summary>
    public async Task SendRowAsync(IReadOnlyList<string> columns, IReadOnlyList<string?>? row, CancellationToken cancel)
    {
        await SendAsync(new byte[] { (byte)columns.Count }, cancel);
        foreach (string column in columns)
        {
            using var definition = new MemoryStream();
            foreach (string part in (string[])["def", "", "", "", column, ""])
                Text(definition, part);
            // length of the rest, character set (utf8mb4), length, type VAR_STRING, flags, decimals, filler
            definition.Write([0x0c, 45, 0, 0xff, 0xff, 0, 0, 0xfd, 0, 0, 0, 0, 0]);
            await SendAsync(definition.ToArray(), cancel);
        }

        byte[] end = [0xfe, 0, 0, 2, 0];
        await SendAsync(end, cancel);
        if (row is not null)
        {
            using var values = new MemoryStream();
            foreach (string? value in row)
            {
                if (value is null)
                    values.WriteByte(0xfb);
                else
                    Text(values, value);
            }

            await SendAsync(values.ToArray(), cancel);
        }

        await SendAsync(end, cancel);
    }

    private async Task GatherAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        if (_length + bytes.Length > Gathered)
            await FlushAsync(cancel);
        if (bytes.Length > Gathered)
        {
            await WriteAsync(bytes, cancel);
            return;
        }

        bytes.CopyTo(_gathered.AsMemory(_length));
        _length += bytes.Length;
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        // Piece by piece: a big event may take long, but not without the peer taking any of it.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(bytes.Length, Gathered)..])
        {
            limit.CancelAfter(patience);
            await _stream.WriteAsync(bytes[..Math.Min(bytes.Length, Gathered)], limit.Token);
        }
    }

    /// <summary>Length-encoded; all texts here are shorter than 251 bytes.</summary>
    private static void Text(MemoryStream to, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 250)
            throw new ArgumentException("too long for this protocol's short form", nameof(text));
        to.WriteByte((byte)bytes.Length);
        to.Write(bytes);
    }
}
