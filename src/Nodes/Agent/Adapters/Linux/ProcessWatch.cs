using System.Collections.Immutable;
using System.Globalization;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>
/// Finds mysqld by its pid file and learns of its end from a pidfd, at once; where the kernel gives none (before 5.3, or forbidden in a
/// container), from /proc every <paramref name="interval"/>.
/// </summary>
/// <param name="poller">Waits for the pidfd.</param>
/// <param name="configuredPidFile">mysql_pid_file; null = what mysqld says.</param>
/// <param name="interval">local_watch_interval.</param>
/// <param name="time">Clock of that interval.</param>
/// <param name="lacks">Told, of each mysqld once, what this process may not do with it; null = nobody.</param>
public sealed class ProcessWatch(Poller poller, string? configuredPidFile, TimeSpan interval, TimeProvider time, Action<string>? lacks = null) : ILocalWatch
{
    public TimeSpan MachineUptime => TimeSpan.FromMilliseconds(Environment.TickCount64);

    public int? FindProcess(string? pidFile)
    {
        string? path = configuredPidFile ?? pidFile;
        if (path is null || TryRead(path) is not { } text || !int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return null;
        return Runs(pid) && IsMysqld(pid) ? pid : null;
    }

    public string? IdentityOf(int processId)
    {
        // Behind the name in its brackets: the state is the third field of all, the start (in ticks since the boot) the 22nd.
        string[] fields = TryRead($"/proc/{processId}/stat") is { } stat ? stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
        return fields.Length > 19 && TryRead("/proc/sys/kernel/random/boot_id") is { } boot ? $"{boot.Trim()}/{fields[19]}" : null;
    }

    public ImmutableArray<ServerVariable>? StartOptionsOf(int processId, string version, string dataFolder) => StartOptions.Read(processId, version, dataFolder);

    public string Kill(string? pidFile)
    {
        if (FindProcess(pidFile) is not { } pid)
            return "it could not be killed, as its process was not found (is mysql_pid_file right?)";
        int fd = LibC.PidFdOpen(pid);
        if (fd < 0)
            return LibC.Kill(pid, LibC.SigKill) == 0 ? $"process {pid} was killed" : $"process {pid} could not be killed: {LibC.LastError()}";
        try
        {
            // Between the look and the opening another process may have taken the number.
            return FindProcess(pidFile) != pid ? $"process {pid} has just ended"
                : LibC.PidFdSendSignal(fd, LibC.SigKill) == 0 ? $"process {pid} was killed"
                : $"process {pid} could not be killed: {LibC.LastError()}";
        }
        finally
        {
            _ = LibC.Close(fd);
        }
    }

    public async Task WaitForExitAsync(int processId, CancellationToken cancel)
    {
        if (lacks is not null)
        {
            foreach (string lack in MysqldRights.Missing(processId))
                lacks(lack);
        }

        int fd = LibC.PidFdOpen(processId);
        if (fd >= 0)
        {
            try
            {
                await poller.WaitReadableAsync(fd, cancel);
                return;
            }
            finally
            {
                _ = LibC.Close(fd);
            }
        }

        using var timer = new PeriodicTimer(interval, time);
        while (Runs(processId))
            await timer.WaitForNextTickAsync(cancel);
    }

    /// <summary>A process that has ended and waits for its parent to take notice no longer runs.</summary>
    private static bool Runs(int pid)
    {
        if (TryRead($"/proc/{pid}/stat") is not { } stat)
            return false;
        // "pid (name) state …": the name may hold anything, so the state is looked for behind the last bracket.
        int state = stat.LastIndexOf(')') + 2;
        return state > 1 && state < stat.Length && stat[state] is not ('Z' or 'X');
    }

    /// <summary>A pid file outlives a crash, and after a reboot its number may be any process's.</summary>
    private static bool IsMysqld(int pid) =>
        TryRead($"/proc/{pid}/cmdline") is { } command
        && (command.Contains("mysqld", StringComparison.Ordinal) || command.Contains("mariadbd", StringComparison.Ordinal));

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not there, gone while being read, or not ours to read: all mean that nothing can be told from it.
            return null;
        }
    }
}
