using System.Diagnostics;
using System.Text.Json;

namespace Mmm.Lab.Processes;

/// <summary>
/// One program the keeper runs and, when asked to, restarts. Its record (pid and start time) is on disk before anyone is told
/// of it, so that <c>down</c> can end it even when the keeper is gone.
/// </summary>
internal sealed class KeptProcess(string key, string recordFile, Func<KeeperProtocol.KeptProgram, ProcessStartInfo> startInfo)
{
    private KeeperProtocol.KeptProgram? _program;
    private ProcessIdentity? _identity;
    private Task _ended = Task.CompletedTask;
    private bool _wanted;
    private int? _exitCode;
    private int _restarts;
    private int _run;

    public KeeperProtocol.KeptState State => new(key, _identity?.Pid ?? 0, _identity?.StartTicks ?? 0, _wanted, _exitCode, _restarts);

    /// <summary>Completes when the present run has ended.</summary>
    public Task Ended => _ended;

    /// <summary>Starts it unless it runs.</summary>
    public void Start(KeeperProtocol.KeptProgram program)
    {
        _program = program;
        _wanted = true;
        if (_identity is null)
            Launch();
    }

    /// <summary>Ends it on purpose: it stays away until the next <see cref="Start"/>.</summary>
    public void Stop(int signal)
    {
        _wanted = false;
        _identity?.Signal(signal);
        // A frozen process takes no signal but SIGKILL until it is thawed.
        if (signal != ProcessIdentity.SigKill && _identity is { IsFrozen: true } frozen)
            frozen.Signal(ProcessIdentity.SigCont);
    }

    public void Signal(int signal) => _identity?.Signal(signal);

    private void Launch()
    {
        KeeperProtocol.KeptProgram program = _program!;
        int run = ++_run;
        Process process = new() { StartInfo = startInfo(program) };
        process.Start();
        _identity = ProcessIdentity.Of(process.Id);
        if (_identity is not null)
            File.WriteAllText(recordFile, JsonSerializer.Serialize(_identity, KeeperProtocol.Json));
        _ended = WatchAsync(process, run);
    }

    private async Task WatchAsync(Process process, int run)
    {
        await process.WaitForExitAsync();
        _exitCode = process.ExitCode;
        process.Dispose();
        _identity = null;
        File.Delete(recordFile);
        // The runtime tells a signal as 128 and its number.
        if (_wanted && _program!.RestartAfterMs > 0 && (!_program.OnlyAbnormal || _exitCode > 128))
            _ = RestartAsync(run, _program.RestartAfterMs);
        else
            _wanted = false;
    }

    private async Task RestartAsync(int run, int afterMs)
    {
        await Task.Delay(afterMs);
        if (!_wanted || run != _run)
            return;
        _restarts++;
        Launch();
    }
}
