using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

/// <summary>The replication of db1, one of three masters.</summary>
public sealed class ManyMastersPlanTests
{
    private static readonly ChannelOptions s_tls = new([new ChannelOption("MASTER_SSL_CA", "/etc/ca.pem", ChannelOptionKind.Text)]);
    private static readonly FoundChannel s_fromDb9 = FromDb1 with { Name = "main", SourceIp = "10.9.0.9", Options = s_tls };
    private static readonly DroppedChannel s_dropped = new("main", s_tls);
    private static readonly HostOrder s_active = Holds(2) with { Replication = ReplicationOrder.Drop };
    private static readonly HostOrder s_follows = Standby(2) with { Replication = new ReplicationOrder(ReplicationAction.Follow, Db2) };
    private static readonly GtidHistory s_nothing = new("", "");

    [Fact]
    public void The_active_one_drops_its_channel_once_it_has_remembered_it()
    {
        AgentPlan plan = Plan(s_active, Up(false, s_fromDb9), AgentMemory.Empty with { WritableFor = Id(2) });

        Assert.Equal([new AgentStep.RememberDropped(s_dropped), new AgentStep.DropChannel("main")], plan.Steps.Where(s => s.Lane == StepLane.Replication || s is AgentStep.RememberDropped));
    }

    [Fact]
    public void Without_a_channel_there_is_nothing_to_drop_or_to_forget() =>
        Assert.DoesNotContain(Plan(s_active, Up(false), AgentMemory.Empty with { WritableFor = Id(2), Dropped = s_dropped }).Steps, s => s is AgentStep.DropChannel or AgentStep.RememberDropped);

    [Fact]
    public void The_next_channel_is_like_the_one_that_was_dropped_and_begins_where_its_own_log_ends()
    {
        AgentStep.Repoint step = Repoint(Up(true) with { History = new GtidHistory("1-1-5", "") }, AgentMemory.Empty with { Dropped = s_dropped });

        Assert.Equal(("main", s_tls, null, true), (step.Channel, step.Options, step.StartAt, step.Demote));
    }

    /// <summary>What is received counts there already.</summary>
    [Fact]
    public void One_that_has_a_channel_is_repointed_as_a_slave_is()
    {
        AgentStep.Repoint step = Repoint(Up(true, s_fromDb9), AgentMemory.Empty with { Dropped = new DroppedChannel("older", ChannelOptions.None) });

        Assert.Equal(("main", s_tls, false), (step.Channel, step.Options, step.Demote));
    }

    [Theory]
    [InlineData("1-1-5", false, true)]
    [InlineData("", true, true)]
    [InlineData("", false, false)]
    public void A_MariaDB_without_a_position_of_a_replica_follows_if_it_has_written_or_was_the_active_master(string wrote, bool tookOver, bool follows)
    {
        AgentMemory memory = AgentMemory.Empty with { TakeOver = tookOver ? new TakeOver(Id(1), new BinlogPosition("binlog.000001", 4)) : null };

        AgentPlan plan = Plan(s_follows, Up(true) with { History = s_nothing with { Executed = wrote } }, memory);

        Assert.Equal(follows, plan.Steps.Any(s => s is AgentStep.Repoint));
        Assert.Equal(!follows, plan.Steps.Any(s => s is AgentStep.Impossible { Sentence: var why } && why.Contains("replication goes by GTIDs, and db1 has none", StringComparison.Ordinal)));
    }

    [Fact]
    public void By_positions_nobody_follows_also_when_one_is_known() =>
        Assert.IsType<AgentStep.Impossible>(Assert.Single(Plan(s_follows, Up(true, s_fromDb9 with { UsesGtid = false }), AgentMemory.Empty).Steps));

    [Fact]
    public void One_of_a_pair_and_a_slave_begin_as_they_always_did()
    {
        FoundMysqld wrote = Up(true) with { History = new GtidHistory("1-1-5", "") };

        Assert.Equal(Db2.StartAt, Assert.Single(AgentPlan.For(s_follows with { Host = "db3" }, Found(wrote), AgentMemory.Empty, Cluster).Steps.OfType<AgentStep.Repoint>()).StartAt);
    }

    [Fact]
    public void One_that_takes_over_from_a_server_that_it_does_not_follow_yet_follows_it_first()
    {
        HostOrder takesOver = Holds(2, Old) with { Replication = new ReplicationOrder(ReplicationAction.Follow, Db2) };

        AgentPlan plan = Plan(takesOver, Up(true, s_fromDb9), AgentMemory.Empty);

        Assert.Contains(plan.Steps, s => s is AgentStep.Repoint);
        Assert.DoesNotContain(plan.Steps, s => s is AgentStep.CatchUp or AgentStep.MakeWritable);
        // What it had received of the one before is applied, however long that takes.
        Assert.False(Assert.Single(plan.Steps.OfType<AgentStep.ApplyRelayLog>()).MayLose);
        AgentPlan next = Plan(takesOver, Up(true, s_fromDb9 with { SourceIp = Db2.Ip }), AgentMemory.Empty);
        Assert.Contains(next.Steps, s => s is AgentStep.CatchUp);
        Assert.DoesNotContain(next.Steps, s => s is AgentStep.Repoint);
    }

    [Fact]
    public void Forced_it_goes_on_with_what_it_has()
    {
        HostOrder forced = Holds(2, Old with { Force = true }) with { Replication = new ReplicationOrder(ReplicationAction.Follow, Db2) };

        Assert.Contains(Plan(forced, Up(true, s_fromDb9), AgentMemory.Empty).Steps, s => s is AgentStep.MakeWritable);
    }

    [Theory]
    [InlineData("10.9.0.9")]
    [InlineData("10.9.0.2")]
    public void A_channel_from_before_its_last_takeover_is_removed_before_it_follows_as_its_own_writes_are_not_counted_there(string sourceIp)
    {
        FoundMysqld found = Up(true, s_fromDb9 with { SourceIp = sourceIp });
        AgentMemory tookOver = AgentMemory.Empty with { TakeOver = new TakeOver(Id(1), null) };
        AgentStep[] removed = [new AgentStep.RememberDropped(s_dropped), new AgentStep.DropChannel("main")];

        Assert.Equal(removed, Plan(s_follows, found, tookOver).Steps);
        // Whether it took writes is not known.
        Assert.Equal(removed, Plan(s_follows, found, tookOver with { Demoted = Id(1), Noted = new TakeOver(Id(2), null) }).Steps);
        Assert.DoesNotContain(Plan(s_follows, found, tookOver with { Demoted = Id(1) }).Steps, s => s is AgentStep.DropChannel);
        Assert.DoesNotContain(Plan(s_follows, found, AgentMemory.Empty).Steps, s => s is AgentStep.DropChannel);
        // It takes over at this moment, and what it may still need comes by that channel.
        Assert.DoesNotContain(Plan(Holds(2, Old) with { Replication = s_follows.Replication }, found, tookOver).Steps, s => s is AgentStep.DropChannel);
        // A pair replicates from each other for good.
        Assert.DoesNotContain(AgentPlan.For(s_follows, Found(found), tookOver, Cluster).Steps, s => s is AgentStep.DropChannel);
    }

    private static AgentStep.Repoint Repoint(FoundMysqld found, AgentMemory memory) => Assert.Single(Plan(s_follows, found, memory).Steps.OfType<AgentStep.Repoint>());

    private static AgentPlan Plan(HostOrder order, FoundMysqld found, AgentMemory memory) => AgentPlan.For(order, Found(found, [.. order.Roles]), memory, Many);
}
