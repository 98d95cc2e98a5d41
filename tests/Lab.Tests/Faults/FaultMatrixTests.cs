using Mmm.Lab.Client;
using Mmm.Lab.Sampling;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Faults;

/// <summary>
/// One fault at a time while a client writes, on real servers: who is the writer afterwards, for how long writes were refused, what was lost, and whether
/// there ever were two effective writers (looked at every 10 ms). docs/fault-matrix.md shows the table that this makes.
/// </summary>
[Collection(MatrixLabCollection.Name)]
public sealed partial class FaultMatrixTests(MatrixLab lab) : ProductTest(lab)
{
    private static readonly string[] s_monitors = ["mon1", "mon2", "mon3"];

    [Fact]
    public Task Mysqld_is_killed() => MovesAsync("mysqld kill -9", f => f.KillAsync(Old, LabPrograms.Mysqld, Stop));

    [Fact]
    public Task Mysqld_stands_still() => MovesAsync("mysqld SIGSTOP", f => f.FreezeAsync(Old, LabPrograms.Mysqld, Stop));

    [Fact]
    public Task The_host_loses_its_power() => MovesAsync("host power-off", f => f.PowerOffAsync(Old, Stop));

    [Fact]
    public Task The_hosts_cable_is_pulled() => MovesAsync("host link down", f => f.LinkDownAsync(Old, Stop));

    [Fact]
    public Task The_host_is_cut_off_silently() => MovesAsync("host cut off, its link stays up", f => f.PartitionAsync(Old, ct: Stop));

    [Fact]
    public Task The_host_is_cut_off_in_one_direction() => MovesAsync("host link down one way (nothing it sends arrives)", f => f.PartitionAsync(Old, oneWay: true, ct: Stop));

    [Fact]
    public Task The_agent_is_killed_and_stays_dead() => MovesAsync("agent kill -9, not restarted", f => f.KillAsync(Old, LabPrograms.Agent, Stop));

    [Fact]
    public Task The_agent_is_killed_and_restarted() => AgentRestartedAsync("agent kill -9, restarted at once", () => Task.CompletedTask);

    [Fact]
    public Task The_agent_stands_still() => MovesAsync("agent SIGSTOP", f => f.FreezeAsync(Old, LabPrograms.Agent, Stop));

    [Fact]
    public Task The_agent_is_killed_and_then_the_host_is_cut_off() => MovesAsync("agent kill -9, then host link down", async f =>
    {
        await f.KillAsync(Old, LabPrograms.Agent, Stop);
        await f.LinkDownAsync(Old, Stop);
    });

    [Fact]
    public Task A_monitor_is_killed() => StaysAsync("monitor kill -9 (the deciding one)", f => f.KillAsync(Coordinator, LabPrograms.Monitor, Stop));

    [Fact]
    public Task A_monitor_stands_still() => StaysAsync("monitor SIGSTOP 10 s (the deciding one)", async f =>
    {
        await f.FreezeAsync(Coordinator, LabPrograms.Monitor, Stop);
        await Lasts(10);
        await f.ThawAsync(Coordinator, LabPrograms.Monitor, Stop);
    });

    [Fact]
    public Task The_deciding_monitor_and_the_active_master_die_together() => MovesAsync(
        "deciding monitor and active master's mysqld kill -9 at once",
        f => f.KillTogetherAsync([(Coordinator, LabPrograms.Monitor), (Old, LabPrograms.Mysqld)], Stop));

    [Fact]
    public Task Two_monitors_are_dead() => StaysAsync("two of three monitors dead", async f =>
    {
        await f.KillTogetherAsync([.. s_monitors.Where(m => m != Coordinator).Select(m => (m, LabPrograms.Monitor))], Stop);
        await Lasts(10);
    });

    [Fact]
    public Task All_monitors_are_dead() => StaysAsync("all monitors dead", async f =>
    {
        await f.KillTogetherAsync([.. s_monitors.Select(m => (m, LabPrograms.Monitor))], Stop);
        await Lasts(10);
    });

