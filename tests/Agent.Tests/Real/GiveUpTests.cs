using System.Diagnostics;
using Mmm.Agent.Tests.Actors;
using Mmm.Agent.Tests.Servers;
using MySqlConnector;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

public sealed class GiveUpOnMariaDbTests() : GiveUpTests(ServerKind.MariaDb);

public sealed class GiveUpOnMySqlTests() : GiveUpTests(ServerKind.MySql);

/// <summary>Giving the active master role up, on a real server.</summary>
public abstract class GiveUpTests(ServerKind kind) : IAsyncLifetime
{
    private DisposableServer _server = null!;
    private TestCluster _cluster = null!;
    private RealAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await DisposableServer.StartAsync(kind, 21);
        _cluster = new TestCluster().With("db1", _server.Ip, _server.Port);
        _agent = new RealAgent(_cluster, "db1", _server);
        await _agent.Agent.DoneAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1));
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_idle_holder_gives_up_and_takes_back()
    {
        await using MySqlConnection client = await _server.OpenAppAsync();
        var watch = Stopwatch.StartNew();
        Report given = await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        TestContext.Current.SendDiagnosticMessage($"gave up in {watch.ElapsedMilliseconds} ms");
        Assert.True(given.Facts.ReadOnly);
        Assert.Empty(given.Facts.Addresses);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _agent.Addresses.Ips);
        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(client, "SELECT 1"));

        Report taken = await _agent.Agent.DoneAsync(TestCluster.Holds("db1", 3));
        Assert.False(taken.Facts.ReadOnly);
        Assert.Contains(TestCluster.Writer, taken.Facts.Addresses);
        Assert.Equal(TestCluster.Decision(3), taken.TakeOver?.Id);
        Assert.NotNull(taken.TakeOver?.Position);
    }

    [Fact]
    public async Task A_long_statement_that_holds_read_only_back_is_ended_after_the_grace()
    {
        await using MySqlConnection client = await _server.OpenAppAsync();
        Task writing = RunAsync(client, "INSERT INTO app.t(v) SELECT SLEEP(1) FROM information_schema.COLLATIONS LIMIT 60");
        await Eventually.TrueAsync("the write runs", async () => await _server.ScalarAsync("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO app.t%'") == "1");
        Report given = await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        Assert.True(given.Facts.ReadOnly);
        Assert.Contains(given.Progress.Warnings, w => w.Contains("held read_only back", StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.Equal("0", await _server.ScalarAsync("SELECT COUNT(*) FROM app.t"));
    }

    [Fact]
    public async Task A_running_write_may_finish_within_the_grace()
    {
        await using MySqlConnection client = await _server.OpenAppAsync();
        Task writing = RunAsync(client, "INSERT INTO app.t(v) SELECT SLEEP(0.15)");
        await Eventually.TrueAsync("the write runs", async () => await _server.ScalarAsync("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO app.t%'") == "1");
        Report given = await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        await writing;
        Assert.Empty(given.Progress.Warnings);
        Assert.Equal("1", await _server.ScalarAsync("SELECT COUNT(*) FROM app.t"));
    }

    [Fact]
    public async Task Locked_tables_do_not_hold_the_host_for_ever()
    {
        await using MySqlConnection client = await _server.OpenAppAsync();
        await RunAsync(client, "LOCK TABLES app.t WRITE");
        Report given = await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        Assert.True(given.Facts.ReadOnly);
    }

    [Fact]
    public async Task An_open_transaction_is_not_committed_any_more()
    {
        await using MySqlConnection client = await _server.OpenAppAsync();
        await RunAsync(client, "BEGIN; INSERT INTO app.t(v) VALUES (1)");
        await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(client, "COMMIT"));
        Assert.Equal("0", await _server.ScalarAsync("SELECT COUNT(*) FROM app.t"));
    }

    [Fact]
    public async Task The_monitors_and_the_replicas_connections_live_on()
    {
        await using MySqlConnection monitor = await _server.OpenAsync(DisposableServer.MonitorUser, "monitor");
        await using MySqlConnection replica = await _server.OpenAsync(DisposableServer.ReplicationUser, DisposableServer.ReplicationPassword);
        await using MySqlConnection client = await _server.OpenAppAsync();
        await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        await RunAsync(monitor, "SELECT 1");
        await RunAsync(replica, "SELECT 1");
        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(client, "SELECT 1"));
    }

    [Fact]
    public async Task A_crashed_server_is_noticed_by_the_end_of_its_process_and_gives_its_addresses_up_at_once()
    {
        await _agent.Agent.ReportedAsync("mysqld is up", r => r.Facts.Mysqld == MysqldState.Up);
        _server.Kill();
        await _agent.Agent.ReportedAsync("mysqld is down", r => r.Facts.Mysqld == MysqldState.Down);
        // Not by the next look only, which may be half a second away.
        await Eventually.TrueAsync("the end of the process is told", () => _agent.Agent.Reports.OfType<Report>().Any(r => r.Facts.MysqldMessage?.Contains("has ended", StringComparison.Ordinal) == true));

        Report stays = _agent.Agent.Last;
        Assert.Contains(TestCluster.Writer, stays.Facts.Addresses);
        Report given = await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        Assert.Empty(given.Facts.Addresses);
    }

    [Fact]
    public async Task A_stopped_server_loses_its_addresses_and_the_agent_goes_on_answering()
    {
        _server.Pause();
        try
        {
            var watch = Stopwatch.StartNew();
            _agent.Agent.Send(TestCluster.Standby("db1", 2));
            await Eventually.TrueAsync("the address is gone", () => !_agent.Addresses.Ips.Contains(TestCluster.Writer.Ip));
            Assert.InRange(watch.ElapsedMilliseconds, 0, 5000);
            // The step may fail a moment before the look that it is to blame.
            await _agent.Agent.ReportedAsync("read_only failed, and why is known", r => r is { Progress: { Status: OrderStatus.Failed, Step: "read_only" }, Facts.Mysqld: MysqldState.NotAnswering });

            int before = _agent.Agent.Reports.Count;
            await Eventually.TrueAsync("heartbeats go on", () => _agent.Agent.Reports.Count > before + 3);
            _agent.Agent.Send(TestCluster.Standby("db1", 1));
            await _agent.Agent.AnsweredAsync<Refused>("a lower order is refused meanwhile", r => r.Offered == TestCluster.Decision(1));
        }
        finally
        {
            _server.Resume();
        }

        Report done = await _agent.Agent.ReportedAsync("it is read-only once it answers", r => r.Progress.Status == OrderStatus.Done);
        Assert.True(done.Facts.ReadOnly);
    }

    [Fact]
    public async Task A_server_stopped_while_it_was_to_become_writable_does_not_become_so_after_the_order_was_withdrawn()
    {
        await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        _server.Pause();
        try
        {
            _agent.Agent.Send(TestCluster.Holds("db1", 3));
            await _agent.Agent.ReportedAsync("it hangs", r => r.Facts.Mysqld == MysqldState.NotAnswering && r.Progress.Status == OrderStatus.Failed);
            _agent.Agent.Send(TestCluster.Standby("db1", 4));
            await _agent.Agent.ReportedAsync("the new order is tried", r => r.Progress.Id == TestCluster.Decision(4) && r.Progress.Status == OrderStatus.Failed);
        }
        finally
        {
            _server.Resume();
        }

        await _agent.Agent.ReportedAsync("done", r => r.Progress.Status == OrderStatus.Done);
        Assert.Equal("1", await _server.ScalarAsync("SELECT @@read_only"));
    }

    [Fact]
    public async Task A_holder_that_was_restarted_read_only_is_made_writable_again_without_a_new_take_over()
    {
        Report before = await _agent.Agent.DoneAsync(TestCluster.Standby("db1", 2));
        Assert.Null(before.TakeOver);
        Report first = await _agent.Agent.DoneAsync(TestCluster.Holds("db1", 3));
        _server.Kill();
        await _agent.Agent.ReportedAsync("down", r => r.Facts.Mysqld == MysqldState.Down);
        await _server.StartAgainAsync("--read-only=1");
        Report again = await _agent.Agent.ReportedAsync("writable again", r => r.Facts.ReadOnly == false && r.Progress.Status == OrderStatus.Done);
        Assert.Equal(first.TakeOver, again.TakeOver);
        Assert.Contains(TestCluster.Writer, again.Facts.Addresses);
    }

    private static async Task RunAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
