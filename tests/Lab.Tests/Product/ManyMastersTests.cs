using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Three masters, of which the third goes before the second, a slave, three monitors.</summary>
/// <param name="server">What the databases are.</param>
public abstract class ManyMastersLab(string server) : LabFixture(new LabOptions
{
    Server = server,
    Masters = 3,
    Slaves = 1,
    SemiSync = true,
    ExtraConfig = """
        cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000 }
        cluster C1 { hosts { master3 { priority = 80 } } }
        """,
});

public sealed class ManyMariaDbMastersLab() : ManyMastersLab("mariadb-10.11");

public sealed class ManyMySqlMastersLab() : ManyMastersLab("mysql-9.7");

public sealed class ManyMariaDbMasters(ManyMariaDbMastersLab lab) : ManyMastersTests(lab), IClassFixture<ManyMariaDbMastersLab>;

public sealed class ManyMySqlMasters(ManyMySqlMastersLab lab) : ManyMastersTests(lab), IClassFixture<ManyMySqlMastersLab>;

/// <summary>More than two hosts that may become the active master: all the others follow the one that is.</summary>
public abstract class ManyMastersTests(ManyMastersLab lab) : ProductTest(lab)
{
    private readonly bool _mysql = lab.Options.Server.StartsWith("mysql", StringComparison.Ordinal);

    [Fact]
    public async Task Whoever_fails_is_replaced_by_the_next_loses_nothing_and_comes_back_as_a_replica_of_it()
    {
        await WriterOnAsync("master1");
        await Until("the set-up is found good", 30, async () => (await Lab.MmmAsync(["check-setup"], Stop)).ExitCode == 0, NowAsync);
        await ClientWritesAsync();
        await UntilAllFollow("master1");

        // Equal but for its priority; and the third time both are at their default.
        foreach ((string old, string next) in new[] { ("master1", "master3"), ("master3", "master1"), ("master1", "master3") })
        {
            await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
            await UntilWritesGoTo(next, 15);
            await UntilAllFollow(next, old);
            await OnlyWriterIs(next, old);
            await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
            await UntilState(old, "ONLINE", 30);
            await UntilAllFollow(next);
        }

        foreach (string next in new[] { "master2", "master1" })
        {
            await MmmAsync("move_role", "writer", next);
            await UntilWritesGoTo(next, 15);
            await UntilAllFollow(next);
        }

        await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs("master1");
        await NothingIsLostOn(Databases);
        await Until("no check fails, also not the active master's", 15, async () => !(await Lab.MmmAsync(["checks", "all"], Stop)).Output.Contains("ERROR", StringComparison.Ordinal), NowAsync);
    }

    [Fact]
    public async Task One_with_transactions_of_its_own_takes_over_after_the_others()
    {
        await WriterOnAsync("master1");
        await UntilAllFollow("master1");
        await Lab.Server("master3").ExecuteAsync($"{Unlocked(true)}INSERT INTO lab.writes VALUES (5, 1, 1){Unlocked(false)}", Stop);
        await UntilReportedAsync("master3");

        await Lab.Faults.KillAsync("master1", LabPrograms.Mysqld, Stop);

        await UntilShown("master2 is the active master", 20, s => s.ActiveMaster == "master2" && s.Move is null);
        Assert.Contains((await SnapshotAsync()).Notes, n => n.Sentence.Contains("before master3, as master3 has transactions of its own (", StringComparison.Ordinal));
        await Lab.Faults.StartAsync("master1", LabPrograms.Mysqld, Stop);
        await UntilState("master1", "ONLINE", 30);
        await UntilAllFollow("master2");
        Assert.Equal("0", await CountAsync("master2", 5));

        // When it is made the active master, all get them.
        await MmmAsync("move_role", "writer", "master3");
        await UntilAllFollow("master3");
        foreach (string host in Databases)
            await Until($"{host} has them", 10, async () => await CountAsync(host, 5) == "1", NowAsync);
    }

