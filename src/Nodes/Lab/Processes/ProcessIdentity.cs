using System.Globalization;
using System.Runtime.InteropServices;

namespace Mmm.Lab.Processes;

/// <summary>
/// A process told apart from a later one with the same number: pid and start time (clock ticks since boot, field 22 of
/// /proc/PID/stat). Nothing is ever signalled by name or by a bare pid.
/// </summary>
public sealed record ProcessIdentity(int Pid, long StartTicks)
{
    public const int SigHup = 1;
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int SigStop = 19;
    public const int SigCont = 18;

    /// <summary>The process that has this number now; null when there is none or it is only waiting to be reaped.</summary>
    public static ProcessIdentity? Of(int pid) => ReadStat(pid) is { } stat && stat.State is not ('Z' or 'X') ? new(pid, stat.StartTicks) : null;

    public bool IsAlive => Of(Pid) == this;

    /// <summary>True when it is stopped (SIGSTOP).</summary>
    public bool IsFrozen => ReadStat(Pid) is { State: 'T' } stat && stat.StartTicks == StartTicks;

    /// <summary>Signals the process's whole group when it leads one (everything the lab starts does), else it alone. False when it is gone.</summary>
    public bool Signal(int signal)
    {
        if (!IsAlive)
            return false;
        return kill(-Pid, signal) == 0 || kill(Pid, signal) == 0;
    }

    private static (char State, long StartTicks)? ReadStat(int pid)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return null;
        }

        // The command name is in parentheses and may hold anything, so the fields are counted from the last one.
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}
