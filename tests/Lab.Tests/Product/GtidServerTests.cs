using System.Text.RegularExpressions;
using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using MySqlConnector;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>What only GTIDs make possible.</summary>
public abstract class GtidServerTests(ServerLab lab) : EveryServerTests(lab)
{
    [Fact]
    public async Task What_only_a_slave_had_received_of_a_vanished_master_is_on_the_next_one_and_the_slave_follows_it()
    {
        (string old, string other) = await MastersAsync();
        await UntilSemiSyncHoldsAsync();
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.writes VALUES (9, 1, 1)", Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.writes VALUES (9, 2, 1), (9, 3, 1)", Stop);
        await Until("slave1 has them", 10, async () => await Lab.Server("slave1").ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 9", Stop) == "3");
        await Lab.Faults.PowerOffAsync(old, Stop);
        // Or the thread looks as if somebody wanted it stopped.
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);

        await UntilShown($"{other} is the active master", 30, s => s.ActiveMaster == other && s.Move is null);

        Assert.Equal("3", await Lab.Server(other).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 9", Stop));
        await UntilFollows("slave1", other, 15);
        await OnlyWriterIs(other, old);
        await Lab.Faults.PowerOnAsync(old, Stop);
        await UntilState(old, "ONLINE", 40);
        await UntilFollows(other, old, 15);
        await UntilFollows(old, other, 15);
    }

    /// <summary>MariaDB's answers nobody from the moment when such a replica connects anew, until its kernel notices that the old connection is dead.</summary>
    [Fact]
    public async Task A_replica_that_returns_from_a_power_cut_does_not_hold_the_active_master_up()
    {
        (string active, _) = await MastersAsync();
        await UntilSemiSyncHoldsAsync();
        await Lab.Server(active).ExecuteAsync("CREATE TABLE IF NOT EXISTS lab.large (content LONGBLOB NOT NULL)", Stop);
        Assert.NotEqual("", await ConnectionsAsync());

        await Lab.Faults.PowerOffAsync("slave1", Stop);
        // More than fits into the connection.
        await Lab.Server(active).ExecuteAsync("INSERT INTO lab.large VALUES (REPEAT('x', 1000000)), (REPEAT('y', 1000000))", Stop);

        await Until("the connection with the machine that is gone is ended", 20, async () => await ConnectionsAsync() == "");
        await Lab.Faults.PowerOnAsync("slave1", Stop);
        await Until("slave1 is back, and every new connection to the active master is served meanwhile", 40, async () =>
        {
            await using (await Lab.Server(active).OpenApplicationAsync(Stop).WaitAsync(TimeSpan.FromSeconds(3), Stop))
                return await Lab.Http.FreshestAsync(Stop) is { } reading && reading.Snapshot.StateOf("slave1") == "ONLINE";
        }, NowAsync);
        await UntilFollows("slave1", active, 15);

        async Task<string> ConnectionsAsync() => (await Tool.RunAsync(
            [.. Lab.Inside.On(active), "ss", "-Htn", "state", "established", "sport", "=", ":3306", "dst", Lab.Plan["slave1"].Ip.ToString()], ct: Stop)).Output;
    }

    [Fact]
    public async Task The_set_up_is_found_good_and_what_is_spoilt_is_named_with_the_statement_that_mends_it()
    {
        (string active, _) = await MastersAsync();
        await Until("the set-up is found good", 30, async () => (await Lab.MmmAsync(["check-setup"], Stop)) is { ExitCode: 0, Output: "master1: OK\nmaster2: OK\nslave1: OK\n" }, NowAsync);

        await Lab.Server(active).ExecuteAsync("SET GLOBAL sync_binlog = 0", Stop);

        string output = "";
        await Until("the agent has seen it", 30, async () => (output = (await Lab.MmmAsync(["check-setup", active], Stop)).Output) != $"{active}: OK\n", NowAsync);
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal($"{active}: WARNING sync_binlog: {active} may lose acknowledged writes when its machine fails", lines[0]);
        await Lab.Server(active).ExecuteAsync(lines[1].Trim(), Stop);
        await Until("it is mended", 30, async () => (await Lab.MmmAsync(["check-setup", active], Stop)).Output == $"{active}: OK\n", NowAsync);
    }

    [Fact]
    public async Task What_the_option_files_say_of_the_next_start_is_found_without_one()
    {
        (string active, _) = await MastersAsync();
        await Until("the set-up is found good", 30, async () => (await Lab.MmmAsync(["check-setup", active], Stop)).Output == $"{active}: OK\n", NowAsync);
        string file = Lab.Paths.MysqlConfig(active), good = await File.ReadAllTextAsync(file, Stop);
        string included = Path.Combine(Lab.Paths.HostDir(active), "more.cnf");
        try
        {
            await File.WriteAllTextAsync(included, "[mysqld]\nskip-read-only\nsuper-read-only = off\nsync_binlog = 0 # for the night's import\n", Stop);
            await File.WriteAllTextAsync(file, $"{good}\n!include {included}\n", Stop);

            await Until("it is found", 30, async () =>
                (await Lab.MmmAsync(["check-setup", active], Stop)) is { ExitCode: 1, Output: var output }
                && output.Contains($"{active}: ERROR my_cnf_read_only: {active} takes writes as soon as it is started", StringComparison.Ordinal)
                && output.Contains($"{active}: WARNING my_cnf_sync_binlog: {active} has sync_binlog = 1 now, and 0 after its next start\n    -- in my.cnf, [", StringComparison.Ordinal), NowAsync);
        }
        finally
        {
            await File.WriteAllTextAsync(file, good, Stop);
        }

        await Until("it is mended", 30, async () => (await Lab.MmmAsync(["check-setup", active], Stop)).Output == $"{active}: OK\n", NowAsync);
    }

