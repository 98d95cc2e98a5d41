using Mmm.Agent.Tests.Actors;
using Mmm.Agent.Tests.Servers;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>A slave of one real MariaDB is told to follow another.</summary>
public sealed class RepointTests : IAsyncLifetime
{
    private DisposableServer _db1 = null!;
    private DisposableServer _db2 = null!;
    private DisposableServer _slave = null!;
    private RealAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        DisposableServer[] servers = await Task.WhenAll(
            DisposableServer.StartAsync(41, "--gtid-domain-id=0"), DisposableServer.StartAsync(42, "--read-only=1"), DisposableServer.StartAsync(43, "--read-only=1"));
        (_db1, _db2, _slave) = (servers[0], servers[1], servers[2]);
        await _db2.ReplicateAsync(_db1, "MASTER_USE_GTID=slave_pos");
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
            await _agent.DisposeAsync();
        foreach (DisposableServer server in (DisposableServer[])[_slave, _db2, _db1])
            await server.DisposeAsync();
    }

    [Fact]
    public async Task By_gtid_it_goes_on_where_it_was_and_keeps_the_channels_options()
    {
        await SlaveOfDb1Async("MASTER_USE_GTID=slave_pos, MASTER_HEARTBEAT_PERIOD=3.5, IGNORE_SERVER_IDS=(98,99), MASTER_DELAY=0, MASTER_SSL_CIPHER='AES256-SHA'");
        await _db1.ExecuteAsync("INSERT INTO app.t(v) VALUES (1),(2)");
        await PromoteDb2Async();
        Report done = await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 1, FollowDb2(null)));
        await _db2.ExecuteAsync("INSERT INTO app.t(v) VALUES (3)");
        await Eventually.TrueAsync("the new master's writes arrive", async () => await _slave.ScalarAsync("SELECT COUNT(*) FROM app.t") == "3");
        Assert.Equal("db2", done.Facts.Replication?.SourceHost);
        Assert.Empty(done.Progress.Warnings);
        Assert.Equal("Slave_Pos", await _slave.SlaveStatusAsync("Using_Gtid"));
        Assert.Equal("98, 99", (await _slave.SlaveStatusAsync("Replicate_Ignore_Server_Ids")).Replace(",", ", ", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal));
        Assert.Equal("1", await _slave.SlaveStatusAsync("Connect_Retry"));
        Assert.Equal("AES256-SHA", await _slave.SlaveStatusAsync("Master_SSL_Cipher"));
        Assert.Equal(DisposableServer.ReplicationUser, await _slave.SlaveStatusAsync("Master_User"));
        Assert.Null(_agent.Store.Kept.Stopped);

        // Told again, nothing happens: the IO thread keeps its connection.
        string thread = await _db2.ScalarAsync("SELECT MAX(ID) FROM information_schema.PROCESSLIST WHERE COMMAND='Binlog Dump'") ?? "";
        await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 2, FollowDb2(null), TestCluster.Reader1));
        Assert.Equal(thread, await _db2.ScalarAsync("SELECT MAX(ID) FROM information_schema.PROCESSLIST WHERE COMMAND='Binlog Dump'"));
    }

    [Fact]
    public async Task By_gtid_it_does_not_wait_for_what_its_old_source_goes_on_passing_on()
    {
        // Always a second behind: it never has all that it has received.
        await SlaveOfDb1Async("MASTER_USE_GTID=slave_pos, MASTER_DELAY=1");
        using var enough = new CancellationTokenSource();
        Task writes = WriteAsync(enough.Token);
        try
        {
            await Eventually.TrueAsync("it applies", async () => await _slave.ScalarAsync("SELECT COUNT(*) FROM app.t") != "0");
            Report done = await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 1, FollowDb2(null)));
            Assert.Equal("db2", done.Facts.Replication?.SourceHost);
            Assert.Empty(done.Progress.Warnings);
        }
        finally
        {
            await enough.CancelAsync();
            await writes;
        }

        await Eventually.TrueAsync("nothing is missing", async () => await _slave.ScalarAsync("SELECT COUNT(*) FROM app.t") == await _db1.ScalarAsync("SELECT COUNT(*) FROM app.t"));
    }

    [Fact]
    public async Task By_position_it_starts_where_the_new_master_became_writable()
    {
        await SlaveOfDb1Async("MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4");
        await _db1.ExecuteAsync("INSERT INTO app.t(v) VALUES (1),(2)");
        BinlogPosition startAt = await PromoteDb2Async();
        await _db2.ExecuteAsync("INSERT INTO app.t(v) VALUES (3)");
        await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 1, FollowDb2(startAt)));
        await Eventually.TrueAsync("the new master's writes arrive", async () => await _slave.ScalarAsync("SELECT COUNT(*) FROM app.t") == "3");
        Assert.Equal("No", await _slave.SlaveStatusAsync("Using_Gtid"));
    }

    [Fact]
    public async Task What_was_received_of_the_old_master_is_applied_first()
    {
        await SlaveOfDb1Async("MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4");
        await using MySqlConnector.MySqlConnection locker = await _slave.OpenAsync("root", "");
        await using (var command = new MySqlConnector.MySqlCommand("LOCK TABLES app.t READ", locker))
            await command.ExecuteNonQueryAsync();
        await _db1.ExecuteAsync("INSERT INTO app.t(v) VALUES (1),(2)");
        BinlogPosition startAt = await PromoteDb2Async();
        await Eventually.TrueAsync("received", async () => await _slave.SlaveStatusAsync("Read_Master_Log_Pos") == await _db1.ScalarAsync("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='BINLOG_SNAPSHOT_POSITION'"));
        _db1.Kill();
        _agent.Agent.Send(TestCluster.Standby("db3", 1, FollowDb2(startAt)));
        await _agent.Agent.ReportedAsync("it waits", r => r.Progress is { Status: OrderStatus.Working, Step: "apply_relay_log" });
        await locker.CloseAsync();
        await _agent.Agent.ReportedAsync("repointed", r => r.Progress.Status == OrderStatus.Done && r.Facts.Replication?.SourceHost == "db2");
        Assert.Equal("2", await _slave.ScalarAsync("SELECT COUNT(*) FROM app.t"));
    }

    [Fact]
    public async Task Without_gtid_or_a_position_it_says_what_is_missing_and_touches_nothing()
    {
        await _slave.ExecuteAsync($"CHANGE MASTER TO MASTER_HOST='{_db1.Ip}', MASTER_PORT={_db1.Port}, MASTER_USER='x', MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4; START SLAVE");
        StartAgent();
        Report failed = await _agent.Agent.FailedAsync(TestCluster.Standby("db3", 1, FollowDb2(null)), "repoint");
        Assert.Contains("no binlog position of db2 is known", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.Equal(_db1.Ip, await _slave.SlaveStatusAsync("Master_Host"));
    }

    [Fact]
    public async Task What_MMM_stops_it_starts_again_and_what_an_operator_stops_it_does_not()
    {
        await SlaveOfDb1Async("MASTER_USE_GTID=slave_pos");
        await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 1, ReplicationOrder.Stop));
        Assert.Equal("No", await _slave.SlaveStatusAsync("Slave_SQL_Running"));
        Assert.NotNull(_agent.Store.Kept.Stopped);
        await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 2));
        Assert.Equal("Yes", await _slave.SlaveStatusAsync("Slave_SQL_Running"));
        Assert.Null(_agent.Store.Kept.Stopped);

        await _slave.ExecuteAsync("STOP SLAVE");
        await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 3, null, TestCluster.Reader1));
        Report failed = await _agent.Agent.FailedAsync(TestCluster.Standby("db3", 4, FollowDb2(null)), "repoint");
        Assert.Contains("stopped by hand", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.Equal("No", await _slave.SlaveStatusAsync("Slave_SQL_Running"));
        Assert.Equal(_db1.Ip, await _slave.SlaveStatusAsync("Master_Host"));
    }

    [Fact]
    public async Task A_new_source_that_refuses_the_login_is_a_warning_without_the_password()
    {
        // On a busy machine a login takes its time to be refused.
        await SlaveOfDb1Async("MASTER_USE_GTID=slave_pos", TimeSpan.FromSeconds(15));
        await _db2.ExecuteAsync($"SET SESSION sql_log_bin=0; ALTER USER '{DisposableServer.ReplicationUser}'@'%' IDENTIFIED BY 'another'");
        Report done = await _agent.Agent.DoneAsync(TestCluster.Standby("db3", 1, FollowDb2(null)));
        string warning = Assert.Single(done.Progress.Warnings);
        Assert.Contains("does not run well", warning, StringComparison.Ordinal);
        Assert.DoesNotContain(_agent.Agent.Reports, r => $"{r}".Contains("repl'\\ication", StringComparison.Ordinal));
    }

    private async Task WriteAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
            await _db1.ExecuteAsync("INSERT INTO app.t(v) VALUES (1)");
    }

    private async Task SlaveOfDb1Async(string how, TimeSpan? startWatch = null)
    {
        await _slave.ReplicateAsync(_db1, how);
        StartAgent(startWatch);
        await Eventually.TrueAsync("replication runs", async () =>
            await _slave.SlaveStatusAsync("Slave_IO_Running") == "Yes" && await _slave.SlaveStatusAsync("Slave_SQL_Running") == "Yes");
    }

    private void StartAgent(TimeSpan? startWatch = null) => _agent = new RealAgent(
        new TestCluster { StartWatch = startWatch ?? TimeSpan.FromSeconds(2) }.With("db1", _db1.Ip, _db1.Port).With("db2", _db2.Ip, _db2.Port).With("db3", _slave.Ip, _slave.Port), "db3", _slave);

    /// <returns>Where its binary log stood then.</returns>
    private async Task<BinlogPosition> PromoteDb2Async()
    {
        await Eventually.TrueAsync("db2 has everything", async () =>
            await _db2.ScalarAsync("SELECT COUNT(*) FROM app.t") == await _db1.ScalarAsync("SELECT COUNT(*) FROM app.t"));
        await using MySqlConnector.MySqlConnection connection = await _db2.OpenAsync("root", "");
        await using var command = new MySqlConnector.MySqlCommand("STOP SLAVE; SET GLOBAL read_only=0; SHOW MASTER STATUS", connection);
        await using MySqlConnector.MySqlDataReader reader = await command.ExecuteReaderAsync();
        while (reader.FieldCount == 0 && await reader.NextResultAsync())
        {
        }

        await reader.ReadAsync();
        return new BinlogPosition(reader.GetString(0), reader.GetInt64(1));
    }

    private ReplicationOrder FollowDb2(BinlogPosition? startAt) =>
        new(ReplicationAction.Follow, new SourceServer("db2", _db2.Ip, _db2.Port, startAt));
}
