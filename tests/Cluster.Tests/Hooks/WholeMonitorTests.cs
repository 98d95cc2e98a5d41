using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Mmm.Cluster.Tests.Membership;
using Mmm.Shared.Hooks;
using Xunit;

namespace Mmm.Cluster.Tests.Hooks;

/// <summary>mmm-monitor as it is run: a single one, which decides, with a real hook and a real receiver; and what the documentation says of them.</summary>
public sealed class WholeMonitorTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-hooks-").FullName;
    private Process? _monitor;

    public async ValueTask DisposeAsync()
    {
        if (_monitor is { } monitor)
        {
            monitor.Kill();
            await monitor.WaitForExitAsync();
            monitor.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_the_monitor_decides_is_run_and_posted_and_no_secret_of_its_environment_with_it()
    {
        await using Receiver receiver = await Receiver.StartAsync(204);
        string hook = Path.Combine(_folder, "hook");
        await File.WriteAllTextAsync(hook, $"#!/bin/sh\n/usr/bin/env > {_folder}/env\necho \"$1 $2 $MMM_CLUSTER $MMM_MONITOR\" >> {_folder}/runs\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(hook, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ImmutableArray<int> ports = TestSettings.FreePorts(2);
        string config = Path.Combine(_folder, "monitor.conf");
        await File.WriteAllTextAsync(
            config,
            $$"""
            this = mon1
            monitors.mon1 { address = "127.0.0.1", port = {{ports[0]}}, http_port = {{ports[1]}} }
            monitor {
              state_dir = "{{_folder}}/state"
              hooks { command = "{{hook}}", events = [coordinator] }
              webhook { url = "{{receiver.Url}}/x", events = [coordinator], secret = ${TEST_WEBHOOK_SECRET} }
            }
            cluster C1 {
              monitor_password = ${TEST_MONITOR_PASSWORD}
              hosts {
                db1 { ip = "127.0.0.1", mode = master, peer = db2, mysql_port = 1, agent_port = 2 }
                db2 { ip = "127.0.0.2", mode = master, peer = db1, mysql_port = 1, agent_port = 2 }
              }
              roles.writer { mode = exclusive, hosts = [db1, db2], ips = ["192.0.2.50"] }
            }
            """,
            TestContext.Current.CancellationToken);
        _monitor = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "mmm-monitor.dll"), "--config", config])
        {
            RedirectStandardOutput = true,
            Environment = { ["TEST_WEBHOOK_SECRET"] = "hunter2-hunter2-hunter2", ["TEST_MONITOR_PASSWORD"] = "hunter2" },
        })!;
        _ = _monitor.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        string runs = Path.Combine(_folder, "runs");
        await Eventually.True(() => !receiver.Posted.IsEmpty && File.Exists(runs) && new FileInfo(runs).Length > 0, "it is run and posted", 60);
        Assert.Equal(["coordinator  C1 mon1"], await File.ReadAllLinesAsync(runs, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(Path.Combine(_folder, "env"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Posted posted = receiver.Posted.Single();
        Assert.StartsWith("sha256=", posted.Signature, StringComparison.Ordinal);
        Assert.Equal("mon1", JsonDocument.Parse(posted.Body).RootElement.GetProperty("monitor").GetString());
    }

    [Fact]
    public void The_documentation_has_every_hook_name_with_its_codes()
    {
        string[] rows = [.. Repository.Read("docs", "hooks.md").Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal))];
        foreach (HookRule rule in MonitorHooks.All.Where(r => r.Hook != "host_state_changed"))
        {
            string row = Assert.Single(rows, r => r.StartsWith($"| `{rule.Hook}` |", StringComparison.Ordinal));
            Assert.All(rule.Codes, c => Assert.Contains($"`{c}`", row, StringComparison.Ordinal));
        }

        Assert.Single(rows, r => r.StartsWith("| `host_state_changed` |", StringComparison.Ordinal));
        Assert.All(AgentHooks.Names, n => Assert.Contains(rows, r => r.Split('|').Length == 4 && r.Split('|')[1].Contains($"`{n}`", StringComparison.Ordinal)));
    }
}
