using System.Collections.Immutable;
using System.Net;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;

namespace Mmm.Agent.Adapters.Network;

/// <summary>The host's addresses, read and changed through the kernel directly.</summary>
/// <param name="poller">Waits for the kernel's word that an address changed.</param>
/// <param name="clusterInterface">Interface new addresses go on.</param>
public sealed class KernelAddresses(Poller poller, string clusterInterface) : IAddresses
{
    public Task<ImmutableArray<string>> ReadAsync(CancellationToken cancel) =>
        Task.Run(() => Netlink.Addresses().Select(a => a.Ip.ToString()).Distinct().ToImmutableArray(), cancel);

    public Task AddAsync(string ip, CancellationToken cancel) => Task.Run(
        () =>
        {
            IPAddress address = IPAddress.Parse(ip);
            if (Netlink.Addresses().Any(a => a.Ip.Equals(address)))
                return;
            Netlink.Add(address, Link().Index);
        },
        cancel);

    public Task RemoveAsync(string ip, CancellationToken cancel) => Task.Run(
        () =>
        {
            IPAddress address = IPAddress.Parse(ip);
            foreach (KernelAddress found in Netlink.Addresses().Where(a => a.Ip.Equals(address)))
                Netlink.Remove(found);
        },
        cancel);

    public Task CheckAsync(CancellationToken cancel) => Task.Run(Link, cancel);

    public async Task ChangedAsync(CancellationToken cancel)
    {
        int fd = Netlink.OpenChanges();
        try
        {
            await poller.WaitReadableAsync(fd, cancel);
            Netlink.Drain(fd);
        }
        finally
        {
            _ = LibC.Close(fd);
        }
    }

    private KernelLink Link() =>
        Netlink.Links().FirstOrDefault(l => l.Name == clusterInterface)
        ?? throw new AddressException($"role addresses cannot be added: this host has no interface '{clusterInterface}' (cluster_interface)");
}
