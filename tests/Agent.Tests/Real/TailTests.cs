using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.MySql;
using Mmm.Agent.Adapters.Tail;
using Mmm.Agent.Tests.Actors;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>The old active master died with transactions that nobody has received; its agent serves its binary log.</summary>
public sealed class TailTests
{
    [Theory]
    [InlineData("MASTER_USE_GTID=slave_pos", "Slave_Pos")]
    [InlineData("MASTER_USE_GTID=no, MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4", "No")]
    public async Task What_only_the_dead_server_had_is_applied_and_replication_goes_on_from_there(string mode, string usingGtid)
    {
        await using DisposableMariaDb old = await DisposableMariaDb.StartAsync(31);
        await using DisposableMariaDb candidate = await DisposableMariaDb.StartAsync(32, "--read-only=1");
        await candidate.ReplicateAsync(old, mode);
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (1, 1)");
        await Eventually.TrueAsync("the first row has arrived", async () => await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t") == "1");
        await candidate.ExecuteAsync("STOP SLAVE IO_THREAD");
        await old.ExecuteAsync("INSERT INTO app.t(id, v) VALUES (2, 2); CREATE TABLE app.more (id INT PRIMARY KEY, v LONGTEXT) ENGINE=InnoDB; FLUSH BINARY LOGS");
        await old.ExecuteAsync("BEGIN; INSERT INTO app.more VALUES (1, 'a'); INSERT INTO app.more VALUES (2, 'b'); COMMIT; INSERT INTO app.t(id, v) VALUES (3, 3)");
        string gtid = (await old.ScalarAsync("SELECT @@gtid_binlog_pos"))!;
        old.Kill();
        await candidate.ExecuteAsync("START SLAVE IO_THREAD");
        TestCluster cluster = new TestCluster().With("db1", old.Ip, old.Port).With("db2", candidate.Ip, candidate.Port);
        await using LocalMysqlServer mysql = RealAgent.Mysql(cluster, "db2", candidate);
        await using var agent = new OldAgent(old);
        var memory = new Memory();
        var steps = new ReplicationSteps(mysql, agent, new TailSteps(mysql, memory, TimeProvider.System), cluster.Setup("db2").Terms, TimeProvider.System);

        StepOutcome outcome = await steps.CatchUpAsync(new CatchUpOrder("db1", old.Ip, null, 20_000, Force: false), TestContext.Current.CancellationToken);

        Assert.Null(outcome.Failure);
        Assert.Empty(outcome.Warnings);
        Assert.Contains("what only db1 had was fetched", outcome.Told, StringComparison.Ordinal);
        Assert.Equal(("3", "2"), (await candidate.ScalarAsync("SELECT COUNT(*) FROM app.t"), await candidate.ScalarAsync("SELECT COUNT(*) FROM app.more")));
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

    /// <summary>Stands for the other host's agent.</summary>
    private sealed class OldAgent(DisposableMariaDb server) : ITailAsker, IAsyncDisposable
    {
        private TailServer? _open;

        public Task<TailProtocol.Answer?> AskAsync(string host, BinlogPosition? applied, CancellationToken cancel)
        {
            string data = server.DataFolder;
            _open = TailServer.Open(
                new IPEndPoint(IPAddress.Parse(server.Ip), 0), new BinlogFiles(Path.Combine(data, "binlog.index"), data, 31, null, "10.11.19-MariaDB", null), applied,
                new MysqlLogin(DisposableMariaDb.ReplicationUser, new Secret(DisposableMariaDb.ReplicationPassword)), TimeProvider.System, NullLogger.Instance, cancel);
            return Task.FromResult<TailProtocol.Answer?>(new TailProtocol.Answer("C1", host, _open.Tail, null));
        }

        public ValueTask DisposeAsync() => _open?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

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
