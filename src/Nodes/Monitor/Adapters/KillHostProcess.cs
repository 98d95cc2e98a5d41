using System.ComponentModel;
using System.Diagnostics;
using Mmm.Actors.Coordinator;

namespace Mmm.Monitor.Adapters;

/// <summary>Runs MMM's <c>kill_host_bin HOST PING</c> as a process: PING is 1 when the host still answers pings, else 0.</summary>
/// <param name="bin">monitor.kill_host_bin as it is at the moment; null = there is none.</param>
public sealed class KillHostProcess(Func<string?> bin) : IKillHost
{
    public async Task<string?> RunAsync(string host, bool pingOk, CancellationToken cancellation)
    {
        if (bin() is not { } binary)
            return null;
        string call = $"kill_host_bin '{binary} {host} {(pingOk ? 1 : 0)}'";
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(binary, [host, pingOk ? "1" : "0"]) { UseShellExecute = false })!;
            try
            {
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return $"{call} was ended: it took longer than kill_host_timeout";
            }

            return process.ExitCode == 0 ? $"{call} succeeded" : $"{call} failed with exit code {process.ExitCode}";
        }
        catch (Win32Exception e)
        {
            return $"{call} could not be started: {e.Message}";
        }
    }
}
