using System.Net;
using System.Net.Sockets;

namespace Mmm.Lab.Network;

/// <summary>A machine on the lab's switch that is none of its hosts: a namespace of its own, there only while it has addresses.</summary>
/// <param name="paths">Of the lab.</param>
/// <param name="inside">Of the lab.</param>
internal sealed class Foreigner(LabPaths paths, Inside inside)
{
    private const string Name = "foreign";
    private const string Port = "p-" + Name;

    private string Namespace => paths.NamespaceOf(Name);

    /// <summary>It answers for the address from now on, silently: it announces nothing.</summary>
    /// <returns>Its hardware address.</returns>
    public async Task<string> AddAsync(IPAddress address, CancellationToken ct)
    {
        string added = address.AddressFamily == AddressFamily.InterNetwork ? $"ip addr replace {address}/32 dev eth0" : $"ip -6 addr replace {address}/128 dev eth0 nodad";
        string mac = await inside.ShellOnSwitchAsync(
            $"""
            if ! [ -e {Namespace} ]; then
              : > {Namespace}
              unshare --net={Namespace} true
              ip link add {Port} type veth peer name eth0 netns {Namespace}
              ip link set {Port} master br0 up
              nsenter --net={Namespace} ip link set eth0 up
            fi
            nsenter --net={Namespace} {added}
            nsenter --net={Namespace} ip -o link show dev eth0 | sed 's/.*link.ether \([0-9a-f:]*\).*/\1/'

            """,
            ct);
        return mac.Trim();
    }

    /// <summary>It has this address no more, or is gone as a whole; both are no error when there is nothing.</summary>
    public Task RemoveAsync(IPAddress? address, CancellationToken ct) => inside.ShellOnSwitchAsync(
        address is null
            ? $"""
              if [ -e {Namespace} ]; then
                ip link del {Port} 2>/dev/null || true
                umount {Namespace} 2>/dev/null || true
                rm -f {Namespace}
              fi

              """
            : $"""
              if [ -e {Namespace} ]; then
                nsenter --net={Namespace} ip addr del {address}/{(address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)} dev eth0 2>/dev/null || true
              fi

              """,
        ct);
}
