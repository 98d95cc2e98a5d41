using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

public sealed class ReplicationPlanTests
{
    private static readonly HostOrder s_stop = Standby(2) with { Host = "db3", State = HostState.AdminOffline, Replication = ReplicationOrder.Stop };
    private static readonly LogCheck s_question = new(new BinlogPosition("binlog.000007", 400), DateTimeOffset.UnixEpoch);
    private static readonly HostOrder s_check = s_stop with { Replication = ReplicationOrder.Stop with { Check = s_question } };
    private static readonly BinlogFiles s_files = new("/data/binlog.index", "/data", 3, null, "9.7.0", "OFF");
    private static readonly HostOrder s_hold = Standby(2) with { Host = "db3", Replication = ReplicationOrder.Hold };
    private static readonly HostOrder s_leave = Standby(2) with { Host = "db3" };
    private static readonly FoundChannel s_stopped = FromDb1 with { IoState = "No", SqlRunning = false };

    [Fact]
    public void Stopping_is_remembered_before_it_is_done() =>
        Assert.Equal("remember|stop_replication", Steps(s_stop, FromDb1));

    [Fact]
    public void Only_threads_that_ran_are_remembered_as_stopped()
    {
        AgentPlan plan = Plan(s_stop, FromDb1 with { SqlRunning = false });
        Assert.Equal(new StoppedThreads(Io: true, Sql: false), Assert.Single(plan.Steps.OfType<AgentStep.RememberStopped>()).Threads);
    }

    [Fact]
    public void What_an_operator_stopped_is_not_taken_over_by_an_order_to_stop() =>
        Assert.Equal("", Steps(s_stop, s_stopped));

    [Theory]
    [InlineData(true, true, "check_log")]
    [InlineData(false, true, "")]
    [InlineData(true, false, "")]
    public void A_log_is_looked_through_once_nothing_is_added_to_it_any_more(bool readOnly, bool stopped, string steps)
    {
        FoundMysqld found = Up(readOnly, stopped ? s_stopped : FromDb1) with { Files = s_files };
        AgentPlan plan = AgentPlan.For(s_check, Found(found), AgentMemory.Empty, Cluster);
        Assert.Equal(steps, string.Join('|', plan.Steps.OfType<AgentStep.CheckLog>().Select(s => s.Code)));
    }

    [Fact]
    public void A_log_is_looked_through_once_for_each_question()
    {
        var answered = new LogChecked(s_question, 0, null, null);
        Assert.Equal([new AgentStep.CheckLog(s_question, s_files)], Checks(answered with { Of = s_question with { Since = DateTimeOffset.UnixEpoch.AddSeconds(1) } }));
        Assert.Empty(Checks(answered));

        IEnumerable<AgentStep> Checks(LogChecked remembered) => AgentPlan.For(s_check, Found(Up(true) with { Files = s_files }), AgentMemory.Empty with { Checked = remembered }, Cluster).Steps;
    }

    [Fact]
    public void A_server_without_a_log_cannot_tell_and_that_is_said() =>
        Assert.Contains("db3 writes no binary log", Assert.IsType<AgentStep.Impossible>(Assert.Single(AgentPlan.For(s_check, Found(Up(true)), AgentMemory.Empty, Cluster).Steps)).Sentence, StringComparison.Ordinal);

    [Theory]
    [InlineData("Yes", "remember|hold_receiver")]
    [InlineData("Connecting", "remember|hold_receiver")]
    [InlineData("No", "")]
    public void A_source_that_is_to_be_compared_first_is_not_received_from(string io, string steps) =>
        Assert.Equal(steps, Steps(s_hold, FromDb1 with { IoState = io }));

