using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Mmm.Shared.Ledger;

namespace Mmm.Actors.Ledger;

/// <summary>The SQLite file of a keeper: schema, checksums and pragmas. Blocking; called on a task, one call at a time.</summary>
internal static class KeeperStoreFile
{
    /// <summary>"MMMk": tells the file from any other SQLite database.</summary>
    private const int ApplicationId = 0x4D4D4D6B;

    /// <summary>Raised when a release writes what the one before cannot read.</summary>
    private const int SchemaVersion = 1;

    /// <summary>
    /// Opens an existing file. With these pragmas a commit returns once the data and the end of the rollback journal are on disk, and so is the
    /// directory whenever the journal was made anew (sqlite.org/pragma.html#pragma_synchronous; four fsyncs each, seen with strace). Not WAL:
    /// a damaged WAL is cut off without a word at its first bad frame, and the keeper would have forgotten what it promised without knowing.
    /// </summary>
    public static SqliteConnection Connect(string path)
    {
        // The pool would keep the file open, and on reopening hide what became of it on disk.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Makes a new, whole file under a temporary name and then gives it its own, so that an empty or half-made one never bears it.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="lost">Clusters whose records an earlier, damaged file may have held: they are marked as lost, not as never seen.</param>
    public static void Create(string path, IEnumerable<string> lost)
    {
        string making = path + ".new";
        File.Delete(making);
        File.Delete(making + "-journal");
        using (File.Create(making))
        {
        }

        using (SqliteConnection connection = Connect(making))
        {
            Execute(
                connection,
                $"""
                PRAGMA application_id={ApplicationId};
                PRAGMA user_version={SchemaVersion};
                CREATE TABLE opened (times INTEGER NOT NULL);
                INSERT INTO opened VALUES (0);
                CREATE TABLE record (cluster TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, checksum TEXT NOT NULL) WITHOUT ROWID;
                """);
            foreach (string cluster in lost)
                Put(connection, cluster, LostBody);
        }

        // A rollback journal left by a file that is gone would be played back into this one.
        File.Delete(path + "-journal");
        File.Move(making, path);
    }

    /// <summary>Reads everything and proves that the disk still takes writes.</summary>
    /// <exception cref="InvalidDataException">The content is not what a keeper wrote.</exception>
    public static (Dictionary<string, KeeperRecord> Records, HashSet<string> Lost) ReadAll(SqliteConnection connection)
    {
        if (Scalar(connection, "PRAGMA application_id") is not (long)ApplicationId)
            throw new InvalidDataException("it is not a keeper's file");
        if (Scalar(connection, "PRAGMA user_version") is not (long)SchemaVersion and var version)
            throw new NotSupportedException($"it was written by another release (format {version}, this one writes {SchemaVersion})");
        if (Scalar(connection, "PRAGMA integrity_check") is not "ok" and var damage)
            throw new InvalidDataException($"SQLite's integrity check says: {damage}");

        Dictionary<string, KeeperRecord> records = new(StringComparer.Ordinal);
        HashSet<string> lost = new(StringComparer.Ordinal);
        using (SqliteCommand read = connection.CreateCommand())
        {
            read.CommandText = "SELECT cluster, body, checksum FROM record";
            using SqliteDataReader rows = read.ExecuteReader();
            while (rows.Read())
                Take(rows.GetString(0), rows.GetString(1), rows.GetString(2), records, lost);
        }

        // As much as the next decision will need, so that a disk that takes a little but not that much is not taken for well.
        Execute(connection, "UPDATE opened SET times = times + 1; UPDATE record SET body = body");
        return (records, lost);
    }

    /// <summary>Stores a record; returns once it is on disk.</summary>
    public static void Write(SqliteConnection connection, KeeperRecord record) =>
        Put(connection, record.Cluster, JsonSerializer.Serialize(record, KeeperJsonContext.Strict.KeeperRecord));

    private const string LostBody = "lost";

    private static void Take(string cluster, string body, string checksum, Dictionary<string, KeeperRecord> records, HashSet<string> lost)
    {
        if (checksum != Checksum(cluster, body))
            throw new InvalidDataException($"the checksum of the record of cluster {cluster} does not match");
        if (body == LostBody)
        {
            lost.Add(cluster);
            return;
        }

        try
        {
            records[cluster] = JsonSerializer.Deserialize(body, KeeperJsonContext.Strict.KeeperRecord) ?? throw new InvalidDataException($"the record of cluster {cluster} is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the record of cluster {cluster} cannot be read: {e.Message}", e);
        }
    }

    private static void Put(SqliteConnection connection, string cluster, string body)
    {
        using SqliteCommand put = connection.CreateCommand();
        put.CommandText = "INSERT INTO record VALUES ($cluster, $body, $checksum) ON CONFLICT(cluster) DO UPDATE SET body = excluded.body, checksum = excluded.checksum";
        put.Parameters.AddWithValue("$cluster", cluster);
        put.Parameters.AddWithValue("$body", body);
        put.Parameters.AddWithValue("$checksum", Checksum(cluster, body));
        put.ExecuteNonQuery();
    }

    private static string Checksum(string cluster, string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cluster + "\n" + body)));

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
