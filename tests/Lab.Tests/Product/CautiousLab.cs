using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>A failover may lose nothing.</summary>
public sealed class CautiousLab() : LabFixture(new LabOptions
{
    Server = "mysql-9.7",
    SemiSync = true,
    Slaves = 1,
    ExtraConfig = "cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000, failover { maximum_loss = 0, require_semi_sync = on } }",
});

public sealed class CautiousTests(CautiousLab lab) : ProductTest(lab), IClassFixture<CautiousLab>
{
    private string[] _gone = [];

    [Fact]
    public async Task What_was_acknowledged_by_the_other_master_is_taken_over_without_anybody()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Faults.PowerOffAsync(old, Stop);

        await UntilWritesGoTo(other, 30);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);
        await Lab.Faults.PowerOnAsync(old, Stop);
        await UntilBack(40, old);
    }

    [Fact]
    public async Task What_nobody_else_has_is_waited_for_until_its_master_is_back()
    {
        (string old, string other) = await WriteAloneAsync(21);

        await UntilShown("it is held up", 30, s => s.Warnings.Any(w => w.StartsWith("role writer(", StringComparison.Ordinal) && w.Contains("(1 transaction), and failover.maximum_loss is 0", StringComparison.Ordinal)));
        Assert.Contains("failover.maximum_loss is 0", await MmmAsync("explain", other), StringComparison.Ordinal);
        Assert.True(await Lab.Server(other).IsReadOnlyAsync(Stop), $"{other} was made writable without what {old} has");

        await Lab.Faults.PowerOnAsync(old, Stop);

        await UntilShown($"{old} is the active master again", 60, s => s.Writer() == old && s.Move is null);
        foreach (string database in Databases)
            await Until($"{database} has it", 20, async () => await Lab.Server(database).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 21", Stop) == "1", NowAsync);
        await OnlyWriterIs(old);
    }

    [Fact]
    public async Task An_operator_may_give_it_up_and_is_told_what_that_was_also_when_the_deciding_monitor_is_gone_as_well()
    {
        (string old, string other) = await WriteAloneAsync(22, withIt: (await SnapshotAsync()).Coordinator);
        await UntilShown("it is held up", 40, s => s.Warnings.Any(w => w.Contains("failover.maximum_loss is 0", StringComparison.Ordinal)));

        await MmmAsync("move_role", "--force", "writer", other);

        await UntilShown($"{other} is the active master", 20, s => s.ActiveMaster == other && s.Move is null);
        await UntilShown("it is said what is lost", 10, s => s.Warnings.Any(w => w.StartsWith($"agent on host {other}: of what {old} had committed by its last report this server lacks ", StringComparison.Ordinal))
            && s.Warnings.Contains($"agent on host {other}: made writable by force although failover.maximum_loss is 0"));
        foreach (string gone in _gone)
            await Lab.Faults.PowerOnAsync(gone, Stop);
        await UntilBack(40, old);
    }

    /// <summary>Writes a row that only the active master has, and whose report the monitors have heard; then its machine is gone.</summary>
    /// <param name="run">Of the row.</param>
    /// <param name="withIt">The monitor whose machine fails at the same time; null = none.</param>
    private async Task<(string Active, string Other)> WriteAloneAsync(int run, string? withIt = null)
    {
        (string active, string other) = await MastersAsync();
        await UntilSemiSyncHoldsAsync();
        string[] replicas = [other, "slave1"];
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(active).ExecuteAsync($"INSERT INTO lab.writes VALUES ({run}, 1, 1)", Stop);
        await UntilReportedAsync(active);
        _gone = withIt is null ? [active] : [active, withIt];
        await Task.WhenAll(_gone.Select(h => Lab.Faults.PowerOffAsync(h, Stop)));
        // Or the threads look as if somebody wanted them stopped.
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);
        return (active, other);
    }
}
