using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;

namespace Mmm.Agent.Adapters.Network;

/// <summary>An address as the kernel lists it.</summary>
/// <param name="Ip">Canonical.</param>
/// <param name="PrefixLength">In bits.</param>
/// <param name="Interface">Kernel's index of the interface.</param>
internal sealed record KernelAddress(IPAddress Ip, byte PrefixLength, int Interface);

/// <summary>A network interface as the kernel lists it.</summary>
/// <param name="Name">For example <c>eth0</c>.</param>
/// <param name="Index">Kernel's index.</param>
/// <param name="Mac">Hardware address; empty where there is none.</param>
internal sealed record KernelLink(string Name, int Index, ImmutableArray<byte> Mac);

/// <summary>
/// Addresses and interfaces over rtnetlink, the protocol of <c>ip addr</c> (Linux: rtnetlink(7)), without starting a process for every look. Each
/// call has a socket of its own and takes the kernel microseconds.
/// </summary>
internal static class Netlink
{
    private const ushort NewLink = 16;
    private const ushort GetLink = 18;
    private const ushort NewAddress = 20;
    private const ushort DeleteAddress = 21;
    private const ushort GetAddress = 22;
    private const ushort Exclusive = 0x200;
    private const ushort Replace = 0x100;
    private const ushort Create = 0x400;
    private const ushort AttributeAddress = 1;
    private const ushort AttributeLocal = 2;
    private const ushort AttributeCacheInfo = 6;
    private const ushort AttributeFlags = 8;
    private const ushort LinkAttributeMac = 1;
    private const ushort LinkAttributeName = 3;

    /// <summary>No duplicate address detection: the address must answer at once.</summary>
    private const uint FlagNoDad = 0x02;

    private const uint FlagNoPrefixRoute = 0x200;
    private const uint GroupIpv4Addresses = 0x10;
    private const uint GroupIpv6Addresses = 0x100;
    private const byte AfInet = 2;
    private const byte AfInet6 = 10;
    private const int ErrnoNotPermitted = 1;
    private const int ErrnoExists = 17;
    private const int ErrnoNotAvailable = 99;
    private const int ErrnoNoDevice = 19;

    public static ImmutableArray<KernelAddress> Addresses()
    {
        var found = ImmutableArray.CreateBuilder<KernelAddress>();
        NetlinkSocket.Ask(NetlinkSocket.Route, GetAddress, NetlinkSocket.Dump, new byte[8], (type, body) =>
        {
            if (type != NewAddress)
                return;
            ReadOnlySpan<byte> local = default;
            ReadOnlySpan<byte> peer = default;
            for (ReadOnlySpan<byte> rest = body[8..]; TryAttribute(rest, out ushort attribute, out int size); rest = rest[Math.Min(NetlinkSocket.Align(size), rest.Length)..])
            {
                ReadOnlySpan<byte> value = rest[4..size];
                if (attribute == AttributeLocal)
                    local = value;
                else if (attribute == AttributeAddress)
                    peer = value;
            }

            // On a point-to-point link ADDRESS is the other end; without LOCAL (IPv6) it is ours.
            ReadOnlySpan<byte> ours = local.IsEmpty ? peer : local;
            if (ours.Length is 4 or 16)
                found.Add(new KernelAddress(new IPAddress(ours), body[1], (int)BinaryPrimitives.ReadUInt32LittleEndian(body[4..])));
        });
        return found.ToImmutable();
    }

    public static ImmutableArray<KernelLink> Links()
    {
        var found = ImmutableArray.CreateBuilder<KernelLink>();
        NetlinkSocket.Ask(NetlinkSocket.Route, GetLink, NetlinkSocket.Dump, new byte[16], (type, body) =>
        {
            if (type != NewLink)
                return;
            string name = "";
            ImmutableArray<byte> mac = [];
            for (ReadOnlySpan<byte> rest = body[16..]; TryAttribute(rest, out ushort attribute, out int size); rest = rest[Math.Min(NetlinkSocket.Align(size), rest.Length)..])
            {
                ReadOnlySpan<byte> value = rest[4..size];
                if (attribute == LinkAttributeName)
                    name = System.Text.Encoding.UTF8.GetString(value.TrimEnd((byte)0));
                else if (attribute == LinkAttributeMac)
                    mac = [.. value];
            }

            found.Add(new KernelLink(name, (int)BinaryPrimitives.ReadUInt32LittleEndian(body[4..]), mac));
        });
        return found.ToImmutable();
    }

    /// <summary>Adds a host address (/32 or /128); one that is there already is no error.</summary>
    /// <param name="ip">Which.</param>
    /// <param name="link">Kernel's index of the interface.</param>
    /// <param name="seconds">Then the kernel takes it away by itself.</param>
    public static void Add(IPAddress ip, int link, int seconds) =>
        Change(NewAddress, Create | Exclusive, WithLifetime(new KernelAddress(ip, (byte)(ip.GetAddressBytes().Length * 8), link), seconds), ErrnoExists, $"adding {ip}");

