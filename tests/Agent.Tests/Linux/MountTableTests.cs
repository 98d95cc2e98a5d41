using Mmm.Agent.Adapters.Linux;
using Xunit;

namespace Mmm.Agent.Tests.Linux;

/// <summary>proc_pid_mountinfo(5), and what follows from it.</summary>
public sealed class MountTableTests
{
    private static readonly MountTable s_machine = MountTable.Parse(
    [
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro",
        "30 22 8:2 / /var/lib/mysql rw,noatime shared:7 master:2 propagate_from:1 - xfs /dev/sdb rw",
        @"31 22 8:3 / /srv/two\040words rw - ext4 /dev/sdc ro",
    ]);

    /// <summary>As a unit with ProtectSystem=strict, ProtectHome= and ReadWritePaths= has it.</summary>
    private static readonly MountTable s_unit = MountTable.Parse(
    [
        "122 1 8:1 / / ro,relatime - ext4 /dev/sda1 rw,errors=remount-ro",
        "130 122 8:2 / /var/lib/mysql ro,noatime - xfs /dev/sdb rw",
        "131 122 8:1 /var/lib/mmm-agent /var/lib/mmm-agent rw - ext4 /dev/sda1 rw",
        "132 122 0:55 / /home ro - tmpfs tmpfs rw",
    ]);

    [Theory]
    [InlineData("/etc/my.cnf", "8:1")]
    [InlineData("/var/lib/mysql", "8:2")]
    [InlineData("/var/lib/mysql/mysqld-auto.cnf", "8:2")]
    [InlineData("/var/lib/mysql2", "8:1")]
    [InlineData("/srv/two words/x", "8:3")]
    public void A_path_is_on_the_nearest_mount(string path, string device) => Assert.Equal(device, s_machine.At(path)!.Device);

    [Fact]
    public void Of_two_mounts_in_one_place_the_later_one_counts() =>
        Assert.Equal("9:9", MountTable.Parse(["1 0 8:1 / / rw - ext4 a rw", "2 1 9:9 / / rw - ext4 b rw"]).At("/x")!.Device);

    [Theory]
    [InlineData("/etc/my.cnf", true)]
    [InlineData("/var/lib/mysql/mysqld-auto.cnf", true)]
    [InlineData("/var/lib/mmm-agent/x", true)]
    [InlineData("/var/lib/mmm-agent", true)]
    [InlineData("/", true)]
    [InlineData("/home/data", false)]
    [InlineData("/srv/two words/x", false)]
    public void The_same_place_is_told_from_another_one_of_that_name(string path, bool same) => Assert.Equal(same, s_machine.HasSame(s_unit, path));

    [Fact]
    public void A_container_has_nothing_in_common_with_the_machine() =>
        Assert.False(MountTable.Parse(["1 0 0:77 / / rw - overlay overlay rw", "2 1 8:1 /var/lib/docker/volumes/db /var/lib/mysql rw - ext4 /dev/sda1 rw"]).HasSame(s_machine, "/var/lib/mysql"));

    [Theory]
    [InlineData("/var/lib/mysql", true, true, "only the unit's mount is read-only")]
    [InlineData("/var/lib/mysql", false, true, "mysqld has ended, and nobody else can be asked")]
    [InlineData("/var/lib/mmm-agent", true, false, "it can be written")]
    public void A_folder_that_only_this_process_may_not_write_is_no_broken_disk(string folder, bool runs, bool only, string why)
    {
        _ = why;
        Assert.Equal(only, DataDisk.OnlyOursIsReadOnly(s_unit.At(folder), runs ? s_machine.At(folder) : null));
    }

    [Fact]
    public void A_file_system_that_is_read_only_itself_or_for_mysqld_too_is_one()
    {
        Assert.False(DataDisk.OnlyOursIsReadOnly(s_machine.At("/srv/two words"), s_machine.At("/srv/two words")));
        Assert.False(DataDisk.OnlyOursIsReadOnly(new Mount("8:3", "/", "/srv", ReadOnly: true, DiskReadOnly: true), null));
        Assert.False(DataDisk.OnlyOursIsReadOnly(s_unit.At("/var/lib/mysql"), s_unit.At("/var/lib/mysql")));
    }
}
