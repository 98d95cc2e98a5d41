using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Settings;
using Mmm.Shared.Settings.Hocon;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

/// <summary>The files an operator starts from: they must work as they stand, on every node.</summary>
public sealed class ExampleFilesTests
{
    private static readonly string _hocon = FindHocon();

    [Theory]
    [InlineData("example/monitor.conf", NodeKind.Monitor, "mon1")]
    [InlineData("example/monitor.conf", NodeKind.Monitor, "mon2")]
    [InlineData("example/monitor.conf", NodeKind.Monitor, "mon3")]
    [InlineData("monitor.conf", NodeKind.Monitor, "mon3")]
    [InlineData("example/agent.conf", NodeKind.Agent, "master1")]
    [InlineData("example/agent.conf", NodeKind.Agent, "master2")]
    [InlineData("example/agent.conf", NodeKind.Agent, "slave1")]
    [InlineData("example/agent.conf", NodeKind.Agent, "slave2")]
    [InlineData("agent.conf", NodeKind.Agent, "slave2")]
    public void Every_node_reads_its_file_without_a_warning(string file, NodeKind kind, string name)
    {
        LoadedSettings loaded = Read(file, kind, name);

        Assert.Empty(loaded.Warnings);
        Assert.Equal(name, loaded.Settings.This);
        Assert.Equal(["mon1", "mon2", "mon3"], loaded.Settings.Monitors.Select(m => m.Name));
        Assert.Equal(2, loaded.Settings.Quorum);
        Assert.Equal(kind == NodeKind.Agent ? "C1" : null, loaded.Settings.ThisCluster);
        ClusterTopology c1 = loaded.Settings.Clusters["C1"].Topology;
        Assert.Equal(["master1", "master2", "slave1", "slave2"], c1.Hosts.Keys);
        Assert.Equal("writer(192.168.100.50)", c1.WriterAddress.ToString());
        Assert.Equal(RoleMode.Balanced, c1.Roles["reader"].Mode);
    }

    [Fact]
    public void Without_overrides_the_files_own_name_counts()
    {
        Assert.Equal("mon1", Read("example/monitor.conf", NodeKind.Monitor, null).Settings.This);
        Assert.Equal("master1", Read("example/agent.conf", NodeKind.Agent, null).Settings.This);
    }

    [Fact]
    public void The_environment_wins_over_the_name_and_the_passwords_of_the_file()
    {
        string? Environment(string name) => name switch
        {
            "MMM_THIS" => "mon2",
            "MMM_MONITOR_PASSWORD" => "from the environment",
            _ => null,
        };

        MmmSettings settings = SettingsReader.Read(Path.Combine(_hocon, "example/monitor.conf"), new DiskSource(), Environment, NodeKind.Monitor).Settings;

        Assert.Equal("mon2", settings.This);
        Assert.Equal("from the environment", settings.Clusters["C1"].MonitorUser.Password.Reveal());
        Assert.Equal("change-me-agent", settings.Clusters["C1"].AgentUser.Password.Reveal());
    }

    [Fact]
    public void Defaults_are_those_the_reference_explains()
    {
        MmmSettings settings = Read("example/monitor.conf", NodeKind.Monitor, "mon1").Settings;
        ClusterSettings c1 = settings.Clusters["C1"];

        Assert.Equal(8551, settings.Monitors[0].Port);
        Assert.Equal(8558, settings.Monitors[0].HttpPort);
        Assert.Equal(new CheckSettings(Ms(500), Ms(2000), Ms(1000)), c1.Checks[CheckKind.Ping]);
        Assert.Equal(new CheckSettings(Ms(500), Ms(2000), Ms(1000)), c1.Checks[CheckKind.Mysql]);
        Assert.Equal(new CheckSettings(Ms(1000), Ms(5000), Ms(2000)), c1.Checks[CheckKind.RepThreads]);
        Assert.Equal(new CheckSettings(Ms(1000), Ms(10000), Ms(2000)), c1.Checks[CheckKind.RepBacklog]);
        Assert.Equal(
            new DecisionSettings(
                ClusterMode.Active, TimeSpan.Zero, 3, TimeSpan.FromHours(1), Ms(120_000), true, Ms(60_000), Ms(60_000), Ms(2000), Ms(3200), Ms(10_000), Ms(2000), Ms(20_000), Ms(15_000), Ms(3000), new FailoverPolicy(null, false), new DiskSettings(Ms(2000), Ms(10_000), 16 << 20, new DiskPolicy(DiskReaction.Failover, DiskReaction.Failover, DiskReaction.Failover))),
            c1.Decisions);
        Assert.Equal(new MembershipSettings(Ms(300), Ms(1200), Ms(1000), Ms(1), Ms(200), Ms(1000)), settings.Monitor.Membership);
        Assert.Equal(
            new AgentSettings("/var/lib/mmm-agent", null, null, null, Ms(500), Ms(50), Ms(2000), Ms(500), 10, Ms(100), Ms(10_000), 9990),
            settings.Agent);
        Assert.Equal(Ms(60_000), c1.MaxBacklog);
        Assert.Equal(new LeaseSettings(Ms(1000), true, true, true), c1.Lease);
        Assert.Equal(new AddressSettings(Ms(60), false, Ms(5000)), c1.Addresses);
        Assert.Equal(new Host("slave1", "192.168.100.23", HostMode.Slave, null, 3306, 9989, "eth0"), c1.Topology.Hosts["slave1"]);
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static LoadedSettings Read(string file, NodeKind kind, string? name) =>
        SettingsReader.Read(
            Path.Combine(_hocon, file),
            new DiskSource(),
            _ => null,
            kind,
            name is null ? null : new Dictionary<string, string> { ["this"] = name });

    private static string FindHocon()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "hocon");
            if (File.Exists(Path.Combine(candidate, "mmm.reference.conf")))
                return candidate;
        }

        throw new InvalidOperationException("the hocon folder of the sources is not above the test's folder");
    }

    private sealed class DiskSource : IHoconSource
    {
        public HoconLookup Find(string name, string? includedFrom)
        {
            string path = includedFrom is null ? name : Path.Combine(Path.GetDirectoryName(includedFrom)!, name);
            return File.Exists(path) ? new HoconLookup.Found(path, File.ReadAllText(path)) : new HoconLookup.Missing(path);
        }
    }
}
