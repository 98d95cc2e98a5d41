using System.Runtime.InteropServices;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>What this process may not do with a running mysqld, found out by trying.</summary>
internal static class MysqldRights
{
    private const int NotPermitted = 1;

    /// <summary>One sentence for each: what, and how it can be had.</summary>
    public static IEnumerable<string> Missing(int pid)
    {
        string whose = $"mysqld (process {pid} of user {ProcessStatus.Of(pid)?.UserText ?? "unknown"})";
        string own = $"this agent (user {ProcessStatus.Own.UserText})";
        // Signal 0 asks only.
        if (LibC.Kill(pid, 0) != 0 && Marshal.GetLastPInvokeError() == NotPermitted)
            yield return $"{own} may not end {whose}: a mysqld that hangs while its roles must go would be left running (fencing.kill_mysqld). Run the agent as mysqld's user (systemd: User=), or give it CAP_KILL";
        if (MysqldView.Of(pid)?.Reach("/etc") is null)
            yield return $"{own} may not look into the file systems of {whose}, which are not its own: check-setup says nothing of the next start, and its disk is not judged. It takes mysqld's user and mysqld's capabilities, or CAP_SYS_PTRACE";
    }
}
