using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>
/// Writes, syncs and removes a file of 4 KiB in mysqld's folders. A call that the kernel does not return from holds a thread up, and nothing else. The file is always a new one: a link that
/// stands in its place is removed, not followed.
/// </summary>
public sealed class DataDisk : IDisk
{
    /// <summary>mysqld takes no notice of files whose names begin with a dot, not even when it sets a folder up.</summary>
    public const string FileName = ".mmm-agent-probe";

    private const int Size = 4096;
    private const int AccessDenied = 13;
    private const int ReadOnlyFileSystem = 30;

    public Task<DiskProbe> ProbeAsync(ImmutableArray<string> folders, int? mysqld) =>
        Task.Factory.StartNew(() => ProbeAll(folders, mysqld), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    private static DiskProbe ProbeAll(ImmutableArray<string> folders, int? mysqld)
    {
        DiskProbe? least = null;
        foreach (string folder in folders)
        {
            DiskProbe probe = Probe(folder, mysqld);
            if (probe.Errno != 0)
                return probe;
            if (least is null || probe.FreeBytes < least.FreeBytes)
                least = probe;
        }

        return least!;
    }

    private static DiskProbe Probe(string folder, int? mysqld)
    {
        MysqldView? view = mysqld is { } pid ? MysqldView.Of(pid) : null;
        string? seen = view?.Reach(folder);
        if (view is not null && seen is null)
            return new DiskProbe(folder, AccessDenied, "the folder is in file systems of mysqld's own, into which this agent may not look", null);
        string reached = Directory.Exists(seen) ? seen : folder;
        (int errno, string? error) = Write(Path.Combine(reached, FileName));
        if (errno == ReadOnlyFileSystem && reached == folder && OnlyOursIsReadOnly(MountTable.Own()?.At(folder), mysqld is { } its ? MountTable.Of(its)?.At(folder) : null))
            (errno, error) = (AccessDenied, $"the folder is read-only for this agent, and not for the rest of the machine: ReadWritePaths={folder} in its unit");
        return new DiskProbe(folder, errno, error, errno == 0 ? Free(reached) : null);
    }

    /// <summary>A unit's ProtectSystem= and the like, and no fault of the disk's.</summary>
    /// <param name="own">The folder's mount as this process has it.</param>
    /// <param name="its">As mysqld has it; null = no mysqld runs.</param>
    internal static bool OnlyOursIsReadOnly(Mount? own, Mount? its) => own is { ReadOnly: true, DiskReadOnly: false } && its?.ReadOnly != true;

    private static (int Errno, string? Error) Write(string file)
    {
        // What a process that ended in the middle of it has left. Should it fail, the next call says why.
        _ = LibC.Unlink(file);
        int fd = LibC.Open(file, LibC.OpenNewFile, LibC.OwnerReadsAndWrites);
        if (fd < 0)
            return Failed("could not be made");
        try
        {
            byte[] bytes = RandomNumberGenerator.GetBytes(Size);
            for (int written = 0; written < Size;)
            {
                nint count = LibC.Write(fd, bytes.AsSpan(written), Size - written);
                if (count <= 0)
                    return Failed("could not be written");
                written += (int)count;
            }

            return LibC.Fsync(fd) == 0 ? (0, null) : Failed("could not be put onto the disk");
        }
        finally
        {
            _ = LibC.Close(fd);
            _ = LibC.Unlink(file);
        }
    }

    private static (int, string) Failed(string what)
    {
        int errno = Marshal.GetLastPInvokeError();
        return (errno, $"a file {what}: {LibC.LastError()}");
    }

    private static long? Free(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
