namespace Mmm.Lab;

/// <summary>What a namespace of the lab stands for.</summary>
public enum LabHostKind
{
    Master,
    Slave,
    Monitor,

    /// <summary>A machine for one more monitor: neither configured nor started until it is.</summary>
    Spare,
    Client,
}

/// <summary>One machine of the lab: a network namespace with one interface (<c>eth0</c>) on the lab's switch.</summary>
/// <param name="Name">master1, slave1, mon1, client.</param>
/// <param name="Kind">What runs there.</param>
/// <param name="Ip">Its own IPv4 address.</param>
/// <param name="Ip6">Its own IPv6 address (unique local).</param>
/// <param name="Number">Last octet of the address; also the server_id.</param>
/// <param name="Peer">The other master of a pair; null for everyone else.</param>
public sealed record LabHost(string Name, LabHostKind Kind, string Ip, string Ip6, int Number, string? Peer = null)
{
    /// <summary>True for the hosts with a mysqld and an agent.</summary>
    public bool HasDatabase => Kind is LabHostKind.Master or LabHostKind.Slave;

    /// <summary>The switch's end of the host's cable.</summary>
    public string Port => "p-" + Name;
}
