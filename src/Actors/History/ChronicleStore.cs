using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;

namespace Mmm.Actors.History;

/// <summary>
/// The SQLite file of a chronicle. Blocking; called on a task, one call at a time. WAL with synchronous=NORMAL: a power failure may cost the latest events, which the other monitors have, and storing
/// them costs no fsync beside the ledger's (sqlite.org/pragma.html#pragma_synchronous).
/// </summary>
internal sealed class ChronicleStore : IDisposable
{
    /// <summary>"MMMh": tells the file from any other SQLite database.</summary>
    private const int ApplicationId = 0x4D4D4D68;

    /// <summary>Raised when a release writes what the one before cannot read.</summary>
    private const int SchemaVersion = 1;

    private const string Columns = "cluster, counter, node, incarnation, no, at_utc, version, code, host, sentence, command";

    private readonly SqliteConnection _connection;

    private ChronicleStore(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the file, or makes it. One that is damaged, or of another release, is set aside.</summary>
    /// <returns>The store, and what became of a damaged file, for operators; null = nothing.</returns>
    /// <exception cref="SqliteException">The disk does not do.</exception>
    /// <exception cref="IOException">The same.</exception>
    public static (ChronicleStore Store, string? Aside) Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return (Connect(path), null);
        }
        catch (Exception e) when (e is InvalidDataException or SqliteException { SqliteErrorCode: Corrupt or NotADatabase or GenericError })
        {
            string aside = path + ".damaged";
            foreach (string suffix in new[] { "-wal", "-shm", "" })
            {
                File.Delete(aside + suffix);
                if (File.Exists(path + suffix))
                    File.Move(path + suffix, aside + suffix);
            }

            return (Connect(path), $"{path} could not be read and is now {aside}: {e.Message}. This monitor gets the history from the others.");
        }
    }

    public ImmutableArray<(string Cluster, HistoryEvent Event)> ReadAll()
    {
        using SqliteCommand read = _connection.CreateCommand();
        read.CommandText = $"SELECT {Columns} FROM event";
        using SqliteDataReader row = read.ExecuteReader();
        var events = ImmutableArray.CreateBuilder<(string, HistoryEvent)>();
        while (row.Read())
        {
            var id = new EventId(new Epoch(row.GetInt64(1), row.GetString(2), row.GetString(3)), row.GetInt64(4));
            var at = DateTimeOffset.Parse(row.GetString(5), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            events.Add((row.GetString(0), new HistoryEvent(id, at, row.GetInt64(6), row.GetString(7), Text(row, 8), row.GetString(9), Text(row, 10))));
        }

        return events.ToImmutable();
    }

    public void Add(ImmutableArray<(string Cluster, HistoryEvent Event)> events, ImmutableDictionary<string, EventId?> floors)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Insert(events);
        foreach ((string cluster, EventId? floor) in floors.Where(f => f.Value is not null))
            Execute("DELETE FROM event WHERE cluster = $0 AND (counter, node, incarnation, no) < ($1, $2, $3, $4)", cluster, floor!.Epoch.Counter, floor.Epoch.Node, floor.Epoch.Incarnation, floor.No);
        transaction.Commit();
    }

    /// <summary>These instead of everything that is there.</summary>
    public void Replace(ImmutableArray<(string Cluster, HistoryEvent Event)> events)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Execute("DELETE FROM event");
        Insert(events);
        transaction.Commit();
    }

    public void Dispose() => _connection.Dispose();

    private void Insert(ImmutableArray<(string Cluster, HistoryEvent Event)> events)
    {
        foreach ((string cluster, HistoryEvent e) in events)
        {
            Execute(
                $"INSERT OR REPLACE INTO event ({Columns}) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                cluster, e.Id.Epoch.Counter, e.Id.Epoch.Node, e.Id.Epoch.Incarnation, e.Id.No, e.AtUtc.ToString("O", CultureInfo.InvariantCulture), e.Version, e.Code, e.Host, e.Sentence, e.Command);
        }
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static ChronicleStore Connect(string path)
    {
        // The pool would keep the file open, and on reopening hide what became of it on disk.
        var store = new ChronicleStore(new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false, DefaultTimeout = 5 }.ToString()));
        try
        {
            store._connection.Open();
            store.Execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA trusted_schema=OFF;");
            store.Prepare();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private void Prepare()
    {
        long application = Number("PRAGMA application_id"), version = Number("PRAGMA user_version");
        if (application == 0 && version == 0 && Number("SELECT COUNT(*) FROM sqlite_schema") == 0)
        {
            using SqliteTransaction transaction = _connection.BeginTransaction();
            Execute($"""
                PRAGMA application_id={ApplicationId};
                PRAGMA user_version={SchemaVersion};
                CREATE TABLE event (
                    cluster TEXT NOT NULL, counter INTEGER NOT NULL, node TEXT NOT NULL, incarnation TEXT NOT NULL, no INTEGER NOT NULL,
                    at_utc TEXT NOT NULL, version INTEGER NOT NULL, code TEXT NOT NULL, host TEXT, sentence TEXT NOT NULL, command TEXT,
                    PRIMARY KEY (cluster, counter, node, incarnation, no)) WITHOUT ROWID;
                """);
            transaction.Commit();
            return;
        }

        if (application != ApplicationId)
            throw new InvalidDataException("it is no file of a history");
        if (version != SchemaVersion)
            throw new InvalidDataException($"it was written by another release (format {version}, this one writes {SchemaVersion})");
        using SqliteCommand check = _connection.CreateCommand();
        check.CommandText = "PRAGMA quick_check(1)";
        if (check.ExecuteScalar() is not "ok" and var damage)
            throw new InvalidDataException($"SQLite says: {damage}");
    }

    private long Number(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private void Execute(string sql, params object?[] values)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i}"), values[i] ?? DBNull.Value);
        command.ExecuteNonQuery();
    }

    // sqlite.org/rescode.html. 1 is "no such table" and the like.
    private const int GenericError = 1;
    private const int Corrupt = 11;
    private const int NotADatabase = 26;
}
