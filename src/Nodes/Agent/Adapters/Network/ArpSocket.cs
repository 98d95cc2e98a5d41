using System.Buffers.Binary;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;

namespace Mmm.Agent.Adapters.Network;

/// <summary>
/// Sends ARP packets to everyone on a link. The packet socket stays open: closing one waits until every processor has left the kernel's receive path
/// (10-30 ms, packet(7) sockets end with synchronize_net), and that would be time in which a role that has just been taken over is not announced.
/// It is bound to no interface and no protocol, so that nothing is ever received and an interface that goes away and comes back does it no harm.
/// </summary>
internal sealed class ArpSocket : IDisposable
{
    private const ushort EtherTypeArp = 0x0806;

    private readonly Lock _lock = new();
    private int _fd = -1;

    /// <summary>Sends all packets, on a new socket when the one there is has become unusable.</summary>
    /// <exception cref="AddressException">The kernel refuses.</exception>
    public void Broadcast(KernelLink link, params ReadOnlySpan<byte[]> packets)
    {
        Span<byte> everyone = stackalloc byte[20];
        BinaryPrimitives.WriteUInt16LittleEndian(everyone, LibC.AfPacket);
        BinaryPrimitives.WriteUInt16BigEndian(everyone[2..], EtherTypeArp);
        BinaryPrimitives.WriteInt32LittleEndian(everyone[4..], link.Index);
        everyone[11] = 6;
        everyone.Slice(12, 6).Fill(0xff);
        lock (_lock)
        {
            foreach (byte[] packet in packets)
            {
                bool reused = _fd >= 0;
                if (Send(packet, everyone) || (reused && Reopened() && Send(packet, everyone)))
                    continue;
                throw new AddressException($"an ARP announcement on {link.Name} failed: {LibC.LastError()}");
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
            Close();
    }

    private bool Send(byte[] packet, ReadOnlySpan<byte> to)
    {
        if (_fd < 0)
            Open();
        return LibC.SendTo(_fd, packet, packet.Length, 0, to, to.Length) >= 0;
    }

    private bool Reopened()
    {
        Close();
        Open();
        return true;
    }

    private void Open()
    {
        _fd = LibC.Socket(LibC.AfPacket, LibC.SockDgram | LibC.SockCloexec, 0);
        if (_fd < 0)
            throw new AddressException($"an ARP announcement cannot be sent: {LibC.LastError()} (the agent needs CAP_NET_RAW)");
    }

    private void Close()
    {
        if (_fd >= 0)
            _ = LibC.Close(_fd);
        _fd = -1;
    }
}
