using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Mmm.Actors.Agents;

namespace Mmm.Agent.Adapters.Network;

/// <summary>
/// TCP connections over sock_diag, the protocol of <c>ss</c> (Linux: sock_diag(7)); they are ended as <c>ss -K</c> does it (SOCK_DESTROY, kernel 4.5, CONFIG_INET_DIAG_DESTROY): whoever
/// waits for one of them gets an error at once.
/// </summary>
internal sealed class KernelConnections : IConnections
{
    private const ushort ByFamily = 20;
    private const ushort Destroy = 21;
    private const byte AfInet = 2;
    private const byte AfInet6 = 10;
    private const byte Tcp = 6;
    private const byte Established = 1;
    private const byte SynSent = 2;

    /// <summary>idiag_timer: something that was sent waits for its acknowledgement.</summary>
    private const byte TimerOfRetransmission = 1;

    /// <summary>A machine that is there answers the first repetition.</summary>
    private const byte RepeatedAtLeast = 2;

    /// <summary>Size of struct inet_diag_req_v2, and of the struct inet_diag_sockid in it and in struct inet_diag_msg.</summary>
    private const int RequestSize = 56;
    private const int SocketIdSize = 48;
    private const int MessageSize = 72;
    private const int ErrnoGone = 2;
    private const int ErrnoNotSupported = 95;

    public Task<EndedConnections> EndUnansweredAsync(string ip, int port, int ownPort, CancellationToken cancel) => Task.Run(
        () =>
        {
            try
            {
                return End(IPAddress.Parse(ip), port, ownPort);
            }
            catch (AddressException e)
            {
                throw new ConnectionsException(e.Message);
            }
        },
        cancel);

    private static EndedConnections End(IPAddress ip, int port, int ownPort)
    {
        int standing = 0;
        int dialling = 0;
        foreach (Connection c in new[] { AfInet, AfInet6 }.SelectMany(Connections).Where(c => c.IsUnanswered && c.Peer.Equals(ip) && (c.OwnPort == ownPort || c.PeerPort == port)))
        {
            int errno = NetlinkSocket.Ask(NetlinkSocket.SocketDiagnostics, Destroy, NetlinkSocket.Acknowledge, Request(c.Family, 1u << c.State, c.Id), static (_, _) => { });
            if (errno == ErrnoGone)
                continue;
            if (errno != 0)
                throw new ConnectionsException(Why(errno));
            if (c.State == SynSent)
                dialling++;
            else
                standing++;
        }

        return new EndedConnections(standing, dialling);
    }

    private static List<Connection> Connections(byte family)
    {
        var found = new List<Connection>();
        int errno = NetlinkSocket.Ask(NetlinkSocket.SocketDiagnostics, ByFamily, NetlinkSocket.Dump, Request(family, (1u << Established) | (1u << SynSent), []), (_, body) =>
        {
            if (body.Length >= MessageSize)
                found.Add(Connection.Read(body));
        });
        return errno == 0 ? found : throw new ConnectionsException($"the kernel does not list connections: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    private static byte[] Request(byte family, uint states, ReadOnlySpan<byte> id)
    {
        byte[] request = new byte[RequestSize];
        (request[0], request[1]) = (family, Tcp);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(4), states);
        id.CopyTo(request.AsSpan(8));
        return request;
    }

    private static string Why(int errno) => errno switch
    {
        1 => "the agent needs CAP_NET_ADMIN to end connections",
        ErrnoNotSupported => "this kernel cannot end connections (it is built without CONFIG_INET_DIAG_DESTROY)",
        _ => $"a connection could not be ended: {Marshal.GetPInvokeErrorMessage(errno)}",
    };

    /// <summary>struct inet_diag_msg.</summary>
    private sealed record Connection(byte Family, byte State, byte Timer, byte Repeated, byte[] Id)
    {
        public int OwnPort => BinaryPrimitives.ReadUInt16BigEndian(Id);

        public int PeerPort => BinaryPrimitives.ReadUInt16BigEndian(Id.AsSpan(2));

        /// <summary>IPv4 also where a program has opened one socket for both.</summary>
        public IPAddress Peer
        {
            get
            {
                var peer = new IPAddress(Id.AsSpan(20, Family == AfInet ? 4 : 16));
                return peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
            }
        }

        public bool IsUnanswered => State == SynSent || (Timer == TimerOfRetransmission && Repeated >= RepeatedAtLeast);

        public static Connection Read(ReadOnlySpan<byte> body) => new(body[0], body[1], body[2], body[3], body.Slice(4, SocketIdSize).ToArray());
    }
}