    [Fact]
    public void Only_the_receiver_is_remembered_as_stopped_and_started_again_later()
    {
        var stopped = new StoppedThreads(Io: true, Sql: false);
        Assert.Equal(stopped, Assert.Single(Plan(s_hold, FromDb1).Steps.OfType<AgentStep.RememberStopped>()).Threads);
        // mysqld was restarted meanwhile, and starts its threads by itself.
        Assert.Equal("hold_receiver", Steps(s_hold, FromDb1, stopped));
        Assert.Equal(stopped, Assert.Single(AgentPlan.For(s_leave, Found(Up(true, FromDb1 with { IoState = "No" })), AgentMemory.Empty with { Stopped = stopped }, Cluster).Steps.OfType<AgentStep.StartReplication>()).Threads);
    }

    [Fact]
    public void What_MMM_stopped_is_started_again() =>
        Assert.Equal("start_replication", Steps(s_leave, s_stopped, new StoppedThreads(true, true)));

    [Fact]
    public void What_an_operator_stopped_stays_stopped() =>
        Assert.Equal("", Steps(s_leave, s_stopped));

    [Fact]
    public void A_channel_that_is_gone_is_forgotten() =>
        Assert.Equal("remember", Steps(s_leave, null, new StoppedThreads(true, true)));

    [Fact]
    public void Following_the_source_it_has_is_nothing() =>
        Assert.Equal("", Steps(Follows(new SourceServer("db1", "10.9.0.1", 3306, null)), FromDb1));

    [Fact]
    public void Another_port_is_another_source() =>
        Assert.Contains("repoint", Steps(Follows(new SourceServer("db1", "10.9.0.1", 3307, null)), FromDb1), StringComparison.Ordinal);

    [Fact]
    public void The_relay_log_is_applied_before_it_is_thrown_away() =>
        Assert.Equal("apply_relay_log|remember|repoint", Steps(Follows(Db2), FromDb1));

    [Fact]
    public void A_gtid_channel_stays_one_even_when_a_position_is_known() =>
        Assert.Null(Repoint(Follows(Db2), FromDb1).StartAt);

    [Fact]
    public void A_position_channel_starts_at_the_new_masters_position() =>
        Assert.Equal(Db2.StartAt, Repoint(Follows(Db2), FromDb1 with { UsesGtid = false }).StartAt);

    [Fact]
    public void Without_position_a_known_gtid_position_is_used()
    {
        FoundMysqld found = Up(true, FromDb1 with { UsesGtid = false }) with { CanFollowByGtid = true };
        AgentPlan plan = AgentPlan.For(Follows(Db2 with { StartAt = null }), Found(found), AgentMemory.Empty, Cluster);
        Assert.Null(Assert.Single(plan.Steps.OfType<AgentStep.Repoint>()).StartAt);
    }

    [Fact]
    public void Without_either_it_is_impossible_and_nothing_is_touched() =>
        Assert.IsType<AgentStep.Impossible>(Assert.Single(Plan(Follows(Db2 with { StartAt = null }), FromDb1 with { UsesGtid = false }).Steps));

    [Theory]
    [InlineData("No", true)]
    [InlineData("Yes", false)]
    public void A_thread_stopped_by_hand_keeps_the_slave_where_it_is(string io, bool sql) =>
        Assert.IsType<AgentStep.Impossible>(Assert.Single(Plan(Follows(Db2), FromDb1 with { IoState = io, SqlRunning = sql }).Steps));

