using Mmm.Lab.Client;
using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Grants;
using MySqlConnector;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>What has to hold on every family of servers, by GTIDs and by positions. MariaDB 10.11 with GTIDs is what all the other tests run on.</summary>
public abstract class EveryServerTests(ServerLab lab) : ProductTest(lab)
{
    /// <summary>And the slave follows the active master.</summary>
    protected override async Task StartConditionAsync()
    {
        await base.StartConditionAsync();
        (string active, string other) = await MastersAsync();
        // It has stayed there after a planned move of the test before: the writer goes where it follows.
        if (Lab.Plan.Options.Positions && await Lab.Server("slave1").ReplicaAsync(Stop) is { } replica && replica.SourceIp == Lab.Plan[other].Ip)
        {
            await MmmAsync("move_role", "writer", other);
            await UntilShown($"{other} is the active master", 30, s => s.ActiveMaster == other && s.Move is null);
            await base.StartConditionAsync();
            active = other;
        }

        await UntilFollows("slave1", active, 15);
    }

    /// <summary>After a planned move. By positions, a slave whose order came late stays with the old master, and that is told (docs/servers.md).</summary>
    private Task UntilSlaveHasItFrom(string active, string old) => Lab.Plan.Options.Positions
        ? Until($"slave1 replicates from {active}, or is said to stay with {old}", 15, async () => await Lab.Server("slave1").ReplicaAsync(Stop) is { Runs: true } replica
            && (replica.SourceIp == Lab.Plan[active].Ip
                || (replica.SourceIp == Lab.Plan[old].Ip && (await SnapshotAsync()).Warnings.Any(w => w.Contains($"slave1 goes on replicating from {old}", StringComparison.Ordinal)))), NowAsync)
        : UntilFollows("slave1", active, 15);

    [Fact]
    public async Task A_killed_active_master_is_replaced_loses_nothing_comes_back_and_the_writer_can_be_moved_back()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo(other, 15);
        await UntilFollows("slave1", other, 15);
        await OnlyWriterIs(other, old);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilState(old, "ONLINE", 30);
        await UntilFollows(old, other, 10);
        await NothingIsLostOn(Databases);

        await MmmAsync("move_role", "writer", old);