    [Fact]
    public async Task Too_many_connections_are_told_and_do_not_stop_a_move()
    {
        (string active, string other) = await MastersAsync();
        // Its own from the start: the agent may come to hold the one connection that is kept for administrators.
        await using MySqlConnection root = await Lab.Server(active).OpenRootAsync(Stop);
        await Lab.Server(active).ExecuteAsync("SET GLOBAL max_connections = 10", Stop);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var full = new TaskCompletionSource();
        Task crowd = CrowdAsync(active, full, enough.Token);
        try
        {
            await full.Task.WaitAsync(TimeSpan.FromSeconds(20), Stop);
            // Or the monitors go on with those that they have kept.
            await EndMonitorsConnectionsAsync(root);
            await UntilShown("clients are refused, and that is known", 60, s => s.Warnings.Contains(
                $"host {active}: Too many connections at port 3306: clients are refused; asked through mysql_admin_port {LabPlan.AdminPort}"));

            await MmmAsync("move_role", "writer", other);

            await UntilShown($"{other} is the active master", 20, s => s.ActiveMaster == other && s.Move is null);
        }
        finally
        {
            await enough.CancelAsync();
            await crowd;
            await Until("a connection is free again", 20, () => SucceedsUnlessFullAsync(active, "SET GLOBAL max_connections = 100"));
        }

        await UntilShown("nobody is refused any more", 90, s => !s.Warnings.Any(w => w.Contains("Too many connections", StringComparison.Ordinal)));
        await OnlyWriterIs(other, active);
    }

    private async Task<bool> SucceedsUnlessFullAsync(string host, string sql)
    {
        try
        {
            await Lab.Server(host).ExecuteAsync(sql, Stop);
            return true;
        }
        catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.ConnectionCountError)
        {
            return false;
        }
    }

    /// <summary>An application that takes every connection there is, as soon as there is one.</summary>
    private async Task CrowdAsync(string host, TaskCompletionSource full, CancellationToken enough)
    {
        var taken = new List<MySqlConnection>();
        while (!enough.IsCancellationRequested)
        {
            try
            {
                taken.Add(await Lab.Server(host).OpenApplicationAsync(enough));
            }
            catch (MySqlException)
            {
                full.TrySetResult();
                await Task.Delay(50, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        foreach (MySqlConnection connection in taken)
            await connection.DisposeAsync();
    }

    private async Task EndMonitorsConnectionsAsync(MySqlConnection root)
    {
        List<string> ids = [];
        await using (var list = new MySqlCommand($"SELECT CAST(id AS CHAR) FROM information_schema.PROCESSLIST WHERE user = '{LabSecrets.MonitorUser}'", root))
        await using (MySqlDataReader reader = await list.ExecuteReaderAsync(Stop))
        {
            while (await reader.ReadAsync(Stop))
                ids.Add(reader.GetString(0));
        }

        foreach (string id in ids)
        {
            try
            {
                await using var kill = new MySqlCommand($"KILL {id}", root);
                await kill.ExecuteNonQueryAsync(Stop);
            }
            catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.NoSuchThread)
            {
                // It has ended by itself.
            }
        }
    }

    [Fact]
    public async Task A_planned_move_waits_for_a_master_that_lags_while_writes_go_on()
    {
        (string from, string to) = await MastersAsync();
        await ClientWritesAsync();
        await Lab.Faults.LagAsync(to, 8, Stop);
        await UntilShown($"{to} lags", 30, s => s.Of(to).SecondsBehind > 4);
        long failed = Lab.Client.Report().FailedAttempts;

        string answer = await MmmAsync("move_role", "writer", to);

        Assert.StartsWith($"OK: Role 'writer' is to be moved from '{from}' to '{to}'. It waits for 20 s at most (move_timeout), with writes going on, as {to} is ", answer, StringComparison.Ordinal);
        await UntilShown("it waits", 5, s => s.Move is { Phase: "approaching" });
        await Lab.Client.WritesFlowAsync(200, ct: Stop);
        Assert.Equal((Lab.Plan[from].Number, failed), (Lab.Client.Report().LastServer, Lab.Client.Report().FailedAttempts));

        await Lab.Faults.LagAsync(to, 0, Stop);

        await UntilWritesGoTo(to, 20);
        await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs(to);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task A_dry_run_names_the_long_transaction_that_a_move_would_roll_back()
    {
        (string active, string other) = await MastersAsync();
        await using MySqlConnection application = await Lab.Server(active).OpenApplicationAsync(Stop);
        await using MySqlCommand write = new("BEGIN; INSERT INTO lab.writes VALUES (5, 1, 1), (5, 2, 1)", application);
        await write.ExecuteNonQueryAsync(Stop);

        await Until("the agent has seen it", 40, async () =>
            Regex.IsMatch(await MmmAsync("move_role", "--dry-run", "writer", other), $"(?m)^! on {active} a transaction of '.+' has been open for ([5-9]|[1-3][0-9]) s \\(2 rows changed\\): it is rolled back$"), NowAsync);
    }
}
