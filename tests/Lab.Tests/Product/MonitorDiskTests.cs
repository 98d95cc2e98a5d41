using Mmm.Lab.Client;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>What a monitor has on its disk is lost or damaged while it is down. A full disk, and the death of all monitors at once, are in the fault matrix.</summary>
[Collection(WholeLabCollection.Name)]
public sealed class MonitorDiskTests(WholeLab lab) : ProductTest(lab)
{
    private static readonly string[] s_monitors = ["mon1", "mon2", "mon3"];

    [Fact]
    public async Task A_monitor_that_has_lost_its_state_copies_it_from_the_others_and_then_counts()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        string lost = s_monitors.First(m => m != before.Coordinator);
        await ClientWritesAsync(patient: true);

        await Lab.Faults.KillAsync(lost, LabPrograms.Monitor, Stop);
        Directory.Delete(Lab.Paths.StateDir(lost, LabPrograms.Monitor), recursive: true);
        LogSince log = LogSince.Now(Lab.Paths, lost, LabPrograms.Monitor);
        await Lab.Faults.StartAsync(lost, LabPrograms.Monitor, Stop);

        await Until("it does not vote at first", 40, () => Task.FromResult(log.With("does not vote: it has never stored a decision").Length > 0));
        await Until("it votes with what it has copied", 40, () => Task.FromResult(log.With("votes (has copied the records of the others)").Length > 0));
        await ItIsNeededForDecisionsAsync(lost, before);
    }

    [Fact]
    public async Task A_monitor_whose_records_are_damaged_says_so_copies_them_from_the_others_and_then_counts()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        string damaged = s_monitors.First(m => m != before.Coordinator);
        await ClientWritesAsync(patient: true);

        await Lab.Faults.KillAsync(damaged, LabPrograms.Monitor, Stop);
        Damage(damaged);
        LogSince log = LogSince.Now(Lab.Paths, damaged, LabPrograms.Monitor);
        await Lab.Faults.StartAsync(damaged, LabPrograms.Monitor, Stop);

        await Until("it says that its records are damaged", 40, () => Task.FromResult(log.With("does not vote: ", RecordsOf(damaged) + " is damaged: ").Length > 0));
        await Until("it votes with what it has copied", 40, () => Task.FromResult(log.With("votes (has copied the records of the others)").Length > 0));
        Assert.True(File.Exists(RecordsOf(damaged) + ".damaged"), "the damaged file is not kept");
        await ItIsNeededForDecisionsAsync(damaged, before);
    }

    [Fact]
    public async Task Two_of_three_damaged_monitors_pretend_nothing_and_roles_stay_where_they_are()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        string[] damaged = [.. s_monitors.Where(m => m != before.Coordinator)];
        await ClientWritesAsync(patient: true);

        await Lab.Faults.KillTogetherAsync([.. damaged.Select(m => (m, LabPrograms.Monitor))], Stop);
        byte[] whole = await File.ReadAllBytesAsync(RecordsOf(damaged[0]), Stop);
        LogSince[] logs = [.. damaged.Select(m => LogSince.Now(Lab.Paths, m, LabPrograms.Monitor))];
        foreach (string monitor in damaged)
        {
            Damage(monitor);
            await Lab.Faults.StartAsync(monitor, LabPrograms.Monitor, Stop);
        }

        foreach (string monitor in damaged)
            await Until($"every monitor says that {monitor} does not vote, and why", 60, () => EverybodySaysAsync(monitor, RecordsOf(monitor) + " is damaged: "), NowAsync);
        string status = (await Lab.MmmAsync(["status"], Stop)).Output;
        foreach (string monitor in damaged)
            Assert.Contains(RecordsOf(monitor) + " is damaged: ", status.ReplaceLineEndings(""), StringComparison.Ordinal);

        // Many leases long: nobody can renew one, and the agents agree among themselves that everything stays.
        long until = Lab.Client.Report().ElapsedMs + 15_000;
        await Until("15 s have passed", 40, () => Task.FromResult(Lab.Client.Report().ElapsedMs >= until));
        Assert.All(logs, l => Assert.Empty(l.With("Keeper of cluster", " votes ")));
        Assert.Equal(before.Roles.Select(r => (r.Address.Ip, r.Owner)).Order(), (await Lab.AddressHoldersAsync(Stop)).SelectMany(a => a, (a, host) => (a.Key, (string?)host)).Order());
        NoWriteFailed();

        // An operator finds the file of one of them in a backup.
        await Lab.Faults.KillAsync(damaged[0], LabPrograms.Monitor, Stop);
        await File.WriteAllBytesAsync(RecordsOf(damaged[0]), whole, Stop);
        await Lab.Faults.StartAsync(damaged[0], LabPrograms.Monitor, Stop);
        await Until("every monitor votes", 60, EveryMonitorCountsAsync, NowAsync);
        // The one that decided before may have gone on, with nothing to decide, or another one has taken over.
        await UntilShown("a coordinator serves", 60, s => s.Phase == "serving");
        await MmmAsync("set_manual");
        await MmmAsync("set_active");
        await UntilShown("both decisions are stored", 20, s => s.Mode == "ACTIVE" && s.Decision > before.Decision);
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());
        NoWriteFailed();
    }

    /// <summary>Without another one there is no quorum but with it.</summary>
    private async Task ItIsNeededForDecisionsAsync(string monitor, StatusProtocol.ClusterSnapshot before)
    {
        await Until("every monitor votes", 60, EveryMonitorCountsAsync, NowAsync);
        await Lab.Faults.KillAsync(s_monitors.First(m => m != monitor && m != before.Coordinator), LabPrograms.Monitor, Stop);
        await MmmAsync("set_manual");
        await MmmAsync("set_active");
        await UntilShown("both decisions are stored", 20, s => s.Mode == "ACTIVE" && s.Decision > before.Decision);
        Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());
        NoWriteFailed();
    }

    private async Task<bool> EverybodySaysAsync(string monitor, string words)
    {
        MonitorsReading?[] all = await Task.WhenAll(s_monitors.Select(m => Lab.Http.MonitorsAsync(m, Stop)));
        return all.All(r => r?.Members.Single(m => m.Name == monitor).Keeper is { Voting: false } k && k.Sentence.Contains(words, StringComparison.Ordinal));
    }

    private void NoWriteFailed()
    {
        ClientReport report = Lab.Client.Report();
        Assert.True(report.FailedAttempts == 0, $"writes failed although nothing had to move: {report.ToJson()}");
    }

    private string RecordsOf(string monitor) => Path.Combine(Lab.Paths.StateDir(monitor, LabPrograms.Monitor), "keeper.db");

    /// <summary>As many bytes as there were, none of them what a keeper wrote.</summary>
    private void Damage(string monitor)
    {
        byte[] bytes = new byte[new FileInfo(RecordsOf(monitor)).Length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((i * 197) + (i >> 8));
        File.WriteAllBytes(RecordsOf(monitor), bytes);
    }
}