    [Theory]
    [InlineData(false, 500, "apply_relay_log|fetch_rest|remember|repoint")]
    [InlineData(false, 400, "apply_relay_log|remember|repoint")]
    [InlineData(true, 500, "apply_relay_log|remember|repoint")]
    public void By_positions_the_end_of_the_dead_sources_log_is_fetched_when_there_is_more_than_is_applied(bool usesGtid, long end, string steps)
    {
        HostOrder order = Follows(Db2);
        order = order with { Replication = order.Replication with { Before = new PreviousLog("db1", "10.9.0.1", new BinlogTail(9990, new BinlogPosition("binlog.000007", end), null)) } };
        FoundChannel channel = FromDb1 with { UsesGtid = usesGtid, Applied = new BinlogPosition("binlog.000007", 400) };

        Assert.Equal(steps, Steps(order, channel));
        Assert.DoesNotContain("fetch_rest", Steps(order, channel with { SourceIp = "10.9.0.9" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 500, "remember|reach_end|remember|repoint")]
    [InlineData(false, 400, "remember|reach_end|remember|repoint")]
    [InlineData(true, 500, "apply_relay_log|remember|repoint")]
    [InlineData(true, 300, "apply_relay_log|remember|repoint")]
    public void By_positions_it_is_repointed_from_exactly_where_the_master_before_stopped(bool usesGtid, long end, string steps) =>
        Assert.Equal(steps, Steps(After(end), FromDb1 with { UsesGtid = usesGtid, Applied = new BinlogPosition("binlog.000007", 400) }));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_is_there_and_can_get_no_further_is_repointed_at_once(bool running)
    {
        var end = new BinlogPosition("binlog.000007", 400);
        FoundChannel channel = FromDb1 with { UsesGtid = false, Applied = end, Until = end, SqlRunning = running };

        Assert.Equal("remember|repoint", Steps(After(400), channel, new StoppedThreads(false, true)));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void By_positions_a_repoint_from_a_master_that_nothing_is_known_of_is_warned_of(bool usesGtid, int warnings)
    {
        AgentPlan plan = Plan(Follows(Db2), FromDb1 with { UsesGtid = usesGtid });

        Assert.Equal(warnings, plan.Warnings.Count(w => w.Contains("is missing on db3; compare their data", StringComparison.Ordinal)));
    }

    [Fact]
    public void By_positions_one_that_has_passed_that_place_stays_with_its_source()
    {
        AgentPlan plan = Plan(After(300), FromDb1 with { UsesGtid = false, Applied = new BinlogPosition("binlog.000007", 400) });

        Assert.Empty(plan.Steps);
        Assert.Contains("goes on replicating from db1", Assert.Single(plan.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 500, null, "remember|hold_at")]
    [InlineData(false, 500, 500L, "")]
    [InlineData(false, 300, null, "")]
    [InlineData(true, 500, null, "")]
    public void While_another_host_takes_over_a_replica_by_positions_stops_where_its_source_stopped(bool usesGtid, long end, long? until, string steps)
    {
        HostOrder order = Follows(new SourceServer("db1", "10.9.0.1", 3306, null));
        order = order with { Replication = order.Replication with { Until = new BinlogPosition("binlog.000007", end) } };

        Assert.Equal(steps, Steps(order, FromDb1 with
        {
            UsesGtid = usesGtid,
            Applied = new BinlogPosition("binlog.000007", 400),
            Until = until is { } at ? new BinlogPosition("binlog.000007", at) : null,
        }));
        Assert.Equal("", Steps(order, s_stopped with { UsesGtid = usesGtid }));
    }

    [Theory]
    [InlineData(true, "stop_applier|start_replication")]
    [InlineData(false, "start_replication")]
    public void A_takeover_that_was_undone_lets_the_applier_go_on(bool running, string steps) =>
        Assert.Equal(steps, Steps(
            Follows(new SourceServer("db1", "10.9.0.1", 3306, null)),
            FromDb1 with { UsesGtid = false, SqlRunning = running, Until = new BinlogPosition("binlog.000007", 500) },
            new StoppedThreads(false, true)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_received_and_not_applied_is_left_out_only_where_it_is_sent_again(bool usesGtid) =>
        Assert.Equal(usesGtid, Plan(Follows(Db2), FromDb1 with { UsesGtid = usesGtid }).Steps.OfType<AgentStep.ApplyRelayLog>().Single().MayLose);

    [Fact]
    public void A_channel_that_was_left_pointed_at_an_agent_is_pointed_back_before_anything_else()
    {
        var borrowed = new BorrowedChannel("", new SourceServer("db1", "10.9.0.1", 3306, null), true, ChannelOptions.None);
        AgentMemory memory = AgentMemory.Empty with { Borrowed = borrowed };

        Assert.Equal("return_channel|apply_relay_log|remember|repoint", Text(AgentPlan.For(Follows(Db2), Found(Up(true, FromDb1)), memory, Cluster)));
        Assert.DoesNotContain("return_channel", Text(AgentPlan.For(Follows(Db2), Found(Down), memory, Cluster)), StringComparison.Ordinal);
        // Cut off while it was stopped for that.
        Assert.Equal("return_channel|apply_relay_log|apply_relay_log|remember|repoint", Text(AgentPlan.For(Follows(Db2), Found(Up(true, s_stopped)), memory, Cluster)));
    }

    [Fact]
    public void A_broken_applier_is_repointed_with_a_warning()
    {
        AgentPlan plan = Plan(Follows(Db2), FromDb1 with { SqlRunning = false, SqlErrno = 1062, Error = "Duplicate entry" });
        Assert.Contains("Duplicate entry", Assert.Single(plan.Warnings), StringComparison.Ordinal);
        Assert.Equal("remember|repoint", Text(plan));
    }

    [Fact]
    public void A_source_that_is_away_does_not_look_stopped_by_hand() =>
        Assert.Equal("apply_relay_log|remember|repoint", Steps(Follows(Db2), FromDb1 with { IoState = "Connecting", IoErrno = 2003 }));

    [Fact]
    public void A_repoint_that_was_cut_off_after_the_stop_goes_on() =>
        Assert.Equal("apply_relay_log|apply_relay_log|repoint", Steps(Follows(Db2), s_stopped, new StoppedThreads(true, true)));

    [Fact]
    public void A_slave_without_replication_starts_at_the_position_and_is_not_taken_for_stopped_if_that_is_cut_off()
    {
        AgentPlan plan = Plan(Follows(Db2), null);

        Assert.Equal("remember|repoint", Text(plan));
        Assert.Equal(new StoppedThreads(true, true), Assert.Single(plan.Steps.OfType<AgentStep.RememberStopped>()).Threads);
        Assert.Equal("repoint", Steps(Follows(Db2), null, new StoppedThreads(true, true)));
        Assert.Equal("start_replication", Steps(Follows(Db2), s_stopped with { SourceIp = Db2.Ip }, new StoppedThreads(true, true)));
    }

    [Fact]
    public void One_that_shall_have_no_channel_and_has_none_has_no_stopped_threads_either() =>
        Assert.Equal("remember", Steps(Follows(Db2) with { Replication = ReplicationOrder.Drop }, null, new StoppedThreads(true, true)));

    [Fact]
    public void Nothing_is_planned_for_the_replication_of_a_server_that_is_down() =>
        Assert.Empty(AgentPlan.For(Follows(Db2), Found(Down), AgentMemory.Empty, Cluster).Steps);

    /// <summary>db2 has taken over from db1, which lives and wrote up to here.</summary>
    private static HostOrder After(long end)
    {
        HostOrder order = Follows(Db2);
        return order with { Replication = order.Replication with { Before = new PreviousLog("db1", "10.9.0.1", new BinlogTail(0, new BinlogPosition("binlog.000007", end), null)) } };
    }

    private static AgentPlan Plan(HostOrder order, FoundChannel? channel, StoppedThreads? stopped = null) =>
        AgentPlan.For(order, Found(Up(true, channel)), AgentMemory.Empty with { Stopped = stopped }, Cluster);

    private static AgentStep.Repoint Repoint(HostOrder order, FoundChannel? channel) => Assert.Single(Plan(order, channel).Steps.OfType<AgentStep.Repoint>());

    private static string Steps(HostOrder order, FoundChannel? channel, StoppedThreads? stopped = null) => Text(Plan(order, channel, stopped));

    private static string Text(AgentPlan plan) => string.Join('|', plan.Steps.Select(s => s.Code));
}
