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
        // Where mysqld's own file systems are not ours (a container, a unit with a private view), this leads into them.
        string seen = $"/proc/{mysqld}/root{folder}";
        string reached = mysqld is not null && Directory.Exists(seen) ? seen : folder;
        (int errno, string? error) = Write(Path.Combine(reached, FileName));
        return new DiskProbe(folder, errno, error, errno == 0 ? Free(reached) : null);
    }

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
