using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

[Collection(WholeLabCollection.Name)]
public sealed class ReplicationTests(WholeLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task A_slave_that_stops_replicating_loses_its_readers_and_gets_one_back_when_it_replicates_again()
    {
        await Lab.Faults.StopReplicationAsync("slave1", ct: Stop);

        await UntilState("slave1", "REPLICATION_FAIL", 20);
        await UntilShown("its readers are elsewhere", 10, s => s.AddressesOf("slave1").Length == 0 && s.Roles.All(r => r.Owner is not null && r.ReleasingFrom is null));
        Assert.Empty(await Lab.RoleAddressesAsync("slave1", Stop));

        await Lab.Faults.StartReplicationAsync("slave1", Stop);

        await UntilState("slave1", "ONLINE", 20);
        await Until("slave1 has a reader on its interface", 15, async () => (await Lab.RoleAddressesAsync("slave1", Stop)).Count > 0, NowAsync);
    }

    [Fact]
    public async Task A_slave_that_lags_is_REPLICATION_DELAY_and_comes_back_when_it_has_caught_up()
    {
        await Lab.Client.StartAsync(ct: Stop);
        await Lab.Faults.LagAsync("slave2", 30, Stop);

        await UntilState("slave2", "REPLICATION_DELAY", 30);
        await UntilShown("its readers are elsewhere", 10, s => s.AddressesOf("slave2").Length == 0 && s.Roles.All(r => r.Owner is not null));
        Assert.Contains("ERROR: Backlog is too big", await MmmAsync("checks", "slave2", "rep_backlog"), StringComparison.Ordinal);

        await Lab.Faults.LagAsync("slave2", 0, Stop);

        await UntilState("slave2", "ONLINE", 30);
        await Until("slave2 has a reader on its interface", 15, async () => (await Lab.RoleAddressesAsync("slave2", Stop)).Count > 0, NowAsync);
    }

    [Fact]
    public async Task Broken_replication_of_the_active_master_itself_moves_nothing()
    {
        (string active, _) = await MastersAsync();
        string owners = (await SnapshotAsync()).Owners();

        await Lab.Faults.StopReplicationAsync(active, ct: Stop);

        await UntilShown("its rep_threads check failed", 20, s => s.Of(active).Checks.Single(c => c.Check == "rep_threads").Verdict == "ERROR");
        Assert.Equal("ONLINE", (await SnapshotAsync()).StateOf(active));
        Assert.Equal(owners, (await SnapshotAsync()).Owners());
    }
}
