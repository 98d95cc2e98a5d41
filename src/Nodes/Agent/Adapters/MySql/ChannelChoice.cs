using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Mmm.Shared.Agents;
using Mmm.Shared.Topology;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>
/// Finds, among a server's channels, the one MMM looks after, and turns a configured source name into its address: following a host by
/// name and by address must look the same, or it would be repointed to where it already is.
/// </summary>
public sealed class ChannelChoice(ClusterTopology topology, TimeProvider time)
{
    /// <summary>A name is looked up again after this long.</summary>
    private static readonly TimeSpan s_nameAge = TimeSpan.FromMinutes(1);

    private ImmutableDictionary<string, (string Ip, long At)> _names = ImmutableDictionary<string, (string, long)>.Empty;

    /// <summary>The only channel that comes from a host of the cluster; else the default one; else the only one there is.</summary>
    public async Task<FoundChannel?> ChooseAsync(ImmutableArray<FoundChannel> channels, CancellationToken cancel)
    {
        var resolved = new List<FoundChannel>(channels.Length);
        foreach (FoundChannel channel in channels)
            resolved.Add(channel with { SourceIp = await AddressAsync(channel.SourceIp, cancel) });
        FoundChannel[] ours = [.. resolved.Where(c => topology.Hosts.Values.Any(h => h.Ip == c.SourceIp && h.MysqlPort == c.SourcePort))];
        if (ours.Length == 1)
            return ours[0];
        return resolved.FirstOrDefault(c => c.Name.Length == 0) ?? (resolved.Count == 1 ? resolved[0] : null);
    }

    private async Task<string> AddressAsync(string source, CancellationToken cancel)
    {
        if (IPAddress.TryParse(source, out IPAddress? ip))
            return ip.ToString();
        if (source.Length == 0)
            return source;
        if (_names.TryGetValue(source, out (string Ip, long At) known) && time.GetElapsedTime(known.At) < s_nameAge)
            return known.Ip;
        string found = await LookUpAsync(source, cancel);
        _names = _names.SetItem(source, (found, time.GetTimestamp()));
        return found;
    }

    private async Task<string> LookUpAsync(string name, CancellationToken cancel)
    {
        if (topology.Hosts.TryGetValue(name, out Host? host))
            return host.Ip;
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(name, cancel);
            IPAddress? ours = addresses.FirstOrDefault(a => topology.Hosts.Values.Any(h => h.Ip == a.ToString()));
            return (ours ?? addresses.FirstOrDefault())?.ToString() ?? name;
        }
        catch (SocketException)
        {
            // Unknown to the resolver: it is shown as it was configured.
            return name;
        }
    }
}
