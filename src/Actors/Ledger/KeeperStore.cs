using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Mmm.Shared.Ledger;

namespace Mmm.Actors.Ledger;

/// <summary>
/// The keeper's disk: <c>state_dir/keeper.db</c>, held by one process at a time. Blocking; called on a task, one call at a time. What
/// <see cref="Write"/> returned from is on disk; what it threw from may or may not be, which is why the store is then opened again.
/// </summary>
public sealed class KeeperStore : IDisposable
{
    /// <summary>What a record and SQLite's journal of it may need, several times over.</summary>
    private const int RoomBytes = 256 * 1024;

    private readonly string _path;
    private readonly FileStream _lock;
    private readonly string[] _clusters;
    private SqliteConnection? _connection;

    private KeeperStore(string path, FileStream exclusive, string[] clusters) => (_path, _lock, _clusters) = (path, exclusive, clusters);

    /// <summary>What was read, by cluster.</summary>
    public IReadOnlyDictionary<string, KeeperRecord> Records { get; private set; } = new Dictionary<string, KeeperRecord>();

    /// <summary>Clusters whose records were there and are unreadable, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Lost { get; private set; } = new Dictionary<string, string>();

    /// <summary>Opens the store of a state directory.</summary>
    /// <param name="stateDir">monitor.state_dir.</param>
    /// <param name="clusters">Configured MMM clusters.</param>
    /// <exception cref="KeeperStoreException">Another process has it, or the disk cannot be written: the sentence is for operators. Nothing was changed.</exception>
    public static KeeperStore Open(string stateDir, IEnumerable<string> clusters)
    {
        string path = Path.Combine(stateDir, "keeper.db");
        FileStream exclusive = Lock(stateDir);
        var store = new KeeperStore(path, exclusive, [.. clusters]);
        try
        {
            store.ProveRoom();
            store.Read();
            return store;
        }
        catch (Exception e)
        {
            store.Dispose();
            if (e is KeeperStoreException)
                throw;
            throw new KeeperStoreException($"{path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Stores a record and returns once it is on disk.</summary>
    /// <exception cref="KeeperStoreException">It may or may not be on disk: dispose of the store and open it again.</exception>
    public void Write(KeeperRecord record)
    {
        try
        {
            _connection ??= Make();
            KeeperStoreFile.Write(_connection, record);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new KeeperStoreException($"{_path} cannot be written: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _lock.Dispose();
    }

    private static FileStream Lock(string stateDir)
    {
        string path = Path.Combine(stateDir, "keeper.lock");
        try
        {
            Directory.CreateDirectory(stateDir);
            // flock(2) on Linux: the kernel releases it however the process ends.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new KeeperStoreException($"the state directory {stateDir} is in use by another running mmm-monitor: give each its own monitor.state_dir, or stop the other one", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeeperStoreException($"the state directory {stateDir} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>EWOULDBLOCK (11 on Linux) from flock(2), or Windows' sharing violation.</summary>
    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 32;

    /// <summary>
    /// A full disk takes a small write now and then: a keeper that votes again after each of those, and fails at the next record, is neither counted on nor seen to be in trouble.
    /// </summary>
    private void ProveRoom()
    {
        string path = _path + ".room";
        try
        {
            try
            {
                using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
                // Zeros would need no room where the file system compresses.
                file.Write(RandomNumberGenerator.GetBytes(RoomBytes));
                file.Flush(flushToDisk: true);
            }
            finally
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeeperStoreException($"{_path} cannot be written, as its disk is full or does not take {RoomBytes / 1024} KiB: {e.Message}", e);
        }
    }

    private void Read()
    {
        var file = new FileInfo(_path);
        if (!file.Exists)
            return;
        try
        {
            if (file.Length == 0)
                throw new InvalidDataException("it is empty");
            _connection = KeeperStoreFile.Connect(_path);
            (Dictionary<string, KeeperRecord> records, HashSet<string> lost) = KeeperStoreFile.ReadAll(_connection);
            Records = records;
            Lost = lost.ToDictionary(c => c, _ => $"an earlier {_path} was damaged", StringComparer.Ordinal);
        }
        catch (Exception e) when (e is InvalidDataException or SqliteException { SqliteErrorCode: Corrupt or NotADatabase or GenericError } or SqliteException { SqliteExtendedErrorCode: ShortRead })
        {
            _connection?.Dispose();
            _connection = null;
            Lost = _clusters.ToDictionary(c => c, _ => $"{_path} is damaged: {e.Message}", StringComparer.Ordinal);
        }
    }

    /// <summary>The first write makes the file, so that one that only looks never pretends that there was one. A damaged one is kept aside.</summary>
    private SqliteConnection Make()
    {
        if (File.Exists(_path))
        {
            string aside = $"{_path}.damaged";
            File.Delete(aside);
            File.Delete(aside + "-journal");
            if (File.Exists(_path + "-journal"))
                File.Move(_path + "-journal", aside + "-journal");
            File.Move(_path, aside);
        }

        KeeperStoreFile.Create(_path, Lost.Keys);
        return KeeperStoreFile.Connect(_path);
    }

    // sqlite.org/rescode.html. 1 is "no such table" and the like: a whole file of ours always has them.
    private const int GenericError = 1;
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    /// <summary>The file ends where SQLite's own bookkeeping says it goes on; other I/O errors are the disk's, and may pass.</summary>
    private const int ShortRead = 522;
}

/// <summary>The keeper's disk cannot be used at the moment; the message is a sentence for operators.</summary>
public sealed class KeeperStoreException(string message, Exception inner) : Exception(message, inner);
