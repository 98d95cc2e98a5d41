using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;
using Mmm.Shared.Topology;

namespace Mmm.Agent.Adapters.Network;

/// <summary>Asks the machines on the cluster interface's link, with the hardware's own questions: a firewall on either side does not matter.</summary>
/// <param name="poller">Waits for answers.</param>
/// <param name="clusterInterface">Interface the role addresses are on.</param>
public sealed class KernelNeighbours(Poller poller, string clusterInterface) : INeighbours
{
    /// <summary>One may be lost, by the network or in a switch that is just learning; with two more it is the machine.</summary>
    private const int Questions = 3;

    private static readonly byte[] s_everybody = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

    public async Task<NeighbourAnswers> AskAsync(IReadOnlyCollection<string> ips, TimeSpan window, bool first, CancellationToken cancel)
    {
        ImmutableArray<KernelLink> links = Netlink.Links();
        KernelLink link = links.FirstOrDefault(l => l.Name == clusterInterface)
            ?? throw new AddressException($"nobody can be asked who has an address: this host has no interface '{clusterInterface}' (cluster_interface)");
        // All of them: with several interfaces on one network a host answers its own question, with the hardware address of another one.
        ImmutableSortedSet<string> own = [.. links.Where(l => Mac.IsMac(l.Mac.AsSpan())).Select(l => Mac.Text(l.Mac.AsSpan()))];
        var heard = new Heard(ips.Select(IPAddress.Parse), own);
        // No hardware addresses, no link to share (a tunnel): nobody is there to answer.
        if (Mac.IsMac(link.Mac.AsSpan()))
        {
            IPAddress[] v4 = [.. heard.Asked.Where(ip => ip.AddressFamily == AddressFamily.InterNetwork)];
            IPAddress[] v6 = [.. heard.Asked.Where(ip => ip.AddressFamily == AddressFamily.InterNetworkV6)];
            await Task.WhenAll(
                AskAsync(link, LinkSocket.Arp, v4, heard, window, first, cancel),
                AskAsync(link, LinkSocket.Ip6, v6, heard, window, first, cancel));
        }

        return new NeighbourAnswers(own, heard.Answers);
    }

    private async Task AskAsync(KernelLink link, ushort protocol, IPAddress[] ips, Heard heard, TimeSpan window, bool first, CancellationToken cancel)
    {
        if (ips.Length == 0)
            return;
        var socket = new LinkSocket(link, protocol);
        try
        {
            for (int i = 0; i < Questions && !(first && ips.All(heard.Has)); i++)
            {
                foreach (IPAddress ip in ips)
                    Ask(socket, protocol, link, ip);
                await ListenAsync(socket, protocol, ips, heard, window / Questions, first, cancel);
            }
        }
        finally
        {
            // Closing takes longer than asking, and a takeover waits for the answer.
            _ = Task.Run(socket.Dispose, CancellationToken.None);
        }
    }

    private static void Ask(LinkSocket socket, ushort protocol, KernelLink link, IPAddress ip)
    {
        if (protocol == LinkSocket.Arp)
            socket.Send(ArpPackets.Probe(ip, link.Mac), s_everybody);
        else
            socket.Send(NeighbourPackets.Probe(ip), NeighbourPackets.ProbeMac(ip));
    }

    private async Task ListenAsync(LinkSocket socket, ushort protocol, IPAddress[] ips, Heard heard, TimeSpan time, bool first, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(time);
        try
        {
            while (!(first && ips.All(heard.Has)))
            {
                await poller.WaitReadableAsync(socket.Fd, over.Token);
                TakeIn(socket, protocol, heard);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
        }
    }

    private static void TakeIn(LinkSocket socket, ushort protocol, Heard heard)
    {
        byte[] buffer = new byte[1500];
        Span<byte> from = stackalloc byte[Mac.Length];
        while (socket.TryReceive(buffer, from) is > 0 and int length)
        {
            bool read = protocol == LinkSocket.Arp
                ? ArpPackets.TryReadHolder(buffer.AsSpan(0, length), out IPAddress ip, out string mac)
                : NeighbourPackets.TryReadHolder(buffer.AsSpan(0, length), from, out ip, out mac);
            if (read)
                heard.Add(ip, mac);
        }
    }

    /// <summary>What has been heard so far of what was asked.</summary>
    private sealed class Heard(IEnumerable<IPAddress> asked, ImmutableSortedSet<string> own)
    {
        /// <summary>Answers kept for one address: more machines than that are not told apart by a person either.</summary>
        private const int MostPerAddress = 8;

        private readonly Lock _lock = new();
        private ImmutableSortedDictionary<string, ImmutableSortedSet<string>> _answers = NeighbourAnswers.Nobody.Macs;

        public ImmutableArray<IPAddress> Asked { get; } = [.. asked.Distinct()];

        public ImmutableSortedDictionary<string, ImmutableSortedSet<string>> Answers
        {
            get
            {
                lock (_lock)
                    return _answers;
            }
        }

        public bool Has(IPAddress ip) => Answers.ContainsKey(ip.ToString());

        public void Add(IPAddress ip, string mac)
        {
            if (own.Contains(mac) || !Asked.Contains(ip))
                return;
            lock (_lock)
            {
                ImmutableSortedSet<string> known = _answers.GetValueOrDefault(ip.ToString(), []);
                if (known.Count < MostPerAddress)
                    _answers = _answers.SetItem(ip.ToString(), known.Add(mac));
            }
        }
    }
}
