using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mmm.Monitor;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>MySQL-MMM's own protocol, as its client speaks it.</summary>
public sealed class ControlSocketTests
{
    private static readonly ControlSocketSettings s_plain = new("127.0.0.1", 0, null, null);

    [Theory]
    [InlineData("ping", "OK: Pinged successfully!")]
    [InlineData("mode", "ACTIVE")]
    [InlineData("show", "  db1(127.0.0.1) master/ONLINE. Roles: writer(127.0.1.50)\n  db2(127.0.0.2) master/ONLINE. Roles: \n  db3(127.0.0.3) slave/ONLINE. Roles: \n")]
    [InlineData("checks db3 rep_backlog", "db3  rep_backlog  [last change: {at}]  OK: Backlog is null")]
    [InlineData("checks db3", "db3  ping         [last change: {at}]  OK\ndb3  mysql        [last change: {at}]  OK\ndb3  rep_threads  [last change: {at}]  OK\ndb3  rep_backlog  [last change: {at}]  OK: Backlog is null\n")]
    [InlineData("checks dbx", "ERROR: Unknown host name 'dbx'!")]
    [InlineData("checks db1 pong", "ERROR: Unknown check 'pong'!")]
    [InlineData("set_online db1", "OK: set_online db1")]
    [InlineData("set_offline \t db1", "OK: set_offline db1")]
    [InlineData("move_role --force writer db2", "OK: move_role --force,writer,db2")]
    [InlineData("set_ip 127.0.1.50 db2", "OK: set_ip 127.0.1.50,db2")]
    [InlineData("set_active", "OK: set_active ")]
    [InlineData("set_manual", "OK: set_manual ")]
    [InlineData("set_passive", "OK: set_passive ")]
    [InlineData("@C1 mode", "ACTIVE")]
    [InlineData("@C2 mode", "ERROR: Unknown cluster 'C2'! Clusters are: C1")]
    public async Task Each_verb_is_answered_byte_for_byte(string line, string answer)
    {
        await using EndpointNode node = await StartAsync();

        string at = TimeZoneInfo.ConvertTime(new DateTimeOffset(2010, 2, 11, 12, 43, 16, TimeSpan.Zero), TimeZoneInfo.Local).ToString("yyyy/MM/dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(answer.Replace("{at}", at, StringComparison.Ordinal), await SayAsync(node, $"{line}\nquit\n"));
    }

    [Theory]
    [InlineData("set_onlin db1")]
    [InlineData("set_online")]
    [InlineData("monitors add mon4")]
    [InlineData("")]
    [InlineData("set_online db\u0007")]
    public async Task What_is_no_command_of_MMMs_is_answered_with_its_help(string line)
    {
        await using EndpointNode node = await StartAsync();

        Assert.Equal(MmmAnswers.InvalidCommand(line), await SayAsync(node, $"{line}\nquit\n"));
        Assert.Empty(node.Commands);
        Assert.Equal(MmmAnswers.Help(), await SayAsync(node, "help\nquit\n"));
    }

    [Fact]
    public async Task A_command_names_who_gave_it_and_is_another_one_each_time()
    {
        await using EndpointNode node = await StartAsync();

        Assert.Equal("OK: set_active OK: set_active ", await SayAsync(node, "set_active\r\nset_active\r\nquit\r\n"));

        Assert.All(node.Commands, c => Assert.Equal(("C1", "mmm_control from 127.0.0.1"), (c.Cluster, c.By)));
        Assert.Equal(2, node.Commands.Select(c => c.Id).Distinct().Count());
    }

    /// <summary>As <c>printf show | nc -N</c> does.</summary>
    [Theory]
    [InlineData("mode\nmode")]
    [InlineData("mode\nmode\n")]
    public async Task A_client_that_ends_its_half_without_quit_is_answered(string said)
    {
        await using EndpointNode node = await StartAsync();

        Assert.Equal("ACTIVEACTIVE", await SayAsync(node, said));
    }

    [Fact]
    public async Task While_nothing_is_known_or_nobody_answers_that_is_said()
    {
        await using EndpointNode node = await StartAsync();
        (node.Heard, node.Coordinator) = ([], null);

        Assert.Equal("ERROR: Monitor mon1 has not heard from a coordinator of cluster C1 since it started. Ask again in a second or ask another monitor.", await SayAsync(node, "show\nquit\n"));
        Assert.StartsWith("ERROR: Monitor mon1 got no answer from the coordinator in time", await SayAsync(node, "set_active\nquit\n"), StringComparison.Ordinal);
        Assert.StartsWith("ERROR: Monitor mon1 got no answer from the coordinator in time", await SayAsync(node, "ping\nquit\n"), StringComparison.Ordinal);
        node.BoardIsDead = true;
        Assert.StartsWith("ERROR: The parts of monitor mon1 that know the clusters did not answer", await SayAsync(node, "mode\nquit\n"), StringComparison.Ordinal);
        node.BoardIsDead = false;
        node.Heard = [Pictures.Heard(60)];
        Assert.StartsWith("# Warning: this picture of C1 is 60 s old: monitor mon1 hears no coordinator, see 'mmm status'\n  db1(", await SayAsync(node, "show\nquit\n"), StringComparison.Ordinal);
    }

    /// <summary>What a web page can have the browser of somebody on this machine send.</summary>
    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: 127.0.0.1:9988\r\nContent-Type: text/plain\r\n\r\nset_offline db1\nquit\n")]
    [InlineData("\nset_offline db1\nquit\n")]
    public async Task Behind_what_is_no_command_nothing_is_carried_out(string said)
    {
        await using EndpointNode node = await StartAsync();

        Assert.Equal(MmmAnswers.InvalidCommand(said.Split('\n')[0].TrimEnd('\r')), await SayAsync(node, said));
        Assert.Empty(node.Commands);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_refused_and_the_client_cut_off()
    {
        await using EndpointNode node = await StartAsync();

        Assert.Equal("ERROR: The line is longer than 1024 bytes.", await SayAsync(node, new string('x', 1025) + "\nset_active\n"));
        Assert.Empty(node.Commands);
    }

    [Fact]
    public async Task Whatever_is_sent_nothing_is_carried_out_and_the_next_client_is_served()
    {
        await using EndpointNode node = await StartAsync();
        var random = new Random(7);
        for (int i = 0; i < 300; i++)
        {
            byte[] junk = new byte[random.Next(1500)];
            random.NextBytes(junk);
            try
            {
                await SayAsync(node, junk);
            }
            catch (IOException)
            {
                // Cut off before all was sent.
            }
        }

        Assert.Equal("ACTIVE", await SayAsync(node, "mode\nquit\n"));
        Assert.Empty(node.Commands);
    }

    [Fact]
    public async Task With_TLS_only_clients_of_the_authority_are_served()
    {
        using var ours = new TestAuthority();
        using var another = new TestAuthority();
        (string cert, string key, _) = ours.Issue("mon1");
        await using EndpointNode node = await StartAsync(s_plain with { Tls = new ControlSocketTls(cert, key, ours.File) });

        Assert.Equal("ACTIVE", await SayTlsAsync(node, ours, ours.Issue("client").Certificate));
        Assert.Equal("", await SayTlsAsync(node, ours, another.Issue("client").Certificate));
        Assert.Equal("", await SayTlsAsync(node, ours, null));
        Assert.Equal("", await SayAsync(node, "mode\nquit\n"));
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_is_named_at_the_start()
    {
        using var ours = new TestAuthority();

        StartProblem problem = await StartFailsAsync(s_plain with { Tls = new ControlSocketTls("/nonexistent/cert.pem", "/nonexistent/key.pem", ours.File) });

        Assert.Equal(ExitCodes.Configuration, problem.ExitCode);
        Assert.StartsWith("/nonexistent/cert.pem cannot be used for monitor.mmm_control: ", problem.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_named_at_the_start()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;

        StartProblem problem = await StartFailsAsync(s_plain with { Port = port });

        Assert.Equal((ExitCodes.AddressUnavailable, $"Cannot listen on 127.0.0.1:{port} (monitor.mmm_control): the port is in use. Does another mmm-monitor run on this machine?"), (problem.ExitCode, problem.Sentence));
    }

    private static async Task<StartProblem> StartFailsAsync(ControlSocketSettings control)
    {
        MmmSettings settings = Membership.TestSettings.Of("mon1", Membership.TestSettings.Monitors(1));
        Exception failed = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(control));
        return StartProblem.Of(failed, settings with { Monitor = settings.Monitor with { MmmControl = control } }) ?? throw failed;
    }

    private static async Task<EndpointNode> StartAsync(ControlSocketSettings? control = null)
    {
        EndpointNode node = await EndpointNode.Start(m => m with { MmmControl = control ?? s_plain }, join: false);
        node.Heard = [Pictures.Heard(0)];
        node.Coordinator = c => new ControlProtocol.Answer(c.Id, true, $"OK: {c.Verb} {string.Join(',', c.Arguments)}", null);
        return node;
    }

    private static Task<string> SayAsync(EndpointNode node, string said) => SayAsync(node, Encoding.UTF8.GetBytes(said));

    /// <summary>All that comes until the monitor closes.</summary>
    private static async Task<string> SayAsync(EndpointNode node, byte[] said)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", node.ControlPort, TestContext.Current.CancellationToken);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(said, TestContext.Current.CancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);
        return await ReadAsync(stream);
    }

    /// <summary>Empty = no answer to be had.</summary>
    private static async Task<string> SayTlsAsync(EndpointNode node, TestAuthority servers, X509Certificate2? certificate)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", node.ControlPort, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "mon1",
                ClientCertificates = certificate is null ? null : [certificate],
                CertificateChainPolicy = servers.Trust(),
            });
            await tls.WriteAsync("mode\nquit\n"u8.ToArray(), TestContext.Current.CancellationToken);
            return await ReadAsync(tls);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return "";
        }
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, limit.Token);
        return Encoding.UTF8.GetString(all.ToArray());
    }
}
