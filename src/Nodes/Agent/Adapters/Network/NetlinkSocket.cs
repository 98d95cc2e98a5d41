using System.Buffers.Binary;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;

namespace Mmm.Agent.Adapters.Network;

/// <summary>One question to the kernel's network tables and its answer (Linux: netlink(7)).</summary>
internal static class NetlinkSocket
{
    /// <summary>Protocol of addresses, links and routes: rtnetlink(7).</summary>
    public const int Route = 0;

    /// <summary>Protocol of sockets: sock_diag(7).</summary>
    public const int SocketDiagnostics = 4;

    public const ushort Acknowledge = 0x4;
    public const ushort Dump = 0x300;
    private const ushort Error = 2;
    private const ushort Done = 3;
    private const ushort Request = 0x1;
    private const int HeaderSize = 16;

    public delegate void MessageReader(ushort type, ReadOnlySpan<byte> body);

    /// <summary>Sends one request and hands on every message of the answer.</summary>
    /// <exception cref="AddressException">There is no answer.</exception>
    /// <returns>The kernel's error number; 0 = none.</returns>
    public static int Ask(int protocol, ushort type, ushort flags, ReadOnlySpan<byte> body, MessageReader read)
    {
        int fd = Open(protocol, 0);
        try
        {
            byte[] request = new byte[HeaderSize + body.Length];
            BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(4), type);
            BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), (ushort)(flags | Request));
            BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(8), 1);
            body.CopyTo(request.AsSpan(HeaderSize));
            if (LibC.Send(fd, request, request.Length, 0) < 0)
                throw new AddressException($"the kernel's network tables cannot be reached: {LibC.LastError()}");
            return ReadAnswer(fd, read);
        }
        finally
        {
            _ = LibC.Close(fd);
        }
    }

    private static int ReadAnswer(int fd, MessageReader read)
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            // An answer to a change is one message; a listing goes on until the kernel says that it is done.
            int length = (int)LibC.Receive(fd, buffer, buffer.Length, 0);
            if (length <= 0)
                throw new AddressException($"the kernel's network tables does not answer: {LibC.LastError()}");
            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, length); rest.Length >= HeaderSize;)
            {
                int size = BinaryPrimitives.ReadInt32LittleEndian(rest);
                ushort type = BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]);
                if (size < HeaderSize || size > rest.Length)
                    throw new AddressException("the kernel's network tables sent a broken answer");
                ReadOnlySpan<byte> body = rest[HeaderSize..size];
                if (type == Error)
                    return -BinaryPrimitives.ReadInt32LittleEndian(body);
                if (type == Done)
                    return 0;
                read(type, body);
                rest = rest[Math.Min(Align(size), rest.Length)..];
            }
        }
    }

    /// <summary>A bound socket that hears these groups.</summary>
    public static int Open(int protocol, uint groups)
    {
        int fd = LibC.Socket(LibC.AfNetlink, LibC.SockRaw | LibC.SockCloexec, protocol);
        if (fd < 0)
            throw new AddressException($"the kernel's network tables cannot be reached: {LibC.LastError()}");
        Span<byte> address = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(address, LibC.AfNetlink);
        BinaryPrimitives.WriteUInt32LittleEndian(address[8..], groups);
        // Two seconds: the kernel answers in microseconds unless something else holds its network lock.
        ReadOnlySpan<long> timeout = [2, 0];
        if (LibC.Bind(fd, address, address.Length) < 0 || LibC.SetSocketOption(fd, LibC.SolSocket, LibC.SoReceiveTimeout, timeout, 16) < 0)
        {
            string why = LibC.LastError();
            _ = LibC.Close(fd);
            throw new AddressException($"the kernel's network tables cannot be reached: {why}");
        }

        return fd;
    }

    /// <summary>Messages and attributes begin at multiples of 4 bytes.</summary>
    public static int Align(int size) => (size + 3) & ~3;
}
