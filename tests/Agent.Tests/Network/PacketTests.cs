using System.Collections.Immutable;
using System.Net;
using Mmm.Agent.Adapters.Network;
using Xunit;

namespace Mmm.Agent.Tests.Network;

/// <summary>What is asked on the link, and what is believed of what comes back.</summary>
public sealed class PacketTests
{
    private static readonly IPAddress s_ip = IPAddress.Parse("10.9.0.50");
    private static readonly IPAddress s_ip6 = IPAddress.Parse("fd00:9::12:3456");
    private static readonly ImmutableArray<byte> s_mac = [2, 0, 0x5e, 0x10, 0, 0xaf];

    [Fact]
    public void An_arp_probe_asks_for_the_address_and_gives_none_of_its_own()
    {
        byte[] probe = ArpPackets.Probe(s_ip, s_mac);

        Assert.Equal("0001080006040001" + "02005e1000af" + "00000000" + "000000000000" + "0a090032", Convert.ToHexStringLower(probe));
        Assert.False(ArpPackets.TryReadHolder(probe, out _, out _), "a probe says of nobody that he has the address");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_announcement_names_its_sender_also_in_a_padded_frame(bool reply)
    {
        byte[] packet = [.. ArpPackets.Announcement(s_ip, s_mac, reply), .. new byte[18]];

        Assert.True(ArpPackets.TryReadHolder(packet, out IPAddress ip, out string mac));
        Assert.Equal((s_ip, "02:00:5e:10:00:af"), (ip, mac));
    }

    [Fact]
    public void Malformed_arp_packets_name_nobody()
    {
        byte[] good = ArpPackets.Announcement(s_ip, s_mac, reply: true);
        for (int length = 0; length < good.Length; length++)
            Assert.False(ArpPackets.TryReadHolder(good.AsSpan(0, length), out _, out _), $"{length} octets");
        // Hardware type, protocol, their lengths, operation, group address as sender.
        foreach ((int at, byte value) in new (int, byte)[] { (1, 6), (2, 0x86), (3, 1), (4, 8), (5, 16), (7, 0), (7, 3), (6, 1), (8, 0xff) })
            Assert.False(ArpPackets.TryReadHolder(With(good, at, value), out _, out _), $"octet {at} = {value}");
        byte[] noMac = (byte[])good.Clone();
        noMac.AsSpan(8, 6).Clear();
        Assert.False(ArpPackets.TryReadHolder(noMac, out _, out _));
    }

    [Fact]
    public void A_neighbour_solicitation_is_that_of_duplicate_address_detection()
    {
        byte[] probe = NeighbourPackets.Probe(s_ip6);

        Assert.Equal(
            "6000000000183aff" + "00000000000000000000000000000000" + "ff0200000000000000000001ff123456" + "8700",
            Convert.ToHexStringLower(probe)[..84]);
        Assert.Equal("00000000" + "fd000009000000000000000000123456", Convert.ToHexStringLower(probe)[88..]);
        Assert.Equal("3333ff123456", Convert.ToHexStringLower(NeighbourPackets.ProbeMac(s_ip6)));
        Assert.False(NeighbourPackets.TryReadHolder(probe, s_mac.AsSpan(), out _, out _));
    }

    [Fact]
    public void An_advertisement_names_the_machine_of_its_option_and_without_one_that_of_the_frame()
    {
        Assert.True(NeighbourPackets.TryReadHolder(Advertisement([2, 1, .. s_mac]), new byte[6], out IPAddress ip, out string mac));
        Assert.Equal((s_ip6, "02:00:5e:10:00:af"), (ip, mac));

        Assert.True(NeighbourPackets.TryReadHolder(Advertisement([]), s_mac.AsSpan(), out ip, out mac));
        Assert.Equal((s_ip6, "02:00:5e:10:00:af"), (ip, mac));
    }

    [Fact]
    public void Malformed_advertisements_name_nobody()
    {
        byte[] good = Advertisement([2, 1, .. s_mac]);
        for (int length = 0; length < good.Length; length++)
            Assert.False(NeighbourPackets.TryReadHolder(good.AsSpan(0, length), s_mac.AsSpan(), out _, out _), $"{length} octets");
        // Version, next header, hop limit (from behind a router), a broken checksum; then, with a right one, another type, a code, a group as target.
        foreach ((int at, byte value) in new (int, byte)[] { (0, 0x40), (6, 17), (7, 254), (42, 1) })
            Assert.False(NeighbourPackets.TryReadHolder(With(good, at, value), s_mac.AsSpan(), out _, out _), $"octet {at} = {value}");
        foreach ((int at, byte value) in new (int, byte)[] { (40, 135), (41, 1), (48, 0xff) })
            Assert.False(NeighbourPackets.TryReadHolder(Checked(With(good, at, value)), s_mac.AsSpan(), out _, out _), $"octet {at} = {value}");
        // Options that are longer than the packet, or of no length.
        Assert.False(NeighbourPackets.TryReadHolder(Advertisement([2, 2, .. s_mac]), s_mac.AsSpan(), out _, out _));
        Assert.False(NeighbourPackets.TryReadHolder(Advertisement([2, 0, .. s_mac]), s_mac.AsSpan(), out _, out _));
        Assert.False(NeighbourPackets.TryReadHolder(Advertisement([2, 1, 0xff, 0, 0, 0, 0, 1]), s_mac.AsSpan(), out _, out _));
    }

    [Fact]
    public void Random_packets_do_no_harm()
    {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] packet = i % 2 == 0 ? Advertisement([2, 1, .. s_mac]) : ArpPackets.Announcement(s_ip, s_mac, reply: true);
            for (int flips = random.Next(1, 6); flips > 0; flips--)
                packet[random.Next(packet.Length)] = (byte)random.Next(256);
            packet = packet[..random.Next(packet.Length + 1)];
            _ = ArpPackets.TryReadHolder(packet, out _, out _);
            _ = NeighbourPackets.TryReadHolder(packet.Length > 40 ? Checked(packet) : packet, s_mac.AsSpan(), out _, out _);
        }
    }

    private static byte[] With(byte[] packet, int at, byte value)
    {
        byte[] changed = (byte[])packet.Clone();
        changed[at] = value;
        return changed;
    }

    private static byte[] Advertisement(byte[] options)
    {
        byte[] packet = new byte[64 + options.Length];
        packet[0] = 0x60;
        packet[5] = (byte)(24 + options.Length);
        packet[6] = 58;
        packet[7] = 255;
        s_ip6.GetAddressBytes().CopyTo(packet, 8);
        IPAddress.Parse("ff02::1").GetAddressBytes().CopyTo(packet, 24);
        packet[40] = 136;
        packet[44] = 0x20;
        s_ip6.GetAddressBytes().CopyTo(packet, 48);
        options.CopyTo(packet, 64);
        return Checked(packet);
    }

    /// <summary>With a right checksum (RFC 1071, RFC 8200 section 8.1), computed octet by octet from the pseudo header.</summary>
    private static byte[] Checked(byte[] packet)
    {
        byte[] result = (byte[])packet.Clone();
        if (result.Length < 44)
            return result;
        result[42] = result[43] = 0;
        byte[] covered = [.. result.AsSpan(8, 32), 0, 0, 0, (byte)(result.Length - 40), 0, 0, 0, 58, .. result.AsSpan(40)];
        int sum = 0;
        for (int i = 0; i < covered.Length; i += 2)
            sum += (covered[i] << 8) + (i + 1 < covered.Length ? covered[i + 1] : 0);
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        result[42] = (byte)(~sum >> 8);
        result[43] = (byte)~sum;
        return result;
    }
}
