using System.Collections.Immutable;
using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>The disk of mysqld's data.</summary>
public interface IDisk
{
    /// <summary>Writes a little to each folder, waits until it is on the disk, and takes it away again. Never throws; ends when the disk has answered, which may be never.</summary>
    /// <param name="folders">As mysqld names them.</param>
    /// <param name="mysqld">Its process, whose view of the file systems is used (a container's, say); null = it is not known.</param>
    /// <returns>The first folder with trouble, or the one with the least space.</returns>
    Task<DiskProbe> ProbeAsync(ImmutableArray<string> folders, int? mysqld);
}
