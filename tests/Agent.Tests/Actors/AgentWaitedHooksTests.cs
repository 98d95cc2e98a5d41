using Mmm.Actors.Agents;
using Mmm.Actors.Hooks;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What waits for a hook of agent.hooks.wait_for, and what does not: the lease, taking away, a newer order.</summary>
public sealed class AgentWaitedHooksTests : IAsyncLifetime
{
    private readonly ScriptedMysql _mysql = new();
    private readonly FakeAddresses _addresses = new();
    private readonly GatedHooks _hooks = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        _agent = Start(TimeSpan.FromSeconds(30));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Hooks_run_while_the_host_does_not_have_what_they_are_about()
    {
        _hooks.Look = () => $"{(_addresses.Ips.Contains(TestCluster.Writer.Ip) ? "shown" : "-")} {(_mysql.State.ReadOnly == false ? "writable" : "-")}";
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        await _agent.DoneAsync(TestCluster.Standby("db1", 2));

        Assert.Equal(["writer_on - -", "role_added - writable"], _hooks.Seen.Take(2));
        Assert.Equal("role_removed - -", _hooks.Seen.Skip(2).Order(StringComparer.Ordinal).First());
        Assert.Matches("^writer_off (-|shown) -$", _hooks.Seen.Skip(2).Order(StringComparer.Ordinal).Last());
        Assert.Equal(1, _hooks.MostAtOnce);
        HookEvent added = _hooks.Began.Single(b => b.Event == "role_added");
        Assert.Equal(("db1", "writer", "10.9.0.50", TestCluster.Decision(1).ToString()), (added.AgentHost, added.Role, added.Ip, added.Decision));
        Assert.Equal(_hooks.Began.Count, _hooks.Began.Select(b => b.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("writer_on")]
    [InlineData("role_added")]
    public async Task A_takeover_waits_for_the_program_and_says_so(string hook)
    {
        _hooks.Hold(hook);
        _agent.Send(TestCluster.Holds("db1", 1));
        await WaitsAsync(hook);
        Assert.Equal(hook == "writer_on", _mysql.State.ReadOnly);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);

        // The same order again changes nothing: it runs once.
        _agent.Send(TestCluster.Holds("db1", 1));
        _hooks.LetGo(hook);
        await DoneAsync(1);
        Assert.Equal("writer_on role_added", _hooks.Names);
        Assert.Contains(TestCluster.Writer.Ip, _addresses.Ips);
    }

    [Theory]
    [InlineData("writer_off")]
    [InlineData("role_removed")]
    public async Task The_word_that_it_has_let_go_waits_and_letting_go_does_not(string hook)
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1));
        _hooks.Hold(hook);
        _agent.Send(TestCluster.Standby("db1", 2));
        Report waiting = await WaitsAsync(hook);
        await _agent.ReportedAsync("everything is gone", r => r.Facts.Addresses.IsEmpty && r.Facts.ReadOnly == true);
        Assert.DoesNotContain(_agent.Reports.OfType<Report>(), r => r.Progress.Id == TestCluster.Decision(2) && (r.LetGo || r.Progress.Status == OrderStatus.Done));
        Assert.Equal((TestCluster.Decision(2), OrderStatus.Working), (waiting.Progress.Id, waiting.Progress.Status));

        _hooks.LetGo(hook);
        Assert.True((await DoneAsync(2)).LetGo);
    }

    [Fact]
    public async Task One_that_fails_is_a_warning_and_the_order_is_done_all_the_same()
    {
        _hooks.Hold("role_added");
        _hooks.Hold("role_removed");
        _agent.Send(TestCluster.Holds("db1", 1));
        await WaitsAsync("role_added");
        _hooks.LetGo("role_added", new HookEnd(HookEndKind.Exited, 3, "no route"));
        Report done = await DoneAsync(1);
        Assert.Equal("the hook role_added of writer(10.9.0.50) (/hook) failed with exit code 3: no route", Assert.Single(done.Progress.Warnings));

        _agent.Send(TestCluster.Standby("db1", 2));
        await WaitsAsync("role_removed");
        _hooks.LetGo("role_removed", new HookEnd(HookEndKind.NotStarted, 0, "there is no such file"));
        done = await DoneAsync(2);
        Assert.Equal("the hook role_removed of writer(10.9.0.50) (/hook) could not be run: there is no such file", Assert.Single(done.Progress.Warnings));
    }

    /// <summary>The runner does not end it: its file system hangs, or the kernel does not let it die.</summary>
    [Fact]
    public async Task One_that_never_ends_is_waited_for_until_its_deadline()
    {
        await using TestAgent impatient = Start(TimeSpan.FromMilliseconds(300));
        _hooks.Hold("writer_on");
        _hooks.Hold("role_added");
        Report done = await impatient.DoneAsync(TestCluster.Holds("db1", 1));
        Assert.Equal(2, done.Progress.Warnings.Count(w => w.Contains("took longer than 0.3 s (wait_timeout)", StringComparison.Ordinal)));
        Assert.Contains(TestCluster.Writer, done.Facts.Addresses);
    }

    /// <summary>lease.ttl is 1.2 s, the hook takes longer.</summary>
    [Fact]
    public async Task A_lease_that_ends_takes_the_address_at_once_whatever_hook_runs()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        _hooks.Hold("role_removed");
        _hooks.Hold("writer_off");
        _agent.Granting.Granted = null;
        await Eventually.TrueAsync("the address is gone and mysqld read-only", () => !_addresses.Ips.Contains(TestCluster.Writer.Ip) && _mysql.State.ReadOnly == true);
        await Eventually.TrueAsync("a hook runs", () => _hooks.Began.Count == 3);

        // It is given back while the hook of its going still runs: shown only after it.
        _agent.Granting.Granted = _ => true;
        await Eventually.TrueAsync("the leases are renewed meanwhile", () => _agent.Last.Lease is { LeftMs: > 0 });
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);
        _hooks.LetGo("role_removed");
        _hooks.LetGo("writer_off");
        await _agent.ReportedAsync("it has the role again", r => r.Facts.Addresses.Contains(TestCluster.Writer) && r.Facts.ReadOnly == false);
        Assert.Equal(2, _hooks.Began.Count(b => b.Event == "role_added"));
    }

    [Fact]
    public async Task Leases_are_renewed_while_a_takeover_waits()
    {
        _hooks.Hold("role_added");
        _agent.Send(TestCluster.Holds("db1", 1));
        await WaitsAsync("role_added");
        long asked = _agent.Asked;
        await Eventually.TrueAsync("many renewals", () => _agent.Asked > asked + 10);
        Assert.InRange((await _agent.ReportedAsync("it holds the lease", r => r.Lease is { LeftMs: > 0 })).Lease!.LeftMs, 1, 1200);
    }

    [Fact]
    public async Task A_newer_order_takes_away_at_once_what_was_given_while_a_hook_runs_and_its_own_hooks_come_after()
    {
        await _agent.DoneAsync(TestCluster.Standby("db1", 1, null, TestCluster.Reader1));
        _hooks.Hold("role_added");
        _agent.Send(TestCluster.Holds("db1", 2, null, TestCluster.Reader1));
        await WaitsAsync("role_added");
        Assert.False(_mysql.State.ReadOnly);

        _agent.Send(TestCluster.Standby("db1", 3));
        await Eventually.TrueAsync("it is read-only and without addresses", () => _mysql.State.ReadOnly == true && !_addresses.Ips.Contains(TestCluster.Reader1.Ip));
        Assert.False(_agent.Last.LetGo);
        Assert.Equal("role_added writer_on role_added", _hooks.Names);

        _hooks.LetGo("role_added");
        Assert.True((await DoneAsync(3)).LetGo);
        Assert.Equal(["role_removed", "role_removed", "writer_off"], _hooks.Began.Skip(3).Select(b => b.Event).Order(StringComparer.Ordinal));
        Assert.Equal(1, _hooks.MostAtOnce);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);
    }

    /// <summary>The step may not be passed over because a dropped plan has begun the program.</summary>
    [Fact]
    public async Task A_newer_order_that_wants_the_same_address_waits_for_the_program_that_runs()
    {
        _hooks.Hold("role_added");
        _agent.Send(TestCluster.Holds("db1", 1));
        await WaitsAsync("role_added");
        _agent.Send(TestCluster.Holds("db1", 2, null, TestCluster.Reader1));
        await _agent.ReportedAsync("the newer order waits too", r => r.Progress.Id == TestCluster.Decision(2) && r.Progress.Step == "hook");
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);
        _hooks.LetGo("role_added");
        await DoneAsync(2);
        Assert.Single(_hooks.Began, b => b is { Event: "role_added", Ip: "10.9.0.50" });
    }

    [Fact]
    public async Task An_agent_that_is_stopped_does_not_wait()
    {
        _hooks.Hold("role_added");
        _agent.Send(TestCluster.Holds("db1", 1));
        await WaitsAsync("role_added");
        await _agent.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private TestAgent Start(TimeSpan timeout) => new(
        new TestCluster { Hooks = new HookSettings("/hook", new HookFilter(["mysqld_*"]), TimeSpan.FromSeconds(30), new HookWait(new HookFilter(["*"]), timeout)) }, "db1",
        new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), new FakeStore(), TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections(), _hooks));

    private async Task<Report> WaitsAsync(string hook)
    {
        await Eventually.TrueAsync($"{hook} runs", () => _hooks.Began.LastOrDefault()?.Event == hook);
        return await _agent.ReportedAsync("the order waits for it", r => r.Progress is { Status: OrderStatus.Working, Step: "hook" });
    }

    private Task<Report> DoneAsync(long version) =>
        _agent.ReportedAsync($"order {version} is done", r => r.Progress.Id == TestCluster.Decision(version) && r.Progress.Status == OrderStatus.Done);
}
