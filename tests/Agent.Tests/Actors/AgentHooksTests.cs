using System.Collections.Concurrent;
using Mmm.Actors.Agents;
using Mmm.Actors.Hooks;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What the agent's hooks are told, and that nothing waits for them.</summary>
public sealed class AgentHooksTests : IAsyncLifetime
{
    private readonly ScriptedMysql _mysql = new();
    private readonly FakeAddresses _addresses = new();
    private readonly FakeHooks _hooks = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        var settings = new HookSettings("/hook", new HookFilter(["*"]), TimeSpan.FromSeconds(30));
        _agent = new TestAgent(
            new TestCluster { Hooks = settings }, "db1",
            new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), new FakeStore(), TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections(), _hooks));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task A_role_that_comes_and_goes_is_told_with_its_address_and_whether_mysqld_takes_writes()
    {
        _hooks.Released.SetResult();
        await _agent.DoneAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1));
        await ToldAsync("role_added reader 10.9.0.51", "role_added writer 10.9.0.50", "writer_on  ");

        _hooks.Told.Clear();
        await _agent.DoneAsync(TestCluster.Standby("db1", 2));
        await ToldAsync("role_removed reader 10.9.0.51", "role_removed writer 10.9.0.50", "writer_off  ");
        HookEvent last = _hooks.Told.Last();
        Assert.Equal(("C1", "db1", "db1", null, last.Event), (last.Cluster, last.Host, last.AgentHost, last.Monitor, last.Code));
        Assert.StartsWith("C1:db1:7:", last.Id, StringComparison.Ordinal);
        Assert.Equal(TestCluster.Decision(2).ToString(), last.Decision);
    }

    [Fact]
    public async Task A_mysqld_that_dies_as_the_writer_and_comes_back_read_only_is_told_in_this_order()
    {
        _hooks.Released.SetResult();
        _mysql.State = _mysql.State with { ReadOnly = false };
        await _agent.ReportedAsync("it is writable", r => r.Facts.ReadOnly == false);
        Assert.DoesNotContain(_hooks.Told, t => t.Event.StartsWith("mysqld", StringComparison.Ordinal));
        _hooks.Told.Clear();
        var up = _mysql.State with { ReadOnly = true };
        _mysql.State = _mysql.State with { State = MysqldState.Down, ReadOnly = null };
        await Eventually.TrueAsync("its end is told", () => _hooks.Told.Any(t => t.Event == "mysqld_down"));
        _mysql.State = up;
        await Eventually.TrueAsync("its return is told", () => _hooks.Told.Any(t => t.Event == "mysqld_up"));

        Assert.Equal(["writer_off", "mysqld_down", "mysqld_up"], _hooks.Told.Select(t => t.Event).SkipWhile(t => t == "writer_on"));
    }

    [Fact]
    public async Task An_address_that_is_there_at_the_start_is_no_news_and_one_that_somebody_adds_is()
    {
        _hooks.Released.SetResult();
        await _agent.ReportedAsync("it has looked", r => r.Facts.ReadOnly is not null);
        Assert.Empty(_hooks.Told);
        _addresses.ByHand(ips => ips.Add(TestCluster.Reader2.Ip));
        await Eventually.TrueAsync("it is told", () => _hooks.Told.Any(t => t is { Event: "role_added", Ip: "10.9.0.52" }));
    }

    [Fact]
    public async Task A_hook_that_hangs_delays_no_order()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        await Eventually.TrueAsync("a hook is running", () => !_hooks.Told.IsEmpty);
        for (int version = 2; version < 8; version++)
            await _agent.DoneAsync(version % 2 == 0 ? TestCluster.Standby("db1", version) : TestCluster.Holds("db1", version));

        // Still the first one.
        Assert.Single(_hooks.Told);
        _hooks.Released.SetResult();
        await Eventually.TrueAsync("the others are told after it, none is lost", () => _hooks.Told.Count(t => t.Event.StartsWith("role_", StringComparison.Ordinal)) == 7);
    }

    private Task ToldAsync(params string[] expected) => Eventually.TrueAsync(
        $"told are {string.Join(", ", expected)}", () => _hooks.Told.Select(t => $"{t.Event} {t.Role} {t.Ip}").Order(StringComparer.Ordinal).SequenceEqual(expected));

    private sealed class FakeHooks : IHookRunner
    {
        public ConcurrentQueue<HookEvent> Told { get; } = new();

        /// <summary>Until then every run hangs.</summary>
        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<HookEnd> RunAsync(string command, HookEvent e, TimeSpan timeout)
        {
            Told.Enqueue(e);
            await Released.Task;
            return new HookEnd(HookEndKind.Exited, 0, "");
        }
    }
}
