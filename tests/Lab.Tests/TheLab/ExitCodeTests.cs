using System.Net;
using System.Net.Sockets;
using Mmm.Lab.Processes;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

/// <summary>The daemons themselves, started where they cannot listen: exit code 69 of docs/exit-codes.md.</summary>
public sealed class ExitCodeTests : IDisposable
{
    private const int Unavailable = 69;

    private readonly string _dir = Directory.CreateTempSubdirectory("mmm-exit-").FullName;

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Theory]
    [InlineData("mon1", "Is this the machine of 'mon1'?")]
    [InlineData("mon2", "Does another mmm-monitor run on this machine?")]
    [InlineData("mon3", "the management endpoint: monitor.http.bind")]
    [InlineData("db1", "Is this the machine of 'db1'?")]
    [InlineData("db2", "Does another mmm-agent run on this machine?")]
    public async Task A_daemon_that_cannot_listen_says_which_address_and_ends_with_69(string self, string words)
    {
        using TcpListener monitor = Listening(), endpoint = Listening(), agent = Listening();
        // 192.0.2.0/24 is reserved for documentation (RFC 5737): no machine has it.
        string config = Path.Combine(_dir, "mmm.conf");
        await File.WriteAllTextAsync(config, $$"""
            monitors {
              mon1 { address = "192.0.2.1" }
              mon2 { address = "127.0.0.1", port = {{PortOf(monitor)}} }
              mon3 { address = "127.0.0.2", http_port = {{PortOf(endpoint)}} }
            }
            cluster C1 {
              monitor_password = secret
              agent_password = secret
              replication_password = secret
              hosts {
                db1 { ip = "192.0.2.21", mode = master, peer = db2 }
                db2 { ip = "127.0.0.1", agent_port = {{PortOf(agent)}}, mode = master, peer = db1 }
              }
              roles { writer { mode = exclusive, hosts = [db1, db2], ips = ["192.0.2.50"] } }
            }
            monitor {
              state_dir = "{{_dir}}/monitor"
              http { bind = "127.0.0.1", token = "not-a-secret-of-anybody" }
            }
            agent { state_dir = "{{_dir}}/agent" }
            tls.required = off
            """, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Programs programs = new(null);

        ToolResult result = await Tool.RunAsync(
            [Programs.Dotnet, self.StartsWith("mon", StringComparison.Ordinal) ? programs.Monitor : programs.Agent, "--config", config, "--this", self],
            environment: Programs.Environment, ct: TestContext.Current.CancellationToken);

        string said = result.Output + result.Errors;
        Assert.True(result.ExitCode == Unavailable, $"ended with {result.ExitCode}: {said}");
        Assert.Contains("Cannot listen on ", said, StringComparison.Ordinal);
        Assert.Contains(words, said, StringComparison.Ordinal);
    }

    private static TcpListener Listening()
    {
        TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        return taken;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
