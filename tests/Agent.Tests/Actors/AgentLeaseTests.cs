using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What an agent does with and without leases (lease.ttl 1.2 s, fencing.timeout 0.5 s).</summary>
public sealed class AgentLeaseTests : IAsyncLifetime
{
    private readonly ScriptedMysql _mysql = new();
    private readonly FakeAddresses _addresses = new();
    private readonly FakeStore _store = new();
    private readonly NoWatch _watch = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        _agent = Start();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task A_granted_address_is_added_for_the_whole_seconds_of_the_lease_only()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1));
        Assert.Equal(1, _addresses.Seconds[TestCluster.Writer.Ip]);
        Assert.Equal(1, _addresses.Seconds[TestCluster.Reader1.Ip]);
    }

    [Fact]
    public async Task Nothing_is_taken_over_before_a_quorum_grants_it()
    {
        _agent.Granting.Granted = a => a != TestCluster.Writer;
        Report waiting = await _agent.FailedAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1), "lease");
        Assert.Contains("not granted as scripted", waiting.Progress.Sentence, StringComparison.Ordinal);
        Assert.Equal([TestCluster.Reader1], waiting.Facts.Addresses);
        Assert.DoesNotContain("read_only off", _mysql.Done);

        _agent.Granting.Granted = _ => true;
        Report done = await _agent.ReportedAsync("it takes over once it is granted", r => r.Progress.Status == OrderStatus.Done);
        Assert.False(done.Facts.ReadOnly);
        Assert.Contains(TestCluster.Writer, done.Facts.Addresses);
        Assert.InRange(done.Lease!.LeftMs, 1, 1200);
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_ends_in_no_addresses_and_read_only_in_that_order()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1));
        bool? readOnlyAtRemoval = null;
        _addresses.OnRemove = ip => readOnlyAtRemoval ??= ip == TestCluster.Writer.Ip ? _mysql.State.ReadOnly : null;

        _agent.Granting.Granted = null;

        Report fenced = await _agent.ReportedAsync("it gave everything up", r => r.Facts is { ReadOnly: true, Addresses.IsEmpty: true } && r.Progress.Step == "lease");
        Assert.False(readOnlyAtRemoval);
        Assert.Equal(0, fenced.Lease!.LeftMs);
        Assert.Equal(0, _watch.Kills);

        _agent.Granting.Granted = _ => true;
        await _agent.ReportedAsync("it goes on with a new lease", r => r.Progress.Status == OrderStatus.Done && r.Facts is { ReadOnly: false, Addresses.Length: 2 });
    }

    /// <summary>The coordinator has read a new configuration and this agent has not.</summary>
    [Fact]
    public async Task A_role_that_its_configuration_does_not_have_costs_it_no_lease_of_the_others()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));

        Report failed = await _agent.FailedAsync(TestCluster.Holds("db1", 2, null, new RoleAddress("report", "10.9.0.60")), "order");

        Assert.Contains("give every node the same configuration and reload this agent", failed.Progress.Sentence, StringComparison.Ordinal);
        long asked = _agent.Asked;
        await Eventually.TrueAsync("the lease was renewed for more than a ttl", () => _agent.Asked > asked + 7);
        Report after = await _agent.ReportedAsync("it reports", r => r.Seq > failed.Seq);
        Assert.Equal([TestCluster.Writer], after.Facts.Addresses);
        Assert.False(after.Facts.ReadOnly);
    }

    [Fact]
    public async Task A_machine_that_stood_still_unnoticed_shows_nothing_any_more_unless_its_lease_is_renewed_at_once()
    {
        await _agent.DisposeAsync();
        var clock = new ManualTime();
        clock.Stop();
        _agent = Start(clock: clock);
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        long asked = _agent.Asked;

        // Set by somebody while the monitors answer: nobody notices.
        clock.SetTimeOfDay(TimeSpan.FromHours(1));
        await Eventually.TrueAsync("the lease is asked for anew", () => _agent.Asked > asked);
        clock.Jump(TimeSpan.FromMilliseconds(600));
        Report kept = await _agent.ReportedAsync("it was renewed", r => r.Lease is { LeftMs: > 500 });
        Assert.Equal([TestCluster.Writer], kept.Facts.Addresses);
        Assert.False(kept.Facts.ReadOnly);

        // Set right after a pause that had somebody else take over: by its own clock a second of the lease is left.
        _agent.Granting.Granted = null;
        asked = _agent.Asked;
        clock.SetTimeOfDay(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync("the lease is asked for anew", () => _agent.Asked > asked);
        Assert.Contains(TestCluster.Writer.Ip, _addresses.Ips);
        clock.Jump(TimeSpan.FromMilliseconds(121));

        await _agent.ReportedAsync("it gave everything up", r => r.Facts is { ReadOnly: true, Addresses.IsEmpty: true });
    }

    [Fact]
    public async Task A_mysqld_that_does_not_become_read_only_in_time_is_killed_when_the_lease_has_ended()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        Hang();
        await _agent.ReportedAsync("it hangs", r => r.Facts.Mysqld == MysqldState.NotAnswering);
        Assert.Equal(0, _watch.Kills);

        _agent.Granting.Granted = null;

        await Eventually.TrueAsync("mysqld is killed", () => _watch.Kills > 0);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);
    }

    [Fact]
    public async Task A_hanging_mysqld_of_a_failed_master_is_killed_and_one_that_moves_as_planned_is_not()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        Hang();
        await _agent.FailedAsync(TestCluster.Standby("db1", 2), "read_only");
        Assert.Equal(0, _watch.Kills);

        _agent.Send(TestCluster.Standby("db1", 3) with { State = HostState.HardOffline });

        await Eventually.TrueAsync("mysqld is killed", () => _watch.Kills > 0);
    }

    [Fact]
    public async Task A_hanging_standby_is_left_alone()
    {
        _mysql.State = _mysql.State with { ReadOnly = true };
        await _agent.DoneAsync(TestCluster.Standby("db1", 1));
        Hang();
        await _agent.FailedAsync(TestCluster.Standby("db1", 2) with { State = HostState.HardOffline }, "read_only");
        int failures = _agent.Reports.Count;
        await Eventually.TrueAsync("more than fencing.timeout has passed", () => _agent.Reports.Count > failures + 5);
        Assert.Equal(0, _watch.Kills);
    }

    [Theory]
    [InlineData("boot/1", true)]
    [InlineData("boot/2", false)]
    public async Task After_a_restart_of_both_a_mysqld_that_does_not_answer_yet_is_not_killed_for_it(string process, bool killed)
    {
        _watch.Process = "boot/1";
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        await Eventually.TrueAsync("it remembers the process", () => _store.Kept.Answered == "boot/1");
        await _agent.DisposeAsync();
        Hang();
        _watch.Process = process;

        await using TestAgent restarted = Start(granted: false);

        await restarted.ReportedAsync("it does not answer", r => r.Facts.Mysqld == MysqldState.NotAnswering);
        long since = TimeProvider.System.GetTimestamp();
        // One that has answered before is killed after what is left of the lease and fencing.timeout: 1.7 s.
        await Eventually.TrueAsync("it is killed, or could have been twice", () => killed ? _watch.Kills > 0 : TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(4));
        Assert.Equal(killed, _watch.Kills > 0);

        // Once it has answered that it takes writes, it must stop that like any other.
        _mysql.State = _mysql.State with { State = MysqldState.Up, ReadOnly = false };
        await Eventually.TrueAsync("mysqld is killed", () => _watch.Kills > 0);
    }

    [Fact]
    public async Task A_mysqld_does_not_take_writes_before_its_process_is_remembered()
    {
        _watch.Process = "boot/1";
        _store.Refuses = m => m.Answered is null ? null : "no space left on device";
        Report failed = await _agent.FailedAsync(TestCluster.Holds("db1", 1), "writable");
        Assert.Contains("no space left on device", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("read_only off", _mysql.Done);

        _store.Refuses = null;
        await _agent.ReportedAsync("it takes over once that is stored", r => r.Progress.Status == OrderStatus.Done);
        Assert.Equal("boot/1", _store.Kept.Answered);
    }

    [Fact]
    public async Task A_restarted_agent_keeps_what_it_had_without_a_break()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1));
        await _agent.DisposeAsync();
        ImmutableArray<string> done = [.. _mysql.Done];
        int removals = 0;
        _addresses.OnRemove = _ => removals++;

        await using TestAgent restarted = Start();
        await restarted.ReportedAsync("it has its lease again", r => r.Lease is { LeftMs: > 0 } && r.Facts.Addresses.Length == 2);

        Assert.Equal(OrderStatus.None, restarted.Last.Progress.Status);
        Assert.Equal(0, removals);
        Assert.Equal(done, _mysql.Done);
        await restarted.DoneAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1));
    }

    [Fact]
    public async Task A_restarted_agent_whose_lease_was_given_to_another_gives_up()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        await _agent.DisposeAsync();

        await using TestAgent restarted = Start(granted: false);

        await restarted.ReportedAsync("it gave up", r => r.Facts is { ReadOnly: true, Addresses.IsEmpty: true });
    }

    [Fact]
    public async Task An_order_for_another_host_is_passed_on_and_its_report_comes_back()
    {
        HostOrder order = TestCluster.Standby("db2", 5);
        _agent.Send(new Relay(order with { Cluster = "C2" }));
        await _agent.AnsweredAsync<Refused>("another cluster's is refused", r => r.Cluster == "C2");

        var report = new Report("C1", "db2", 1, 1, TestCluster.Decision(5), OrderProgress.None, HostFacts.Nothing, null, null, LetGo: true);
        _agent.Send(report);

        await Eventually.TrueAsync("the gateway has db2's report", () => _agent.Reports.OfType<Report>().Any(r => r.Host == "db2"));
    }

    private void Hang()
    {
        _mysql.Hold("read_only on");
        _mysql.State = _mysql.State with { State = MysqldState.NotAnswering, Message = "hangs", ReadOnly = null };
    }

    /// <summary>Failsafe has a fraction of the ttl, and a connection with certificates that only begins then may take longer.</summary>
    [Fact]
    public async Task It_is_connected_with_whom_failsafe_will_ask_before_anything_happens_and_is_again_when_the_connection_was_lost()
    {
        using var other = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        other.Start();
        var cluster = new TestCluster { Failsafe = true, AgentPort = ((IPEndPoint)other.LocalEndpoint).Port };
        await using var agent = new TestAgent(cluster, "db1", Ports(), remote: true);

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        (await other.AcceptSocketAsync(deadline.Token)).Dispose();
        (await other.AcceptSocketAsync(deadline.Token)).Dispose();
    }

    private TestAgent Start(bool granted = true, TimeProvider? clock = null)
    {
        var agent = new TestAgent(new TestCluster(), "db1", Ports(clock));
        agent.Granting.Granted = _ => granted;
        return agent;
    }

    private AgentPorts Ports(TimeProvider? clock = null) =>
        new AgentPorts(_mysql, _addresses, _addresses, _addresses, _watch, _store, clock ?? TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections());
}
