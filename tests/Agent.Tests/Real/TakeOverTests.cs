using Mmm.Agent.Tests.Actors;
using Mmm.Agent.Tests.Servers;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>Taking the active master role over from another real MariaDB.</summary>
public sealed class TakeOverTests : IAsyncLifetime
{
    private DisposableServer _old = null!;
    private DisposableServer _new = null!;
    private RealAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _old = await DisposableServer.StartAsync(31);
        _new = await DisposableServer.StartAsync(32, "--read-only=1");
        await _new.ReplicateAsync(_old, "MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4");
        TestCluster cluster = new TestCluster().With("db1", _old.Ip, _old.Port).With("db2", _new.Ip, _new.Port);
        _agent = new RealAgent(cluster, "db2", _new);
        await Eventually.TrueAsync("replication runs", async () => await _new.SlaveStatusAsync("Slave_IO_Running") == "Yes");
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
            await _agent.DisposeAsync();
        if (_new is not null)
            await _new.DisposeAsync();
        if (_old is not null)
            await _old.DisposeAsync();
    }

    [Fact]
    public async Task Everything_up_to_the_old_masters_position_is_applied_before_it_becomes_writable()
    {
        await _new.ExecuteAsync("STOP SLAVE SQL_THREAD");
        await WriteAsync(50);
        BinlogPosition end = await PositionAsync(_old);
        _agent.Addresses.OnAdd = _ => Assert.Equal("50", RowsAsync().Result);
        _agent.Agent.Send(TestCluster.Holds("db2", 1, new CatchUpOrder("db1", _old.Ip, end, 10_000, false)));
        await _agent.Agent.ReportedAsync("a stopped applier is not waited for", r => r.Progress is { Status: OrderStatus.Failed, Step: "catch_up" });
        Assert.Equal("1", await _new.ScalarAsync("SELECT @@read_only"));

        await _new.ExecuteAsync("START SLAVE SQL_THREAD");
        Report done = await _agent.Agent.ReportedAsync("taken over once it runs", r => r.Progress.Status == OrderStatus.Done);
        Assert.Equal("50", await RowsAsync());
        Assert.False(done.Facts.ReadOnly);
        Assert.Contains(TestCluster.Writer, done.Facts.Addresses);
        Assert.Equal(await PositionAsync(_new), done.TakeOver?.Position);
        Assert.Equal(done.TakeOver, _agent.Store.Kept.TakeOver);
        Assert.Equal([TestCluster.Writer.Ip], _agent.Addresses.Announced.Distinct());
    }

    [Fact]
    public async Task A_dead_old_masters_relay_log_is_applied_to_its_end()
    {
        // The applier is held up by a lock, so that the relay log is full when the old master dies.
        await using MySqlConnector.MySqlConnection locker = await _new.OpenAsync("root", "");
        await using (var command = new MySqlConnector.MySqlCommand("LOCK TABLES app.t READ", locker))
            await command.ExecuteNonQueryAsync();
        await WriteAsync(30);
        BinlogPosition end = await PositionAsync(_old);
        await Eventually.TrueAsync("all is received", async () => await _new.SlaveStatusAsync("Read_Master_Log_Pos") == $"{end.Position}");
        _old.Kill();
        _agent.Agent.Send(TestCluster.Holds("db2", 1, new CatchUpOrder("db1", _old.Ip, null, 10_000, false)));
        await _agent.Agent.ReportedAsync("it waits", r => r.Progress is { Status: OrderStatus.Working, Step: "catch_up" });
        Assert.Equal("1", await _new.ScalarAsync("SELECT @@read_only"));
        await locker.CloseAsync();
        await _agent.Agent.ReportedAsync("taken over", r => r.Progress.Status == OrderStatus.Done);
        Assert.Equal("30", await RowsAsync());
    }

    [Fact]
    public async Task What_the_dead_old_master_had_and_did_not_send_fails_the_take_over_unless_forced()
    {
        await _new.ExecuteAsync("STOP SLAVE IO_THREAD");
        await WriteAsync(5);
        BinlogPosition end = await PositionAsync(_old);
        Report failed = await _agent.Agent.FailedAsync(TestCluster.Holds("db2", 1, new CatchUpOrder("db1", _old.Ip, end, 2_000, false)), "catch_up");
        Assert.Contains("IO thread is not connected", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.True(failed.Facts.ReadOnly);
        Assert.Empty(failed.Facts.Addresses);

        Report forced = await _agent.Agent.DoneAsync(TestCluster.Holds("db2", 2, new CatchUpOrder("db1", _old.Ip, end, 2_000, true)));
        Assert.Contains(forced.Progress.Warnings, w => w.Contains("forced", StringComparison.Ordinal));
        Assert.False(forced.Facts.ReadOnly);
    }

    [Fact]
    public async Task A_position_that_is_never_reached_fails_at_the_deadline_and_a_newer_order_ends_the_wait()
    {
        BinlogPosition end = await PositionAsync(_old);
        BinlogPosition never = end with { Position = end.Position + 1_000_000 };
        Report failed = await _agent.Agent.FailedAsync(TestCluster.Holds("db2", 1, new CatchUpOrder("db1", _old.Ip, never, 700, false)), "catch_up");
        Assert.Contains("took longer than 0.7 s", failed.Progress.Sentence, StringComparison.Ordinal);

        _agent.Agent.Send(TestCluster.Holds("db2", 2, new CatchUpOrder("db1", _old.Ip, never, 60_000, false)));
        await _agent.Agent.ReportedAsync("it waits", r => r.Progress is { Status: OrderStatus.Working, Step: "catch_up" } && r.Progress.Id == TestCluster.Decision(2));
        await _agent.Agent.DoneAsync(TestCluster.Standby("db2", 3));
        Assert.Equal("1", await _new.ScalarAsync("SELECT @@read_only"));
        await Eventually.TrueAsync("nothing waits on the server any more", async () =>
            await _new.ScalarAsync("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT MASTER_POS_WAIT%'") == "0");
    }

    [Fact]
    public async Task A_server_that_replicates_from_somebody_else_does_not_take_over()
    {
        Report failed = await _agent.Agent.FailedAsync(TestCluster.Holds("db2", 1, new CatchUpOrder("db3", "127.0.0.99", null, 1_000, false)), "catch_up");
        Assert.Contains($"replicates from {_old.Ip}", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.True(failed.Facts.ReadOnly);
    }

    private async Task WriteAsync(int rows)
    {
        for (int i = 0; i < rows; i++)
            await _old.ExecuteAsync($"INSERT INTO app.t(v) VALUES ({i})");
    }

    private async Task<string?> RowsAsync() => await _new.ScalarAsync("SELECT COUNT(*) FROM app.t");

    private static async Task<BinlogPosition> PositionAsync(DisposableServer server)
    {
        await using MySqlConnector.MySqlConnection connection = await server.OpenAsync("root", "");
        await using var command = new MySqlConnector.MySqlCommand("SHOW MASTER STATUS", connection);
        await using MySqlConnector.MySqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new BinlogPosition(reader.GetString(0), reader.GetInt64(1));
    }
}
