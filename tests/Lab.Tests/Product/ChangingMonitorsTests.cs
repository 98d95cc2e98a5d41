using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Two masters, three monitors, and a machine for a fourth.</summary>
public sealed class SpareMonitorLab() : LabFixture(new LabOptions { Slaves = 0, Spares = 1, SemiSync = true });

/// <summary>The list of voting monitors changes while everything runs, as docs/monitors.md has it. Each test leaves other monitors behind: each has a lab of its own.</summary>
public sealed class ReplacedMonitorTests(SpareMonitorLab lab) : ChangingMonitorsTest(lab), IClassFixture<SpareMonitorLab>
{
    [Fact]
    public async Task A_lost_monitor_is_replaced_by_another_machine_while_clients_write_and_the_new_one_counts()
    {
        string coordinator = (await SnapshotAsync()).Coordinator;
        string lost = new[] { "mon1", "mon2", "mon3" }.First(m => m != coordinator);
        string[] left = [.. new[] { "mon1", "mon2", "mon3" }.Where(m => m != lost)];
        await ClientWritesAsync();
        await Lab.Faults.KillAsync(lost, LabPrograms.Monitor, Stop);

        // The new one is listed beside the others, and everybody learns where it is.
        Assert.Contains("ERROR: Unknown monitor 'mon4'!", await MmmRefusesAsync("monitors", "add", "mon4"), StringComparison.Ordinal);
        Lab.Monitors.List("mon1", "mon2", "mon3", "mon4");
        await Lab.Faults.StartAsync("mon4", LabPrograms.Monitor, Stop);
        await RestartInTurnAsync(left);
        await RestartAgentsAsync();
        await UntilMonitors("mon4 is kept up to date and does not vote", left[0], m => m.Of("mon4") is { Status: "Up", Keeper: { Voting: false, Sentence: var s } } && s.Contains("'mmm monitors add mon4'", StringComparison.Ordinal));

        string answer = await MmmAsync("monitors", "replace", lost, "mon4");

        Assert.Equal(2, answer.Split("OK: Monitor").Length - 1);
        Assert.Contains($"Monitor '{lost}' does not vote any more.", answer, StringComparison.Ordinal);
        await UntilMonitors("mon4 votes", left[0], m => m.Of("mon4").Keeper is { Voting: true } && m.Quorum == 2);
        Assert.StartsWith("OK: Monitor 'mon4' votes already.", await MmmAsync("monitors", "replace", lost, "mon4"), StringComparison.Ordinal);

        // The lost one is taken off the list. Then one of the others dies as well, with the active master: that it is replaced takes mon4's vote, and its lease.
        Lab.Monitors.List([.. left, "mon4"]);
        await RestartInTurnAsync([.. left, "mon4"]);
        await RestartAgentsAsync();
        await UntilShown("every host is ONLINE", 60, s => s.Phase == "serving" && s.Move is null && s.Hosts.All(h => h.State == "ONLINE"));
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
        string active = (await SnapshotAsync()).ActiveMaster!, other = Lab.Plan[active].Peer!;
        await Until($"commits on {active} wait for {other}", 20, () => Lab.Server(active).WaitsForReplicaAsync(Stop), NowAsync);

        await Lab.Faults.KillAsync(left[1], LabPrograms.Monitor, Stop);
        await Lab.Faults.KillAsync(active, LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo(other, 60);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);
        await OnlyWriterIs(other, active);
    }
}

public sealed class BootstrappedMonitorTests(SpareMonitorLab lab) : ChangingMonitorsTest(lab), IClassFixture<SpareMonitorLab>
{
    [Fact]
    public async Task Two_of_three_monitors_are_lost_for_good_and_the_third_goes_on_with_what_it_has_and_takes_new_ones_in()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        await ClientWritesAsync();
        await Lab.Faults.KillTogetherAsync([("mon1", LabPrograms.Monitor), ("mon2", LabPrograms.Monitor)], Stop);
        foreach (string lost in new[] { "mon1", "mon2" })
            Directory.Delete(Lab.Paths.StateDir(lost, LabPrograms.Monitor), recursive: true);

