using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mmm.Agent.Tests.Servers;
using Xunit;

namespace Mmm.Agent.Tests;

/// <summary>The program itself on SIGHUP; there is no mysqld and no monitor.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-agent-").FullName;
    private readonly ConcurrentQueue<string> _said = [];
    private readonly int _port = FreePort();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_reads_its_file_again_and_goes_on_with_what_is_valid()
    {
        await WriteAsync("");
        using Process agent = Start();
        try
        {
            await SaysAsync("Agent of host db1", 1);
            await SaysAsync("Remembers decision", 1);

            await WriteAsync("agent.heartbeat_interval = 300ms, agent.http.port = 9991");
            await HangUpAsync(agent);
            await SaysAsync("(SIGHUP); from now on by the new agent.heartbeat_interval", 1);
            await SaysAsync("when this node is started anew: agent.http", 1);
            await SaysAsync("Remembers decision", 2);

            await WriteAsync("agent.heartbeat_interval = 300");
            await HangUpAsync(agent);
            await SaysAsync("The configuration cannot be used, and nothing is changed", 1);
            await SaysAsync($"{_folder}/agent.conf:8: agent.heartbeat_interval: is '300'", 1);

            await WriteAsync("agent.heartbeat_interval = 400ms");
            await HangUpAsync(agent);
            await SaysAsync("Remembers decision", 3);
            await SignalAsync(agent, "TERM");
            await agent.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, agent.ExitCode);
        }
        finally
        {
            if (!agent.HasExited)
                agent.Kill();
        }
    }

    private Process Start()
    {
        Process agent = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "mmm-agent"), ["--config", Path.Combine(_folder, "agent.conf"), "--this", "db1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        agent.OutputDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        agent.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        agent.BeginOutputReadLine();
        agent.BeginErrorReadLine();
        return agent;
    }

    private async Task SaysAsync(string words, int times)
    {
        try
        {
            await Eventually.TrueAsync(words, TimeSpan.FromSeconds(40), () => Task.FromResult(_said.Count(l => l.Contains(words, StringComparison.Ordinal)) >= times));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; it said:\n{string.Join('\n', _said)}");
        }
    }

    private static Task HangUpAsync(Process agent) => SignalAsync(agent, "HUP");

    private static async Task SignalAsync(Process process, string signal)
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task WriteAsync(string more)
    {
        string config = Path.Combine(_folder, "agent.conf");
        await File.WriteAllTextAsync(config, $$"""
            monitors { mon1 { address = "127.0.0.1", port = 1 } }
            cluster_defaults { monitor_user = m, monitor_password = m, agent_user = a, agent_password = a, replication_user = r, replication_password = r }
            cluster C1 {
              hosts { db1 { ip = "127.0.0.1", mode = master, peer = db2, agent_port = {{_port}}, cluster_interface = lo }, db2 { ip = "192.0.2.9", mode = master, peer = db1 } }
              roles { writer { mode = exclusive, hosts = [db1, db2], ips = ["192.0.2.50"] } }
            }
            agent { state_dir = "{{_folder}}/state", mysql_socket = "{{_folder}}/mysqld.sock" }
            {{more}}
            """, TestContext.Current.CancellationToken);
        // It holds passwords: one that others may read is refused.
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
