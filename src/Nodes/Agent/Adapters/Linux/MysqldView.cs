namespace Mmm.Agent.Adapters.Linux;

/// <summary>
/// How this process reaches what mysqld calls a path, which may be in a container or a unit with mounts of its own: through /proc/PID/root. That takes the same user, and no capability that
/// mysqld has and this process has not (ptrace(2), PTRACE_MODE_READ; Debian gives MariaDB CAP_IPC_LOCK). Where it is refused, the path itself will do if the mounts of both say that it leads
/// to the same place.
/// </summary>
internal sealed class MysqldView
{
    private readonly int _pid;
    private readonly MountTable? _its;
    private readonly MountTable? _own;

    private MysqldView(int pid, MountTable? its, MountTable? own) => (_pid, _its, _own) = (pid, its, own);

    /// <summary>Null when nothing can be told of the process.</summary>
    public static MysqldView? Of(int pid) =>
        MayLookInto(pid) ? new MysqldView(pid, null, null)
        : MountTable.Of(pid) is { } its && MountTable.Own() is { } own ? new MysqldView(pid, its, own)
        : null;

    /// <summary>Null when it cannot be reached.</summary>
    public string? Reach(string path)
    {
        bool rooted = Path.IsPathRooted(path);
        if (_its is null)
            return rooted ? $"/proc/{_pid}/root{path}" : $"/proc/{_pid}/cwd/{path}";
        return rooted && _its.HasSame(_own!, path) ? path : null;
    }

    private static bool MayLookInto(int pid)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{pid}/root/").Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
