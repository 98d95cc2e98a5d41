using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>The next order comes between two statements of a step: threads that the agent has stopped by then, or not started yet, are not taken for an operator's doing and left standing.</summary>
public sealed class AgentCutOffTests : IAsyncLifetime
{
    private static readonly SourceServer s_db2 = new("db2", "127.0.0.2", 3306, new BinlogPosition("binlog.000001", 4));
    private static readonly FoundChannel s_fromDb2 = new("", "127.0.0.2", 3306, "Yes", true, 0, 0, null, true, new BinlogPosition("binlog.000001", 4), 0, ChannelOptions.None, new BinlogPosition("binlog.000001", 2));

    private readonly ScriptedMysql _mysql = new();
    private readonly FakeAddresses _addresses = new();
    private readonly FakeStore _store = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        _mysql.State = _mysql.State with { CanFollowByGtid = true };
        _agent = Start();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Theory]
    [InlineData("change source")]
    [InlineData("start replication")]
    public async Task A_replica_that_is_just_being_made(string at)
    {
        await CutOffAsync(at, Follows(1) with { State = HostState.HardOffline });

        await _agent.DoneAsync(Follows(2));

        Assert.Equal((s_db2.Ip, "Yes", true), (_mysql.State.Channel?.SourceIp, _mysql.State.Channel?.IoState, _mysql.State.Channel?.SqlRunning));
        Assert.Null(_store.Kept.Stopped);
    }

    [Theory]
    [InlineData("stop replication")]
    [InlineData("change source")]
    [InlineData("start replication")]
    public async Task One_that_leaves_out_what_has_not_arrived_whole(string at)
    {
        _mysql.State = _mysql.State with { Channel = s_fromDb2 with { IoState = "No", IoErrno = 2003 } };
        _mysql.Idle = true;
        _mysql.Hold("wait applied");
        await CutOffAsync(at, TestCluster.Holds("db1", 1, new CatchUpOrder("db2", s_db2.Ip, null, 20_000, Force: false)));

        await _agent.DoneAsync(TestCluster.Standby("db1", 2));

        Assert.True(_mysql.State.Channel is { IoState: "Yes", SqlRunning: true }, $"it does not replicate: {_mysql.State.Channel}");
        Assert.Null(_store.Kept.Stopped);
    }

    /// <summary>Cut off by the agent's end, with what it had noted.</summary>
    [Fact]
    public async Task One_that_was_to_be_pointed_elsewhere_for_a_moment_or_is_just_pointed_back()
    {
        await _agent.DisposeAsync();
        _mysql.State = _mysql.State with { Channel = s_fromDb2 with { IoState = "No", SqlRunning = false } };
        _store.Kept = _store.Kept with { Borrowed = new BorrowedChannel("", s_db2, true, ChannelOptions.None, s_db2 with { Port = 9990 }) };
        await using TestAgent restarted = Start();

        await restarted.DoneAsync(TestCluster.Standby("db1", 1));

        Assert.True(_mysql.State.Channel is { IoState: "Yes", SqlRunning: true, SourcePort: 3306 }, $"it does not replicate: {_mysql.State.Channel}");
        Assert.Null(_store.Kept.Borrowed);
    }

    /// <summary>A step waits at this statement; what comes after it is cut off by the next order.</summary>
    private async Task CutOffAsync(string at, HostOrder order)
    {
        TaskCompletionSource held = _mysql.Hold(at);
        _agent.Send(order);
        await Eventually.TrueAsync($"it is at '{at}'", () => _mysql.Done.Contains(at));
        _agent.Send(order with { Id = TestCluster.Decision(2), State = HostState.Online, Writable = false, Roles = [], CatchUp = null });
        await _agent.ReportedAsync("the next order is accepted", r => r.Progress.Id == TestCluster.Decision(2));
        held.SetResult();
    }

    private static HostOrder Follows(long version) => TestCluster.Standby("db1", version, new ReplicationOrder(ReplicationAction.Follow, s_db2));

    private TestAgent Start() => new(
        new TestCluster(), "db1", new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), _store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()));
}
