using Mmm.Lab.Client;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using MySqlConnector;
using Xunit;

namespace Mmm.Lab.Tests.Product;

[Collection(WholeLabCollection.Name)]
public sealed class WriterFailoverTests(WholeLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task A_killed_active_master_is_replaced_loses_nothing_comes_back_and_the_writer_can_be_moved_back()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo(other, 15);
        foreach (string replica in Databases.Except([old, other]))
            await UntilFollows(replica, other, 15);
        await UntilState(old, "HARD_OFFLINE", 10);
        await OnlyWriterIs(other, old);
        await UntilShown("every address is on a healthy host", 15, s => s.Roles.All(r => r.Owner is { } owner && owner != old && r.ReleasingFrom is null));
        int[] readers = (await SnapshotAsync()).ReadersPerHost(Databases.Except([old]));
        Assert.True(readers.Max() - readers.Min() < 2, $"readers are spread unevenly: {string.Join(", ", readers)}");
        await NothingIsLostOn(other);

        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);

        await UntilState(old, "ONLINE", 30);
        await UntilFollows(old, other, 10);
        await UntilShown($"{old} has a reader again", 15, s => s.AddressesOf(old).Length > 0);
        Assert.Equal(other, (await SnapshotAsync()).Writer());
        await NothingIsLostOn(Databases);

        string answer = await MmmAsync("move_role", "writer", old);

        Assert.StartsWith($"OK: Role 'writer' has been moved from '{other}' to '{old}'", answer, StringComparison.Ordinal);
        await UntilWritesGoTo(old, 15);
        await UntilFollows(other, old, 15);
        await LabReadiness.WaitAsync(Lab, TimeSpan.FromSeconds(15), Stop);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task What_only_the_dead_master_had_is_on_the_next_one_before_that_takes_writes()
    {
        (string old, string other) = await MastersAsync();
        await Lab.Server(old).ExecuteAsync("CREATE TABLE lab.tail (id INT PRIMARY KEY) ENGINE=InnoDB", Stop);
        await Until($"{other} has the table", 10, async () => await Lab.Server(other).ScalarAsync("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME='tail'", Stop) == "1");

        // Too short for the checks to make anything of it.
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.tail VALUES (1); INSERT INTO lab.tail VALUES (2), (3)", Stop);
        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilShown($"{other} is the active master", 20, s => s.ActiveMaster == other && s.Move is null);
        Assert.Equal("3", await Lab.Server(other).ScalarAsync("SELECT COUNT(*) FROM lab.tail", Stop));
        await OnlyWriterIs(other, old);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilState(old, "ONLINE", 30);
        await UntilFollows(old, other, 15);
        await UntilFollows(other, old, 15);
        await Lab.Server(other).ExecuteAsync("DROP TABLE lab.tail", Stop);
    }

    [Fact]
    public async Task What_only_the_dead_master_had_is_on_the_next_one_also_when_its_mysqld_is_back_before_that_has_fetched_it()
    {
        (string old, string other) = await MastersAsync();
        await Lab.Server(old).ExecuteAsync("CREATE TABLE lab.tail (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 0) ENGINE=InnoDB; INSERT INTO lab.tail (id) VALUES (0)", Stop);
        await Until($"{other} has the row", 10, async () => await RowsOn(other) == "1");

        // The next one applies what it has received before it fetches the rest, and that takes until its row is free.
        await using (MySqlConnection application = await Lab.Server(other).OpenApplicationAsync(Stop))
        {
            await using MySqlCommand hold = new("BEGIN; SELECT n FROM lab.tail WHERE id = 0 LOCK IN SHARE MODE", application);
            await hold.ExecuteScalarAsync(Stop);
            await Lab.Server(old).ExecuteAsync("UPDATE lab.tail SET n = 1", Stop);
            // InnoDB renews what it shows there only once nobody has looked for 100 ms.
            await Wait.UntilAsync(
                $"{other} waits for the row", TimeSpan.FromSeconds(10),
                async _ => await Lab.Server(other).ScalarAsync("SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'", Stop) == "1",
                every: TimeSpan.FromMilliseconds(250), ct: Stop);
            await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
            await Lab.Server(old).ExecuteAsync("INSERT INTO lab.tail (id) VALUES (1); INSERT INTO lab.tail (id) VALUES (2), (3)", Stop);
            await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
            await UntilShown($"{other} is taking over", 10, s => s.Move is { Phase: "taking_over" });
            await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
            await UntilShown($"{old}'s mysqld is back, and {other} still waits", 8, s => s.Of(old).Agent?.Facts.Mysqld == AgentProtocol.MysqldState.Up && s.Move is { Phase: "taking_over" });
        }

        // Less than the catch_up_timeout after which it would go on without.
        await UntilShown($"{other} is the active master", 6, s => s.ActiveMaster == other && s.Move is null);
        Assert.Equal("4", await RowsOn(other));
        await UntilState(old, "ONLINE", 30);
        await UntilFollows(old, other, 15);
        await UntilFollows(other, old, 15);
        await Lab.Server(other).ExecuteAsync("DROP TABLE lab.tail", Stop);

        async Task<string?> RowsOn(string host) => await Lab.Server(host).ScalarAsync("SELECT COUNT(*) FROM lab.tail", Stop);
    }

    [Fact]
    public async Task A_planned_move_of_the_writer_holds_writes_up_for_less_than_a_second()
    {
        (string from, string to) = await MastersAsync();
        await ClientWritesAsync();

        await MmmAsync("move_role", "writer", to);

        await UntilWritesGoTo(to, 15);
        ClientReport report = await Lab.Client.StopAsync(Stop);
        Assert.True(report.LongestOutageMs < 1000, report.ToJson());
        await UntilFollows(from, to, 15);
        await OnlyWriterIs(to);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task An_active_master_without_power_is_replaced_and_boots_as_a_replica()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();
        // What a vanished master had not sent yet is lost with asynchronous replication, and how much that is depends on how busy this machine is:
        // the client pauses until every replica has every row.
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);

        await Lab.Faults.PowerOffAsync(old, Stop);
        await Lab.Client.StartAsync(s => s, Stop);

        await UntilWritesGoTo(other, 30);
        await UntilState(old, "HARD_OFFLINE", 10);
        await NothingIsLostOn(other);

        await Lab.Faults.PowerOnAsync(old, Stop);

        await UntilBack(40, old);
        await UntilFollows(old, other, 15);
        await LabReadiness.WaitAsync(Lab, TimeSpan.FromSeconds(15), Stop);
        Assert.Equal(other, (await SnapshotAsync()).ActiveMaster);
    }

    [Fact]
    public async Task An_active_master_that_is_restarted_quickly_does_not_leave_the_cluster_without_a_writer()
    {
        (string old, _) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);

        await Until("writes flow again", 20, () => Task.FromResult(Lab.Client.Report() is { SinceLastMs: < 100, LongestOutageMs: > 100 }), NowAsync);
        await Lab.Client.WritesFlowAsync(100, ct: Stop);
        await LabReadiness.WaitAsync(Lab, TimeSpan.FromSeconds(30), Stop);
        StatusProtocol.ClusterSnapshot snapshot = await SnapshotAsync();
        await OnlyWriterIs(snapshot.ActiveMaster!);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(snapshot.ActiveMaster!);
    }

    [Fact]
    public async Task A_commit_nobody_received_stays_with_its_master_and_stops_no_replica_once_it_is_let_in()
    {
        (string old, string other) = await MastersAsync();
        string[] replicas = [.. Databases.Except([old])];
        // No replica may be ahead of another: what the other master lacks and a slave has stops that slave, whatever the domains are.
        await ClientWritesAsync();
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.writes VALUES (7, 1, 1)", Stop);
        // Or it would be fetched from the log.
        string index = Path.Combine(Lab.Paths.DataDir(old), "binlog.index");
        File.Move(index, index + ".away");
        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);
        await Lab.Client.StartAsync(s => s, Stop);
        await UntilWritesGoTo(other, 20);
        Assert.Contains((await SnapshotAsync()).Warnings, w => w.Contains("binlog.index cannot be read", StringComparison.Ordinal));
        foreach (string replica in replicas)
            Assert.Equal("0", await Lab.Server(replica).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 7", Stop));

        File.Move(index + ".away", index);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);

        await UntilShown($"it is seen what only {old} has", 30, s => s.Notes.Any(n => n.Code == "rejoin_errant" && n.Host == old));
        await UntilShown($"it is said that nobody acknowledges what {other} commits", 20, s => s.Warnings.Any(w => w.StartsWith($"commits on {other} are acknowledged by no replica", StringComparison.Ordinal)));
        await MmmAsync("set_online", "--force", old);
        await UntilState(old, "ONLINE", 30);
        foreach (string replica in replicas)
        {
            await Until(
                $"{replica} has the commit that was only on {old}", 15,
                async () => await Lab.Server(replica).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 7", Stop) == "1", NowAsync);
        }

        // By their GTID position: what the other master has written in between is behind it for everybody.
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
        await MmmAsync("move_role", "writer", old);
        await UntilWritesGoTo(old, 15);
        foreach (string replica in replicas)
            await UntilFollows(replica, old, 15);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
    }
}
