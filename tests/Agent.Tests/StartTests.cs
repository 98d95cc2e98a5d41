using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mmm.Agent.Tests.Servers;
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

    [Fact]
    public async Task Without_the_right_to_change_addresses_it_ends_with_77_and_says_how_it_gets_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become nobody");
        await EndsWithAsync(77, "needs CAP_NET_ADMIN (systemd: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW", "db1", rights: "-all");
    }

    [Fact]
    public async Task Without_the_right_to_packets_of_its_own_it_starts_and_says_what_it_will_not_do()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become nobody");
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await EndsWithAsync(
            69, "Role addresses that come to this host cannot be announced", "db1", $"agent.http.port = {((IPEndPoint)other.LocalEndpoint).Port}", rights: "-all,+net_admin");
    }

    [Theory]
    [InlineData("400", 0, "The configuration is valid")]
    [InlineData("444", 78, "every user can read the file")]
    public async Task Its_passwords_may_be_credentials_of_its_unit_as_long_as_nobody_else_reads_them(string mode, int code, string said)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become nobody");
        string credentials = Directory.CreateDirectory(Path.Combine(_folder, "credentials")).FullName;
        foreach (string name in (string[])["agent", "replication"])
        {
            await File.WriteAllTextAsync(Path.Combine(credentials, name), "secret-of-" + name, TestContext.Current.CancellationToken);
            Assert.Equal(0, (await TestProcess.RunAsync("chmod", [mode, Path.Combine(credentials, name)])).Code);
        }

        await EndsWithAsync(
            code, said, "db1",
            "cluster_defaults { agent_password = null, agent_password_file = \"credential:agent\", replication_password = null, replication_password_file = ${CREDENTIALS_DIRECTORY}\"/replication\" }",
            rights: "-all", check: true, credentials);
    }

    /// <param name="code">Exit code.</param>
    /// <param name="reason">What it says.</param>
    /// <param name="host">Its name.</param>
    /// <param name="more">Of the configuration.</param>
    /// <param name="rights">Capabilities, in setpriv's words, of a user who is nobody; null = as whoever runs this test.</param>
    /// <param name="check">With --check.</param>
    /// <param name="credentials">Folder that a service manager would have passed.</param>
    private async Task EndsWithAsync(int code, string reason, string host, string more = "", string? rights = null, bool check = false, string? credentials = null)
    {
        string config = Path.Combine(_folder, "agent.conf");
        // Another run of these tests on this machine must not be in the way.
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        await File.WriteAllTextAsync(config, $$"""
            monitors { mon1 { address = "127.0.0.1" } }
            cluster_defaults { monitor_user = m, monitor_password = m, agent_user = a, agent_password = a, replication_user = r, replication_password = r }
            cluster C1 {
              hosts { db1 { ip = "127.0.0.1", agent_port = {{port}}, mode = master, peer = db2 }, db2 { ip = "192.0.2.9", mode = master, peer = db1 } }
              roles { writer { mode = exclusive, hosts = [db1, db2], ips = ["192.0.2.50"] } }
            }
            agent { state_dir = "{{_folder}}/state", mysql_socket = "{{_folder}}/mysqld.sock" }
            {{more}}
            """, TestContext.Current.CancellationToken);
        // It holds passwords: one that others may read is refused.
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string[] command = [Path.Combine(AppContext.BaseDirectory, "mmm-agent"), "--config", config, "--this", host, .. check ? ["--check"] : Array.Empty<string>()];
        if (rights is not null)
        {
            Assert.Equal(0, (await TestProcess.RunAsync("chown", ["-R", "65534:65534", _folder])).Code);
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", $"--inh-caps={rights}", $"--ambient-caps={rights}", $"--bounding-set={rights}", "--", .. command];
        }

        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (credentials is not null)
            start.Environment["CREDENTIALS_DIRECTORY"] = credentials;
        using Process agent = Process.Start(start)!;
        Task<string> output = agent.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = agent.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await agent.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        string said = await output + await errors;
        Assert.True(agent.ExitCode == code, $"exit code {agent.ExitCode}: {said}");
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }
}