    [Fact]
    public Task All_monitors_are_restarted() => StaysAsync("all monitors restarted (kill -9)", async f =>
    {
        await f.KillTogetherAsync([.. s_monitors.Select(m => (m, LabPrograms.Monitor))], Stop);
        foreach (string monitor in s_monitors)
            await f.StartAsync(monitor, LabPrograms.Monitor, Stop);
    });

    [Fact]
    public async Task A_monitors_disk_is_full()
    {
        string monitor = s_monitors.First(m => m != Coordinator);
        string folder = Lab.Paths.StateDir(monitor, LabPrograms.Monitor);
        await Lab.Faults.TerminateAsync(monitor, LabPrograms.Monitor, Stop);
        await Lab.Inside.ShellOnSwitchAsync($"mkdir -p {folder}.full\nmount -t tmpfs -o size=1m,mode=700 tmpfs {folder}.full\ncp -a {folder}/. {folder}.full/\nmount --move {folder}.full {folder}\nrmdir {folder}.full\n", Stop);
        await Lab.Faults.StartAsync(monitor, LabPrograms.Monitor, Stop);
        await Until($"{monitor} follows", 40, async () => await Lab.Http.ReadAsync(monitor, Stop) is { Stale: false }, NowAsync);
        try
        {
            await MovesAsync("a monitor's disk full, then mysqld kill -9", async f =>
            {
                await Lab.Inside.ShellOnSwitchAsync($"dd if=/dev/zero of={folder}/fill bs=4k 2>/dev/null || true\n", Stop);
                await f.KillAsync(Old, LabPrograms.Mysqld, Stop);
            });
            string status = "";
            await Until("the status tells of the full disk", 20, async () => (status = await MmmAsync("status")).Contains("disk is full", StringComparison.Ordinal), () => Task.FromResult(status));
        }
        finally
        {
            await Lab.Faults.TerminateAsync(monitor, LabPrograms.Monitor, CancellationToken.None);
            await Lab.Inside.ShellOnSwitchAsync($"umount {folder}\n", CancellationToken.None);
            await Lab.Faults.StartAsync(monitor, LabPrograms.Monitor, CancellationToken.None);
        }
    }

    private string Old { get; set; } = "";

    private string Other { get; set; } = "";

    private string Coordinator { get; set; } = "";

    protected override async Task StartConditionAsync()
    {
        await MendAsync();
        await base.StartConditionAsync();
        (Old, Other) = await MastersAsync();
        Coordinator = (await SnapshotAsync()).Coordinator;
    }

    private Task AgentRestartedAsync(string fault, Func<Task> before) => MeasureAsync(
        fault,
        async f =>
        {
            await before();
            await f.KillAsync(Old, LabPrograms.Agent, Stop);
            await f.StartAsync(Old, LabPrograms.Agent, Stop);
        },
        async (_, sampler) =>
        {
            // It keeps the role when it is back before its lease has run out, which is for this machine to decide.
            await Lasts(8);
            await Until("there is one effective writer", 40, () => Task.FromResult(sampler.Report.Now.Count == 1), NowAsync);
            string after = sampler.Report.Now[0];
            await UntilWritesGoTo(after, 30);
            await UntilShown("the new agent is heard", 40, s => s.Of(Old).AgentReachable && s.Of(Old).State == "ONLINE");
            return after;
        });

    /// <summary>The writer goes to the other master, whole, and to nobody besides.</summary>
    private Task MovesAsync(string fault, Func<LabFaults, Task> inject) => MeasureAsync(fault, inject, async (before, sampler) =>
    {
        await Until($"{Other} is the only effective writer", 40, () => Task.FromResult(sampler.Report.Now.SequenceEqual([Other])), NowAsync);
        await UntilWritesGoTo(Other, 30);
        await Until("the slave follows", 30, async () => await Lab.Server("slave1").ReplicaAsync(Stop) is { Runs: true } r && r.SourceIp == Lab.Plan[Other].Ip);
        return Other;
    });

