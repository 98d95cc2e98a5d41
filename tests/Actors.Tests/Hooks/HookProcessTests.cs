using System.Diagnostics;
using System.Globalization;
using Mmm.Actors.Hooks;
using Mmm.Shared.Hooks;
using Xunit;

namespace Mmm.Actors.Tests.Hooks;

/// <summary>Real programs.</summary>
[Collection(Script.Collection)]
public sealed class HookProcessTests
{
    private static readonly TimeSpan s_ample = TimeSpan.FromSeconds(30);

    private readonly HookProcess _runner = new(TimeProvider.System);

    [Fact]
    public async Task It_gets_the_event_in_arguments_environment_and_standard_input_and_nothing_else()
    {
        Environment.SetEnvironmentVariable("MMM_TEST_PASSWORD", "hunter2");
        using var script = new Script("/usr/bin/env > $DIR/env; cat > $DIR/stdin; pwd > $DIR/pwd; for a; do echo \"[$a]\"; done > $DIR/args; ls -l /proc/$$/fd > $DIR/fds");
        HookEvent e = Event("role_added", "db2") with { Role = "reader", Ip = "10.0.0.51", From = "db1", To = "db2", Sentence = "$(touch /tmp/x) 'quoted' \"so\"\nsecond line" };

        HookEnd end = await _runner.RunAsync(script.Path, e, s_ample);

        Assert.Equal(new HookEnd(HookEndKind.Exited, 0, ""), end);
        Assert.Equal(["[role_added]", "[db2]"], script.Lines("args"));
        Assert.Equal(e.Json(), await File.ReadAllBytesAsync(script.In("stdin"), TestContext.Current.CancellationToken));
        Assert.Equal(["/"], script.Lines("pwd"));
        string[] expected =
        [
            "LANG=C.UTF-8", "MMM_CLUSTER=C1", "MMM_CODE=code", "MMM_DECISION=3@mon2/9", "MMM_EVENT=role_added", "MMM_EVENT_ID=1", "MMM_FROM=db1", "MMM_HOST=db2", "MMM_IP=10.0.0.51", "MMM_MONITOR=mon1",
            "MMM_ROLE=reader", "MMM_SENTENCE=$(touch /tmp/x) 'quoted' \"so\"", "MMM_TIME_UTC=1970-01-01T00:00:00.000Z", "MMM_TO=db2", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "second line",
        ];
        // The shell adds these two itself.
        Assert.Equal(expected.Order(StringComparer.Ordinal), script.Lines("env").Where(l => !l.StartsWith("PWD=", StringComparison.Ordinal) && !l.StartsWith("_=", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_event_of_the_cluster_has_an_empty_host()
    {
        using var script = new Script("echo \"$# [$2] [$MMM_HOST] [${MMM_ROLE-unset}]\" > $DIR/out");
        await _runner.RunAsync(script.Path, Event("admin_mode", null), s_ample);
        Assert.Equal(["2 [] [] [unset]"], script.Lines("out"));
    }

    [Fact]
    public async Task A_failure_is_told_with_the_first_lines_of_what_it_said()
    {
        using var script = new Script("echo one >&2; echo >&2; printf 'two\\033[31m\\n' >&2; for i in 3 4 5 6 7; do echo $i >&2; done; echo out; exit 7");
        HookEnd end = await _runner.RunAsync(script.Path, Event("x", "db1"), s_ample);
        Assert.Equal(new HookEnd(HookEndKind.Exited, 7, "one | two[31m | 3 | 4 | 5"), end);
    }

    [Fact]
    public async Task Whoever_says_a_lot_is_neither_held_up_nor_kept()
    {
        using var script = new Script("head -c 3000000 /dev/zero | tr '\\0' x >&2; head -c 3000000 /dev/zero; exit 1");
        HookEnd end = await _runner.RunAsync(script.Path, Event("x", "db1"), s_ample);
        Assert.Equal((HookEndKind.Exited, 1, HookProcess.MostCharacters), (end.Kind, end.ExitCode, end.Words.Length));
    }

    [Fact]
    public async Task Whoever_does_not_read_its_input_is_run_all_the_same()
    {
        using var script = new Script("exec <&-; exit 0");
        Assert.Equal(0, (await _runner.RunAsync(script.Path, Event("x", "db1"), s_ample)).ExitCode);
    }

    [Fact]
    public async Task The_timeout_ends_it_and_all_that_it_has_started()
    {
        // A child, one whose parent has gone, and one with a session of its own.
        using var script = new Script(
            """
            echo before >&2
            sleep 1000 & echo $! >> $DIR/pids
            (sleep 1001 & echo $! >> $DIR/pids)
            setsid -w sleep 1002 & echo $! >> $DIR/pids
            echo $$ >> $DIR/pids
            wait
            """);
        var watch = Stopwatch.StartNew();

        HookEnd end = await _runner.RunAsync(script.Path, Event("x", "db1"), TimeSpan.FromSeconds(2));

        Assert.Equal(new HookEnd(HookEndKind.TimedOut, 0, "before"), end);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1.9, 20);
        string[] pids = script.Lines("pids");
        Assert.Equal(4, pids.Length);
        foreach (string pid in pids)
            await GoneAsync(int.Parse(pid, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task What_it_leaves_running_on_purpose_is_left_and_not_waited_for()
    {
        using var script = new Script("sleep 1000 & echo $! > $DIR/pid; exit 3");
        HookEnd end = await _runner.RunAsync(script.Path, Event("x", "db1"), s_ample);
        using Process left = Process.GetProcessById(int.Parse(script.Lines("pid")[0], CultureInfo.InvariantCulture));
        Assert.Equal(3, end.ExitCode);
        left.Kill();
    }

    [Fact]
    public async Task What_cannot_be_started_is_told_as_that()
    {
        HookEnd missing = await _runner.RunAsync("/nonexistent/hook", Event("x", "db1"), s_ample);
        using var script = new Script("exit 0", "/nonexistent/interpreter");
        HookEnd interpreter = await _runner.RunAsync(script.Path, Event("x", "db1"), s_ample);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(script.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        HookEnd forbidden = await _runner.RunAsync(script.Path, Event("x", "db1"), s_ample);
        HookEnd folder = await _runner.RunAsync("/tmp", Event("x", "db1"), s_ample);

        Assert.Equal(new HookEnd(HookEndKind.NotStarted, 0, "there is no such file"), missing);
        Assert.Equal(HookEndKind.NotStarted, interpreter.Kind);
        Assert.Equal(new HookEnd(HookEndKind.NotStarted, 0, "it may not be executed (chmod +x)"), forbidden);
        Assert.Equal(HookEndKind.NotStarted, folder.Kind);
    }

    internal static HookEvent Event(string name, string? host, string id = "1") => new(id, name, "code", "C1", host, "It happened", "3@mon2/9", DateTimeOffset.UnixEpoch) { Monitor = "mon1" };

    private static async Task GoneAsync(int pid)
    {
        var watch = Stopwatch.StartNew();
        while (Runs(pid))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"process {pid} still runs");
            await Task.Delay(20);
        }
    }

    /// <summary>One that has ended and is not yet waited for by its parent runs no more.</summary>
    private static bool Runs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0] != 'Z';
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
