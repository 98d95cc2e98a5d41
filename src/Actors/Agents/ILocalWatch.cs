using System.Collections.Immutable;
using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>Watches the process of the local mysqld, so that its death is known without asking it.</summary>
public interface ILocalWatch
{
    /// <summary>Process id of the running mysqld.</summary>
    /// <param name="pidFile">@@pid_file; null = not known yet.</param>
    /// <returns>Null when it cannot be told or no such process runs.</returns>
    int? FindProcess(string? pidFile);

    /// <summary>What tells the process from every other one, also after a reboot; null when it cannot be told.</summary>
    string? IdentityOf(int processId);

    /// <summary>What mysqld would be started with: its option files and its command line.</summary>
    /// <param name="processId">Of the running one.</param>
    /// <param name="version">@@version.</param>
    /// <param name="dataFolder">@@datadir.</param>
    /// <returns>See <see cref="ServerSetup.AtStart"/>; null when they cannot be read.</returns>
    ImmutableArray<ServerVariable>? StartOptionsOf(int processId, string version, string dataFolder);

    /// <summary>Ends mysqld at once (SIGKILL), also one that is stopped or hangs.</summary>
    /// <param name="pidFile">As in <see cref="FindProcess"/>.</param>
    /// <returns>For the log: what was done, or why nothing could be.</returns>
    string Kill(string? pidFile);

    /// <summary>Completes when the process has ended.</summary>
    Task WaitForExitAsync(int processId, CancellationToken cancel);

    /// <summary>Uptime of the machine: how a reboot is told from a lost network.</summary>
    TimeSpan MachineUptime { get; }
}
