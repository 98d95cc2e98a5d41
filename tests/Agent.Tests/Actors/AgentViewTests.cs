using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What the agent tells its HTTP endpoint (lease.ttl 1.2 s).</summary>
public sealed class AgentViewTests : IAsyncLifetime
{
    private readonly ScriptedMysql _mysql = new();
    private readonly ManualTime _clock = new();
    private readonly ManualTime _time = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        _clock.Stop();
        FakeAddresses addresses = new();
        _agent = new TestAgent(
            new TestCluster(), "db1", new AgentPorts(_mysql, addresses, addresses, addresses, new NoWatch(), new FakeStore(), _clock, new FakeTails(), new FakeDisk(), new FakeConnections()), _time);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Before_the_first_order_it_takes_nothing()
    {
        AgentView view = await _agent.ViewAsync();
        Assert.Null(view.Order);
        Assert.NotNull(TrafficRule.WhyNoWrites(view));
        Assert.Null(view.Monitors["mon1"]);

        _agent.Send(new Heard("mon1", 1));
        await Eventually.TrueAsync("the monitor was heard", async () => (await _agent.ViewAsync()).Monitors["mon1"] is not null);
        _time.Jump(TimeSpan.FromSeconds(30));
        Assert.InRange((await _agent.ViewAsync()).Monitors["mon1"]!.Value.TotalSeconds, 30, 50);
    }

    [Fact]
    public async Task A_standstill_that_nobody_has_noticed_yet_counts_in_the_very_next_answer()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        AgentView before = await _agent.ViewAsync();
        Assert.Null(TrafficRule.WhyNoWrites(before));
        Assert.InRange(before.LeaseLeft(TestCluster.Writer).TotalMilliseconds, 500, 1200);

        _agent.Granting.Granted = null;
        _clock.SetTimeOfDay(TimeSpan.FromSeconds(10));

        Assert.InRange((await _agent.ViewAsync()).LeaseLeft(TestCluster.Writer).TotalMilliseconds, 0, 120);
        _clock.Jump(TimeSpan.FromMilliseconds(121));
        Assert.StartsWith("it has no lease of the writer role", TrafficRule.WhyNoWrites(await _agent.ViewAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_order_counts_before_it_is_carried_out()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        TaskCompletionSource readOnly = _mysql.Hold("read_only on");
        _agent.Send(TestCluster.Standby("db1", 2));
        await _agent.ReportedAsync("it is giving up", r => r.Progress.Id == TestCluster.Decision(2));

        AgentView view = await _agent.ViewAsync();
        Assert.False(view.Found.Mysqld.ReadOnly);
        Assert.Equal("it is not the active master", TrafficRule.WhyNoWrites(view));
        readOnly.SetResult();
    }

    [Fact]
    public async Task How_old_its_data_are_grows_from_when_it_was_last_known()
    {
        FoundChannel channel = new("", "127.0.0.2", 3306, "Yes", true, 0, 0, null, true, null, 3, ChannelOptions.None);
        Assert.Null((await _agent.ViewAsync()).Staleness);
        _mysql.State = _mysql.State with { Channel = channel };
        await Eventually.TrueAsync("its lag is known", async () => (await _agent.ViewAsync()).Staleness == TimeSpan.FromSeconds(3));
        _time.Jump(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(3), (await _agent.ViewAsync()).Staleness);

        _mysql.State = _mysql.State with { Channel = channel with { IoState = "Connecting", SecondsBehind = null } };
        await Eventually.TrueAsync("its source is gone", async () => (await _agent.ViewAsync()).Found.Mysqld.Channel is { SecondsBehind: null });
        _time.Jump(TimeSpan.FromSeconds(100));
        Assert.InRange((await _agent.ViewAsync()).Staleness!.Value.TotalSeconds, 103, 140);
    }
}
