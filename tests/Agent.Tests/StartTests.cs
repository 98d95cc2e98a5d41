using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Mmm.Agent.Tests;

/// <summary>The program itself, when it cannot start: exit code and reason, which a supervisor and an operator go by (docs/exit-codes.md).</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-agent-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_second_agent_of_the_host_ends_with_69()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "state"));
        await using FileStream first = new(Path.Combine(_folder, "state", "agent-C1-db1.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        await EndsWithAsync(69, "Another agent of host 'db1' in cluster 'C1' runs on this machine", "db1");
    }

    [Fact]
    public async Task A_state_folder_that_cannot_be_made_ends_it_with_73()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "state"), "a file", TestContext.Current.CancellationToken);
        await EndsWithAsync(73, $"{_folder}/state (agent.state_dir) cannot be created", "db1");
    }

    [Fact]
    public async Task A_port_of_its_http_endpoint_that_is_in_use_ends_it_with_69()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        await EndsWithAsync(69, $"Cannot listen on 127.0.0.1:{port} (agent.http): the port is in use", "db1", $"agent.http.port = {port}");
    }

    [Fact]
    public async Task An_address_of_its_http_endpoint_that_this_machine_does_not_have_ends_it_with_69() =>
        await EndsWithAsync(69, "Cannot listen on 192.0.2.7:9991 (agent.http): this machine does not have the address", "db1", "agent.http { port = 9991, bind = \"192.0.2.7\" }");

    private async Task EndsWithAsync(int code, string reason, string host, string more = "")
    {
        string config = Path.Combine(_folder, "agent.conf");
        await File.WriteAllTextAsync(config, $$"""
            monitors { mon1 { address = "127.0.0.1" } }
            cluster_defaults { monitor_user = m, monitor_password = m, agent_user = a, agent_password = a, replication_user = r, replication_password = r }
            cluster C1 {
              hosts { db1 { ip = "127.0.0.1", mode = master, peer = db2 }, db2 { ip = "192.0.2.9", mode = master, peer = db1 } }
              roles { writer { mode = exclusive, hosts = [db1, db2], ips = ["192.0.2.50"] } }
            }
            agent { state_dir = "{{_folder}}/state", mysql_socket = "{{_folder}}/mysqld.sock" }
            {{more}}
            """, TestContext.Current.CancellationToken);
        // It holds passwords: one that others may read is refused.
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using Process agent = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "mmm-agent"), ["--config", config, "--this", host])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = agent.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = agent.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await agent.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        string said = await output + await errors;
        Assert.True(agent.ExitCode == code, $"exit code {agent.ExitCode}: {said}");
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }
}
