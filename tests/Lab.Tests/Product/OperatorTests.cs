using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

[Collection(WholeLabCollection.Name)]
public sealed class OperatorTests(WholeLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task Show_prints_every_host_with_its_state_and_roles_in_MMMs_format()
    {
        StatusProtocol.ClusterSnapshot snapshot = await SnapshotAsync();

        string show = await MmmAsync("show");

        foreach (string host in Databases)
            Assert.Matches($@"(?m)^  {host}\({Lab.Plan[host].Ip.Replace(".", @"\.", StringComparison.Ordinal)}\) {(host.StartsWith('m') ? "master" : "slave")}/ONLINE\. Roles: ", show);
        Assert.Matches($@"(?m)^  {snapshot.ActiveMaster}\(.*writer\({Lab.Plan.WriterIp.Replace(".", @"\.", StringComparison.Ordinal)}\)", show);
        // An agent's word on a forced takeover may still stand there; an unreachable agent may not.
        Assert.DoesNotContain("is not reachable", show, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slave_set_offline_has_no_address_and_no_replication_until_it_is_set_online()
    {
        Assert.StartsWith("OK: State of 'slave2' changed to ADMIN_OFFLINE.", await MmmAsync("set_offline", "slave2"), StringComparison.Ordinal);

        await Until("slave2 has no role address", 15, async () => (await Lab.RoleAddressesAsync("slave2", Stop)).Count == 0, NowAsync);
        await Until("slave2's replication is stopped", 15, async () => await Lab.Server("slave2").ReplicaAsync(Stop) is { IoRunning: false, SqlRunning: false }, NowAsync);
        await UntilShown("its readers are elsewhere", 10, s => s.Roles.All(r => r.Owner is { } o && o != "slave2"));

        Assert.StartsWith("OK: State of 'slave2' changed to ONLINE.", await MmmAsync("set_online", "slave2"), StringComparison.Ordinal);

        await UntilFollows("slave2", (await SnapshotAsync()).ActiveMaster!, 15);
        await Until("slave2 has a reader on its interface", 15, async () => (await Lab.RoleAddressesAsync("slave2", Stop)).Count > 0, NowAsync);
    }

    [Fact]
    public async Task The_active_master_set_offline_gives_the_writer_away_and_no_write_is_lost()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        string answer = await MmmAsync("set_offline", old);

        Assert.StartsWith($"OK: State of '{old}' changes to ADMIN_OFFLINE as soon as role 'writer' has been moved to '{other}'.", answer, StringComparison.Ordinal);
        await UntilState(old, "ADMIN_OFFLINE", 20);
        await UntilWritesGoTo(other, 5);
        await OnlyWriterIs(other);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);

        await MmmAsync("set_online", old);
        await UntilFollows(old, other, 20);
        Assert.Equal(other, (await SnapshotAsync()).Writer());
    }

    [Fact]
    public async Task In_manual_mode_a_dead_master_keeps_the_writer_until_the_mode_is_active_again()
    {
        (string old, string other) = await MastersAsync();
        Assert.StartsWith("OK: Switched into manual mode.", await MmmAsync("set_manual"), StringComparison.Ordinal);
        await ClientWritesAsync();

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
        await UntilState(old, "HARD_OFFLINE", 20);
        // Longer than the move takes in mode ACTIVE.
        await Until("writes have stood still for 3 s", 20, () => Task.FromResult(Lab.Client.Report().SinceLastMs > 3000));
        Assert.Equal(old, (await SnapshotAsync()).Writer());
        Assert.True(await Lab.Server(other).IsReadOnlyAsync(Stop), $"{other} was made writable in manual mode");

        Assert.StartsWith("OK: Switched into active mode.", await MmmAsync("set_active"), StringComparison.Ordinal);
        await UntilWritesGoTo(other, 20);
    }

    [Fact]
    public async Task In_passive_mode_nothing_changes_and_set_ip_takes_effect_when_it_is_left()
    {
        Assert.Contains("ERROR: This command is only allowed in passive mode", await MmmRefusesAsync("set_ip", Lab.Plan.ReaderIps[0], "slave1"), StringComparison.Ordinal);
        await MmmAsync("set_passive");
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        string moved = Lab.Plan.ReaderIps.First(ip => before.Roles.Single(r => r.Address.Ip == ip).Owner != "slave1");
        string from = before.Roles.Single(r => r.Address.Ip == moved).Owner!;

        await Lab.Faults.StopReplicationAsync("slave2", ct: Stop);
        await UntilShown("slave2's rep_threads check failed", 20, s => s.Of("slave2").Checks.Single(c => c.Check == "rep_threads").Verdict == "ERROR");
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());
        Assert.Equal(before.StateOf("slave2"), (await SnapshotAsync()).StateOf("slave2"));
        await Lab.Faults.StartReplicationAsync("slave2", Stop);
        await UntilShown("slave2's rep_threads check is well", 20, s => s.Of("slave2").Checks.Single(c => c.Check == "rep_threads").Verdict == "OK");

        Assert.StartsWith($"OK: Set role 'reader({moved})' to host 'slave1'.", await MmmAsync("set_ip", moved, "slave1"), StringComparison.Ordinal);
        Assert.Contains(moved, await Lab.RoleAddressesAsync(from, Stop));

        await MmmAsync("set_active");
        await Until($"{moved} is on slave1 alone", 15, async () => (await Lab.AddressHoldersAsync(Stop))[moved].SequenceEqual(["slave1"])
            || (await SnapshotAsync()).ReadersPerHost(Databases) is var readers && readers.Max() - readers.Min() < 2, NowAsync);
    }

    [Fact]
    public async Task Force_moves_the_writer_onto_a_master_whose_replication_has_failed()
    {
        (string from, string to) = await MastersAsync();
        await Lab.Faults.StopReplicationAsync(to, ct: Stop);
        await UntilState(to, "REPLICATION_FAIL", 20);
        Assert.Contains("ERROR: Can't move role to host with state REPLICATION_FAIL.", await MmmRefusesAsync("move_role", "writer", to), StringComparison.Ordinal);

        string answer = await MmmAsync("move_role", "--force", "writer", to);

        Assert.Contains($"OK: Role 'writer' has been moved from '{from}' to '{to}' enforcedly.", answer, StringComparison.Ordinal);
        // Writable comes first, the address after it; the move has ended with the address.
        await UntilShown($"{to} is the active master", 20, s => s.ActiveMaster == to && s.Move is null);
        await OnlyWriterIs(to);

        // A forced master lacks what it could not apply: the servers' data have parted, and no later test may begin with that.
        await Fixture.RecreateAsync();
    }

    [Fact]
    public async Task A_balanced_role_taken_from_a_host_is_spread_again()
    {
        string answer = await MmmAsync("move_role", "reader", "slave1");

        Assert.StartsWith("OK: Balanced role reader has been removed from host 'slave1'.", answer, StringComparison.Ordinal);
        await LabReadiness.WaitAsync(Lab, TimeSpan.FromSeconds(20), Stop);
        int[] readers = (await SnapshotAsync()).ReadersPerHost(Databases);
        Assert.True(readers.Max() - readers.Min() < 2, $"readers are spread unevenly: {string.Join(", ", readers)}");
    }

    [Fact]
    public async Task An_unknown_host_is_refused_in_MMMs_words()
    {
        Assert.Contains("ERROR: Unknown host name 'nosuch'!", await MmmRefusesAsync("set_offline", "nosuch"), StringComparison.Ordinal);
        Assert.Contains("ERROR: Unknown host name 'nosuch'!", await MmmRefusesAsync("move_role", "writer", "nosuch"), StringComparison.Ordinal);
    }
}
