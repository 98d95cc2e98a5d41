using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Mmm.Cluster.Tests.Ledger;
using Mmm.Shared.History;
using Xunit;

namespace Mmm.Cluster.Tests.History;

/// <summary>The history on real disks and over a real network.</summary>
public sealed class ChronicleActorTests : IAsyncLifetime
{
    private ChronicleInstallation _monitors = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _monitors = new ChronicleInstallation(3);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _monitors.DisposeAsync();

    [Fact]
    public async Task What_one_monitor_heard_all_have_soon_and_after_a_restart_of_all()
    {
        _monitors.Happens(0, 1, 2);
        _monitors.Happens(1, 3);
        _monitors.Happens(2, 4, 5);
        for (int i = 0; i < 3; i++)
            await _monitors.Has(i, 1, 2, 3, 4, 5);

        HistoryEvent[] before = [.. await _monitors.Read(0)];
        for (int i = 0; i < 3; i++)
            await _monitors.Stop(i);
        // Alone, so that what it has is what its disk had.
        _monitors.Start(0);
        await _monitors.Has(0, 1, 2, 3, 4, 5);
        Assert.Equal(before, await _monitors.Read(0));
    }

    [Fact]
    public async Task A_monitor_whose_disk_was_lost_or_damaged_gets_the_history_from_the_others()
    {
        int[] all = [.. Enumerable.Range(1, 250)];
        _monitors.Happens(0, all);
        for (int i = 0; i < 3; i++)
            await _monitors.Has(i, all);

        await _monitors.Stop(1);
        Directory.Delete(_monitors.StateDir(1), recursive: true);
        await _monitors.Stop(2);
        await File.WriteAllTextAsync(_monitors.Database(2), "no database at all", Cancel);
        _monitors.Start(1);
        _monitors.Start(2);

        await _monitors.Has(1, all);
        await _monitors.Has(2, all);
        Assert.True(File.Exists(_monitors.Database(2) + ".damaged"));
    }

    [Fact]
    public async Task A_file_of_another_release_is_set_aside()
    {
        _monitors.Happens(0, 1);
        await _monitors.Has(0, 1);
        for (int i = 0; i < 3; i++)
            await _monitors.Stop(i);
        await using (SqliteConnection file = new($"Data Source={_monitors.Database(0)};Pooling=False"))
        {
            await file.OpenAsync(Cancel);
            await using SqliteCommand raise = new("PRAGMA user_version = 99", file);
            await raise.ExecuteNonQueryAsync(Cancel);
        }

        _monitors.Start(0);
        await Eventually.True(() => File.Exists(_monitors.Database(0) + ".damaged"), "it is set aside");
        _monitors.Happens(0, 2);
        await _monitors.Has(0, 2);
    }

    [Fact]
    public async Task A_full_disk_costs_no_events_and_is_caught_up_with_later()
    {
        await _monitors.Stop(1);
        await _monitors.Stop(2);
        await _monitors.Stop(0);
        await using (TinyDisk disk = await TinyDisk.MountAt(_monitors.StateDir(0)))
        {
            _monitors.Start(0);
            _monitors.Happens(0, 1);
            await _monitors.Has(0, 1);
            await Eventually.True(() => File.Exists(_monitors.Database(0)), "it is being stored");
            disk.Fill();
            Task<string> error = _monitors.NextError(0);
            _monitors.Happens(0, [.. Enumerable.Range(2, 200)]);
            Assert.StartsWith("The history cannot be stored on this monitor: ", await error, StringComparison.Ordinal);
            await _monitors.Has(0, [.. Enumerable.Range(1, 201)]);

            disk.MakeRoom();
            // The next look at the disk is 10 s away at most.
            await Eventually.True(() => Stored(_monitors.Database(0)) == 201, "everything is on the disk", 30);
            await _monitors.Stop(0);
        }
    }

    [Fact]
    public async Task Only_the_latest_are_kept_in_memory_and_on_disk()
    {
        int[] latest = [.. Enumerable.Range(101, ChronicleInstallation.Capacity)];
        _monitors.Happens(0, [.. Enumerable.Range(1, 100)]);
        _monitors.Happens(0, latest);
        await _monitors.Has(0, latest);
        await Eventually.True(() => Stored(_monitors.Database(0)) == ChronicleInstallation.Capacity, "the file is as short", 30);
        await _monitors.Has(1, latest);
    }

    [Fact]
    public async Task A_cluster_that_is_not_configured_leaves_no_trace()
    {
        _monitors.Happens(0, "C9", 1);
        _monitors.Happens(0, 2);
        await _monitors.Has(0, 2);
        Assert.Empty(await _monitors.Read(0, "C9"));
    }

    [Fact]
    public async Task A_follower_gets_each_new_event_once_and_one_that_does_not_keep_up_is_left_to_itself()
    {
        Channel<HistoryEvent> quick = _monitors.Follow(0, 100), slow = _monitors.Follow(0, 2);
        _monitors.Happens(0, 1, 2);
        _monitors.Happens(0, 2, 3);
        for (int no = 1; no <= 3; no++)
            Assert.Equal(no, (await quick.Reader.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel)).Id.No);

        Assert.Equal([1, 2], await slow.Reader.ReadAllAsync(Cancel).Select(e => e.Id.No).ToListAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel));
        await _monitors.Stop(0);
        Assert.Empty(await quick.Reader.ReadAllAsync(Cancel).ToListAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel));
    }

    private static long Stored(string path)
    {
        string copy = path + ".look";
        try
        {
            // The running chronicle holds the file locked: its copy is looked at, with the log beside it.
            File.Copy(path, copy, overwrite: true);
            if (File.Exists(path + "-wal"))
                File.Copy(path + "-wal", copy + "-wal", overwrite: true);
            using SqliteConnection file = new($"Data Source={copy};Pooling=False");
            file.Open();
            using SqliteCommand count = new("SELECT COUNT(*) FROM event", file);
            return (long)count.ExecuteScalar()!;
        }
        catch (SqliteException)
        {
            // Copied in the middle of a write.
            return -1;
        }
        finally
        {
            foreach (string suffix in new[] { "", "-wal", "-shm" })
                File.Delete(copy + suffix);
        }
    }
}
