using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Two masters only: it is the monitors that count here.</summary>
public abstract class FewDatabasesLab(int monitors) : LabFixture(new LabOptions { Monitors = monitors, Slaves = 0, SemiSync = true });

public sealed class FiveMonitorsLab() : FewDatabasesLab(5);

public sealed class OneMonitorLab() : FewDatabasesLab(1);

public sealed class FiveMonitorsTests(FiveMonitorsLab lab) : ProductTest(lab), IClassFixture<FiveMonitorsLab>
{
    [Fact]
    public async Task Two_of_five_monitors_with_the_deciding_one_are_lost_and_a_dead_active_master_is_still_replaced()
    {
        string coordinator = (await SnapshotAsync()).Coordinator;
        (string old, string other) = await MastersAsync();
        string second = Lab.Plan.MonitorHosts.First(m => m.Name != coordinator).Name;
        await ClientWritesAsync();

        await Lab.Faults.KillTogetherAsync([(coordinator, LabPrograms.Monitor), (second, LabPrograms.Monitor)], Stop);
        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo(other, 60);
        await UntilShown("one of the three left decides", 20, s => s.Coordinator != coordinator && s.Coordinator != second && s.ActiveMaster == other);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);
        await OnlyWriterIs(other, old);
    }
}

public sealed class OneMonitorTests(OneMonitorLab lab) : ProductTest(lab), IClassFixture<OneMonitorLab>
{
    [Fact]
    public async Task A_single_monitor_replaces_a_dead_active_master_and_remembers_it_after_its_own_restart()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo(other, 30);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);
        await OnlyWriterIs(other, old);

        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        await Lab.Faults.KillAsync("mon1", LabPrograms.Monitor, Stop);
        await Lab.Faults.StartAsync("mon1", LabPrograms.Monitor, Stop);

        await UntilShown("it serves again with what it had decided", 30, s => s.Phase == "serving" && s.Decision > before.Decision && s.ActiveMaster == other);
        await OnlyWriterIs(other, old);
    }
}
