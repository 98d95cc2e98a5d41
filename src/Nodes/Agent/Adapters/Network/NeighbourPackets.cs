using System.Buffers.Binary;
using System.Net;
using Mmm.Shared.Topology;

namespace Mmm.Agent.Adapters.Network;

/// <summary>IPv6 neighbour discovery (RFC 4861), as packets that begin with their IPv6 header.</summary>
internal static class NeighbourPackets
{
    private const int HeaderSize = 40;
    private const byte IcmpV6 = 58;
    private const byte Solicitation = 135;
    private const byte Advertisement = 136;
    private const byte TargetMac = 2;

    /// <summary>Greater than any router would leave: the packet comes from this very link (RFC 4861 section 7.1).</summary>
    private const byte HopLimit = 255;

    /// <summary>The question of duplicate address detection: from nobody (::), to those whose address ends alike (RFC 4862 section 5.4.2).</summary>
    public static byte[] Probe(IPAddress ip)
    {
        byte[] target = ip.GetAddressBytes();
        byte[] packet = new byte[HeaderSize + 24];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), 24);
        packet[6] = IcmpV6;
        packet[7] = HopLimit;
        Group(target).CopyTo(packet, 24);
        packet[HeaderSize] = Solicitation;
        target.CopyTo(packet, HeaderSize + 8);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(HeaderSize + 2), Checksum(packet));
        return packet;
    }

    /// <summary>Hardware address of the group that the question goes to (RFC 2464 section 7).</summary>
    public static byte[] ProbeMac(IPAddress ip) => [0x33, 0x33, 0xff, .. ip.GetAddressBytes().AsSpan(13)];

    /// <summary>Who says that it has which address: the sender of an advertisement.</summary>
    /// <param name="packet">From its IPv6 header on.</param>
    /// <param name="frameMac">Who sent the frame: counts when the packet names no hardware address.</param>
    /// <param name="ip">Which address.</param>
    /// <param name="mac">Who has it.</param>
    public static bool TryReadHolder(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> frameMac, out IPAddress ip, out string mac)
    {
        ip = IPAddress.None;
        mac = "";
        if (packet.Length < HeaderSize || packet[0] >> 4 != 6 || packet[6] != IcmpV6 || packet[7] != HopLimit)
            return false;
        int size = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        if (size < 24 || packet.Length < HeaderSize + size || Checksum(packet[..(HeaderSize + size)]) != 0)
            return false;
        ReadOnlySpan<byte> body = packet.Slice(HeaderSize, size);
        if (body[0] != Advertisement || body[1] != 0 || body[8] == 0xff)
            return false;
        ReadOnlySpan<byte> holder = frameMac;
        for (ReadOnlySpan<byte> rest = body[24..]; rest.Length >= 8; rest = rest[(rest[1] * 8)..])
        {
            // An option is as many times 8 octets long as it says, and never 0.
            if (rest[1] == 0 || rest.Length < rest[1] * 8)
                return false;
            if (rest[0] == TargetMac)
                holder = rest.Slice(2, Mac.Length);
        }

        if (!Mac.IsMac(holder))
            return false;
        ip = new IPAddress(body.Slice(8, 16));
        mac = Mac.Text(holder);
        return true;
    }

    /// <summary>The solicited-node group of an address: ff02::1:ff and its last three octets.</summary>
    private static byte[] Group(byte[] ip)
    {
        byte[] group = IPAddress.Parse("ff02::1:ff00:0").GetAddressBytes();
        ip.AsSpan(13).CopyTo(group.AsSpan(13));
        return group;
    }

    /// <summary>Of an ICMPv6 packet and the header fields that it covers (RFC 4443 section 2.3); 0 of a packet that carries a right one.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> packet)
    {
        uint sum = (uint)(packet.Length - HeaderSize) + IcmpV6;
        for (int i = 8; i < packet.Length; i++)
            sum += i % 2 == 0 ? (uint)packet[i] << 8 : packet[i];
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
