using System.Diagnostics;
using Mmm.Agent.Tests.Actors;
using Mmm.Agent.Tests.Servers;
using MySqlConnector;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>
/// The old active master vanishes while it is sending a transaction: the candidate has received a part of it and must neither wait for the rest nor
/// keep its row locks.
/// </summary>
public sealed class IncompleteTransactionTests
{
    [Theory]
    [InlineData(ServerKind.MariaDb, "MASTER_USE_GTID=slave_pos")]
    [InlineData(ServerKind.MariaDb, "MASTER_USE_GTID=no")]
    [InlineData(ServerKind.MySql, "SOURCE_AUTO_POSITION=1")]
    [InlineData(ServerKind.MySql, "SOURCE_AUTO_POSITION=0")]
    public async Task A_candidate_takes_over_without_the_part_of_a_transaction_that_arrived(ServerKind kind, string mode)
    {
        await using DisposableServer old = await DisposableServer.StartAsync(kind, 31);
        await using DisposableServer candidate = await DisposableServer.StartAsync(kind, 32, "--read-only=1", $"--{(kind == ServerKind.MySql ? "replica" : "slave")}-net-timeout=60");
        await using var proxy = new CuttingProxy("127.0.0.33", old.Ip, old.Port);
        await candidate.ReplicateAsync(proxy.Ip, proxy.Port, mode);
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (1, 1); CREATE TABLE app.big (id INT PRIMARY KEY, v VARCHAR(1000)) ENGINE=InnoDB");
        await Eventually.TrueAsync("the candidate has the first row and the table", async () =>
            await candidate.ScalarAsync("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME='big'") == "1" && await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t") == "1");

        // One transaction of some 900 kB that also changes row 1; its beginning arrives, its end never does.
        proxy.SilentAfter(300_000);
        await old.ExecuteAsync("SET SESSION binlog_format=ROW; BEGIN; UPDATE app.t SET v=2 WHERE id=1; "
            + "INSERT INTO app.big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 1000) FROM n; COMMIT");
        await Eventually.TrueAsync("the source is silent", () => Task.FromResult(proxy.IsSilent));
        TestCluster cluster = new TestCluster().With("db1", proxy.Ip, proxy.Port).With("db2", candidate.Ip, candidate.Port);
        await using var agent = new RealAgent(cluster, "db2", candidate);

        var watch = Stopwatch.StartNew();
        Report taken = await agent.Agent.DoneAsync(TestCluster.Holds("db2", 1, new CatchUpOrder("db1", proxy.Ip, null, 10_000, Force: false)));

        TestContext.Current.SendDiagnosticMessage($"took over in {watch.ElapsedMilliseconds} ms");
        Assert.False(taken.Facts.ReadOnly);
        Assert.Contains(taken.Progress.Warnings, w => w.Contains("had not arrived whole", StringComparison.Ordinal));
        await using MySqlConnection client = await candidate.OpenAppAsync();
        await using var write = new MySqlCommand("SET SESSION innodb_lock_wait_timeout=2; UPDATE app.t SET v=3 WHERE id=1", client);
        await write.ExecuteNonQueryAsync();
        Assert.Equal("3", await candidate.ScalarAsync("SELECT v FROM app.t WHERE id=1"));
        Assert.Equal("0", await candidate.ScalarAsync("SELECT COUNT(*) FROM app.big"));
    }
}
