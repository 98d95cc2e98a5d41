using System.Diagnostics;
using Mmm.Agent.Adapters.Linux;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Xunit;

namespace Mmm.Agent.Tests.Linux;

/// <summary>What an agent that is not root may do with mysqld. A process cannot get its rights back, so what is tested runs in another run of this program (<see cref="AsNobodyTests"/>).</summary>
public sealed class RightsTests
{
    [Fact]
    public async Task A_mysqld_of_another_user_cannot_be_ended_and_its_files_are_found_by_their_own_names()
    {
        using Process other = Process.Start("sleep", "120");
        await RunAsync(other, nameof(AsNobodyTests.Another_users_process));
    }

    [Fact]
    public async Task Where_another_file_system_is_mounted_for_mysqld_nothing_is_taken_for_its_files()
    {
        using Process other = Process.Start("unshare", ["--mount", "--propagation", "private", "sh", "-c", "mount -t tmpfs tmpfs /mnt && exec sleep 120"]);
        await Eventually.TrueAsync("it has its own /mnt", () => Task.FromResult(MountTable.Of(other.Id)?.At("/mnt")?.Point == "/mnt"));
        await RunAsync(other, nameof(AsNobodyTests.A_process_with_a_mount_of_its_own));
    }

    [Fact]
    public async Task A_folder_that_a_unit_has_made_read_only_for_the_agent_alone_is_no_broken_disk()
    {
        string folder = Directory.CreateTempSubdirectory("mmm-ro-").FullName;
        try
        {
            (int code, string output) = await TestProcess.RunAsync(
                "unshare", ["--mount", "--propagation", "private", "sh", "-ec", "mount --bind \"$1\" \"$1\"; mount -o remount,bind,ro \"$1\"; shift; exec \"$@\"", "sh", folder, .. TestProcess.Test(typeof(AsNobodyTests), nameof(AsNobodyTests.A_folder_of_a_unit))], folder);
            Assert.True(code == 0 && output.Contains("Total: 1,", StringComparison.Ordinal), output);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Fact]
    public void Who_may_everything_lacks_nothing() => Assert.Empty(MysqldRights.Missing(Environment.ProcessId));

    private static async Task RunAsync(Process other, string test)
    {
        try
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become nobody");
            (int code, string output) = await TestProcess.RunAsync(
                "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--", .. TestProcess.Test(typeof(AsNobodyTests), test)], $"{other.Id}");
            Assert.True(code == 0 && output.Contains("Total: 1,", StringComparison.Ordinal), output);
        }
        finally
        {
            other.Kill();
            await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }
}

/// <summary>Run by <see cref="RightsTests"/> as another user, or with other mounts.</summary>
public sealed class AsNobodyTests
{
    private static readonly string s_argument = Environment.GetEnvironmentVariable(TestProcess.Argument) ?? "";

    [Fact(Explicit = true)]
    public async Task Another_users_process()
    {
        int pid = int.Parse(s_argument, System.Globalization.CultureInfo.InvariantCulture);

        string lack = Assert.Single(MysqldRights.Missing(pid));

        Assert.StartsWith($"this agent (user nobody (65534)) may not end mysqld (process {pid} of user root (0))", lack, StringComparison.Ordinal);
        Assert.EndsWith("or give it CAP_KILL", lack, StringComparison.Ordinal);
        Assert.Throws<UnauthorizedAccessException>(() => Directory.GetFileSystemEntries($"/proc/{pid}/root/"));
        MysqldView view = MysqldView.Of(pid)!;
        Assert.Equal("/etc/passwd", view.Reach("/etc/passwd"));
        Assert.Null(view.Reach("relative"));
        await AssertIsToldAsync(pid, lack);
    }

    /// <summary>By the watch, as soon as it has found the process.</summary>
    private static async Task AssertIsToldAsync(int pid, string lack)
    {
        using var poller = new Poller();
        using var stop = new CancellationTokenSource();
        var told = new List<string>();
        Task ends = new ProcessWatch(poller, null, TimeSpan.FromMilliseconds(20), TimeProvider.System, told.Add).WaitForExitAsync(pid, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ends);
        Assert.Equal([lack], told);
    }

    [Fact(Explicit = true)]
    public async Task A_process_with_a_mount_of_its_own()
    {
        int pid = int.Parse(s_argument, System.Globalization.CultureInfo.InvariantCulture);
        MysqldView view = MysqldView.Of(pid)!;
        Assert.Equal("/etc/passwd", view.Reach("/etc/passwd"));
        Assert.Null(view.Reach("/mnt/data"));

        DiskProbe probe = await new DataDisk().ProbeAsync(["/mnt"], pid);

        Assert.Equal(new DiskProbe("/mnt", 13, "the folder is in file systems of mysqld's own, into which this agent may not look", null), probe);
    }

    [Fact(Explicit = true)]
    public async Task A_folder_of_a_unit()
    {
        DiskProbe probe = await new DataDisk().ProbeAsync([s_argument], null);
        Assert.Equal((13, $"the folder is read-only for this agent, and not for the rest of the machine: ReadWritePaths={s_argument} in its unit"), (probe.Errno, probe.Error));
    }
}