    /// <summary>Two machines within a moment: the last one had not even been told of the first failover.</summary>
    [Fact]
    public async Task One_that_still_follows_the_master_before_takes_over_from_one_that_dies_at_once()
    {
        await WriterOnAsync("master1");
        await ClientWritesAsync();
        await Lab.Client.StopAsync(Stop);
        await UntilAllFollow("master1");
        await Lab.Faults.KillAsync("master2", LabPrograms.Agent, Stop);
        await Lab.Faults.PowerOffAsync("master1", Stop);
        await UntilShown("master3 is the active master", 30, s => s.ActiveMaster == "master3" && s.Move is null);
        await Lab.Faults.PowerOffAsync("master3", Stop);
        await Lab.Faults.StartAsync("master2", LabPrograms.Agent, Stop);

        await UntilShown("master2 is the active master", 60, s => s.ActiveMaster == "master2" && s.Move is null && s.Writer() == "master2");

        await NothingIsLostOn("master2");
        await OnlyWriterIs("master2", "master1", "master3");
        foreach (string host in new[] { "master1", "master3" })
            await Lab.Faults.PowerOnAsync(host, Stop);
        await UntilBack(60, "master1", "master3");
        await UntilAllFollow("master2");
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task One_that_returns_with_more_than_the_active_master_has_stays_out_and_spreads_nothing()
    {
        await WriterOnAsync("master1");
        await UntilSemiSyncHoldsAsync();
        foreach (string replica in Databases.Where(d => d != "master1"))
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server("master1").ExecuteAsync("INSERT INTO lab.writes VALUES (6, 1, 1)", Stop);
        await Lab.Faults.PowerOffAsync("master1", Stop);
        foreach (string replica in Databases.Where(d => d != "master1"))
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);
        await UntilShown("master3 is the active master", 30, s => s.ActiveMaster == "master3" && s.Move is null);
        await Lab.Faults.PowerOnAsync("master1", Stop);

        await UntilShown("master1 stays out, and it is said why", 40, s => s.StateOf("master1") == "AWAITING_RECOVERY" && s.Warnings.Any(w => w.StartsWith("host master1 has transactions that the active master lacks (", StringComparison.Ordinal)));

        Assert.Contains("ERROR: Host 'master1' has transactions that the active master lacks", await MmmRefusesAsync("set_online", "master1"), StringComparison.Ordinal);
        Assert.Null(await Lab.Server("master1").ReplicaAsync(Stop));
        if (_mysql)
        {
            // It keeps them, and nobody else gets them.
            await MmmAsync("set_online", "--force", "master1");
        }
        else
        {
            Assert.Contains("a MariaDB cannot follow a master that lacks what it has", await MmmRefusesAsync("set_online", "--force", "master1"), StringComparison.Ordinal);
            // Set up anew: it comes back by itself.
            string position = (await Lab.Server("master3").ScalarAsync("SELECT @@gtid_current_pos", Stop))!;
            await Lab.Server("master1").ExecuteAsync($"SET sql_log_bin=0; DELETE FROM lab.writes WHERE run = 6; RESET MASTER; SET GLOBAL gtid_slave_pos='{position}'", Stop);
        }

        await UntilState("master1", "ONLINE", 30);
        await UntilAllFollow("master3");
        Assert.Equal("0", await CountAsync("master3", 6));
        if (!_mysql)
            return;
        await MmmAsync("move_role", "writer", "master1");
        await UntilAllFollow("master1");
        await Until("all have them now", 10, async () => (await Task.WhenAll(Databases.Select(d => CountAsync(d, 6)))).All(c => c == "1"), NowAsync);
    }

    private Task<string?> CountAsync(string host, int run) => Lab.Server(host).ScalarAsync($"SELECT COUNT(*) FROM lab.writes WHERE run = {run}", Stop);

    private async Task WriterOnAsync(string host)
    {
        if ((await SnapshotAsync()).ActiveMaster != host)
            await MmmAsync("move_role", "writer", host);
        await UntilShown($"the writer is on {host}", 20, s => s.Writer() == host && s.ActiveMaster == host && s.Move is null);
    }

    /// <summary>All others replicate from it, and it from nobody.</summary>
    private async Task UntilAllFollow(string master, params string[] dead)
    {
        foreach (string host in Databases.Where(d => d != master && !dead.Contains(d)))
            await UntilFollows(host, master, 15);
        await Until($"{master} replicates from nobody", 15, async () => await Lab.Server(master).ReplicaAsync(Stop) is null, NowAsync);
    }

    /// <summary>root passes MariaDB's read_only, and not MySQL's super_read_only.</summary>
    private string Unlocked(bool begin) => !_mysql ? "" : begin ? "SET GLOBAL super_read_only = 0; " : "; SET GLOBAL super_read_only = 1";
}
