using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

/// <summary>Labs that come and go; each test makes its own small ones.</summary>
public sealed class LifecycleTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LabOptions Small => new() { Name = LabFixture.UniqueName(), Bare = true, Slaves = 0 };

    [Fact]
    public async Task Down_leaves_no_process_no_mount_and_no_file()
    {
        string mounts = await File.ReadAllTextAsync("/proc/self/mounts", Stop);
        string[] links = NetworkLinks();
        LabOptions options = Small;
        List<ProcessIdentity> processes;
        using (LabCluster lab = await LabLifecycle.UpAsync(options, _ => { }, ct: Stop))
        {
            await lab.Client.StartAsync(ct: Stop);
            processes = [.. (await lab.ProcessesAsync(Stop)).Select(p => p.Identity!), KeeperOf(lab)];
        }

        Assert.Equal(4, processes.Count);
        Assert.All(processes, p => Assert.True(p.IsAlive));
        Assert.Equal(links, NetworkLinks());

        Assert.True(await LabLifecycle.DownAsync(options.Name, Stop));

        Assert.All(processes, p => Assert.False(p.IsAlive, $"process {p.Pid} is left"));
        Assert.False(Directory.Exists(LabPaths.Of(options.Name).Dir));
        Assert.Equal(mounts, await File.ReadAllTextAsync("/proc/self/mounts", Stop));
        Assert.Equal(links, NetworkLinks());
        Assert.False(await LabLifecycle.DownAsync(options.Name, Stop), "a second down must find nothing");
    }

    [Fact]
    public async Task Down_removes_everything_when_the_keeper_was_killed()
    {
        LabOptions options = Small;
        List<ProcessIdentity> processes;
        using (LabCluster lab = await LabLifecycle.UpAsync(options, _ => { }, ct: Stop))
        {
            processes = [.. (await lab.ProcessesAsync(Stop)).Select(p => p.Identity!)];
            KeeperOf(lab).Signal(ProcessIdentity.SigKill);
        }

        Assert.True(await LabLifecycle.DownAsync(options.Name, Stop));

        Assert.All(processes, p => Assert.False(p.IsAlive, $"process {p.Pid} is left"));
        Assert.False(Directory.Exists(LabPaths.Of(options.Name).Dir));
    }

    [Theory]
    [InlineData("Making the network")]
    [InlineData("Starting the servers")]
    [InlineData("Starting replication")]
    public async Task An_interrupted_up_leaves_nothing(string step)
    {
        LabOptions options = Small;
        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(Stop);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LabLifecycle.UpAsync(
            options, said =>
            {
                if (said.StartsWith(step, StringComparison.Ordinal))
                    interrupt.Cancel();
            }, ct: interrupt.Token));

        Assert.False(Directory.Exists(LabPaths.Of(options.Name).Dir));
        Assert.DoesNotContain(options.Name, CommandLines(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_labs_of_the_same_range_do_not_see_each_other()
    {
        LabOptions[] both = [Small, Small];
        try
        {
            using LabCluster a = await LabLifecycle.UpAsync(both[0], _ => { }, ct: Stop);
            using LabCluster b = await LabLifecycle.UpAsync(both[1], _ => { }, ct: Stop);
            Assert.Equal(a.Plan["master1"].Ip, b.Plan["master1"].Ip);

            await a.Server("master1").ExecuteAsync("INSERT INTO lab.writes VALUES (5, 1, 1)", Stop);

            await Wait.UntilAsync(
                "the row is on the other master of the same lab", TimeSpan.FromSeconds(10),
                async ct => await a.Server("master2").ScalarAsync("SELECT COUNT(*) FROM lab.writes", ct) == "1", ct: Stop);
            Assert.Equal("0", await b.Server("master2").ScalarAsync("SELECT COUNT(*) FROM lab.writes", Stop));
        }
        finally
        {
            foreach (LabOptions options in both)
                await LabLifecycle.DownAsync(options.Name, CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_second_up_starts_what_is_missing_and_keeps_what_runs()
    {
        LabOptions options = Small;
        try
        {
            using LabCluster lab = await LabLifecycle.UpAsync(options, _ => { }, ct: Stop);
            int kept = Pid(await lab.ProcessesAsync(Stop), "master1/mysqld");
            await lab.Faults.KillAsync("master2", LabPrograms.Mysqld, Stop);

            using LabCluster again = await LabLifecycle.UpAsync(options, _ => { }, ct: Stop);

            Assert.Equal(kept, Pid(await again.ProcessesAsync(Stop), "master1/mysqld"));
            await Wait.UntilAsync("master2 answers", TimeSpan.FromSeconds(30), again.Server("master2").AnswersAsync, ct: Stop);
            LabException other = await Assert.ThrowsAsync<LabException>(() => LabLifecycle.UpAsync(options with { Slaves = 1 }, _ => { }, ct: Stop));
            Assert.Contains("up with other options", other.Message, StringComparison.Ordinal);
        }
        finally
        {
            await LabLifecycle.DownAsync(options.Name, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Replication_by_position_works_too()
    {
        LabOptions options = Small with { Positions = true, Slaves = 1 };
        try
        {
            using LabCluster lab = await LabLifecycle.UpAsync(options, _ => { }, ct: Stop);
            await lab.Server("master1").ExecuteAsync("INSERT INTO lab.writes VALUES (6, 1, 1)", Stop);

            await Wait.UntilAsync(
                "slave1 has the row", TimeSpan.FromSeconds(10), async ct => await lab.Server("slave1").ScalarAsync("SELECT COUNT(*) FROM lab.writes", ct) == "1", ct: Stop);
            Assert.False((await lab.Server("slave1").ReplicaAsync(Stop))!.UsesGtid);
        }
        finally
        {
            await LabLifecycle.DownAsync(options.Name, CancellationToken.None);
        }
    }

    [Fact]
    public async Task No_password_is_on_a_command_line_or_in_a_file_others_may_read()
    {
        LabOptions options = Small;
        try
        {
            using LabCluster lab = await LabLifecycle.UpAsync(options, _ => { }, ct: Stop);
            await lab.Client.StartAsync(ct: Stop);
            string[] secrets = [lab.Secrets.Root, lab.Secrets.Monitor, lab.Secrets.Agent, lab.Secrets.Replication, lab.Secrets.App, lab.Secrets.HttpToken];

            string commandLines = CommandLines();
            Assert.Contains(options.Name, commandLines, StringComparison.Ordinal);
            Assert.All(secrets, s => Assert.DoesNotContain(s, commandLines, StringComparison.Ordinal));
            Assert.All(Directory.EnumerateFiles(lab.Paths.Logs), f => Assert.All(secrets, s => Assert.DoesNotContain(s, File.ReadAllText(f), StringComparison.Ordinal)));
            const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute;
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(lab.Paths.Dir) & others);
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(lab.Paths.SecretsFile) & others);
        }
        finally
        {
            await LabLifecycle.DownAsync(options.Name, CancellationToken.None);
        }
    }

    [Theory]
    [InlineData("Upper", "10.77.0.0/24", 3, 2, "no name for a lab")]
    [InlineData("a", "10.77.0.0/16", 3, 2, "no range for a lab")]
    [InlineData("a", "10.77.0.1/24", 3, 2, "no range for a lab")]
    [InlineData("a", "10.77.0.0/24", 2, 2, "1, 3 or 5")]
    [InlineData("a", "10.77.0.0/24", 3, 5, "0 to 4")]
    public void Wrong_options_are_refused_with_a_sentence(string name, string range, int monitors, int slaves, string words) =>
        Assert.Contains(words, new LabOptions { Name = name, Range = range, Monitors = monitors, Slaves = slaves }.Problem(), StringComparison.Ordinal);

    private static int Pid(IReadOnlyList<KeeperProtocol.KeptState> processes, string key) => processes.Single(p => p.Key == key).Pid;

    private static ProcessIdentity KeeperOf(LabCluster lab) => lab.KeeperIdentity;

    private static string[] NetworkLinks() => [.. Directory.EnumerateFileSystemEntries("/sys/class/net").Order(StringComparer.Ordinal)];

    private static string CommandLines()
    {
        List<string> lines = [];
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => Path.GetFileName(d).All(char.IsAsciiDigit)))
        {
            try
            {
                lines.Add(File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' '));
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return string.Join('\n', lines);
    }
}
