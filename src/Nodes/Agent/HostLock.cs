using Mmm.Shared.Topology;

namespace Mmm.Agent;

/// <summary>Keeps a second agent of the same host away: two would share the state file and undo each other's work. Freed by the kernel at the latest when the process ends.</summary>
internal sealed class HostLock : IDisposable
{
    private readonly FileStream _file;

    private HostLock(FileStream file) => _file = file;

    /// <exception cref="StartException">Another agent has it, or the folder cannot be used.</exception>
    public static HostLock Take(string stateDir, string cluster, Host host)
    {
        string path = Path.Combine(stateDir, $"agent-{cluster}-{host.Name}.lock");
        try
        {
            // What the agent remembers says who may be writable: nobody else's business.
            Directory.CreateDirectory(stateDir, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(ExitCodes.NoStateFolder, $"The folder {stateDir} (agent.state_dir) cannot be created: {e.Message}");
        }

        try
        {
            return new HostLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartException(ExitCodes.NoStateFolder, $"{path} cannot be written (agent.state_dir): {e.Message}");
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new StartException(
                ExitCodes.Unavailable, $"Another agent of host '{host.Name}' in cluster '{cluster}' runs on this machine (it holds {path}): {e.Message}");
        }
        catch (IOException e)
        {
            throw new StartException(ExitCodes.NoStateFolder, $"{path} cannot be written (agent.state_dir): {e.Message}");
        }
    }

    public void Dispose() => _file.Dispose();
}
