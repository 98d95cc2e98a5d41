using Mmm.Agent.Adapters.Linux;
using Mmm.Shared.Agents;
using Xunit;

namespace Mmm.Agent.Tests.Linux;

/// <summary>Writing to real folders; full, broken and stalled file systems are in the tests on labs.</summary>
public sealed class DataDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_that_can_be_written_is_left_as_it_was(bool throughAProcess)
    {
        DiskProbe probe = await new DataDisk().ProbeAsync([_folder], throughAProcess ? Environment.ProcessId : null);

        Assert.Equal((_folder, 0, (string?)null), (probe.Folder, probe.Errno, probe.Error));
        Assert.InRange(probe.FreeBytes!.Value, 1, long.MaxValue);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task The_first_folder_with_trouble_is_told()
    {
        string missing = Path.Combine(_folder, "missing");

        DiskProbe probe = await new DataDisk().ProbeAsync([_folder, missing], null);

        Assert.Equal(new DiskProbe(missing, 2, "a file could not be made: No such file or directory", null), probe);
    }

    [Fact]
    public async Task A_link_in_the_files_place_is_not_followed_and_a_file_that_was_left_is_no_trouble()
    {
        string victim = Path.Combine(_folder, "victim");
        await File.WriteAllTextAsync(victim, "precious", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(_folder, DataDisk.FileName), victim);

        Assert.Equal(0, (await new DataDisk().ProbeAsync([_folder], null)).Errno);

        Assert.Equal("precious", await File.ReadAllTextAsync(victim, TestContext.Current.CancellationToken));
        Assert.Equal([victim], Directory.GetFileSystemEntries(_folder));
        await File.WriteAllTextAsync(Path.Combine(_folder, DataDisk.FileName), "left", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await new DataDisk().ProbeAsync([_folder], null)).Errno);
    }
}
