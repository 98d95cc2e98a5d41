using System.Globalization;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Agents;

/// <summary>What a write to the disk of mysqld's data has shown.</summary>
/// <param name="Folder">The folder that was written to, as mysqld names it; of several the one with trouble.</param>
/// <param name="Errno">Error number of Linux; 0 = it was written and is on the disk.</param>
/// <param name="Error">Text of the error; null = none.</param>
/// <param name="FreeBytes">Free for mysqld there (what is kept for root does not count); null = not known.</param>
public sealed record DiskProbe(string Folder, int Errno, string? Error, long? FreeBytes);

/// <summary>What is made of it.</summary>
public static class DiskRule
{
    /// <summary>EIO, ENOSPC, EROFS, EDQUOT of Linux.</summary>
    private const int IoError = 5, NoSpace = 28, ReadOnlyFileSystem = 30, OverQuota = 122;

    /// <param name="probe">A write that has ended.</param>
    /// <param name="before">What was held true before; null = nothing.</param>
    /// <param name="minFree">disk.min_free_mb, in bytes.</param>
    public static DiskFacts Judge(DiskProbe probe, DiskFacts? before, long minFree)
    {
        (DiskState state, string? message) = probe.Errno switch
        {
            0 when probe.FreeBytes < minFree => (DiskState.Full, $"{Megabytes(probe.FreeBytes.Value)} MiB are free, fewer than {Megabytes(minFree)} (disk.min_free_mb)"),
            0 when before?.State == DiskState.Full && probe.FreeBytes < 2 * minFree =>
                (DiskState.Full, $"{Megabytes(probe.FreeBytes.Value)} MiB are free again, and {Megabytes(2 * minFree)} are needed to go on (twice disk.min_free_mb)"),
            0 => (DiskState.Ok, null),
            NoSpace or OverQuota => (DiskState.Full, probe.Error),
            ReadOnlyFileSystem or IoError => (DiskState.ReadOnly, probe.Error),
            _ => (DiskState.Unknown, probe.Error),
        };
        return new DiskFacts(state, probe.Folder, message, probe.FreeBytes);
    }

    private static string Megabytes(long bytes) => (bytes / (1024 * 1024)).ToString(CultureInfo.InvariantCulture);

    /// <param name="folder">What is being written to.</param>
    /// <param name="timeout">disk.timeout, which has passed.</param>
    public static DiskFacts Stalled(string folder, TimeSpan timeout) =>
        new(DiskState.Stalled, folder, string.Create(CultureInfo.InvariantCulture, $"a write has not ended within {timeout.TotalSeconds:0.#} s (disk.timeout)"), null);
}
