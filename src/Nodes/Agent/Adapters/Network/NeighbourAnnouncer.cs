using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Mmm.Actors.Agents;

namespace Mmm.Agent.Adapters.Network;

/// <summary>
/// Tells the neighbours that an address is here now. IPv4: a gratuitous ARP request and a reply (RFC 5944 section 4.6: some systems take only the
/// one, some only the other). IPv6: an unsolicited neighbour advertisement with the override flag to all nodes (RFC 4861 section 7.2.6).
/// </summary>
/// <param name="clusterInterface">Interface the role addresses are on.</param>
public sealed class NeighbourAnnouncer(string clusterInterface) : IAnnouncer, IDisposable
{
    private const byte HopLimit = 255;

    private readonly ArpSocket _arp = new();

    public Task AnnounceAsync(string ip, CancellationToken cancel) => Task.Run(
        () =>
        {
            KernelLink link = Netlink.Links().FirstOrDefault(l => l.Name == clusterInterface)
                ?? throw new AddressException($"this host has no interface '{clusterInterface}' (cluster_interface)");
            if (link.Mac.Length != 6 || link.Mac.All(b => b == 0))
                return;
            IPAddress address = IPAddress.Parse(ip);
            if (address.AddressFamily == AddressFamily.InterNetwork)
                _arp.Broadcast(link, ArpPackets.Announcement(address, link.Mac, reply: false), ArpPackets.Announcement(address, link.Mac, reply: true));
            else
                SendNeighbourAdvertisement(address, link);
        },
        cancel);

    public void Dispose() => _arp.Dispose();

    /// <summary>The ICMPv6 body of an unsolicited advertisement; the kernel fills the checksum in.</summary>
    internal static byte[] AdvertisementPacket(IPAddress ip, ImmutableArray<byte> mac)
    {
        byte[] packet = new byte[32];
        packet[0] = 136;
        packet[4] = 0x20;
        ip.GetAddressBytes().CopyTo(packet, 8);
        packet[24] = 2;
        packet[25] = 1;
        mac.CopyTo(packet, 26);
        return packet;
    }

    private static void SendNeighbourAdvertisement(IPAddress ip, KernelLink link)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, link.Index);
            // Receivers drop advertisements that may have crossed a router.
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, HopLimit);
            socket.Bind(new IPEndPoint(ip, 0));
            socket.SendTo(AdvertisementPacket(ip, link.Mac), new IPEndPoint(new IPAddress(IPAddress.Parse("ff02::1").GetAddressBytes(), link.Index), 0));
        }
        catch (SocketException e)
        {
            throw new AddressException($"a neighbour advertisement on {link.Name} failed: {e.Message}");
        }
    }
}
