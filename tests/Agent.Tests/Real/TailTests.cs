using System.Net;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.MySql;
using Mmm.Agent.Adapters.Tail;
using Mmm.Agent.Tests.Actors;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Mmm.Shared.Settings;
using MySqlConnector;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>The old active master died with transactions that nobody has received; its agent serves its binary log.</summary>
public sealed class TailTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("MASTER_USE_GTID=slave_pos", "Slave_Pos")]
    [InlineData("MASTER_USE_GTID=no, MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4", "No")]
    public async Task What_only_the_dead_server_had_is_applied_and_replication_goes_on_from_there(string mode, string usingGtid)
    {
        // With a row that is longer than a packet of the protocol can be.
        const string large = "--max-allowed-packet=64M";
        await using DisposableServer old = await DisposableServer.StartAsync(31, large);
        await using DisposableServer candidate = await DisposableServer.StartAsync(32, "--read-only=1", large);
        await candidate.ReplicateAsync(old, mode);
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (1, 1)");
        await Eventually.TrueAsync("the first row has arrived", async () => await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t") == "1");
        await candidate.ExecuteAsync("STOP SLAVE IO_THREAD");
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (2, 2); CREATE TABLE app.more (id INT PRIMARY KEY, v LONGTEXT) ENGINE=InnoDB; FLUSH BINARY LOGS");
        BinlogPosition before = await EndOf(old);
        await old.ExecuteAsync("BEGIN; INSERT INTO app.more VALUES (1, REPEAT('a', 20000000)); INSERT INTO app.more VALUES (2, 'b'); COMMIT; INSERT INTO app.t(id, v) VALUES (3, 3)");
        BinlogPosition end = await EndOf(old);
        string gtid = (await old.ScalarAsync("SELECT @@gtid_binlog_pos"))!;
        old.Kill();
        await candidate.ExecuteAsync("START SLAVE IO_THREAD");
        TestCluster cluster = new TestCluster().With("db1", old.Ip, old.Port).With("db2", candidate.Ip, candidate.Port);
        await using LocalMysqlServer mysql = RealAgent.Mysql(cluster, "db2", candidate);
        await using TailServer tail = Serve(old, before, new KeptLog());
        Assert.Equal(end, tail.Tail.End);
        var memory = new Memory();
        var steps = new ReplicationSteps(mysql, new TailSteps(mysql, memory, TimeProvider.System), memory, cluster.Setup("db2").Terms, TimeProvider.System);

        StepOutcome outcome = await steps.CatchUpAsync(new CatchUpOrder("db1", old.Ip, null, 20_000, Force: false, tail.Tail), Stop);

        Assert.Null(outcome.Failure);
        Assert.Empty(outcome.Warnings);
        Assert.Contains("what only db1 had was fetched", outcome.Told, StringComparison.Ordinal);
        Assert.Equal(("3", "20000001"), (await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t"), await candidate.ScalarAsync("SELECT SUM(LENGTH(v)) FROM app.more")));
        Assert.Equal(gtid, await candidate.ScalarAsync("SELECT @@gtid_slave_pos"));
        Assert.Equal(($"{old.Port}", usingGtid), (await candidate.SlaveStatusAsync("Master_Port"), await candidate.SlaveStatusAsync("Using_Gtid")));
        // It was noted before the channel was pointed elsewhere, and is to be forgotten now.
        Assert.NotNull(memory.Kept.Borrowed);
        Assert.Null(outcome.Remember!(memory.Kept, TestCluster.Decision(1)).Borrowed);

        await old.StartAgainAsync();
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (4, 4)");
        await Eventually.TrueAsync("replication goes on", async () => await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t") == "4");
        Assert.Equal("", await candidate.SlaveStatusAsync("Last_SQL_Error"));
    }

    [Fact]
    public async Task An_encrypted_channel_is_encrypted_here_too_and_checks_its_own_source_again_afterwards()
    {
        using var files = new CertificateFiles();
        await using DisposableServer old = await DisposableServer.StartAsync(33, $"--ssl-cert={files.Certificate}", $"--ssl-key={files.Key}");
        await using DisposableServer candidate = await DisposableServer.StartAsync(34, "--read-only=1");
        await candidate.ReplicateAsync(old, $"MASTER_USE_GTID=slave_pos, MASTER_SSL=1, MASTER_SSL_CA='{files.Certificate}'");
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (1, 1)");
        await Eventually.TrueAsync("the first row has arrived", async () => await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t") == "1");
        await candidate.ExecuteAsync("STOP SLAVE IO_THREAD");
        BinlogPosition before = await EndOf(old);
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (2, 2)");
        old.Kill();
        await candidate.ExecuteAsync("START SLAVE IO_THREAD");
        TestCluster cluster = new TestCluster().With("db1", old.Ip, old.Port).With("db2", candidate.Ip, candidate.Port);
        await using LocalMysqlServer mysql = RealAgent.Mysql(cluster, "db2", candidate);
        var log = new KeptLog();
        await using TailServer tail = Serve(old, before, log);
        var memory = new Memory();
        var steps = new ReplicationSteps(mysql, new TailSteps(mysql, memory, TimeProvider.System), memory, cluster.Setup("db2").Terms, TimeProvider.System);

        StepOutcome outcome = await steps.CatchUpAsync(new CatchUpOrder("db1", old.Ip, null, 20_000, Force: false, tail.Tail), Stop);

        Assert.Empty(outcome.Warnings);
        Assert.Equal("2", await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t"));
        Assert.Contains(log.Lines, l => l.EndsWith(", encrypted", StringComparison.Ordinal));
        Assert.Equal(("Yes", files.Certificate), (await candidate.SlaveStatusAsync("Master_SSL_Allowed"), await candidate.SlaveStatusAsync("Master_SSL_CA_File")));
    }

    [Fact]
    public async Task A_replica_that_has_everything_is_not_left_to_think_that_its_source_is_dead()
    {
        await using DisposableServer old = await DisposableServer.StartAsync(35);
        await using DisposableServer replica = await DisposableServer.StartAsync(36, "--read-only=1", "--slave-net-timeout=2");
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (1, 1)");
        old.Kill();
        await using TailServer tail = Serve(old, null, new KeptLog());
        await replica.ExecuteAsync(
            $"CHANGE MASTER TO MASTER_HOST='{old.Ip}', MASTER_PORT={tail.Tail.Port}, MASTER_USER='{DisposableServer.ReplicationUser}', "
            + $"MASTER_PASSWORD='{MySqlHelper.EscapeString(DisposableServer.ReplicationPassword)}', MASTER_HEARTBEAT_PERIOD=1, MASTER_USE_GTID=no, MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4; START SLAVE");
        await Eventually.TrueAsync("the row has arrived", async () => await replica.ScalarAsync("SELECT COUNT(*) FROM app.t") == "1");

        // Two of its timeouts.
        await Eventually.TrueAsync("heartbeats arrive", async () => int.Parse(await replica.ScalarAsync("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='Slave_received_heartbeats'") ?? "0", System.Globalization.CultureInfo.InvariantCulture) >= 5);

        Assert.Equal(("Yes", ""), (await replica.SlaveStatusAsync("Slave_IO_Running"), await replica.SlaveStatusAsync("Last_IO_Error")));
    }

    [Fact]
    public async Task Nobody_gets_in_without_the_replication_login_and_a_position_that_there_is()
    {
        await using DisposableServer old = await DisposableServer.StartAsync(37);
        await using DisposableServer replica = await DisposableServer.StartAsync(38, "--read-only=1");
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (1, 1)");
        old.Kill();
        await using TailServer tail = Serve(old, null, new KeptLog());

        foreach ((string user, string password) in new[] { (DisposableServer.ReplicationUser, "wrong"), ("root", ""), ("root", DisposableServer.ReplicationPassword) })
        {
            string connect = new MySqlConnectionStringBuilder { Server = old.Ip, Port = (uint)tail.Tail.Port, UserID = user, Password = password, SslMode = MySqlSslMode.None, Pooling = false }.ConnectionString;
            await using var connection = new MySqlConnection(connect);
            MySqlException refused = await Assert.ThrowsAsync<MySqlException>(() => connection.OpenAsync(Stop));
            Assert.Equal(1045, refused.Number);
        }

        long end = tail.Tail.End!.Position;
        foreach ((string file, long position) in new[] { ("binlog.000009", 4), (tail.Tail.End.File, end + 1), (tail.Tail.End.File, end - 3) })
        {
            await replica.ExecuteAsync("STOP SLAVE; RESET SLAVE ALL");
            await replica.ExecuteAsync(
                $"CHANGE MASTER TO MASTER_HOST='{old.Ip}', MASTER_PORT={tail.Tail.Port}, MASTER_USER='{DisposableServer.ReplicationUser}', "
                + $"MASTER_PASSWORD='{MySqlHelper.EscapeString(DisposableServer.ReplicationPassword)}', MASTER_USE_GTID=no, MASTER_LOG_FILE='{file}', MASTER_LOG_POS={position}; START SLAVE");
            await Eventually.TrueAsync($"{file}:{position} is refused", async () => await replica.SlaveStatusAsync("Last_IO_Errno") == "1236");
        }
    }

    private static async Task<BinlogPosition> EndOf(DisposableServer server)
    {
        await using MySqlConnection connection = await server.OpenAsync("root", "");
        await using var command = new MySqlCommand("SHOW MASTER STATUS", connection);
        await using MySqlDataReader reader = await command.ExecuteReaderAsync(Stop);
        await reader.ReadAsync(Stop);
        return new BinlogPosition(reader.GetString(0), reader.GetInt64(1));
    }

    private static TailServer Serve(DisposableServer server, BinlogPosition? from, ILogger log) => TailServer.Open(
        new IPEndPoint(IPAddress.Parse(server.Ip), 0),
        new BinlogFiles(Path.Combine(server.DataFolder, "binlog.index"), server.DataFolder, 31, null, "10.11.19-MariaDB", null), from,
        new MysqlLogin(DisposableServer.ReplicationUser, new Secret(DisposableServer.ReplicationPassword)), TimeProvider.System, log, Stop);

    private sealed class Memory : IMemory
    {
        public AgentMemory Kept { get; private set; } = AgentMemory.Empty;

        public Task<string?> SaveAsync(Func<AgentMemory, AgentMemory> change, CancellationToken cancel)
        {
            Kept = change(Kept);
            return Task.FromResult<string?>(null);
        }
    }
}