    /// <summary>Gives an address that is there another lifetime. (One that is not there would be added: the caller looks first.)</summary>
    public static void Extend(KernelAddress address, int seconds) =>
        Change(NewAddress, Replace, WithLifetime(address, seconds), 0, $"giving {address.Ip} a lifetime of {seconds} s");

    /// <summary>Removes one address; one that is gone already is no error.</summary>
    public static void Remove(KernelAddress address)
    {
        byte[] bytes = address.Ip.GetAddressBytes();
        using var body = new MemoryStream();
        WriteAddressHeader(body, bytes.Length, address.PrefixLength, address.Interface);
        WriteAttribute(body, AttributeLocal, bytes);
        WriteAttribute(body, AttributeAddress, bytes);
        Change(DeleteAddress, 0, body.ToArray(), ErrnoNotAvailable, $"removing {address.Ip}");
    }

    private static byte[] WithLifetime(KernelAddress address, int seconds)
    {
        byte[] bytes = address.Ip.GetAddressBytes();
        using var body = new MemoryStream();
        WriteAddressHeader(body, bytes.Length, address.PrefixLength, address.Interface);
        WriteAttribute(body, AttributeLocal, bytes);
        WriteAttribute(body, AttributeAddress, bytes);
        // struct ifa_cacheinfo: preferred and valid lifetime in seconds. An IPv6 address is deprecated from the start (preferred 0): it answers, but the
        // host's own connections do not leave from it.
        byte[] lifetimes = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(lifetimes, bytes.Length == 16 ? 0 : seconds);
        BinaryPrimitives.WriteInt32LittleEndian(lifetimes.AsSpan(4), seconds);
        WriteAttribute(body, AttributeCacheInfo, lifetimes);
        if (bytes.Length == 16)
        {
            byte[] flags = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(flags, FlagNoDad | FlagNoPrefixRoute);
            WriteAttribute(body, AttributeFlags, flags);
        }

        return body.ToArray();
    }

    /// <summary>Asks the kernel to remove an address from an interface that cannot be there: whether the caller may is what it looks at first.</summary>
    /// <returns>Null when addresses may be changed; else the kernel's word.</returns>
    public static string? WhyNoChanges()
    {
        using var body = new MemoryStream();
        WriteAddressHeader(body, 4, 32, int.MaxValue);
        int errno = NetlinkSocket.Ask(NetlinkSocket.Route, DeleteAddress, NetlinkSocket.Acknowledge, body.ToArray(), static (_, _) => { });
        return errno == ErrnoNotPermitted ? Marshal.GetPInvokeErrorMessage(errno) : null;
    }

    /// <summary>A socket that becomes readable when any address changes.</summary>
    public static int OpenChanges() => NetlinkSocket.Open(NetlinkSocket.Route, GroupIpv4Addresses | GroupIpv6Addresses);

    /// <summary>Empties that socket.</summary>
    public static void Drain(int fd)
    {
        byte[] buffer = new byte[32 * 1024];
        while (LibC.Receive(fd, buffer, buffer.Length, LibC.MessageDontWait) > 0)
        {
        }
    }

    private static void Change(ushort type, ushort flags, byte[] body, int harmless, string what)
    {
        int errno = NetlinkSocket.Ask(NetlinkSocket.Route, type, (ushort)(flags | NetlinkSocket.Acknowledge), body, static (_, _) => { });
        if (errno != 0 && errno != harmless && !(type == DeleteAddress && errno == ErrnoNoDevice))
            throw new AddressException($"{what} failed: {Marshal.GetPInvokeErrorMessage(errno)}{(errno == ErrnoNotPermitted ? " (the agent needs CAP_NET_ADMIN)" : "")}");
    }

    private static void WriteAddressHeader(Stream body, int addressLength, byte prefixLength, int link)
    {
        Span<byte> header = stackalloc byte[8];
        header[0] = addressLength == 4 ? AfInet : AfInet6;
        header[1] = prefixLength;
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], link);
        body.Write(header);
    }

    private static void WriteAttribute(Stream body, ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], type);
        body.Write(header);
        body.Write(value);
        for (int i = value.Length; i < NetlinkSocket.Align(value.Length); i++)
            body.WriteByte(0);
    }

    private static bool TryAttribute(ReadOnlySpan<byte> rest, out ushort type, out int size)
    {
        type = 0;
        size = 0;
        if (rest.Length < 4)
            return false;
        size = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        type = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
        return size >= 4 && size <= rest.Length;
    }
}
