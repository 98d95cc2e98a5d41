using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;
using Mmm.Agent.Adapters.Network;

namespace Mmm.Agent;

/// <summary>
/// What this process may do with the host's network, found out by trying: in a container or a user namespace the sets of capabilities say less than the kernel does. An agent needs no root,
/// but CAP_NET_ADMIN and CAP_NET_RAW (docs/install.md).
/// </summary>
internal static class HostRights
{
    private const string How = "systemd: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW and the same in CapabilityBoundingSet=; see docs/install.md";

    /// <returns>What it will not be able to do, one sentence each.</returns>
    /// <exception cref="StartException">It could not handle role addresses at all.</exception>
    public static IReadOnlyList<string> Missing()
    {
        if (WhyNoAddresses() is { } why)
        {
            throw new StartException(
                ExitCodes.NotPermitted, $"This agent (user {ProcessStatus.Own.UserText}, {ProcessStatus.Own.CapabilitiesText}) could neither add nor remove role addresses, nor end TCP connections: {why}. It needs CAP_NET_ADMIN ({How})");
        }

        return LinkSocket.WhyNone() is { } refused
            ? [$"Role addresses that come to this host cannot be announced, so that its neighbours may send to the host before for minutes, and nobody can be asked whether another machine answers for one: {refused}. It needs CAP_NET_RAW ({How}; RestrictAddressFamilies= must allow AF_PACKET)"]
            : [];
    }

    private static string? WhyNoAddresses()
    {
        try
        {
            return Netlink.WhyNoChanges();
        }
        catch (AddressException e)
        {
            return $"{e.Message} (RestrictAddressFamilies= must allow AF_NETLINK)";
        }
    }
}
