using Mmm.Actors.Ledger;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Cluster.Tests.Ledger;

/// <summary>Real keepers and ledgers over loopback.</summary>
public sealed class LedgerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_first_installation_opens_empty_and_stores_and_the_next_coordinator_finds_it(int monitors)
    {
        await using var installation = LedgerInstallation.Running(monitors);
        LedgerClient first = installation.NewCoordinator();
        LedgerMessages.Opened opened = await first.Opened();
        Assert.Null(opened.Document);
        Assert.Equal(0, opened.Id.Version);
        Assert.Equal(new DecisionId(opened.Id.Epoch, 1), await first.Stored(1, "one"));
        Assert.Equal(new DecisionId(opened.Id.Epoch, 2), await first.Stored(2, "two"));

        LedgerClient second = installation.NewCoordinator("mon2");
        LedgerMessages.Opened taken = await second.Opened();
        Assert.Equal("two", taken.Document);
        Assert.Equal(2, taken.Id.Version);
        Assert.True(taken.Id.Epoch > opened.Id.Epoch);

        first.Store(3, "of the old one");
        Assert.Equal(taken.Id.Epoch, (await first.Expect<LedgerMessages.SteppedDown>()).Higher);
        Assert.Equal(new DecisionId(taken.Id.Epoch, 3), await second.Stored(3, "three"));
        // And the one that stepped down may begin anew.
        LedgerMessages.Opened again = await first.Opened();
        Assert.Equal(("three", 3), (again.Document, again.Id.Version));
    }

    [Fact]
    public async Task With_one_monitor_dead_it_decides_with_two_dead_it_says_so_and_goes_on_when_one_is_back()
    {
        await using var installation = LedgerInstallation.Running(3);
        LedgerClient ledger = installation.NewCoordinator();
        await ledger.Opened();
        await ledger.Stored(1, "one");

        await installation.Stop(2);
        await ledger.Stored(2, "two");

        await installation.Stop(1);
        ledger.Store(3, "three");
        await ledger.Expect<LedgerMessages.NoQuorum>(
            m => m.Sentence == "2 of the 3 voting monitors must have a decision on disk before it counts, 1 answers: mon2 does not answer; mon3 does not answer");

        installation.StartKeeper(2);
        Assert.Equal(3, (await ledger.Expect<LedgerMessages.Stored>()).Id.Version);
        // The third, back at last, is brought up to date without a new decision.
        installation.StartKeeper(1);
        await installation.WaitForStatus(1, v => v.Held.Version == 3);
    }

    [Fact]
    public async Task After_a_restart_of_all_monitors_the_document_is_back()
    {
        await using var installation = LedgerInstallation.Running(3);
        LedgerClient ledger = installation.NewCoordinator();
        Epoch epoch = (await ledger.Opened()).Id.Epoch;
        string large = string.Concat(Enumerable.Repeat("\"ü漢\\", 20_000));
        await ledger.Stored(1, large);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(installation.Restart));

        LedgerMessages.Opened opened = await installation.NewCoordinator().Opened();
        Assert.Equal((large, 1), (opened.Document, opened.Id.Version));
        Assert.True(opened.Id.Epoch > epoch);
    }

    [Fact]
    public async Task A_first_installation_waits_for_all_configured_monitors_and_names_the_missing()
    {
        await using var installation = LedgerInstallation.Create(3);
        installation.StartKeeper(0);
        installation.StartKeeper(1);
        LedgerClient ledger = installation.NewCoordinator();
        ledger.Open();
        // On a busy machine it is told before, of keepers that are still reading their disks or have not heard of each other.
        await ledger.Expect<LedgerMessages.Unavailable>(
            m => m.Sentence.Contains("mon1 takes no part (it has never stored a decision; it asks the other monitors: mon2 has never stored a decision either, mon3 does not answer)", StringComparison.Ordinal)
                && m.Sentence.EndsWith("; mon3 does not answer", StringComparison.Ordinal));

        installation.StartKeeper(2);
        Assert.Null((await ledger.Expect<LedgerMessages.Opened>()).Document);
    }

    [Fact]
    public async Task A_monitor_that_lost_its_disk_copies_from_the_others_and_counts_again()
    {
        await using var installation = LedgerInstallation.Running(3);
        LedgerClient ledger = installation.NewCoordinator();
        await ledger.Opened();
        DecisionId stored = await ledger.Stored(1, "one");
        await installation.WaitForStatus(0, v => v.Held == stored);
        await installation.WaitForStatus(1, v => v.Held == stored);
        await installation.Stop(2);
        Directory.Delete(installation.StateDir(2), recursive: true);
        installation.StartKeeper(2);
        await installation.WaitForStatus(2, v => v is { Standing: KeeperStanding.Voting } && v.Held == stored);

        await installation.Stop(0);
        await ledger.Stored(2, "two");
    }

    [Fact]
    public async Task A_damaged_file_is_never_taken_for_an_empty_one()
    {
        await using var installation = LedgerInstallation.Running(3);
        LedgerClient ledger = installation.NewCoordinator();
        await ledger.Opened();
        DecisionId stored = await ledger.Stored(1, "one");
        await installation.WaitForStatus(2, v => v.Held == stored);
        foreach (int i in Enumerable.Range(0, 3))
            await installation.Stop(i);
        byte[] content = await File.ReadAllBytesAsync(installation.Database(2));
        content.AsSpan(content.Length / 2).Fill(0x5a);
        await File.WriteAllBytesAsync(installation.Database(2), content);
        foreach (string file in Directory.GetFiles(installation.StateDir(0)))
            File.Delete(file);

        installation.StartKeeper(2);
        installation.StartKeeper(0);
        LedgerProtocol.KeeperView view = await installation.WaitForStatus(2, v => v.Why?.Contains("mon1 has never") == true);
        Assert.Equal(KeeperStanding.Lost, view.Standing);
        Assert.Contains("keeper.db is damaged", view.Why);
        Assert.Equal(KeeperStanding.New, (await installation.Status(0)).Standing);
        LedgerClient next = installation.NewCoordinator();
        next.Open();
        await next.Expect<LedgerMessages.Unavailable>(m => m.Sentence.Contains("mon3 takes no part (", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_file_is_kept_aside_once_the_records_are_copied()
    {
        await using var installation = LedgerInstallation.Running(3);
        LedgerClient ledger = installation.NewCoordinator();
        await ledger.Opened();
        DecisionId stored = await ledger.Stored(1, "one");
        await installation.WaitForStatus(0, v => v.Held == stored);
        await installation.WaitForStatus(1, v => v.Held == stored);
        await installation.Stop(2);
        await File.WriteAllTextAsync(installation.Database(2), "this is not a database, this is not a database, this is not a database");
        installation.StartKeeper(2);

        await installation.WaitForStatus(2, v => v is { Standing: KeeperStanding.Voting } && v.Held == stored);
        Assert.StartsWith("this is not", await File.ReadAllTextAsync(installation.Database(2) + ".damaged"));
        await installation.Restart(2);
        await installation.WaitForStatus(2, v => v is { Standing: KeeperStanding.Voting } && v.Held == stored);
    }

    [Fact]
    public async Task Two_keepers_never_share_a_state_directory()
    {
        await using var installation = LedgerInstallation.Create(3);
        installation.StartKeeper(0);
        await installation.WaitForStatus(0, v => v.Standing == KeeperStanding.New);
        installation.StartKeeper(1, installation.StateDir(0));
        LedgerProtocol.KeeperView view = await installation.WaitForStatus(1, v => v.Why?.Contains("in use") == true);
        Assert.Equal($"the state directory {installation.StateDir(0)} is in use by another running mmm-monitor: give each its own monitor.state_dir, or stop the other one", view.Why);

        await installation.Stop(0);
        await installation.WaitForStatus(1, v => v.Standing == KeeperStanding.New);
    }

    [Fact]
    public async Task A_monitor_whose_disk_is_full_abstains_says_so_and_is_back_by_itself_when_there_is_room()
    {
        await using var installation = LedgerInstallation.Create(3);
        await using TinyDisk disk = await TinyDisk.MountAt(installation.StateDir(2));
        foreach (int i in Enumerable.Range(0, 3))
            installation.StartKeeper(i);
        LedgerClient ledger = installation.NewCoordinator();
        await ledger.Opened();
        await ledger.Stored(1, "one");
        await installation.WaitForStatus(2, v => v.Held.Version == 1);

        disk.Fill();
        string large = new('x', 20_000);
        await ledger.Stored(2, large);
        LedgerProtocol.KeeperView view = await installation.WaitForStatus(2, v => v.Standing == KeeperStanding.Unwritable);
        Assert.Contains("keeper.db cannot be written", view.Why);
        Assert.Contains("full", view.Why);

        await installation.Stop(1);
        ledger.Store(3, large + "3");
        await ledger.Expect<LedgerMessages.NoQuorum>(m => m.Sentence.Contains("mon3 takes no part (" + installation.Database(2), StringComparison.Ordinal));
        disk.MakeRoom();
        Assert.Equal(3, (await ledger.Expect<LedgerMessages.Stored>()).Id.Version);
        await installation.Stop(2);
    }

    [Fact]
    public async Task A_monitor_whose_disk_is_read_only_abstains_says_so_and_votes_once_it_is_writable()
    {
        await using var installation = LedgerInstallation.Create(1);
        await using TinyDisk disk = await TinyDisk.MountAt(installation.StateDir(0));
        await disk.MakeReadOnly();
        installation.StartKeeper(0);
        LedgerClient ledger = installation.NewCoordinator();
        ledger.Open();
        await ledger.Expect<LedgerMessages.Unavailable>(m => m.Sentence.Contains("cannot be written: Read-only file system", StringComparison.Ordinal));
        await disk.MakeWritable();
        Assert.Null((await ledger.Expect<LedgerMessages.Opened>()).Document);
        await installation.Stop(0);
    }

    [Fact]
    public async Task A_disk_that_hangs_is_reported_while_it_hangs()
    {
        await using var installation = LedgerInstallation.Running(1);
        LedgerClient ledger = installation.NewCoordinator();
        await ledger.Opened();
        await ledger.Stored(1, "one");
        await installation.Stop(0);
        using (var holder = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={installation.Database(0)};Pooling=False"))
        {
            // The keeper's first statement now waits, like one on a disk that does not answer.
            await holder.OpenAsync();
            using Microsoft.Data.Sqlite.SqliteCommand hold = holder.CreateCommand();
            hold.CommandText = "BEGIN EXCLUSIVE";
            await hold.ExecuteNonQueryAsync();
            installation.StartKeeper(0);
            LedgerProtocol.KeeperView view = await installation.WaitForStatus(0, v => v.Why?.Contains("has not answered for 3 s") == true);
            Assert.Equal(KeeperStanding.Unwritable, view.Standing);
        }

        await installation.WaitForStatus(0, v => v is { Standing: KeeperStanding.Voting, Held.Version: 1 });
    }

    [Fact]
    public async Task A_ledger_that_fails_ends_the_reign_and_can_begin_another()
    {
        await using var installation = LedgerInstallation.Running(1);
        LedgerClient ledger = installation.NewCoordinator();
        Epoch first = (await ledger.Opened()).Id.Epoch;
        ledger.Store(99, "nobody counts like this");
        await ledger.Expect<LedgerMessages.SteppedDown>();
        LedgerMessages.Opened again = await ledger.Opened();
        Assert.True(again.Id.Epoch > first);
        await ledger.Stored(1, "one");
    }

    [Fact]
    public async Task A_document_too_large_to_send_is_refused_with_a_sentence()
    {
        await using var installation = LedgerInstallation.Running(1);
        LedgerClient ledger = installation.NewCoordinator();
        await ledger.Opened();
        await ledger.Stored(1, new string('"', LedgerActor.MaxDocumentBytes));
        ledger.Store(2, new string('"', LedgerActor.MaxDocumentBytes + 1));
        Assert.Contains("too many hosts", (await ledger.Expect<LedgerMessages.NoQuorum>()).Sentence);
    }
}
