using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Every server on a file system of its own, which the agents look at often.</summary>
public sealed class DiskLab() : LabFixture(new LabOptions
{
    Slaves = 1,
    SemiSync = true,
    Disks = true,
    ExtraConfig = "cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000, failover { maximum_loss = 0 }, disk { check_interval = 1s, timeout = 6s } }",
});

/// <summary>mysqld answers, and cannot write.</summary>
public sealed class DiskTests(DiskLab lab) : ProductTest(lab), IClassFixture<DiskLab>
{
    [Fact]
    public async Task An_active_master_whose_disk_is_full_is_replaced_loses_nothing_and_comes_back_with_space()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Disks.FillAsync(old, Stop);

        await UntilShown($"{old} is out", 30, s => s.StateOf(old) == "HARD_OFFLINE" && s.Warnings.Any(w => w.StartsWith($"host {old}: the disk with ", StringComparison.Ordinal) && w.Contains(" is full: ", StringComparison.Ordinal)));
        await UntilWritesGoTo(other, 20);
        await Lab.Disks.MendAsync(old, Stop);
        // It waited for space with a commit in its hands, and had to be ended.
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilBack(40, old);
        await UntilFollows(old, other, 15);

        // What it writes from now on reaches the others: nothing is torn in its log.
        await MmmAsync("move_role", "writer", old);
        await UntilWritesGoTo(old, 20);
        await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs(old);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task An_active_master_whose_disk_stands_still_is_replaced_and_nothing_is_acknowledged_there_any_more()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Disks.StallAsync(old, Stop);

        await UntilShown($"{old} is out", 30, s => s.StateOf(old) == "HARD_OFFLINE" && s.Warnings.Any(w => w.StartsWith($"host {old}: the disk with ", StringComparison.Ordinal) && w.Contains(" stands still: ", StringComparison.Ordinal)));
        await UntilWritesGoTo(other, 30);
        await Lab.Disks.MendAsync(old, Stop);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilBack(40, old);
        await UntilFollows(old, other, 15);
        await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs(other);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task One_whose_file_system_has_become_read_only_takes_no_role_over()
    {
        (string active, string other) = await MastersAsync();

        await Lab.Disks.BreakAsync(other, Stop);

        await UntilShown($"{other} is out", 30, s => s.StateOf(other) == "HARD_OFFLINE" && s.Warnings.Any(w => w.StartsWith($"host {other}: the disk with ", StringComparison.Ordinal) && w.Contains(" cannot be written: ", StringComparison.Ordinal)));
        await UntilShown("its readers are with the others", 15, s => s.AddressesOf(other).Length == 0 && s.Roles.All(r => r.Owner is not null));
        Assert.Contains("HARD_OFFLINE", await MmmRefusesAsync("move_role", "writer", other), StringComparison.Ordinal);
        Assert.Contains("cannot be written", await MmmAsync("explain", other), StringComparison.Ordinal);
        Assert.Equal(active, (await SnapshotAsync()).Writer());
    }
}
