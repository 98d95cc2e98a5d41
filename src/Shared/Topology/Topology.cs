using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Mmm.Shared.Topology;

/// <summary>What a host may become (MySQL-MMM's <c>mode</c> of a host).</summary>
public enum HostMode
{
    /// <summary>May carry the active master role: one of a pair that replicate from each other, or one of several of which the active one is followed by all.</summary>
    Master,

    /// <summary>Replicates from the active master; never writable.</summary>
    Slave,
}

/// <summary>How the addresses of a role are spread (MySQL-MMM's <c>mode</c> of a role).</summary>
public enum RoleMode
{
    /// <summary>One address, on one host at a time.</summary>
    Exclusive,

    /// <summary>Many addresses, spread so that no eligible host has two more than another.</summary>
    Balanced,
}

/// <summary>One MySQL server and the machine it runs on.</summary>
/// <param name="Name">MMM's host name, for example <c>db1</c>; unique in its cluster.</param>
/// <param name="Ip">The machine's own address (IPv4 or IPv6, canonical text); never a role address.</param>
/// <param name="Mode">Master or slave.</param>
/// <param name="Peer">The other master of a pair; null for slaves, and for masters of which there are more than two.</param>
/// <param name="MysqlPort">TCP port of mysqld, default 3306.</param>
/// <param name="AgentPort">TCP port of the host's agent, default 9989.</param>
/// <param name="ClusterInterface">Network interface the role addresses go on, for example <c>eth0</c>.</param>
/// <param name="AdminPort">Second port of mysqld with connections of its own (MySQL's admin_port, MariaDB's extra_port), asked when it has too many; 0 = it has none.</param>
/// <param name="Priority">Of masters that could take over equally well, the one with the higher number does; 0 to 100.</param>
/// <param name="Site">Where it stands, for example a data centre: of masters that could take over equally well, one at the site of the failed one does first. Null = nowhere in particular.</param>
public sealed record Host(
    string Name, string Ip, HostMode Mode, string? Peer, int MysqlPort, int AgentPort, string ClusterInterface, int AdminPort = 0, int Priority = Host.DefaultPriority, string? Site = null)
{
    public const int DefaultPriority = 50;

    /// <summary>It replicates from whoever is the active master: a slave, or a master without a peer. (Masters of a pair replicate from each other, always.)</summary>
    public bool FollowsActiveMaster => Peer is null;
}

/// <summary>One virtual IP of a role.</summary>
/// <param name="Role">Name of the role.</param>
/// <param name="Ip">IPv4 or IPv6 address, canonical text.</param>
[method: JsonConstructor]
public readonly record struct RoleAddress(string Role, string Ip) : IComparable<RoleAddress>
{
    /// <summary>By role name, then by the address's numeric value: the order in which MMM's <c>show</c> lists roles.</summary>
    public int CompareTo(RoleAddress other)
    {
        int byRole = string.CompareOrdinal(Role, other.Role);
        return byRole != 0 ? byRole : CompareIp(Ip, other.Ip);
    }

    /// <summary>MMM's notation: <c>writer(192.168.0.50)</c>.</summary>
    public override string ToString() => $"{Role}({Ip})";

    public static bool operator <(RoleAddress a, RoleAddress b) => a.CompareTo(b) < 0;

    public static bool operator >(RoleAddress a, RoleAddress b) => a.CompareTo(b) > 0;

    public static bool operator <=(RoleAddress a, RoleAddress b) => a.CompareTo(b) <= 0;

    public static bool operator >=(RoleAddress a, RoleAddress b) => a.CompareTo(b) >= 0;

    private static int CompareIp(string a, string b)
    {
        // Most comparisons are look-ups of the same address.
        if (a == b)
            return 0;
        if (!IPAddress.TryParse(a, out IPAddress? x) || !IPAddress.TryParse(b, out IPAddress? y))
            return string.CompareOrdinal(a, b);
        if (x.AddressFamily != y.AddressFamily)
            return x.AddressFamily == AddressFamily.InterNetwork ? -1 : 1;
        return x.GetAddressBytes().AsSpan().SequenceCompareTo(y.GetAddressBytes());
    }
}

/// <summary>A named service that moves between hosts as one or more virtual IPs.</summary>
/// <param name="Name">For example <c>writer</c> or <c>reader</c>.</param>
/// <param name="Mode">Exclusive or balanced.</param>
/// <param name="Hosts">Who may carry it, in configured order.</param>
/// <param name="Ips">Its addresses, in configured order; exactly one for an exclusive role.</param>
/// <param name="Prefer">Exclusive roles only: the host it returns to whenever that is ONLINE (ACTIVE mode).</param>
public sealed record Role(string Name, RoleMode Mode, ImmutableArray<string> Hosts, ImmutableArray<string> Ips, string? Prefer)
{
    /// <summary>The role's addresses in <c>show</c> order.</summary>
    public IEnumerable<RoleAddress> Addresses
    {
        get
        {
            string name = Name;
            return Ips.Select(ip => new RoleAddress(name, ip)).Order();
        }
    }
}

/// <summary>The fixed part of one MMM cluster: its hosts and roles. Built and validated by Settings; immutable for the life of a process.</summary>
/// <param name="Name">MMM cluster name, for example <c>C1</c> (the <c>@C1</c> of the command line).</param>
/// <param name="Hosts">By name.</param>
/// <param name="Roles">By name.</param>
/// <param name="ActiveMasterRole">Name of the exclusive role whose host is writable, usually <c>writer</c>.</param>
public sealed record ClusterTopology(
    string Name,
    ImmutableSortedDictionary<string, Host> Hosts,
    ImmutableSortedDictionary<string, Role> Roles,
    string ActiveMasterRole)
{
    /// <summary>All role addresses of the cluster, in <c>show</c> order.</summary>
    public IEnumerable<RoleAddress> Addresses => Roles.Values.SelectMany(r => r.Addresses).Order();

    /// <summary>The single address of the active master role.</summary>
    public RoleAddress WriterAddress => Roles[ActiveMasterRole].Addresses.First();

    /// <summary>True when <paramref name="host"/> may carry <paramref name="role"/>.</summary>
    public bool MayCarry(string role, string host) => Roles.TryGetValue(role, out Role? r) && r.Hosts.Contains(host);

    /// <summary>True when the host is one of more than two masters: the active one replicates from nobody, the others from it.</summary>
    public bool IsOneOfMany(string host) => Hosts.TryGetValue(host, out Host? h) && h is { Mode: HostMode.Master, Peer: null };

    /// <summary>True when the host may be the active master.</summary>
    public bool MayBeActiveMaster(string host) => MayCarry(ActiveMasterRole, host);
}
