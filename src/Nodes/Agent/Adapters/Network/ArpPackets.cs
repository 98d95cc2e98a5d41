using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using Mmm.Shared.Topology;

namespace Mmm.Agent.Adapters.Network;

/// <summary>ARP for Ethernet and IPv4 (RFC 826), 28 octets.</summary>
internal static class ArpPackets
{
    private const int Size = 28;

    /// <summary>Everybody is told: sender and target address are the same.</summary>
    public static byte[] Announcement(IPAddress ip, ImmutableArray<byte> mac, bool reply) => Packet(reply, ip, mac, ip, reply ? mac : []);

    /// <summary>Everybody is asked, and nobody learns a mapping: the sender's address is 0.0.0.0 (RFC 5227 section 2.1.1).</summary>
    public static byte[] Probe(IPAddress ip, ImmutableArray<byte> mac) => Packet(reply: false, IPAddress.Any, mac, ip, []);

    /// <summary>Who says that it has which address: the sender of a reply, of a question or of an announcement. A probe (sender 0.0.0.0) says nothing.</summary>
    public static bool TryReadHolder(ReadOnlySpan<byte> packet, out IPAddress ip, out string mac)
    {
        ip = IPAddress.None;
        mac = "";
        // Frames are padded to 60 octets, so a longer packet is right.
        if (packet.Length < Size
            || BinaryPrimitives.ReadUInt16BigEndian(packet) != 1 || BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) != 0x0800
            || packet[4] != Mac.Length || packet[5] != 4
            || BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) is not (1 or 2)
            || !Mac.IsMac(packet.Slice(8, Mac.Length)) || !packet.Slice(14, 4).ContainsAnyExcept((byte)0))
            return false;
        ip = new IPAddress(packet.Slice(14, 4));
        mac = Mac.Text(packet.Slice(8, Mac.Length));
        return true;
    }

    private static byte[] Packet(bool reply, IPAddress sender, ImmutableArray<byte> mac, IPAddress target, ImmutableArray<byte> targetMac)
    {
        byte[] packet = new byte[Size];
        BinaryPrimitives.WriteUInt16BigEndian(packet, 1);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), 0x0800);
        packet[4] = Mac.Length;
        packet[5] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)(reply ? 2 : 1));
        mac.CopyTo(packet, 8);
        sender.GetAddressBytes().CopyTo(packet, 14);
        targetMac.CopyTo(packet, 18);
        target.GetAddressBytes().CopyTo(packet, 24);
        return packet;
    }
}
