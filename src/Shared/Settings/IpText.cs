using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Mmm.Shared.Settings;

/// <summary>IP addresses as an operator may write them, and their canonical text.</summary>
public static class IpText
{
    /// <summary>
    /// Strict: four decimal numbers without leading zeros, or IPv6 without scope. The platform's own parser also takes "10.1", "0x7f.1" and
    /// "010.0.0.1" (octal), which nobody means.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        bool v6 = text.Contains(':', StringComparison.Ordinal);
        bool plain = text.All(c => char.IsAsciiHexDigit(c) || c is '.' or ':');
        if (!plain || !IPAddress.TryParse(text, out address) || address.IsIPv4MappedToIPv6 || (!v6 && address.ToString() != text))
        {
            address = null;
            return false;
        }

        return true;
    }

    /// <summary>What is wrong with an address that a host or a role is to have; null when nothing is.</summary>
    public static string? WhyNotAHostAddress(IPAddress address)
    {
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return "is the address of no host (unspecified)";
        if (address.Equals(IPAddress.Broadcast))
            return "is the broadcast address";
        bool multicast = address.AddressFamily == AddressFamily.InterNetwork ? (address.GetAddressBytes()[0] & 0xF0) == 0xE0 : address.IsIPv6Multicast;
        if (multicast)
            return "is a multicast address";
        return address.IsIPv6LinkLocal ? "is a link-local address, which needs an interface to be reached" : null;
    }
}
