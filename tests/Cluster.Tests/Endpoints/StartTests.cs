using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Mmm.Cluster.Tests.Membership;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>The program itself, when an address or port cannot be had: exit code 69 and the reason, which a supervisor and an operator go by (docs/exit-codes.md).</summary>
[SupportedOSPlatform("linux")]
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-monitor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Its_port_is_in_use()
    {
        using TcpListener taken = Taken(out int port);
        await EndsWith69($"Cannot listen on 127.0.0.1:{port} (monitors.mon1): the port is in use", "127.0.0.1", port, TestSettings.FreePorts(1)[0]);
    }

    [Fact]
    public async Task The_port_of_its_management_endpoint_is_in_use()
    {
        using TcpListener taken = Taken(out int port);
        await EndsWith69($"Cannot listen on 127.0.0.1:{port} (the management endpoint: monitor.http.bind, monitors.mon1.http_port): the port is in use", "127.0.0.1", TestSettings.FreePorts(1)[0], port);
    }

    [Fact]
    public Task Its_address_is_another_machines() =>
        EndsWith69("Cannot listen on 192.0.2.7:8551 (monitors.mon1): this machine does not have the address", "192.0.2.7", 8551, TestSettings.FreePorts(1)[0]);

    private static TcpListener Taken(out int port)
    {
        TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        port = ((IPEndPoint)taken.LocalEndpoint).Port;
        return taken;
    }

    private async Task EndsWith69(string reason, string address, int port, int httpPort)
    {
        string config = Path.Combine(_folder, "monitor.conf");
        await File.WriteAllTextAsync(config, $$"""
            this = mon1
            monitors { mon1 { address = "{{address}}", port = {{port}}, http_port = {{httpPort}} } }
            monitor { state_dir = "{{_folder}}/state", ping_ips = ["127.0.0.1"] }
            cluster_defaults { monitor_user = m, monitor_password = m, agent_user = a, agent_password = a, replication_user = r, replication_password = r }
            cluster C1 {
              hosts { db1 { ip = "127.0.0.1", mode = master, peer = db2 }, db2 { ip = "127.0.0.2", mode = master, peer = db1 } }
              roles { writer { mode = exclusive, hosts = [db1, db2], ips = ["192.0.2.50"] } }
            }
            """, TestContext.Current.CancellationToken);
        // It holds passwords: one that others may read is refused.
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using Process monitor = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "mmm-monitor"), ["--config", config])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = monitor.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = monitor.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await monitor.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        string said = await output + await errors;
        Assert.True(monitor.ExitCode == 69, $"exit code {monitor.ExitCode}: {said}");
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }
}
