using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Mmm.Lab;

/// <summary>What a lab is made of; stored in its folder, so that every later command works on the same lab.</summary>
public sealed partial record LabOptions
{
    /// <summary>Name of the lab: lower-case letters, digits and hyphens, at most 20 (its folder holds unix sockets, whose paths are short).</summary>
    public string Name { get; init; } = "demo";

    /// <summary>IPv4 /24 the hosts, monitors and role addresses are taken from.</summary>
    public string Range { get; init; } = "10.77.0.0/24";

    /// <summary>Monitor nodes: 1, 3 or 5.</summary>
    public int Monitors { get; init; } = 3;

    /// <summary>Machines beside those on which a monitor could be started, 0 to 2: see <see cref="LabMonitors"/>.</summary>
    public int Spares { get; init; }

    /// <summary>Hosts that may become the active master, 2 to 4: two are a pair and replicate from each other, more all follow the active one.</summary>
    public int Masters { get; init; } = 2;

    /// <summary>Slaves beside the masters, 0 to 4.</summary>
    public int Slaves { get; init; } = 2;

    /// <summary>What the databases are: <see cref="Servers.ServerProduct.Names"/>.</summary>
    public string Server { get; init; } = Servers.ServerProduct.Names[0];

    /// <summary>True: replication by binlog position instead of GTID.</summary>
    public bool Positions { get; init; }

    /// <summary>
    /// True: a master's commit is acknowledged only when the other master has it (semi-sync, AFTER_SYNC), or when there is none, or after a
    /// second without an answer (replication.semi_sync = prefer). Needed wherever a test asserts that a dead master took nothing with it.
    /// </summary>
    public bool SemiSync { get; init; }

    /// <summary>True: every host has a clock of its own that can be stepped (<see cref="HostClock"/>). Costs each program a preloaded library.</summary>
    public bool Clocks { get; init; }

    /// <summary>True: every server's data are on a file system of their own that can be filled, broken and stalled (<see cref="LabDisks"/>). Needs root.</summary>
    public bool Disks { get; init; }

    /// <summary>True: nothing but the lab itself runs as root (<see cref="LabUsers"/>).</summary>
    public bool Unprivileged { get; init; }

    /// <summary>True: without certificates, everything in plain text (tls.required = off).</summary>
    public bool PlainText { get; init; }

    /// <summary>True: servers and replication only; the writer address is put on master1 by hand, as in a hand-made set-up.</summary>
    public bool Bare { get; init; }

    /// <summary>Folder that holds Monitor, Agent and Control in build-output layout; null: beside this program's own.</summary>
    public string? Programs { get; init; }

    /// <summary>Lines of HOCON put at the end of the shared configuration: tests shorten durations with them.</summary>
    public string ExtraConfig { get; init; } = "";

    /// <summary>Checks every value; the sentence says what is wrong, null when nothing is.</summary>
    public string? Problem()
    {
        if (!NamePattern().IsMatch(Name))
            return $"'{Name}' is no name for a lab: use 1 to 20 lower-case letters, digits and hyphens, beginning with a letter.";
        if (!TryParseRange(Range, out _))
            return $"'{Range}' is no range for a lab: give an IPv4 network of 256 addresses, for example 10.77.0.0/24.";
        if (Monitors is not (1 or 3 or 5))
            return $"{Monitors} monitors: a lab has 1, 3 or 5.";
        if (Spares is < 0 or > 2)
            return $"{Spares} spare machines for monitors: a lab has 0 to 2.";
        if (Masters is < 2 or > 4)
            return $"{Masters} masters: a lab has 2 to 4.";
        if (Masters > 2 && Positions)
            return "More than two masters replicate by GTID: leave --positions out.";
        if (Slaves is < 0 or > 4)
            return $"{Slaves} slaves: a lab has 0 to 4.";
        if (Unprivileged && Clocks)
            return "Programs without root have no clocks of their own: leave --clocks or --unprivileged out.";
        if (!Servers.ServerProduct.Names.Contains(Server))
            return $"'{Server}' is no server for a lab: use {string.Join(", ", Servers.ServerProduct.Names)}.";
        return null;
    }

    /// <summary>First three octets with the trailing dot, for example <c>10.77.0.</c></summary>
    internal string Prefix => TryParseRange(Range, out string prefix) ? prefix : throw new LabException(Problem()!);

    private static bool TryParseRange(string text, out string prefix)
    {
        prefix = "";
        string[] parts = text.Split('/');
        if (parts.Length != 2 || parts[1] != "24" || !IPAddress.TryParse(parts[0], out IPAddress? ip) || ip.AddressFamily != AddressFamily.InterNetwork)
            return false;
        byte[] b = ip.GetAddressBytes();
        if (b[3] != 0 || parts[0] != ip.ToString())
            return false;
        prefix = $"{b[0]}.{b[1]}.{b[2]}.";
        return true;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,19}$")]
    private static partial Regex NamePattern();
}
