using System.Text.Json;

namespace Mmm.Lab.Processes;

/// <summary>One JSON line each way over the keeper's unix socket; after a successful <c>connect</c> the connection is the TCP stream.</summary>
public static class KeeperProtocol
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="Op">start, stop, signal, list, connect, end.</param>
    /// <param name="Key">start/stop/signal: <c>host/program</c>.</param>
    /// <param name="Process">start: what to run.</param>
    /// <param name="Signal">stop/signal: number of the signal.</param>
    /// <param name="Address">connect: where to, as seen from the lab's switch.</param>
    /// <param name="Port">connect: TCP port.</param>
    public sealed record Request(string Op, string? Key = null, KeptProgram? Process = null, int Signal = 0, string? Address = null, int Port = 0);

    public sealed record Response(string? Error = null, IReadOnlyList<KeptState>? Processes = null);

    /// <summary>A program the keeper starts inside a host of the lab.</summary>
    /// <param name="Host">Namespace it runs in.</param>
    /// <param name="Arguments">Program and its arguments. No secrets: everyone may read a command line.</param>
    /// <param name="LogFile">Gets its standard output and error, appended.</param>
    /// <param name="Environment">Set in addition.</param>
    /// <param name="OnlyAbnormal">It is started again only after a signal has ended it, as systemd's Restart=on-abnormal.</param>
    /// <param name="RestartAfterMs">When it ends by itself it is started again after this long, as systemd's Restart=always; 0 = never.</param>
    public sealed record KeptProgram(
        string Host, IReadOnlyList<string> Arguments, string LogFile, IReadOnlyDictionary<string, string> Environment, int RestartAfterMs, bool OnlyAbnormal = false);

    /// <param name="Key"><c>host/program</c>.</param>
    /// <param name="Pid">0 when it is not running.</param>
    /// <param name="StartTicks">With <paramref name="Pid"/> the identity of the process.</param>
    /// <param name="Wanted">False: ended on purpose, not to be restarted.</param>
    /// <param name="ExitCode">Of the last run that ended; 128 + signal for a killed one.</param>
    /// <param name="Restarts">How often it ended by itself and was started again.</param>
    public sealed record KeptState(string Key, int Pid, long StartTicks, bool Wanted, int? ExitCode, int Restarts)
    {
        public ProcessIdentity? Identity => Pid == 0 ? null : new(Pid, StartTicks);

        public string Host => Key[..Key.IndexOf('/')];

        public string Program => Key[(Key.IndexOf('/') + 1)..];
    }
}
