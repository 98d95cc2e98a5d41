using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Mmm.Control;

// The console's own writer flushes every call; one buffer, written once, is what a screen of text needs.
using Stream stdout = Console.OpenStandardOutput();
await using StreamWriter output = new(stdout, new UTF8Encoding(false), 4096);
using CancellationTokenSource interrupted = new();
using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using PosixSignalRegistration onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);

bool terminal = !Console.IsOutputRedirected;
CliContext context = new(
    output,
    Console.Error,
    Environment.GetEnvironmentVariable,
    TimeZoneInfo.Local,
    TimeProvider.System,
    Caller(),
    () => RandomNumberGenerator.GetHexString(32, lowercase: true),
    terminal,
    terminal ? Math.Max(Console.WindowWidth, 80) : 1000,
    ["/etc/mmm/mmm.conf", "/etc/mmm/monitor.conf"]);
try
{
    return await (CalledAs() == MmmControl.Name ? MmmControl.Run(args, context, interrupted.Token) : MmmCli.Run(args, context, interrupted.Token));
}
catch (IOException e) when (e.InnerException is null && !terminal)
{
    // The reader of a pipe has gone (mmm show | head).
    return ExitCodes.Ok;
}

void Cancel(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}

// A symbolic link's name is seen only here: .NET's own idea of the program's path is the link's target.
static string CalledAs()
{
    if (!OperatingSystem.IsLinux())
        return Path.GetFileNameWithoutExtension(Environment.GetCommandLineArgs()[0]);
    string commandLine = File.ReadAllText("/proc/self/cmdline");
    return Path.GetFileName(commandLine.Split('\0')[0]);
}

// Who typed it, also through sudo; the monitors add the address it came from.
static string Caller()
{
    string user = Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } sudo ? $"{sudo} (as {Environment.UserName})" : Environment.UserName;
    string caller = $"{user}@{Environment.MachineName}";
    return new string([.. caller.Where(c => !char.IsControl(c)).Take(128)]);
}
