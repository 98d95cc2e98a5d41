using Mmm.Lab.Client;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

[Collection(BareLabCollection.Name)]
public sealed class ClientTests(BareLab lab) : BareLabTest(lab)
{
    [Fact]
    public async Task Every_acknowledged_row_is_counted_and_is_on_every_server()
    {
        await Lab.Client.StartAsync(ct: Stop);
        await Lab.Client.WritesFlowAsync(100, ct: Stop);
        ClientReport report = await Lab.Client.StopAsync(Stop);

        Assert.True(report.Finished);
        Assert.Equal(report.Acknowledged, report.AcknowledgedBy[Lab.Plan["master1"].Number]);
        Assert.Equal(0, report.FailedAttempts);
        Assert.Equal(report.Acknowledged.ToString(), await Lab.Server("master1").ScalarAsync($"SELECT COUNT(*) FROM lab.writes WHERE run = {report.Run}", Stop));
        foreach (LabHost host in Lab.Plan.DatabaseHosts)
            await Until($"{host.Name} has every row", 10, async () => (await Lab.Client.LostOnAsync(host.Name, Stop)).Count == 0);
    }

    [Fact]
    public async Task A_lost_row_is_told_by_its_id_and_by_the_host_that_lacks_it()
    {
        await Lab.Client.StartAsync(ct: Stop);
        await Lab.Client.WritesFlowAsync(20, ct: Stop);
        ClientReport report = await Lab.Client.StopAsync(Stop);
        await Until("slave1 has every row", 10, async () => (await Lab.Client.LostOnAsync("slave1", Stop)).Count == 0);

        await Lab.Server("slave1").ExecuteAsync($"SET SESSION sql_log_bin = 0; DELETE FROM lab.writes WHERE run = {report.Run} AND id = 7", Stop);

        Assert.Equal([7L], await Lab.Client.LostOnAsync("slave1", Stop));
        Assert.Empty(await Lab.Client.LostOnAsync("master1", Stop));
    }

    [Fact]
    public async Task An_outage_is_measured_from_the_last_write_before_it_to_the_first_after_it()
    {
        await Lab.Client.StartAsync(ct: Stop);
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
        long before = Lab.Client.Report().LongestOutageMs;

        await Lab.Server("master1").ExecuteAsync("SET GLOBAL read_only = 1", Stop);
        await Until("writes have been refused for a second", 10, () => Task.FromResult(Lab.Client.Report() is { SinceLastMs: > 1000, FailedAttempts: > 5 }));
        await Lab.Server("master1").ExecuteAsync("SET GLOBAL read_only = 0", Stop);
        await Lab.Client.WritesFlowAsync(20, ct: Stop);
        ClientReport report = await Lab.Client.StopAsync(Stop);

        Assert.True(before < 500, $"writes stood still for {before} ms before anything was done");
        Assert.InRange(report.LongestOutageMs, 1000, 3000);
        Assert.Equal(report.FailedAttempts, report.Failures["read-only"]);
    }

    [Fact]
    public async Task A_silent_server_is_given_up_within_300_ms()
    {
        await Lab.Client.StartAsync(ct: Stop);
        await Lab.Client.WritesFlowAsync(50, ct: Stop);

        await Lab.Faults.PartitionAsync("master1", ["client"], ct: Stop);
        await Until("writes have stood still for 2 s", 10, () => Task.FromResult(Lab.Client.Report().SinceLastMs > 2000));
        ClientReport cut = Lab.Client.Report();
        await Lab.Faults.HealAsync(ct: Stop);
        await Lab.Client.WritesFlowAsync(20, TimeSpan.FromSeconds(5), Stop);

        // 2 s in steps of at most 300 + 20 ms, the first of them shorter.
        Assert.InRange(cut.FailedAttempts, 5, 12);
    }
}
