using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Tail;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using MySqlConnector;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>Logs of a real server as a crash, or a bad disk, may leave them.</summary>
public sealed class BinlogEndTests(BinlogEndTests.RealLog log) : IClassFixture<BinlogEndTests.RealLog>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-binlog-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Wherever_the_last_file_is_torn_the_end_is_that_of_the_last_transaction_that_is_whole()
    {
        long begin = log.Ends[0];
        for (long length = begin; length <= log.Last.Length; length++)
        {
            BinlogIndex index = Logs((log.LastName, log.Last.AsSpan(0, (int)length).ToArray()));

            BinlogEnd end = BinlogEnd.Find(index, new BinlogPosition(log.LastName, begin), CancellationToken.None);

            long whole = log.Ends.Last(e => e <= length);
            Assert.Equal((new BinlogPosition(log.LastName, whole), null), (end.At, end.Damage));
            Assert.Equal(log.Ends.Count(e => e > begin && e <= whole), end.Transactions);
        }
    }

    [Fact]
    public void The_search_finds_the_same_end_wherever_it_begins()
    {
        BinlogIndex index = Logs((log.FirstName, log.First), (log.LastName, log.Last));
        var end = new BinlogPosition(log.LastName, log.Ends[^1]);

        Assert.Equal(end, BinlogEnd.Find(index, null, CancellationToken.None).At);
        Assert.Equal(end, BinlogEnd.Find(index, new BinlogPosition(log.FirstName, 4), CancellationToken.None).At);
        Assert.Equal(end, BinlogEnd.Find(index, new BinlogPosition("binlog.000000", 77), CancellationToken.None).At);
        // The server had not yet written what it told: then nothing behind the beginning is taken for whole unseen.
        Assert.Equal(end, BinlogEnd.Find(index, new BinlogPosition(log.LastName, 1_000_000), CancellationToken.None).At);
        foreach (long from in log.Ends)
            Assert.Equal(end, BinlogEnd.Find(index, new BinlogPosition(log.LastName, from), CancellationToken.None).At);
    }

    [Fact]
    public void A_server_that_died_while_it_began_a_file_has_its_end_in_the_one_before()
    {
        BinlogPosition before = BinlogEnd.Find(Logs((log.FirstName, log.First)), null, CancellationToken.None).At;
        for (int length = 0; length < log.FormatEnd; length++)
            Assert.Equal(before, BinlogEnd.Find(Logs((log.FirstName, log.First), (log.LastName, log.Last[..length])), null, CancellationToken.None).At);

        BinlogIndex missing = Logs((log.FirstName, log.First), (log.LastName, log.Last));
        File.Delete(missing.Paths[1]);
        Assert.Equal(before, BinlogEnd.Find(missing, before, CancellationToken.None).At);

        TailException nothing = Assert.Throws<TailException>(() => BinlogEnd.Find(Logs((log.LastName, [])), null, CancellationToken.None));
        Assert.EndsWith("ends before its first event", nothing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_ends_the_log_before_the_transaction_that_has_it_and_is_told()
    {
        for (long at = log.Ends[1]; at < log.Ends[^1]; at += 7)
        {
            byte[] damaged = [.. log.Last];
            damaged[at] ^= 0x10;

            BinlogEnd end = BinlogEnd.Find(Logs((log.LastName, damaged)), new BinlogPosition(log.LastName, log.Ends[0]), CancellationToken.None);

            Assert.Equal(log.Ends.Last(e => e <= at), end.At.Position);
            // An event whose length was made larger than the file looks like a torn end.
            long inEvent = at - log.EventStarts.Last(e => e <= at);
            if (inEvent is < 9 or > 12)
                Assert.Contains(log.LastName, end.Damage, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_torn_file_that_another_follows_ends_the_log_and_is_told()
    {
        BinlogEnd end = BinlogEnd.Find(Logs((log.FirstName, log.First[..^3]), (log.LastName, log.Last)), new BinlogPosition(log.FirstName, 4), CancellationToken.None);

        Assert.Equal(log.FirstName, end.At.File);
        Assert.Contains("and the log goes on in", end.Damage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xfd, 0x62, 0x69, 0x6e, 0, 0 }, "is encrypted (binlog_encryption)")]
    [InlineData(new byte[] { 1, 2, 3, 4, 5, 6 }, "is no binary log")]
    public void What_cannot_be_read_is_refused_with_its_name(byte[] content, string why)
    {
        TailException refused = Assert.Throws<TailException>(() => BinlogEnd.Find(Logs((log.LastName, content)), null, CancellationToken.None));
        Assert.Contains($"{log.LastName} {why}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_cannot_be_read_is_refused()
    {
        TailException refused = Assert.Throws<TailException>(() => BinlogIndex.Read(Files("nothing.index")));
        Assert.Contains("nothing.index cannot be read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_places_between_two_events_are_positions()
    {
        BinlogIndex index = Logs((log.FirstName, log.First), (log.LastName, log.Last));
        var dump = new BinlogDump(index, BinlogEnd.Find(index, null, CancellationToken.None), new MadeEvents(1));
        HashSet<long> events = [.. log.EventStarts, 4, 0, log.Ends[^1]];
        for (long at = 0; at <= log.Ends[^1]; at++)
        {
            string? why = dump.Refuses(new BinlogPosition(log.LastName, at));
            Assert.True(why is null == (events.Contains(at) || at < 4), $"{at}: {why ?? "taken"}");
        }

        Assert.NotNull(dump.Refuses(new BinlogPosition(log.LastName, log.Ends[^1] + 1)));
        Assert.NotNull(dump.Refuses(new BinlogPosition("../../etc/passwd", 4)));
        Assert.Null(dump.Refuses(new BinlogPosition(log.FirstName, log.First.Length)));
    }

    private BinlogFiles Files(string index) => new(Path.Combine(_folder, index), _folder, 1, null, "10.11.6-MariaDB", null);

    private BinlogIndex Logs(params (string Name, byte[] Content)[] files)
    {
        foreach ((string name, byte[] content) in files)
            File.WriteAllBytes(Path.Combine(_folder, name), content);
        File.WriteAllLines(Path.Combine(_folder, "binlog.index"), files.Select(f => "./" + f.Name));
        return BinlogIndex.Read(Files("binlog.index"));
    }

    /// <summary>Two files: transactions of one and several statements, of DDL, of a table without transactions, one that was rolled back.</summary>
    public sealed class RealLog : IAsyncLifetime
    {
        public string FirstName { get; private set; } = "";

        public byte[] First { get; private set; } = [];

        public string LastName { get; private set; } = "";

        public byte[] Last { get; private set; } = [];

        /// <summary>Where the transactions of the last file end, as the server says.</summary>
        public List<long> Ends { get; } = [];

        public List<long> EventStarts { get; } = [];

        public long FormatEnd { get; private set; }

        public async ValueTask InitializeAsync()
        {
            await using DisposableServer server = await DisposableServer.StartAsync(39);
            await server.ExecuteAsync("CREATE TABLE app.plain (id INT) ENGINE=MyISAM");
            FirstName = (await EndAsync(server)).File;
            await server.ExecuteAsync("FLUSH BINARY LOGS");
            LastName = (await EndAsync(server)).File;
            Ends.Add((await EndAsync(server)).Position);
            foreach (string sql in new[]
                     {
                         "INSERT INTO app.t(id, v) VALUES (1, 1)", "BEGIN; INSERT INTO app.t(id, v) VALUES (2, 1); UPDATE app.t SET v=7; DELETE FROM app.t WHERE id=1; COMMIT",
                         "CREATE TABLE app.u (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO app.plain VALUES (1), (2)", "BEGIN; INSERT INTO app.u VALUES (1); INSERT INTO app.plain VALUES (3); ROLLBACK",
                         "SET binlog_format=STATEMENT; SET @a=5; INSERT INTO app.u VALUES (@a)", "XA START 'x'; INSERT INTO app.u VALUES (9); XA END 'x'; XA PREPARE 'x'", "XA COMMIT 'x'", "DROP TABLE app.u", "INSERT INTO app.t(id, v) VALUES (9, 1)",
                     })
            {
                await server.ExecuteAsync(sql);
                Ends.Add((await EndAsync(server)).Position);
            }

            await ReadEventsAsync(server);
            First = await ReadAsync(Path.Combine(server.DataFolder, FirstName));
            Last = await ReadAsync(Path.Combine(server.DataFolder, LastName));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static async Task<byte[]> ReadAsync(string path)
        {
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] all = new byte[stream.Length];
            await stream.ReadExactlyAsync(all);
            return all;
        }

        private async Task ReadEventsAsync(DisposableServer server)
        {
            await using MySqlConnection connection = await server.OpenAsync("root", "");
            await using var command = new MySqlCommand($"SHOW BINLOG EVENTS IN '{LastName}'", connection);
            await using MySqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                EventStarts.Add(reader.GetInt64(1));
                if (EventStarts.Count == 1)
                    FormatEnd = reader.GetInt64(4);
            }

            // Several transactions in one batch, or rolled back with nothing logged, end where the one before does.
            long[] ends = [.. Ends.Distinct()];
            Ends.Clear();
            Ends.AddRange(ends);
        }

        private static async Task<BinlogPosition> EndAsync(DisposableServer server)
        {
            await using MySqlConnection connection = await server.OpenAsync("root", "");
            await using var command = new MySqlCommand("SHOW MASTER STATUS", connection);
            await using MySqlDataReader reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            return new BinlogPosition(reader.GetString(0), reader.GetInt64(1));
        }
    }
}
