using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Faults;

/// <summary>The wall clock of one host is stepped by an hour: nothing may go by it.</summary>
public sealed partial class FaultMatrixTests
{
    private const int Hour = 3600;

    /// <summary>Seconds a wrong clock is looked at: longer than the longest trap period of a check (rep_backlog, 10 s) and several leases.</summary>
    private const int Long = 15;

    [Fact]
    public Task The_active_masters_clock_is_stepped() => StaysAsync("clock of the active master's host +1 h, then -1 h", async _ =>
    {
        await StepServerAsync(Old, Hour);
        await Lasts(Long);
        await StepServerAsync(Old, -Hour);
        await Lasts(Long);
    });

    /// <summary>Replicas that always apply something report the step as their backlog: one hour.</summary>
    [Fact]
    public Task The_active_masters_clock_is_set_back_while_its_replicas_are_busy() => StaysAsync("clock of the active master's host -1 h, its replicas busy", async _ =>
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task[] load = [.. Enumerable.Range(0, 3).Select(_ => LoadAsync(Old, ended.Token))];
        await StepServerAsync(Old, -Hour);
        await Until("slave1 reports an hour", 20, async () => await Lab.Server("slave1").ReplicaAsync(Stop) is { SecondsBehind: >= Hour });
        await Lasts(Long);
        StatusProtocol.ClusterSnapshot now = await SnapshotAsync();
        Assert.All(now.Hosts, h => Assert.Equal("ONLINE", h.State));
        await ended.CancelAsync();
        await Task.WhenAll(load);
    });

    /// <summary>Its start, by its own clock, lies before that of the one it follows.</summary>
    [Fact]
    public Task The_agent_is_restarted_after_its_clock_was_set_back() =>
        AgentRestartedAsync("agent kill -9, restarted at once with its clock 1 h behind", () => StepServerAsync(Old, -Hour));

    [Fact]
    public Task The_deciding_monitors_clock_is_stepped() => StaysAsync("clock of the deciding monitor's host +1 h, then -1 h", async _ =>
    {
        await StepMonitorAsync(Coordinator, Hour);
        await Lasts(Long);
        await StepMonitorAsync(Coordinator, -Hour);
        await Lasts(Long);
        StatusProtocol.ClusterSnapshot now = await SnapshotAsync();
        Assert.Equal((Coordinator, "serving"), (now.Coordinator, now.Phase));
    });

    [Fact]
    public Task A_deciding_monitor_whose_clock_is_behind_is_restarted() => StaysAsync("deciding monitor restarted (kill -9) while its clock is 1 h behind", async f =>
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        await StepMonitorAsync(Coordinator, -Hour);
        await f.KillAsync(Coordinator, LabPrograms.Monitor, Stop);
        await UntilShown("another monitor decides", 40, s => s.Coordinator != Coordinator && s.Phase == "serving");
        await f.StartAsync(Coordinator, LabPrograms.Monitor, Stop);
        await Until("it is a member again, and votes", 60, EveryMonitorCountsAsync, NowAsync);
        await DecisionsGoOnAsync(before);
    });

    [Theory]
    [InlineData(-Hour, "behind")]
    [InlineData(Hour, "ahead")]
    public Task A_monitor_with_a_wrong_clock_takes_over(int seconds, string how) => StaysAsync($"deciding monitor kill -9, the next one's clock is 1 h {how}", async f =>
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        // Whichever of the two takes over.
        foreach (string next in s_monitors.Where(m => m != Coordinator))
            await StepMonitorAsync(next, seconds);
        await f.KillAsync(Coordinator, LabPrograms.Monitor, Stop);
        await UntilShown("another monitor decides", 40, s => s.Coordinator != Coordinator && s.Phase == "serving");
        await DecisionsGoOnAsync(before);
        await Lasts(Long);
        // And back to one whose clock is right: an hour off from what the ledger says.
        string wrong = (await SnapshotAsync()).Coordinator;
        await f.StartAsync(Coordinator, LabPrograms.Monitor, Stop);
        await Until("the first one is a member again, and votes", 60, EveryMonitorCountsAsync, NowAsync);
        foreach (string next in s_monitors.Where(m => m != wrong))
            await StepMonitorAsync(next, 0);
        await f.KillAsync(wrong, LabPrograms.Monitor, Stop);
        await UntilShown("a monitor whose clock is right decides", 40, s => s.Coordinator != wrong && s.Phase == "serving");
        await DecisionsGoOnAsync(before);
    });

    /// <summary>An operator's harmless command there and back: two decisions that must be stored.</summary>
    private async Task DecisionsGoOnAsync(StatusProtocol.ClusterSnapshot before)
    {
        await MmmAsync("set_manual");
        await MmmAsync("set_active");
        await UntilShown("both decisions are stored", 20, s => s.Mode == "ACTIVE" && s.Decision > before.Decision);
    }

    /// <summary>Commits as fast as it can until it is cancelled; of other rows than the client's.</summary>
    private async Task LoadAsync(string host, CancellationToken ended)
    {
        try
        {
            await Lab.Server(host).ExecuteAsync("CREATE TABLE IF NOT EXISTS lab.busy (id BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB", ended);
            await Lab.Server(host).ExecuteAsync("BEGIN NOT ATOMIC WHILE TRUE DO INSERT INTO lab.busy VALUES (); END WHILE; END", ended);
        }
        catch (Exception e) when (ended.IsCancellationRequested && e is OperationCanceledException or MySqlConnector.MySqlException)
        {
            // As wanted; how the connector tells depends on where it was.
        }
    }

    private async Task StepServerAsync(string host, int seconds)
    {
        Lab.Faults.SetClock(host, seconds);
        await Until($"mysqld on {host} has taken up the step of {seconds} s", 10, async () => IsNear(await Lab.ServerIsAheadAsync(host, Stop), seconds));
    }

    private async Task StepMonitorAsync(string host, int seconds)
    {
        Lab.Faults.SetClock(host, seconds);
        await Until($"the monitor on {host} has taken up the step of {seconds} s", 10, async () => IsNear(await Lab.MonitorIsAheadAsync(host, Stop), seconds));
    }

    private static bool IsNear(double? ahead, int seconds) => ahead is { } a && Math.Abs(a - seconds) < 60;
}
