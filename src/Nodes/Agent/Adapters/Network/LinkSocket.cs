using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;
using Mmm.Shared.Topology;

namespace Mmm.Agent.Adapters.Network;

/// <summary>
/// Sends to and receives from everybody on one link, below IP: packet(7), one protocol. Receives nothing before it is made. Closing one waits until every processor
/// has left the kernel's receive path (10-30 ms), so nobody should wait for <see cref="Dispose"/>.
/// </summary>
internal sealed class LinkSocket : IDisposable
{
    public const ushort Arp = 0x0806;
    public const ushort Ip6 = 0x86dd;

    /// <summary>struct sockaddr_ll.</summary>
    private const int AddressSize = 20;

    /// <summary>Ours, as the kernel hands it to listeners of every protocol.</summary>
    private const byte Outgoing = 4;

    private readonly KernelLink _link;
    private readonly ushort _protocol;

    public LinkSocket(KernelLink link, ushort protocol)
    {
        _link = link;
        _protocol = protocol;
        // Without a protocol it receives nothing until it is bound to its link.
        Fd = LibC.Socket(LibC.AfPacket, LibC.SockDgram | LibC.SockCloexec, 0);
        if (Fd < 0)
            throw new AddressException($"nobody on {link.Name} can be asked: {LibC.LastError()} (the agent needs CAP_NET_RAW)");
        if ((protocol == Ip6 && !OnlyAdvertisements(Fd)) || LibC.Bind(Fd, To([]), AddressSize) < 0)
        {
            string why = LibC.LastError();
            _ = LibC.Close(Fd);
            throw new AddressException($"nobody on {link.Name} can be asked: {why}");
        }
    }

    public int Fd { get; }

    /// <summary>Null when this process may have such sockets; else the kernel's word.</summary>
    public static string? WhyNone()
    {
        int fd = LibC.Socket(LibC.AfPacket, LibC.SockDgram | LibC.SockCloexec, 0);
        if (fd < 0)
            return LibC.LastError();
        _ = LibC.Close(fd);
        return null;
    }

    /// <exception cref="AddressException">The kernel refuses, for example because the link is down.</exception>
    public void Send(byte[] packet, ReadOnlySpan<byte> to)
    {
        if (LibC.SendTo(Fd, packet, packet.Length, 0, To(to), AddressSize) < 0)
            throw new AddressException($"nobody on {_link.Name} can be asked: {LibC.LastError()}");
    }

    /// <summary>The next packet that has come in.</summary>
    /// <param name="buffer">Room for it; what is longer is cut off.</param>
    /// <param name="from">Room for the hardware address of the frame's sender.</param>
    /// <returns>Its length; 0 = there is none.</returns>
    public int TryReceive(byte[] buffer, Span<byte> from)
    {
        Span<byte> address = stackalloc byte[AddressSize];
        while (true)
        {
            int addressSize = AddressSize;
            int length = (int)LibC.ReceiveFrom(Fd, buffer, buffer.Length, LibC.MessageDontWait, address, ref addressSize);
            if (length <= 0)
                return 0;
            if (address[10] == Outgoing)
                continue;
            address.Slice(12, Mac.Length).CopyTo(from);
            return length;
        }
    }

    public void Dispose() => _ = LibC.Close(Fd);

    private byte[] To(ReadOnlySpan<byte> mac)
    {
        byte[] address = new byte[AddressSize];
        BinaryPrimitives.WriteUInt16LittleEndian(address, LibC.AfPacket);
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), _protocol);
        BinaryPrimitives.WriteInt32LittleEndian(address.AsSpan(4), _link.Index);
        address[11] = (byte)mac.Length;
        mac.CopyTo(address.AsSpan(12));
        return address;
    }

    /// <summary>A database's own traffic is IPv6 as well: the kernel hands on neighbour advertisements only (classic BPF; offsets from the IPv6 header).</summary>
    private static bool OnlyAdvertisements(int fd)
    {
        const ushort loadByte = 0x30;
        const ushort jumpIfEqual = 0x15;
        const ushort end = 0x06;
        (ushort Code, byte True, byte False, uint Value)[] program =
        [
            (loadByte, 0, 0, 6), (jumpIfEqual, 0, 3, 58),
            (loadByte, 0, 0, 40), (jumpIfEqual, 0, 1, 136),
            (end, 0, 0, 0xffff),
            (end, 0, 0, 0),
        ];
        byte[] code = new byte[program.Length * 8];
        for (int i = 0; i < program.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(code.AsSpan(i * 8), program[i].Code);
            code[(i * 8) + 2] = program[i].True;
            code[(i * 8) + 3] = program[i].False;
            BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan((i * 8) + 4), program[i].Value);
        }

        // struct sock_fprog: number of instructions, and where they are.
        var pinned = GCHandle.Alloc(code, GCHandleType.Pinned);
        try
        {
            ReadOnlySpan<long> filter = [program.Length, pinned.AddrOfPinnedObject()];
            return LibC.SetSocketOption(fd, LibC.SolSocket, LibC.SoAttachFilter, filter, 16) >= 0;
        }
        finally
        {
            pinned.Free();
        }
    }
}