    /// <summary>Nothing moves, and no write fails.</summary>
    private Task StaysAsync(string fault, Func<LabFaults, Task> inject) => MeasureAsync(fault, inject, async (before, sampler) =>
    {
        await Lasts(5);
        await Lab.Client.WritesFlowAsync(100, ct: Stop);
        foreach (string monitor in s_monitors)
            await Lab.Faults.StartAsync(monitor, LabPrograms.Monitor, Stop);
        await UntilShown("a coordinator serves", 60, s => s.Phase == "serving");
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());
        Assert.Equal([Old], sampler.Report.Now);
        ClientReport report = Lab.Client.Report();
        Assert.True(report.FailedAttempts == 0, $"writes failed although nothing had to move: {report.ToJson()}");
        return Old;
    }, patient: true);

    /// <param name="fault">For the table.</param>
    /// <param name="inject">Makes it.</param>
    /// <param name="outcome">Waits for what must come of it; returns who is the writer.</param>
    /// <param name="patient">False: the client gives an attempt 250 to 300 ms, so that the length of an outage is the product's and not its own.</param>
    private async Task MeasureAsync(string fault, Func<LabFaults, Task> inject, Func<StatusProtocol.ClusterSnapshot, WriterSampler, Task<string>> outcome, bool patient = false)
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        await ClientWritesAsync(patient);
        await using WriterSampler sampler = WriterSampler.Start(Lab);
        await Until("the sampler sees the writer", 10, () => Task.FromResult(sampler.Report.Now.SequenceEqual([Old])));

        await inject(Lab.Faults);
        string after = await outcome(before, sampler);

        ClientReport client = Lab.Client.Report();
        await NothingIsLostOn(after);
        int lost = (await Lab.Client.LostOnAsync(after, Stop)).Count;
        StatusProtocol.ClusterSnapshot now = await SnapshotAsync();
        // What was broken is mended while the sampler goes on looking: a host that comes back must not be a second writer either.
        await MendAsync();
        await UntilBack(60, Databases);
        await Until($"{after} is still the only effective writer", 10, () => Task.FromResult(sampler.Report.Now.SequenceEqual([after])), NowAsync);
        SamplerReport seen = sampler.Report;
        ((MatrixLab)Fixture).Add(new MatrixRow(
            fault, Old, after, client.LongestOutageMs, client.FailedAttempts, lost, seen.TwoWritersMs, seen.Samples,
            string.Join(", ", now.Roles.Except(before.Roles).Select(r => $"{r.Address} to {r.Owner}").DefaultIfEmpty("none"))));
        Assert.True(seen.TwoWritersMs == 0, $"two effective writers for {seen.TwoWritersMs:0} ms");
    }

    private async Task MendAsync()
    {
        foreach (string host in Databases.Concat(s_monitors))
            Lab.Faults.SetClock(host, 0);
        foreach (string host in Databases)
        {
            await Lab.Faults.ThawAsync(host, LabPrograms.Mysqld, Stop);
            await Lab.Faults.ThawAsync(host, LabPrograms.Agent, Stop);
            // Also after a power-off: its own address, its cable and its programs.
            await Lab.Faults.PowerOnAsync(host, Stop);
        }

        await Lab.Faults.HealAsync(ct: Stop);
        foreach (string monitor in s_monitors)
        {
            await Lab.Faults.ThawAsync(monitor, LabPrograms.Monitor, Stop);
            await Lab.Faults.StartAsync(monitor, LabPrograms.Monitor, Stop);
        }
    }

    /// <summary>The fault lasts: writes are looked at for this long.</summary>
    private async Task Lasts(int seconds)
    {
        long until = Lab.Client.Report().ElapsedMs + (seconds * 1000);
        await Until($"{seconds} s have passed", seconds + 30, () => Task.FromResult(Lab.Client.Report().ElapsedMs >= until));
    }
}
