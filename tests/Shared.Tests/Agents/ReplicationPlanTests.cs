using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

public sealed class ReplicationPlanTests
{
    private static readonly HostOrder s_stop = Standby(2) with { Host = "db3", State = HostState.AdminOffline, Replication = ReplicationOrder.Stop };
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
    public void A_slave_without_replication_starts_at_the_position() =>
        Assert.Equal("repoint", Steps(Follows(Db2), null));

    [Fact]
    public void Nothing_is_planned_for_the_replication_of_a_server_that_is_down() =>
        Assert.Empty(AgentPlan.For(Follows(Db2), Found(Down), AgentMemory.Empty, Cluster).Steps);

    private static AgentPlan Plan(HostOrder order, FoundChannel? channel, StoppedThreads? stopped = null) =>
        AgentPlan.For(order, Found(Up(true, channel)), AgentMemory.Empty with { Stopped = stopped }, Cluster);

    private static AgentStep.Repoint Repoint(HostOrder order, FoundChannel? channel) => Assert.Single(Plan(order, channel).Steps.OfType<AgentStep.Repoint>());

    private static string Steps(HostOrder order, FoundChannel? channel, StoppedThreads? stopped = null) => Text(Plan(order, channel, stopped));

    private static string Text(AgentPlan plan) => string.Join('|', plan.Steps.Select(s => s.Code));
}
