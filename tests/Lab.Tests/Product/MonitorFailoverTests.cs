using Mmm.Lab.Client;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

[Collection(WholeLabCollection.Name)]
public sealed class MonitorFailoverTests(WholeLab lab) : ProductTest(lab)
{
    private static readonly string[] _monitors = ["mon1", "mon2", "mon3"];

    [Fact]
    public async Task The_deciding_monitor_is_killed_while_a_client_writes_nothing_moves_and_the_next_dead_master_is_still_replaced()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync(patient: true);

        await Lab.Faults.KillAsync(before.Coordinator, LabPrograms.Monitor, Stop);

        await UntilShown("another monitor decides", 30, s => s.Coordinator != before.Coordinator && s.Phase == "serving");
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());
        ClientReport report = Lab.Client.Report();
        Assert.True(report.FailedAttempts == 0, "writes failed while only a monitor was lost: " + report.ToJson());

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo(other, 20);
        await NothingIsLostOn(other);
    }

    [Fact]
    public async Task The_deciding_monitor_and_the_active_master_die_at_the_same_instant()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Faults.KillTogetherAsync([(before.Coordinator, LabPrograms.Monitor), (old, LabPrograms.Mysqld)], Stop);

        await UntilWritesGoTo(other, 40);
        await NothingIsLostOn(other);
        await OnlyWriterIs(other, old);
    }

    [Fact]
    public async Task A_monitor_cut_off_alone_decides_nothing_and_follows_again_when_it_is_back()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        string alone = _monitors.First(m => m != before.Coordinator);
        await ClientWritesAsync(patient: true);

        await Lab.Faults.PartitionAsync(alone, ct: Stop);

        await Until($"{alone} knows that its picture is old", 30, async () => await Lab.Http.ReadAsync(alone, Stop) is null or { Stale: true }, NowAsync);
        // It sees every server as dead by now; the others see them alive.
        StatusProtocol.ClusterSnapshot during = await SnapshotAsync();
        Assert.Equal(before.Owners(), during.Owners());
        Assert.All(during.Hosts, h => Assert.Equal("ONLINE", h.State));
        Assert.Equal(before.Coordinator, during.Coordinator);

        await Lab.Faults.HealAsync(alone, Stop);

        await Until($"{alone} follows again", 40, async () => await Lab.Http.ReadAsync(alone, Stop) is { Stale: false } r && r.Snapshot.Phase == "serving", NowAsync);
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());
        ClientReport report = await Lab.Client.StopAsync(Stop);
        Assert.True(report.FailedAttempts == 0, report.ToJson());
    }

    [Fact]
    public async Task A_deciding_monitor_that_is_cut_off_is_replaced_and_moves_nothing_any_more()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        await ClientWritesAsync(patient: true);

        await Lab.Faults.PartitionAsync(before.Coordinator, ct: Stop);

        await UntilShown("another monitor decides", 40, s => s.Coordinator != before.Coordinator && s.Phase == "serving");
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());

        await Lab.Faults.HealAsync(before.Coordinator, Stop);

        await Until($"{before.Coordinator} follows again", 40, async () =>
            await Lab.Http.ReadAsync(before.Coordinator, Stop) is { Stale: false } r && r.Snapshot.Coordinator != before.Coordinator, NowAsync);
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());
        ClientReport report = await Lab.Client.StopAsync(Stop);
        Assert.True(report.FailedAttempts == 0, report.ToJson());
    }

    [Fact]
    public async Task Two_of_three_monitors_are_lost_and_nothing_moves_until_one_is_back()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        (string old, string other) = await MastersAsync();
        string[] lost = [.. _monitors.Where(m => m != before.Coordinator)];
        await ClientWritesAsync();

        await Lab.Faults.KillTogetherAsync([.. lost.Select(m => (m, LabPrograms.Monitor))], Stop);
        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
        // Longer than any failover with a quorum takes (a dead mysqld: well under 5 s).
        await Until("writes have stood still for 8 s", 20, () => Task.FromResult(Lab.Client.Report().SinceLastMs > 8000));
        Assert.True(await Lab.Server(other).IsReadOnlyAsync(Stop), "one monitor of three has moved the writer");

        await Lab.Faults.StartAsync(lost[0], LabPrograms.Monitor, Stop);

        await UntilWritesGoTo(other, 40);
        await NothingIsLostOn(other);
    }

    [Fact]
    public async Task Mode_ADMIN_OFFLINE_and_owners_survive_the_death_of_every_monitor_and_agent_at_once()
    {
        await MmmAsync("set_offline", "slave2");
        await UntilShown("its readers are elsewhere", 15, s => s.Roles.All(r => r.Owner is { } o && o != "slave2" && r.ReleasingFrom is null));
        await MmmAsync("set_manual");
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        await Until("every address is where it belongs", 15, async () => await AddressesAsDecidedAsync(before));
        await ClientWritesAsync(patient: true);
        (string Host, string Program)[] all = [.. _monitors.Select(m => (m, LabPrograms.Monitor)), .. Databases.Select(d => (d, LabPrograms.Agent))];

        await Lab.Faults.KillTogetherAsync(all, Stop);
        foreach ((string host, string program) in all)
            await Lab.Faults.StartAsync(host, program, Stop);

        await UntilShown("the coordinator serves and hears every agent", 40, s => s.Phase == "serving" && s.Decision >= before.Decision && s.Hosts.All(h => h.AgentReachable));
        StatusProtocol.ClusterSnapshot after = await SnapshotAsync();
        Assert.Equal("MANUAL", after.Mode);
        Assert.Equal("ADMIN_OFFLINE", after.StateOf("slave2"));
        Assert.Equal(before.Owners(), after.Owners());
        // With nobody left to renew them, the kernel takes the addresses away; they come back to where they were.
        await Until("every address is where it belongs again", 20, async () => await AddressesAsDecidedAsync(before));
        Assert.True(await Lab.Server("slave2").ReplicaAsync(Stop) is { IoRunning: false, SqlRunning: false }, "slave2 replicates although it is ADMIN_OFFLINE");
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(before.ActiveMaster!);
    }

    [Fact]
    public async Task A_running_installation_is_adopted_without_an_outage_when_no_decisions_are_stored()
    {
        await ClientWritesAsync(patient: true);
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        Assert.True(await AddressesAsDecidedAsync(before), "an address is not where it was decided to be");
        (string Host, string Program)[] all = [.. _monitors.Select(m => (m, LabPrograms.Monitor)), .. Databases.Select(d => (d, LabPrograms.Agent))];

        await Lab.Faults.KillTogetherAsync(all, Stop);
        // As another program or a person has put them there: for ever.
        await Task.WhenAll(before.Roles.Where(r => r.Owner is not null).Select(r =>
            Lab.Inside.ShellOnAsync(r.Owner!, $"ip addr change {r.Address.Ip}/32 dev eth0 valid_lft forever preferred_lft forever\n", Stop)));
        foreach ((string host, string program) in all)
        {
            if (Directory.Exists(Lab.Paths.StateDir(host, program)))
                Directory.Delete(Lab.Paths.StateDir(host, program), recursive: true);
        }

        foreach ((string host, string program) in all)
            await Lab.Faults.StartAsync(host, program, Stop);

        await UntilShown("the coordinator serves with every host ONLINE", 60, s => s.Phase == "serving" && s.Hosts.All(h => h.State == "ONLINE"));
        await LabReadiness.WaitAsync(Lab, TimeSpan.FromSeconds(30), Stop);
        StatusProtocol.ClusterSnapshot after = await SnapshotAsync();
        Assert.Equal(before.ActiveMaster, after.ActiveMaster);
        Assert.Equal(before.Owners(), after.Owners());
        ClientReport report = await Lab.Client.StopAsync(Stop);
        Assert.True(report.FailedAttempts == 0, "writes failed while the cluster was adopted: " + report.ToJson());
    }

    [Fact]
    public async Task A_killed_agent_comes_back_by_itself_and_nothing_moves_meanwhile()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        await ClientWritesAsync(patient: true);
        int restarts = (await Lab.ProcessesAsync(Stop)).Single(p => p.Key == $"{before.ActiveMaster}/agent").Restarts;

        // Not through the lab, which would keep it dead: as if it had crashed.
        long killed = TimeProvider.System.GetTimestamp();
        (await Lab.ProcessesAsync(Stop)).Single(p => p.Key == $"{before.ActiveMaster}/agent").Identity!.Signal(9);

        await Until("it was started again", 20, async () => (await Lab.ProcessesAsync(Stop)).Single(p => p.Key == $"{before.ActiveMaster}/agent") is { Pid: > 0 } p && p.Restarts > restarts);
        long was = before.Of(before.ActiveMaster!).Agent!.Incarnation;
        await UntilShown("the new agent is heard", 20, s => s.Of(before.ActiveMaster!).Agent is { Incarnation: var now } && now > was);
        TimeSpan away = TimeProvider.System.GetElapsedTime(killed);
        StatusProtocol.ClusterSnapshot after = await SnapshotAsync();
        ClientReport report = await Lab.Client.StopAsync(Stop);
        // A machine that is too busy to start it within the time of a lease is right to let the role go on.
        if (after.Notes.Any(n => n.AtUtc > before.AtUtc && n.Code == "role_taken" && n.Sentence.EndsWith("its lease has run out", StringComparison.Ordinal)))
            return;
        Assert.Equal(before.Owners(), after.Owners());
        // The kernel's lifetime is 2 to 3 s from the last renewal: one that was back before had its address all the time.
        if (away < TimeSpan.FromSeconds(2))
            Assert.Equal(0, report.FailedAttempts);
    }

    private async Task<bool> AddressesAsDecidedAsync(StatusProtocol.ClusterSnapshot snapshot)
    {
        ILookup<string, string> holders = await Lab.AddressHoldersAsync(Stop);
        return snapshot.Roles.All(r => holders[r.Address.Ip].SequenceEqual(r.Owner is null ? [] : [r.Owner]));
    }
}
