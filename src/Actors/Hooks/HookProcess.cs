using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Mmm.Shared.Hooks;

namespace Mmm.Actors.Hooks;

/// <summary>
/// Runs a hook's program as a process: in a session of its own (by setsid, which replaces itself), so that what it starts can be killed with it; with the event in its arguments, its
/// environment and, as JSON, on its standard input; without anything else of this process.
/// </summary>
public sealed class HookProcess(TimeProvider time) : IHookRunner
{
    /// <summary>Lines of standard error that are kept.</summary>
    public const int MostLines = 5;

    /// <summary>Characters of them.</summary>
    public const int MostCharacters = 500;

    private const int Kill = 9;
    private const string Setsid = "/usr/bin/setsid";
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>How long what a program has left running may hold its standard error before that is read no further.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromMilliseconds(200);

    /// <summary>The system's own folders: where this process was started from is no matter of a hook's.</summary>
    private static readonly KeyValuePair<string, string>[] s_environment = [new("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), new("LANG", "C.UTF-8")];

    public async Task<HookEnd> RunAsync(string command, HookEvent e, TimeSpan timeout)
    {
        if (WhyNot(command) is { } why)
            return new HookEnd(HookEndKind.NotStarted, 0, why);
        try
        {
            using Process process = Process.Start(StartOf(command, e))!;
            return await WaitAsync(process, e, timeout).ConfigureAwait(false);
        }
        catch (Win32Exception x)
        {
            return new HookEnd(HookEndKind.NotStarted, 0, x.Message);
        }
    }

    private async Task<HookEnd> WaitAsync(Process process, HookEvent e, TimeSpan timeout)
    {
        var words = new FirstWords();
        Task told = WriteAsync(process, e), said = DrainAsync(process.StandardOutput.BaseStream, null), complained = DrainAsync(process.StandardError.BaseStream, words);
        try
        {
            await process.WaitForExitAsync().WaitAsync(timeout, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            End(process);
            await process.WaitForExitAsync().ConfigureAwait(false);
            return new HookEnd(HookEndKind.TimedOut, 0, words.ToString());
        }

        try
        {
            await Task.WhenAll(told, said, complained).WaitAsync(s_lastWords, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It has left something running on purpose.
        }

        // It is not the program that says this: setsid could not become it.
        return process.ExitCode is 126 or 127 && words.ToString().StartsWith("setsid: ", StringComparison.Ordinal)
            ? new HookEnd(HookEndKind.NotStarted, 0, words.ToString())
            : new HookEnd(HookEndKind.Exited, process.ExitCode, words.ToString());
    }

    /// <summary>Its children first, as long as it can be told whose they are; then who has left its parents behind and is still in the session's group.</summary>
    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (AggregateException)
        {
            // One of them has ended in the meantime.
        }

        _ = SendSignal(-process.Id, Kill);
    }

    private static ProcessStartInfo StartOf(string command, HookEvent e)
    {
        string[] arguments = [e.Event, (e.Host ?? "").Replace("\0", "", StringComparison.Ordinal)];
        ProcessStartInfo start = File.Exists(Setsid) ? new ProcessStartInfo(Setsid, [command, .. arguments]) : new ProcessStartInfo(command, arguments);
        start.UseShellExecute = false;
        start.WorkingDirectory = "/";
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment.Clear();
        foreach ((string name, string value) in s_environment.Concat(e.Environment()))
            start.Environment[name] = value;
        return start;
    }

    private static string? WhyNot(string command)
    {
        try
        {
            return !File.Exists(command) ? "there is no such file"
                : !OperatingSystem.IsWindows() && (File.GetUnixFileMode(command) & Executable) == 0 ? "it may not be executed (chmod +x)"
                : null;
        }
        catch (Exception x) when (x is IOException or UnauthorizedAccessException)
        {
            return x.Message;
        }
    }

    private static async Task WriteAsync(Process process, HookEvent e)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(e.Json()).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (Exception x) when (x is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It does not read it.
        }
    }

    private static async Task DrainAsync(Stream from, FirstWords? into)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var length)
                into?.Add(buffer.AsSpan(0, length));
        }
        catch (Exception x) when (x is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It is of no interest any more.
        }
    }

#pragma warning disable SYSLIB1054 // The generated marshalling would make this project one with unsafe code for a single call with two numbers.
    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
#pragma warning restore SYSLIB1054

    /// <summary>The beginning of what a program says, in one line.</summary>
    private sealed class FirstWords
    {
        private readonly Lock _lock = new();
        private readonly List<byte> _bytes = [];

        public void Add(ReadOnlySpan<byte> said)
        {
            lock (_lock)
                _bytes.AddRange(said[..Math.Min(said.Length, MostCharacters - Math.Min(MostCharacters, _bytes.Count))]);
        }

        public override string ToString()
        {
            lock (_lock)
            {
                string[] lines = Encoding.UTF8.GetString([.. _bytes]).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                return string.Join(" | ", lines.Take(MostLines).Select(l => new string([.. l.Where(c => !char.IsControl(c))])));
            }
        }
    }
}
