namespace Mmm.Lab;

/// <summary>The hosts and addresses that follow from the options; nothing here touches the machine.</summary>
public sealed class LabPlan
{
    /// <summary>MMM's name of the lab's only cluster.</summary>
    public const string ClusterName = "C1";

    public const string WriterRole = "writer";
    public const string ReaderRole = "reader";
    public const int MysqlPort = 3306;
    public const int AdminPort = 33062;
    public const int AgentPort = 9989;
    public const int MonitorPort = 8551;
    public const int HttpPort = 8558;
    public const int AgentHttpPort = 9991;

    public LabPlan(LabOptions options)
    {
        if (options.Problem() is { } problem)
            throw new LabException(problem);
        Options = options;
        Server = Servers.ServerProduct.Of(options.Server);
        string prefix = options.Prefix;
        // fd00::/8 with the range's octets, so that two labs with two ranges have two IPv6 networks as well.
        string prefix6 = "fd77:" + string.Join(':', prefix.TrimEnd('.').Split('.').Select(o => int.Parse(o).ToString("x"))) + "::";
        LabHost At(string name, LabHostKind kind, int number, string? peer = null) => new(name, kind, prefix + number, prefix6 + number.ToString("x"), number, peer);
        Hosts =
        [
            // Behind the slaves' numbers from the third on, so that a lab of two has the addresses it has always had.
            .. Enumerable.Range(1, options.Masters).Select(i => At("master" + i, LabHostKind.Master, i <= 2 ? 10 + i : 14 + i, options.Masters > 2 ? null : $"master{3 - i}")),
            .. Enumerable.Range(1, options.Slaves).Select(i => At("slave" + i, LabHostKind.Slave, 12 + i)),
            .. options.Bare ? [] : Enumerable.Range(1, options.Monitors).Select(i => At("mon" + i, LabHostKind.Monitor, 20 + i)),
            .. options.Bare ? [] : Enumerable.Range(options.Monitors + 1, options.Spares).Select(i => At("mon" + i, LabHostKind.Spare, 20 + i)),
            At("client", LabHostKind.Client, 30),
        ];
        SwitchIp = prefix + "254";
        SwitchIp6 = prefix6 + "fe";
        WriterIp = prefix + "100";
        ReaderIps = [.. Enumerable.Range(101, DatabaseHosts.Count()).Select(n => prefix + n)];
    }

    public LabOptions Options { get; }

    /// <summary>What the databases are.</summary>
    public Servers.ServerProduct Server { get; }

    public IReadOnlyList<LabHost> Hosts { get; }

    /// <summary>Address of the switch itself: what the monitors ping to know that their own network works.</summary>
    public string SwitchIp { get; }

    public string SwitchIp6 { get; }

    /// <summary>Address of the active master role.</summary>
    public string WriterIp { get; }

    /// <summary>Addresses of the balanced reader role: as many as DB hosts.</summary>
    public IReadOnlyList<string> ReaderIps { get; }

    public IEnumerable<LabHost> DatabaseHosts => Hosts.Where(h => h.HasDatabase);

    public IEnumerable<LabHost> Masters => Hosts.Where(h => h.Kind == LabHostKind.Master);

    /// <summary>Machines on which a monitor runs from the beginning.</summary>
    public IEnumerable<LabHost> MonitorHosts => Hosts.Where(h => h.Kind == LabHostKind.Monitor);

    public LabHost this[string name] => Hosts.FirstOrDefault(h => h.Name == name)
        ?? throw new LabException($"The lab '{Options.Name}' has no host '{name}'; it has: {string.Join(", ", Hosts.Select(h => h.Name))}.");

    /// <summary>A DB host by name; anything else is refused with a sentence.</summary>
    public LabHost Database(string name) => this[name] is { HasDatabase: true } host
        ? host
        : throw new LabException($"There is no mysqld on '{name}'; DB hosts are: {string.Join(", ", DatabaseHosts.Select(h => h.Name))}.");
}
