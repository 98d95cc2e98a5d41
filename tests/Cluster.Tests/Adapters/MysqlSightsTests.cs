using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mmm.Actors.Probing;
using Mmm.Cluster.Tests.Membership;
using Mmm.Monitor.Adapters;
using Mmm.Shared.Agents;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using MySqlConnector;
using Xunit;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Cluster.Tests.Adapters;

public sealed class MysqlSightsTests(MariaDbServer server) : IClassFixture<MariaDbServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly MysqlLogin Monitor = new("mmm_monitor", new Secret(MariaDbServer.MonitorPassword));

    private readonly MysqlSights _sights = new();

    [Fact]
    public async Task A_healthy_server_is_fine_over_one_kept_connection()
    {
        await using IMysqlSight sight = _sights.Watch(HostAt(server.Port), Monitor);
        Assert.Equal(CheckReading.Fine, await LookAsync(sight));
        long first = await ConnectionIdAsync();
        Assert.Equal(CheckReading.Fine, await LookAsync(sight));
        Assert.Equal(first, await ConnectionIdAsync());
    }

    [Fact]
    public async Task A_killed_connection_is_replaced_without_a_word()
    {
        await using IMysqlSight sight = _sights.Watch(HostAt(server.Port), Monitor);
        Assert.Equal(CheckReading.Fine, await LookAsync(sight));
        long first = await ConnectionIdAsync();
        await server.RunAsync($"KILL {first}");
        Assert.Equal(CheckReading.Fine, await LookAsync(sight));
        Assert.NotEqual(first, await ConnectionIdAsync());
    }

    [Fact]
    public async Task A_crashed_server_is_refused_at_the_next_look_and_fine_once_it_is_back()
    {
        await using IMysqlSight sight = _sights.Watch(HostAt(server.Port), Monitor);
        Assert.Equal(CheckReading.Fine, await LookAsync(sight));
        await server.KillAsync();
        CheckReading reading = await LookAsync(sight);
        Assert.Equal((Outcome.Failing, true), (reading.Outcome, reading.Refused));
        Assert.Contains($"host = 127.0.0.1:{server.Port}, user = mmm_monitor", reading.Message, StringComparison.Ordinal);
        await server.StartAsync();
        Assert.Equal(CheckReading.Fine, await LookAsync(sight));
    }

    [Fact]
    public async Task A_stopped_server_times_out_on_old_and_new_connections_and_recovers()
    {
        await using IMysqlSight kept = _sights.Watch(HostAt(server.Port), Monitor);
        await using IMysqlSight fresh = _sights.Watch(HostAt(server.Port), Monitor);
        Assert.Equal(CheckReading.Fine, await LookAsync(kept));
        await server.SignalAsync("STOP");
        try
        {
            foreach (IMysqlSight sight in new[] { kept, fresh, kept })
            {
                var watch = Stopwatch.StartNew();
                Assert.Equal(CheckReading.TimedOut, await sight.LookAsync(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken));
                Assert.InRange(watch.ElapsedMilliseconds, 450, 3000);
            }
        }
        finally
        {
            await server.SignalAsync("CONT");
        }

        Assert.Equal(CheckReading.Fine, await LookAsync(kept));
        Assert.Equal(CheckReading.Fine, await LookAsync(fresh));
    }

    [Fact]
    public async Task A_full_server_is_asked_through_its_admin_port()
    {
        await using var full = new FullServer();
        await using IMysqlSight sight = _sights.Watch(HostAt(full.Port) with { AdminPort = server.Port }, Monitor);
        foreach (int _ in new[] { 1, 2 })
            Assert.Equal(new CheckReading(Outcome.Ok, $"Too many connections at port {full.Port}: clients are refused; asked through mysql_admin_port {server.Port}"), await LookAsync(sight));
    }

    [Fact]
    public async Task A_full_server_lives_whatever_its_admin_port_does()
    {
        await using var full = new FullServer();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        int nothing = TestSettings.FreePorts(1)[0];
        foreach (int admin in new[] { 0, full.Port, nothing, ((IPEndPoint)silent.LocalEndpoint).Port })
        {
            await using IMysqlSight sight = _sights.Watch(HostAt(full.Port) with { AdminPort = admin }, Monitor);
            CheckReading reading = await sight.LookAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            Assert.Equal(Outcome.Unknown, reading.Outcome);
            Assert.Contains("Too many connections", reading.Message, StringComparison.Ordinal);
            Assert.Equal(admin != 0, reading.Message.Contains($"at mysql_admin_port {admin}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_socket_that_accepts_and_says_nothing_times_out()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        await using IMysqlSight sight = _sights.Watch(HostAt(((IPEndPoint)silent.LocalEndpoint).Port), Monitor);
        var watch = Stopwatch.StartNew();
        Assert.Equal(CheckReading.TimedOut, await sight.LookAsync(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken));
        Assert.InRange(watch.ElapsedMilliseconds, 250, 3000);
    }

    [Fact]
    public async Task A_wrong_password_says_nothing_of_the_servers_health_and_is_not_shown()
    {
        await using IMysqlSight sight = _sights.Watch(HostAt(server.Port), new MysqlLogin("mmm_monitor", new Secret("wrong-Secret-43")));
        CheckReading reading = await LookAsync(sight);
        Assert.Equal(Outcome.Unknown, reading.Outcome);
        Assert.Contains("Access denied", reading.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", reading.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_connections_is_unknown()
    {
        List<MySqlConnection> crowd = [];
        await server.RunAsync("CREATE USER IF NOT EXISTS crowd@'%'");
        try
        {
            while (crowd.Count < 100)
            {
                MySqlConnection one = new($"Server=127.0.0.1;Port={server.Port};User=crowd;Pooling=false");
                try
                {
                    await one.OpenAsync(TestContext.Current.CancellationToken);
                }
                catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.ConnectionCountError)
                {
                    break;
                }

                crowd.Add(one);
            }

            await using IMysqlSight sight = _sights.Watch(HostAt(server.Port), Monitor);
            CheckReading reading = await LookAsync(sight);
            Assert.Equal(Outcome.Unknown, reading.Outcome);
            Assert.Contains("Too many connections", reading.Message, StringComparison.Ordinal);
        }
        finally
        {
            foreach (MySqlConnection one in crowd)
                await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task Replication_that_is_not_set_up_has_no_channel()
    {
        await server.RunAsync("STOP SLAVE", "RESET SLAVE ALL", "SET GLOBAL read_only = 1");
        try
        {
            await using IReplicationSight sight = _sights.WatchReplication(HostAt(server.Port), Monitor);
            ReplicationReading reading = await sight.LookAsync(Patience, TestContext.Current.CancellationToken);
            Assert.Null(reading.Problem);
            Assert.Empty(reading.Channels);
            Assert.True(reading.ReadOnly);
            Assert.StartsWith("0-1-", reading.Gtid, StringComparison.Ordinal);
        }
        finally
        {
            await server.RunAsync("SET GLOBAL read_only = 0");
        }
    }

    [Fact]
    public async Task Replication_that_cannot_connect_is_read_as_connecting_with_its_error()
    {
        await server.RunAsync(
            "CHANGE MASTER TO MASTER_HOST='127.0.0.99', MASTER_PORT=1, MASTER_USER='r', MASTER_PASSWORD='x', MASTER_CONNECT_RETRY=60, MASTER_SSL=0", "START SLAVE");
        try
        {
            await using IReplicationSight sight = _sights.WatchReplication(HostAt(server.Port), Monitor);
            ReplicationChannel? channel = null;
            await Eventually.True(
                () =>
                {
                    channel = sight.LookAsync(Patience, CancellationToken.None).GetAwaiter().GetResult().Channels.Single();
                    return channel.Error is not null;
                },
                "an IO error");
            Assert.Equal(("", "127.0.0.99", "Connecting", "Yes", (long?)null), (channel!.Name, channel.Source, channel.IoState, channel.SqlState, channel.SecondsBehind));
        }
        finally
        {
            await server.RunAsync("STOP SLAVE", "RESET SLAVE ALL");
        }
    }

    [Fact]
    public async Task A_missing_privilege_is_named()
    {
        await using IReplicationSight sight = _sights.WatchReplication(HostAt(server.Port), new MysqlLogin("powerless", new Secret(MariaDbServer.MonitorPassword)));
        ReplicationReading reading = await sight.LookAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Contains("'powerless' lacks the privilege SLAVE MONITOR", reading.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_a_source_s_log_grows_with_its_commits()
    {
        await using ISourceSight sight = _sights.WatchSource(HostAt(server.Port), Monitor);
        SourceReading before = await sight.LookAsync(Patience, TestContext.Current.CancellationToken);
        await server.RunAsync("CREATE DATABASE grows", "DROP DATABASE grows");
        SourceReading after = await sight.LookAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((null, null), (before.Problem, after.Problem));
        Assert.True(after.End!.File == before.End!.File && after.End.Position > before.End.Position, $"{before.End} {after.End}");
    }

    [Fact]
    public async Task It_goes_on_in_the_next_file_and_needs_no_privilege_in_MariaDB()
    {
        await using ISourceSight sight = _sights.WatchSource(HostAt(server.Port), new MysqlLogin("powerless", new Secret(MariaDbServer.MonitorPassword)));
        SourceReading before = await sight.LookAsync(Patience, TestContext.Current.CancellationToken);
        await server.RunAsync("FLUSH BINARY LOGS");
        SourceReading after = await sight.LookAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((null, null), (before.Problem, after.Problem));
        Assert.True(BinlogPositions.Passes(after.End, before.End!) && after.End!.File != before.End!.File, $"{before.End} {after.End}");
    }

    private static Host HostAt(int port) => new("db1", "127.0.0.1", HostMode.Master, "db2", port, 9989, "lo");

    private static Task<CheckReading> LookAsync(IMysqlSight sight) => sight.LookAsync(Patience, TestContext.Current.CancellationToken);

    private async Task<long> ConnectionIdAsync()
    {
        await using MySqlConnection connection = await server.OpenAsync();
        await using MySqlCommand command = new("SELECT MAX(id) FROM information_schema.processlist WHERE user = 'mmm_monitor'", connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