        Lab.Monitors.List("mon3");
        await Lab.Faults.RestartAsync("mon3", LabPrograms.Monitor, Stop);
        await UntilShown("mon3 says what is missing", 60, s => s.Phase != "serving"
            && s.Warnings.Any(w => w.Contains("mon1 is not in this monitor's configuration", StringComparison.Ordinal)) && s.Warnings.Any(w => w.StartsWith("no decision has been read yet", StringComparison.Ordinal)));
        ToolResult running = await Lab.Monitors.BootstrapAsync("mon3", yes: true, Stop);
        Assert.Equal(65, running.ExitCode);
        Assert.Contains("is in use by another running mmm-monitor", running.Errors, StringComparison.Ordinal);

        await Lab.Faults.TerminateAsync("mon3", LabPrograms.Monitor, Stop);
        ToolResult preview = await Lab.Monitors.BootstrapAsync("mon3", yes: false, Stop);
        Assert.Contains($"active master {before.ActiveMaster}, voters mon1, mon2, mon3.", preview.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", preview.Output, StringComparison.Ordinal);
        ToolResult done = await Lab.Monitors.BootstrapAsync("mon3", yes: true, Stop);
        Assert.True(done.ExitCode == 0, done.Errors);
        await Lab.Faults.StartAsync("mon3", LabPrograms.Monitor, Stop);

        await UntilShown("mon3 decides alone, by what had been decided", 60, s => s.Phase == "serving" && s.Coordinator == "mon3" && s.Decision > before.Decision);
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
        Assert.True(Lab.Client.Report().LongestOutageMs < 2000, "the hosts did not keep their roles meanwhile");
        await RestartAgentsAsync();
        // The others come back with empty disks and are taken in one by one.
        Lab.Monitors.List("mon1", "mon2", "mon3");
        await Lab.Faults.RestartAsync("mon3", LabPrograms.Monitor, Stop);
        await Lab.Faults.StartAsync("mon1", LabPrograms.Monitor, Stop);
        await Lab.Faults.StartAsync("mon2", LabPrograms.Monitor, Stop);
        foreach (string monitor in new[] { "mon1", "mon2" })
        {
            await UntilMonitors($"{monitor} is kept up to date", "mon3", m => m.Of(monitor) is { Status: "Up", Keeper.Sentence: var s } && s.StartsWith("is kept up to date", StringComparison.Ordinal));
            Assert.StartsWith($"OK: Monitor '{monitor}' votes from now on.", await MmmAsync("monitors", "add", monitor), StringComparison.Ordinal);
        }

        await RestartAgentsAsync();
        await UntilMonitors("three vote again", "mon3", m => m.Quorum == 2 && m.Members.All(x => x.Keeper is { Voting: true }));
        await UntilShown("every host is ONLINE", 60, s => s.Phase == "serving" && s.Move is null && s.Hosts.All(h => h.State == "ONLINE"));
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
        await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs((await SnapshotAsync()).ActiveMaster!);
    }
}

/// <summary>What both have in common.</summary>
public abstract class ChangingMonitorsTest(SpareMonitorLab lab) : ProductTest(lab)
{
    /// <summary>One after the other, as an operator would: the next when the last is a member again.</summary>
    protected async Task RestartInTurnAsync(params IEnumerable<string> monitors)
    {
        foreach (string monitor in monitors)
        {
            await Lab.Faults.RestartAsync(monitor, LabPrograms.Monitor, Stop);
            await UntilMonitors($"{monitor} is a member again", monitor, m => m.Of(monitor).Status == "Up" && m.Coordinator is not null);
        }
    }

    protected async Task RestartAgentsAsync()
    {
        foreach (string host in Databases)
        {
            // One that has just ended is reachable for agent_timeout still: the next is ended when the new one is heard.
            long? before = (await SnapshotAsync()).Of(host).Agent?.Incarnation;
            await Lab.Faults.RestartAsync(host, LabPrograms.Agent, Stop);
            await UntilShown($"{host} is there again", 60, s => s.Phase == "serving" && s.Of(host) is { AgentReachable: true, State: "ONLINE" } now && now.Agent?.Incarnation != before && s.Move is null);
        }
    }

    protected Task UntilMonitors(string what, string asked, Func<MonitorsReading, bool> wanted) => Until(
        what, 90, async () => await Lab.Http.MonitorsAsync(asked, Stop) is { } reading && wanted(reading), async () => $"{await Lab.Http.MonitorsAsync(asked, Stop)} {await NowAsync()}");
}

internal static class MonitorsReadings
{
    public static MonitorEntry Of(this MonitorsReading reading, string monitor) =>
        reading.Members.FirstOrDefault(m => m.Name == monitor) ?? new MonitorEntry(monitor, "", null, "absent", false, false);
}