        await UntilWritesGoTo(old, 15);
        await UntilSlaveHasItFrom(old, other);
        ClientReport report = await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs(old);
        await NothingIsLostOn(Databases);
        Assert.True(report.FailedAttempts > 0, "the kill was not noticed: the client did not write while it happened");
    }

    [Fact]
    public async Task What_only_the_dead_master_had_is_on_all_the_others_before_anybody_writes()
    {
        (string old, string other) = await MastersAsync();
        await UntilSemiSyncHoldsAsync();
        string[] replicas = [other, "slave1"];
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.writes VALUES (7, 1, 1)", Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.writes VALUES (7, 2, 1), (7, 3, 1)", Stop);
        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
        // Or the threads look as if somebody wanted them stopped.
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);

        await UntilShown($"{other} is the active master", 20, s => s.ActiveMaster == other && s.Move is null);

        Assert.Equal("3", await Lab.Server(other).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 7", Stop));
        await UntilFollows("slave1", other, 15);
        await Until("slave1 has them too", 10, async () => await Lab.Server("slave1").ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 7", Stop) == "3", NowAsync);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilState(old, "ONLINE", 30);
        await UntilFollows(other, old, 15);
        await UntilFollows(old, other, 15);
        await Lab.Server(other).ExecuteAsync("DELETE FROM lab.writes WHERE run = 7", Stop);
        foreach (string database in Databases)
            await Until($"{database} follows", 10, async () => await Lab.Server(database).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 7", Stop) == "0", NowAsync);
    }

    [Fact]
    public async Task An_active_master_without_power_is_replaced_and_boots_as_a_replica()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);

        await Lab.Faults.PowerOffAsync(old, Stop);
        await Lab.Client.StartAsync(s => s, Stop);

        await UntilWritesGoTo(other, 30);
        await NothingIsLostOn(other);
        await Lab.Faults.PowerOnAsync(old, Stop);
        await UntilBack(40, old);
        await UntilFollows(old, other, 15);
        await OnlyWriterIs(other);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task A_master_that_returns_with_transactions_that_nobody_else_has_stays_out_until_an_operator_decides()
    {
        (string old, string other) = await MastersAsync();
        await UntilSemiSyncHoldsAsync();
        string[] replicas = [other, "slave1"];
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.writes VALUES (6, 1, 1)", Stop);
        await UntilReportedAsync(old);
        // With the machine its log is gone, until it boots.
        await Lab.Faults.PowerOffAsync(old, Stop);
        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);
        await UntilShown($"{other} is the active master, and it is said what it lacks", 30, s => s.ActiveMaster == other && s.Move is null
            && s.Warnings.Any(w => w.StartsWith($"agent on host {other}: of what {old} had ", StringComparison.Ordinal) && w.Contains(" by its last report this server lacks ", StringComparison.Ordinal)));
        await Lab.Server(other).ExecuteAsync("INSERT INTO lab.writes VALUES (6, 2, 1)", Stop);

        await Lab.Faults.PowerOnAsync(old, Stop);

        await UntilShown($"it is seen what only {old} has", 40, s => s.Notes.Any(n => n.Code == "rejoin_errant" && n.Host == old));
        string explained = await MmmAsync("explain", old);
        Assert.Contains($"It has transactions that {other} lacks: ", explained, StringComparison.Ordinal);
        Assert.Contains($"mmm set_online --force {old}", explained, StringComparison.Ordinal);
        Assert.Contains("has transactions that the active master lacks", await MmmRefusesAsync("set_online", old), StringComparison.Ordinal);
        // Longer than auto_set_online, and than a receiver takes to reconnect.
        await Lab.Client.StartAsync(s => s, Stop);
        await Lab.Client.WritesFlowAsync(100, ct: Stop);
        await UntilShown($"{old} has waited for long enough", 30, s => s.Of(old).State == "AWAITING_RECOVERY" && s.AtUtc - s.Of(old).SinceUtc > TimeSpan.FromSeconds(5));
        await Lab.Client.StopAsync(Stop);
        Assert.Equal("2", await Lab.Server(other).ScalarAsync("SELECT GROUP_CONCAT(id ORDER BY id) FROM lab.writes WHERE run = 6", Stop));
        Assert.False((await Lab.Server(old).ReplicaAsync(Stop))!.Runs, $"{old} replicates although it is not decided what becomes of its own transactions");

        await MmmAsync("set_online", "--force", old);

        await UntilState(old, "ONLINE", 10);
        foreach (string database in Databases)
            await Until($"{database} has both rows", 20, async () => await Lab.Server(database).ScalarAsync("SELECT GROUP_CONCAT(id ORDER BY id) FROM lab.writes WHERE run = 6", Stop) == "1,2", NowAsync);
        await UntilFollows(other, old, 15);
        await UntilFollows(old, other, 15);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task Long_transactions_do_not_hold_up_a_planned_move_and_are_rolled_back()
    {
        (string from, string to) = await MastersAsync();
        await ClientWritesAsync();
        await using MySqlConnection application = await Lab.Server(from).OpenApplicationAsync(Stop);
        await using MySqlCommand write = new("BEGIN; INSERT INTO lab.writes VALUES (8, 1, 1)", application);
        await write.ExecuteNonQueryAsync(Stop);

        await MmmAsync("move_role", "writer", to);

        await UntilWritesGoTo(to, 15);
        await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs(to);
        await NothingIsLostOn(Databases);
        Assert.Equal("0", await Lab.Server(to).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 8", Stop));
    }

    [Fact]
    public async Task An_administrator_lets_the_logins_be_made_and_sees_what_is_wrong_with_those_of_a_server()
    {
        (string active, string other) = await MastersAsync();
        // Beside the lab's own, with a password that has everything in it that could be quoted wrong.
        string config = Path.Combine(Lab.Paths.Dir, "others.conf"), password = Path.Combine(Lab.Paths.Dir, "admin-password");
        string text = await File.ReadAllTextAsync(Lab.Paths.CommonConfig, Stop);
        foreach (string user in new[] { LabSecrets.MonitorUser, LabSecrets.AgentUser, LabSecrets.ReplicationUser })
            text = text.Replace($"_user = {user}", $"_user = new_{user}", StringComparison.Ordinal);
        text = text.Replace($"\"{Lab.Secrets.Agent}\"", """ "it's \\n \"100%\" @password" """.Trim(), StringComparison.Ordinal);
        PrivateFile.Write(config, text);
        PrivateFile.Write(password, "the lab's\n");
        string[] asAdministrator = ["--config", config, "--admin-user", "dba", "--admin-password-file", password];
        await Lab.Server(active).ExecuteAsync("CREATE USER 'dba'@'%' IDENTIFIED BY 'the lab''s'; GRANT ALL PRIVILEGES ON *.* TO 'dba'@'%' WITH GRANT OPTION", Stop);
        try
        {
            ToolResult made = await Lab.MmmAsync(["grants", "--apply", .. asAdministrator], Stop);

            Assert.True(made.ExitCode == 0, made.ToString());
            Assert.StartsWith($"{active} ({Lab.Plan[active].Ip}:3306), ", made.Output, StringComparison.Ordinal);
            var least = LeastPrivileges.For(made.Output);
            foreach ((string user, string rights) in least.Logins($"new_{LabSecrets.MonitorUser}", $"new_{LabSecrets.AgentUser}", $"new_{LabSecrets.ReplicationUser}", adminPort: true))
            {
                Assert.Contains($"  '{user}'@'%': made, given {rights}", made.Output.Split('\n'));
                await Until($"{other} has {user} too", 10, async () => (await GrantsAsync(other, user))?.SetEquals(rights.Split(", ")) == true, NowAsync);
            }

            ToolResult again = await Lab.MmmAsync(["grants", "--apply", .. asAdministrator], Stop);
            Assert.Equal((0, 3), (again.ExitCode, again.Output.Split("was there, lacks nothing").Length - 1));
            ToolResult elsewhere = await Lab.MmmAsync(["grants", "--apply", .. asAdministrator, other], Stop);
            Assert.Equal(1, elsewhere.ExitCode);
            Assert.Contains($"{other} ({Lab.Plan[other].Ip}:3306) is read-only.", elsewhere.Errors, StringComparison.Ordinal);

            await Lab.Server(active).ExecuteAsync($"DROP USER 'new_{LabSecrets.ReplicationUser}'@'%'", Stop);
            ToolResult looked = await Lab.MmmAsync(["check-setup", active, "--logins", .. asAdministrator], Stop);
            Assert.Equal(1, looked.ExitCode);
            Assert.Contains($"{active}: ERROR logins: {active} has no login 'new_{LabSecrets.ReplicationUser}': who needs it is refused here\n    -- mmm grants --apply\n", looked.Output, StringComparison.Ordinal);
            // MySQL's super_read_only holds everybody.
            Assert.Equal(least == LeastPrivileges.MariaDb, looked.Output.Contains($"{active}: WARNING read_only: {active} lets 'dba'@'%' write also while it is read-only (ALL PRIVILEGES)\n", StringComparison.Ordinal));
            ToolResult oneSocket = await Lab.MmmAsync(["check-setup", "--logins", "--socket", "/nowhere", .. asAdministrator], Stop);
            Assert.Equal((2, "ERROR: --socket is for one server: name its host."), (oneSocket.ExitCode, oneSocket.Errors.Trim()));
            Assert.DoesNotContain(new[] { made, again, elsewhere, looked }, r => r.ToString().Contains("100%", StringComparison.Ordinal) || r.ToString().Contains("the lab", StringComparison.Ordinal));
        }
        finally
        {
            foreach (string user in new[] { $"new_{LabSecrets.MonitorUser}", $"new_{LabSecrets.AgentUser}", $"new_{LabSecrets.ReplicationUser}", "dba" })
                await Lab.Server(active).ExecuteAsync($"DROP USER IF EXISTS '{user}'@'%'", Stop);
        }

        async Task<HashSet<string>?> GrantsAsync(string host, string user)
        {
            try
            {
                return [.. (await Lab.Server(host).QueryAsync($"SHOW GRANTS FOR '{user}'@'%'", Stop)).SelectMany(r => GrantLines.Global(r.Values.First() ?? ""))];
            }
            catch (MySqlException)
            {
                return null;
            }
        }
    }

    [Fact]
    public async Task A_planned_move_waits_for_a_master_that_receives_nothing_and_says_that_it_is_not_behind()
    {
        (string from, string to) = await MastersAsync();
        await ClientWritesAsync();
        // Until its patience ends, the receiver has no idea that nothing comes any more.
        await Lab.Server(to).ExecuteAsync($"{Lab.Plan.Server.StopReceiver}; SET GLOBAL {Lab.Plan.Server.ReceiverPatience} = 60; {Lab.Plan.Server.StartReceiver}", Stop);
        await UntilFollows(to, from, 10);
        await Lab.Faults.PartitionAsync(from, [to], ct: Stop);
        string waits = $"{to} lacks ";
        await Until("it is seen that it receives nothing", 15, async () => (await MmmAsync("move_role", "--dry-run", "writer", to)).Contains(waits, StringComparison.Ordinal), NowAsync);
        Assert.True((await Lab.Server(to).ReplicaAsync(Stop))!.Runs, "its receiver has noticed");

        string answer = await MmmAsync("move_role", "writer", to);

        Assert.Contains($"It waits for 20 s at most (move_timeout), with writes going on, as {waits}", answer, StringComparison.Ordinal);
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
        Assert.Equal(Lab.Plan[from].Number, Lab.Client.Report().LastServer);
        await Lab.Faults.HealAsync(ct: Stop);
        await UntilWritesGoTo(to, 20);
        await Lab.Client.StopAsync(Stop);
        await OnlyWriterIs(to);
        await NothingIsLostOn(Databases);
        await Lab.Server(to).ExecuteAsync($"SET GLOBAL {Lab.Plan.Server.ReceiverPatience} = 5", Stop);
    }

    [Fact]
    public async Task A_slave_that_receives_nothing_and_says_that_it_is_not_behind_loses_its_reader()
    {
        (string active, _) = await MastersAsync();
        await ClientWritesAsync();
        await Lab.Server("slave1").ExecuteAsync($"{Lab.Plan.Server.StopReceiver}; SET GLOBAL {Lab.Plan.Server.ReceiverPatience} = 60; {Lab.Plan.Server.StartReceiver}", Stop);
        await UntilFollows("slave1", active, 10);
        await Lab.Faults.PartitionAsync(active, ["slave1"], ct: Stop);

        await UntilState("slave1", "REPLICATION_DELAY", 40);

        Assert.True((await Lab.Server("slave1").ReplicaAsync(Stop))!.Runs, "its receiver has noticed");
        Assert.Contains("Backlog is too big: slave1 lacks ", (await Lab.MmmAsync(["checks", "slave1", "rep_backlog"], Stop)).Output, StringComparison.Ordinal);
        await Lab.Faults.HealAsync(ct: Stop);
        await UntilState("slave1", "ONLINE", 30);
        await Lab.Client.StopAsync(Stop);
        await Lab.Server("slave1").ExecuteAsync($"SET GLOBAL {Lab.Plan.Server.ReceiverPatience} = 5", Stop);
        await NothingIsLostOn(Databases);
    }
}
