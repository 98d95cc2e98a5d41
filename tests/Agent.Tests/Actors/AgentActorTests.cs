using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>The actor over scripted ports.</summary>
public sealed class AgentActorTests : IAsyncLifetime
{
    private static readonly FoundChannel s_fromDb2 = new("", "127.0.0.2", 3306, "Yes", true, 0, 0, null, true, new BinlogPosition("binlog.000001", 4), 0, ChannelOptions.None);

    private readonly ScriptedMysql _mysql = new();
    private readonly FakeAddresses _addresses = new();
    private readonly FakeStore _store = new();
    private readonly ManualTime _time = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        _agent = new TestAgent(new TestCluster(), "db1", new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), _store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()), _time);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Without_an_order_it_reports_and_changes_nothing()
    {
        _addresses.ByHand(ips => ips.Add(TestCluster.Writer.Ip).Add("192.0.2.7"));
        Report report = await _agent.ReportedAsync("the address is reported", r => r.Facts.Addresses.Contains(TestCluster.Writer));
        Assert.Equal([TestCluster.Writer], report.Facts.Addresses);
        Assert.Equal(OrderStatus.None, report.Progress.Status);
        Assert.True(report.Facts.ReadOnly);
        Assert.Empty(_mysql.Done);
    }

    [Fact]
    public async Task The_first_order_adopts_what_is_right_and_removes_the_rest()
    {
        _mysql.State = _mysql.State with { ReadOnly = false };
        _addresses.ByHand(ips => ips.Add(TestCluster.Writer.Ip).Add(TestCluster.Reader1.Ip));
        var gone = new List<string>();
        _addresses.OnRemove = gone.Add;
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        Assert.Equal([TestCluster.Reader1.Ip], gone);
        Assert.Empty(_mysql.Done);
    }

    [Fact]
    public async Task The_sender_of_an_order_hears_of_its_progress_too()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        await _agent.AnsweredAsync<Report>("done", r => r.Progress.Status == OrderStatus.Done);
    }

    [Fact]
    public async Task A_newer_order_ends_the_running_plan()
    {
        _mysql.State = _mysql.State with { Channel = s_fromDb2 };
        _mysql.Hold("wait applied");
        _agent.Send(TestCluster.Holds("db1", 1, new CatchUpOrder("db2", "127.0.0.2", null, 60_000, false)));
        await _agent.ReportedAsync("catching up", r => r.Progress.Step == "catch_up");
        await _agent.DoneAsync(TestCluster.Standby("db1", 2));
        Assert.DoesNotContain("read_only off", _mysql.Done);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);
    }

    [Fact]
    public async Task It_has_let_go_only_when_a_cancelled_step_can_have_no_effect_any_more()
    {
        TaskCompletionSource gate = _mysql.Hold("read_only off");
        _mysql.Stubborn = "read_only off";
        _agent.Send(TestCluster.Holds("db1", 1));
        await _agent.ReportedAsync("becoming writable", r => r.Progress.Step == "writable");
        _agent.Send(TestCluster.Standby("db1", 2));
        await _agent.ReportedAsync("the newer order is accepted", r => r.Progress.Id == TestCluster.Decision(2));
        int reports = _agent.Reports.Count;
        await Eventually.TrueAsync("some heartbeats", () => _agent.Reports.Count > reports + 3);
        Assert.DoesNotContain(_agent.Reports.OfType<Report>().Where(r => r.Progress.Id == TestCluster.Decision(2)), r => r.LetGo || r.Progress.Status == OrderStatus.Done);
        gate.SetResult();
        Report letGo = await _agent.ReportedAsync("it has let go", r => r.LetGo && r.Progress.Status == OrderStatus.Done);
        Assert.True(letGo.Facts.ReadOnly);
        Assert.Equal(["read_only off", "read_only on"], _mysql.Done.Where(d => d.StartsWith("read_only", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_has_let_go_while_the_rest_of_the_order_is_still_under_way()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        _mysql.State = _mysql.State with { Channel = s_fromDb2 };
        _mysql.Hold("stop replication");
        _agent.Send(TestCluster.Standby("db1", 2) with { Replication = ReplicationOrder.Stop });
        Report letGo = await _agent.ReportedAsync("it has let go", r => r.LetGo && r.Progress.Id == TestCluster.Decision(2));
        Assert.Equal(OrderStatus.Working, letGo.Progress.Status);
        Assert.True(letGo.Facts.ReadOnly);
        Assert.Empty(letGo.Facts.Addresses);
    }

    [Fact]
    public async Task A_half_given_up_role_is_taken_back_by_the_next_order()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        _mysql.Hold("read_only on");
        _agent.Send(TestCluster.Standby("db1", 2));
        await _agent.ReportedAsync("giving up", r => r.Progress.Step == "read_only");
        Report done = await _agent.DoneAsync(TestCluster.Holds("db1", 3));
        Assert.False(done.Facts.ReadOnly);
        Assert.Contains(TestCluster.Writer, done.Facts.Addresses);
    }

    [Fact]
    public async Task The_same_wish_under_a_newer_decision_does_not_disturb_the_running_plan()
    {
        _mysql.State = _mysql.State with { Channel = s_fromDb2 };
        TaskCompletionSource gate = _mysql.Hold("wait applied");
        HostOrder order = TestCluster.Holds("db1", 1, new CatchUpOrder("db2", "127.0.0.2", null, 60_000, false));
        _agent.Send(order);
        await _agent.ReportedAsync("catching up", r => r.Progress.Step == "catch_up");
        _agent.Send(order with { Id = TestCluster.Decision(2) });
        await _agent.ReportedAsync("the newer one is accepted", r => r.Highest == TestCluster.Decision(2) && r.Progress.Id == TestCluster.Decision(2));
        gate.SetResult();
        await _agent.ReportedAsync("done", r => r.Progress.Status == OrderStatus.Done);
        Assert.Single(_mysql.Done, d => d == "read_only off");
        Assert.Equal(TestCluster.Decision(2), _agent.Last.TakeOver?.Id);
    }

    [Fact]
    public async Task A_lower_order_is_refused_and_the_higher_one_named()
    {
        await _agent.DoneAsync(TestCluster.Standby("db1", 5));
        _agent.Send(TestCluster.Holds("db1", 4));
        Refused refused = await _agent.AnsweredAsync<Refused>("refused", _ => true);
        Assert.Equal(TestCluster.Decision(5), refused.Highest);
        Assert.Equal(TestCluster.Decision(4), refused.Offered);
        Assert.DoesNotContain("read_only off", _mysql.Done);
    }

    [Theory]
    [InlineData("C1", "db2")]
    [InlineData("C2", "db1")]
    public async Task Another_hosts_or_clusters_order_is_refused(string cluster, string host)
    {
        _agent.Send(TestCluster.Holds("db1", 1) with { Cluster = cluster, Host = host });
        await _agent.AnsweredAsync<Refused>("refused", r => r.Why.Contains("agent of host 'db1'", StringComparison.Ordinal));
        Assert.Empty(_mysql.Done);
    }

    [Fact]
    public async Task What_was_obeyed_before_a_restart_still_counts()
    {
        await _agent.DisposeAsync();
        _store.Kept = AgentMemory.Empty with { Highest = TestCluster.Decision(9) };
        _agent = new TestAgent(new TestCluster(), "db1", new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), _store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()));
        _agent.Send(TestCluster.Holds("db1", 8));
        await _agent.AnsweredAsync<Refused>("refused", r => r.Highest == TestCluster.Decision(9));
    }

    [Fact]
    public async Task An_order_that_cannot_be_remembered_is_not_obeyed_until_it_can()
    {
        _store.SaveFailure = "/var/lib/mmm-agent: no space left on device";
        Report failed = await _agent.FailedAsync(TestCluster.Holds("db1", 1), "state_file");
        Assert.Contains("no space left", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.Empty(_mysql.Done);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);

        int reports = _agent.Reports.Count;
        await Eventually.TrueAsync("it goes on reporting", () => _agent.Reports.Count > reports + 2);
        _store.SaveFailure = null;
        await _agent.ReportedAsync("obeyed once it can", r => r.Progress.Status == OrderStatus.Done);
        Assert.Equal(TestCluster.Decision(1), _store.Kept.Highest);
    }

    [Fact]
    public async Task A_damaged_memory_keeps_it_from_obeying_but_not_from_reporting()
    {
        await _agent.DisposeAsync();
        _store.LoadFailure = "agent-C1-db1.json is damaged";
        _agent = new TestAgent(new TestCluster(), "db1", new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), _store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()));
        Report failed = await _agent.FailedAsync(TestCluster.Holds("db1", 1), "state_file");
        Assert.Contains("damaged", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.Empty(_mysql.Done);
        _store.LoadFailure = null;
        await _agent.ReportedAsync("obeyed once it is repaired", r => r.Progress.Status == OrderStatus.Done);
    }

    [Fact]
    public async Task The_take_over_is_on_disk_before_the_server_becomes_writable()
    {
        TaskCompletionSource gate = _mysql.Hold("read_only off");
        _agent.Send(TestCluster.Holds("db1", 1));
        await Eventually.TrueAsync("it is about to become writable", () => _mysql.Done.Contains("read_only off"));
        var noted = new TakeOver(TestCluster.Decision(1), new BinlogPosition("binlog.000003", 77));
        Assert.Equal(noted, _store.Kept.Noted);
        Assert.Null(_agent.Last.TakeOver);
        gate.SetResult();
        await _agent.ReportedAsync("it took over", r => r.Progress.Status == OrderStatus.Done && r.TakeOver == noted);
        Assert.Equal(noted, _store.Kept.TakeOver);
    }

    /// <summary>Slaves without GTIDs start there: the decision that makes them follow is made with the first report that says so.</summary>
    [Fact]
    public async Task Whoever_hears_that_it_has_taken_over_hears_from_where_however_slow_the_disk_is()
    {
        var slow = new TaskCompletionSource();
        _store.Waits = m => m.TakeOver is null ? null : slow.Task;

        Report done = await _agent.DoneAsync(TestCluster.Holds("db1", 1));

        var noted = new TakeOver(TestCluster.Decision(1), new BinlogPosition("binlog.000003", 77));
        Assert.Equal((noted, null), (done.TakeOver, _store.Kept.TakeOver));
        slow.SetResult();
        await Eventually.TrueAsync("it is on disk", () => _store.Kept.TakeOver == noted);
    }

    [Fact]
    public async Task A_take_over_that_may_have_happened_just_before_the_agent_ended_counts_after_its_restart()
    {
        var noted = new TakeOver(TestCluster.Decision(4), new BinlogPosition("binlog.000003", 77));
        // The agent before must be gone: it stores what it remembers, too.
        await _agent.DisposeAsync();
        _store.Kept = AgentMemory.Empty with { Noted = noted };
        _agent = new TestAgent(new TestCluster(), "db1", new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), _store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()));
        await _agent.ReportedAsync("it took over", r => r.TakeOver == noted);
    }

    [Fact]
    public async Task A_take_over_that_was_cut_off_while_the_server_became_writable_counts()
    {
        _mysql.Hold("read_only off");
        _agent.Send(TestCluster.Holds("db1", 1));
        await Eventually.TrueAsync("it is about to become writable", () => _mysql.Done.Contains("read_only off"));
        await _agent.DoneAsync(TestCluster.Standby("db1", 2));
        await _agent.ReportedAsync("it may have taken over", r => r.TakeOver?.Id == TestCluster.Decision(1));
    }

    [Fact]
    public async Task A_take_over_that_the_server_refused_does_not_count()
    {
        _mysql.WritableFailure = "denied";
        await _agent.FailedAsync(TestCluster.Holds("db1", 1), "writable");
        await _agent.DoneAsync(TestCluster.Standby("db1", 2));
        Assert.Null(_agent.Last.TakeOver);
    }

    [Fact]
    public async Task It_says_that_it_let_go_only_from_what_it_saw_after_the_order()
    {
        await _agent.DoneAsync(TestCluster.Standby("db1", 1));
        TaskCompletionSource gate = _mysql.Hold("look");
        _agent.Send(TestCluster.Standby("db1", 2) with { State = HostState.AdminOffline });
        await _agent.ReportedAsync("the order is accepted", r => r.Highest == TestCluster.Decision(2) && r.Progress.Id == TestCluster.Decision(2));
        Assert.False(_agent.Last.LetGo);
        gate.SetResult();
        await _agent.ReportedAsync("it let go", r => r.LetGo);
    }

    [Fact]
    public async Task An_order_that_only_leaves_the_finished_catch_up_out_does_not_cut_the_take_over_off()
    {
        _mysql.State = _mysql.State with { Channel = s_fromDb2 };
        TaskCompletionSource gate = _mysql.Hold("read_only off");
        HostOrder order = TestCluster.Holds("db1", 1, new CatchUpOrder("db2", "127.0.0.2", null, 60_000, false));
        _agent.Send(order);
        await Eventually.TrueAsync("it is about to become writable", () => _mysql.Done.Contains("read_only off"));
        _agent.Send(order with { Id = TestCluster.Decision(2), CatchUp = null });
        await _agent.ReportedAsync("the newer one is accepted", r => r.Highest == TestCluster.Decision(2));
        gate.SetResult();
        await _agent.ReportedAsync("done", r => r.Progress.Status == OrderStatus.Done && r.Progress.Id == TestCluster.Decision(2));
        Assert.Single(_mysql.Done, d => d == "read_only off");
    }

    [Fact]
    public async Task A_hanging_server_holds_up_neither_heartbeats_nor_the_removal_of_addresses()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        _mysql.State = new FoundMysqld(MysqldState.NotAnswering, "hangs");
        await _agent.ReportedAsync("it hangs", r => r.Facts.Mysqld == MysqldState.NotAnswering);
        _mysql.Hold("look");
        _mysql.Hold("read_only on");
        _agent.Send(TestCluster.Standby("db1", 2));
        await Eventually.TrueAsync("the address is gone", () => !_addresses.Ips.Contains(TestCluster.Writer.Ip));
        int reports = _agent.Reports.Count;
        await Eventually.TrueAsync("heartbeats go on", () => _agent.Reports.Count > reports + 3);
        Assert.Equal(OrderStatus.Working, _agent.Last.Progress.Status);
    }

    [Fact]
    public async Task An_address_added_by_hand_goes_and_one_removed_by_hand_comes_back()
    {
        await _agent.DoneAsync(TestCluster.Holds("db1", 1));
        _addresses.ByHand(ips => ips.Add(TestCluster.Reader1.Ip));
        await Eventually.TrueAsync("the reader is gone again", () => !_addresses.Ips.Contains(TestCluster.Reader1.Ip));
        _addresses.ByHand(ips => ips.Remove(TestCluster.Writer.Ip));
        await Eventually.TrueAsync("the writer is back", () => _addresses.Ips.Contains(TestCluster.Writer.Ip));
        await _agent.ReportedAsync("done again", r => r.Progress.Status == OrderStatus.Done && r.Facts.Addresses.Contains(TestCluster.Writer));
    }

    [Fact]
    public async Task A_server_made_writable_by_hand_is_made_read_only_again()
    {
        await _agent.DoneAsync(TestCluster.Standby("db1", 1));
        _mysql.State = _mysql.State with { ReadOnly = false };
        await Eventually.TrueAsync("read-only again", () => _mysql.State.ReadOnly == true);
    }

    [Fact]
    public async Task A_failed_step_is_reported_and_tried_again()
    {
        _mysql.WritableFailure = "denied";
        Report failed = await _agent.FailedAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1), "writable");
        Assert.Equal("denied", failed.Progress.Sentence);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);
        Assert.Contains(TestCluster.Reader1.Ip, _addresses.Ips);
        _mysql.WritableFailure = null;
        await _agent.ReportedAsync("done", r => r.Progress.Status == OrderStatus.Done);
    }

    [Fact]
    public async Task What_a_forced_takeover_passed_over_is_told_for_an_hour()
    {
        Report taken = await _agent.DoneAsync(TestCluster.Holds("db1", 1, new CatchUpOrder("db2", "127.0.0.2", null, 60_000, Force: true)));
        Assert.Contains("forced: going on without", Assert.Single(taken.Progress.Warnings), StringComparison.Ordinal);
        _time.Jump(TimeSpan.FromMinutes(59));
        int reports = _agent.Reports.Count;
        await Eventually.TrueAsync("heartbeats go on", () => _agent.Reports.Count > reports + 3);
        Assert.Single(_agent.Last.Progress.Warnings);

        _time.Jump(TimeSpan.FromMinutes(1));

        await _agent.ReportedAsync("it is history", r => r.Progress.Warnings.IsEmpty);
        Assert.Equal(OrderStatus.Done, _agent.Last.Progress.Status);
    }

    [Fact]
    public async Task Somebody_who_undoes_every_step_is_reported_instead_of_fought_in_a_loop()
    {
        await _agent.DoneAsync(TestCluster.Standby("db1", 1));
        // Undone before it can be seen: as if the address never came.
        _addresses.OnAdded = ip => _addresses.ByHand(ips => ips.Remove(ip));
        Report failed = await _agent.FailedAsync(TestCluster.Standby("db1", 2, null, TestCluster.Reader1), "add_address");
        Assert.Contains("did not last", failed.Progress.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Added_addresses_are_announced_several_times_and_removed_ones_no_more()
    {
        await _agent.DoneAsync(TestCluster.Standby("db1", 1, null, TestCluster.Reader1));
        await Eventually.TrueAsync("announced four times", () => _addresses.Announced.Count(ip => ip == TestCluster.Reader1.Ip) == 4);
        await _agent.DoneAsync(TestCluster.Standby("db1", 2, null, TestCluster.Reader2));
        await _agent.DoneAsync(TestCluster.Standby("db1", 3));
        int announced = _addresses.Announced.Count;
        await Eventually.TrueAsync("time for another announcement has passed", () => _agent.Reports.OfType<Report>().Count(r => r.Progress.Id == TestCluster.Decision(3)) > 8);
        Assert.Equal(announced, _addresses.Announced.Count);
    }

    [Fact]
    public async Task Replication_MMM_stopped_is_started_again_after_a_restart_of_the_agent()
    {
        _mysql.State = _mysql.State with { Channel = s_fromDb2 };
        await _agent.DoneAsync(TestCluster.Standby("db1", 1, ReplicationOrder.Stop) with { State = HostState.AdminOffline });
        Assert.Equal(new StoppedThreads(true, true), _store.Kept.Stopped);
        await _agent.DisposeAsync();
        await using var restarted = new TestAgent(new TestCluster(), "db1", new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), _store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()));
        await restarted.DoneAsync(TestCluster.Standby("db1", 2));
        Assert.Equal(["stop replication", "start replication"], _mysql.Done);
        Assert.Null(_store.Kept.Stopped);
    }

    [Fact]
    public async Task What_MMM_has_just_started_is_not_taken_for_stopped_by_an_operator_when_the_next_order_comes_before_the_next_look()
    {
        _mysql.State = _mysql.State with { Channel = s_fromDb2 };
        await _agent.DoneAsync(TestCluster.Standby("db1", 1, ReplicationOrder.Hold));
        TaskCompletionSource? look = null;
        _store.Waits = m =>
        {
            if (m.Stopped is null)
                look ??= _mysql.Hold("look");
            return null;
        };
        _agent.Send(TestCluster.Standby("db1", 2));
        await Eventually.TrueAsync("the receiver is started, and looks stand still since", () => _store.Kept.Stopped is null);

        _agent.Send(TestCluster.Standby("db1", 3, ReplicationOrder.Stop) with { State = HostState.AdminOffline });
        await _agent.ReportedAsync("the newer order is accepted", r => r.Progress.Id == TestCluster.Decision(3));
        look!.SetResult();
        await _agent.ReportedAsync("replication is stopped", r => r.Progress.Id == TestCluster.Decision(3) && r.Progress.Status == OrderStatus.Done);
        Assert.Equal(new StoppedThreads(true, true), _store.Kept.Stopped);
        await _agent.DoneAsync(TestCluster.Standby("db1", 4));
        Assert.True(_mysql.State.Channel is { IoState: "Yes", SqlRunning: true });
    }
}
