using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What an agent reports of the disk of mysqld's data.</summary>
public sealed class AgentDiskTests : IAsyncLifetime
{
    private static readonly DiskSettings s_settings = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(400), 1 << 20, DiskPolicy.WarnOnly);

    private readonly ScriptedMysql _mysql = new();
    private readonly FakeDisk _disk = new() { Waits = true };
    private TestAgent _agent = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        var files = new BinlogFiles("/log/binlog.index", "/data", 1, null, "10.11.6-MariaDB", null);
        _mysql.State = _mysql.State with { DataFolder = "/data/", Files = files };
        var addresses = new FakeAddresses();
        _agent = new TestAgent(
            new TestCluster { Disk = s_settings }, "db1", new AgentPorts(_mysql, addresses, addresses, addresses, new NoWatch(), new FakeStore(), TimeProvider.System, new FakeTails(), _disk, new FakeConnections()));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task The_folders_of_the_data_and_of_the_log_are_written_to_again_and_again()
    {
        (ImmutableArray<string> folders, TaskCompletionSource<DiskProbe> answer) = await _disk.AskedAsync(Stop);
        Assert.Equal(["/data", "/log"], folders);
        answer.SetResult(FakeDisk.Well("/data"));
        await _agent.ReportedAsync("it is well", r => r.Facts.Disk is { State: DiskState.Ok, Folder: "/data", FreeBytes: 1L << 40 });

        (_, answer) = await _disk.AskedAsync(Stop);
        answer.SetResult(new DiskProbe("/log", 28, "No space left on device", null));
        await _agent.ReportedAsync("it is full", r => r.Facts.Disk == new DiskFacts(DiskState.Full, "/log", "No space left on device", null));
    }

    [Fact]
    public async Task A_write_that_does_not_end_is_told_and_not_repeated_and_the_next_one_in_time_ends_that()
    {
        (_, TaskCompletionSource<DiskProbe> answer) = await _disk.AskedAsync(Stop);
        await _agent.ReportedAsync("it stands still", r => r.Facts.Disk is { State: DiskState.Stalled, Folder: "/data", Message: "a write has not ended within 0.4 s (disk.timeout)" });

        answer.SetResult(FakeDisk.Well("/data"));
        (_, TaskCompletionSource<DiskProbe> next) = await _disk.AskedAsync(Stop);
        // One that has ended late proves nothing.
        Assert.All(_agent.Reports.OfType<Report>(), r => Assert.NotEqual(DiskState.Ok, r.Facts.Disk?.State));
        next.SetResult(FakeDisk.Well("/data"));
        await _agent.ReportedAsync("it is well again", r => r.Facts.Disk?.State == DiskState.Ok);
    }

    [Fact]
    public async Task It_is_told_also_when_mysqld_has_died_of_it()
    {
        (_, TaskCompletionSource<DiskProbe> answer) = await _disk.AskedAsync(Stop);
        _mysql.State = _mysql.State with { State = MysqldState.Down, Message = "gone", ReadOnly = null, DataFolder = null, Files = null };
        await _agent.ReportedAsync("it has died", r => r.Facts.Mysqld == MysqldState.Down);
        answer.SetResult(FakeDisk.Well("/data"));

        (_, answer) = await _disk.AskedAsync(Stop);
        answer.SetResult(new DiskProbe("/data", 30, "Read-only file system", null));
        await _agent.ReportedAsync("why", r => r.Facts is { Mysqld: MysqldState.Down, Disk.State: DiskState.ReadOnly });
    }
}
