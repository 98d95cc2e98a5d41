using Mmm.Shared.Agents;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

public sealed class CatchUpRuleTests
{
    private static readonly CatchUpOrder s_order = new("db1", "10.9.0.1", null, 1000, false);
    private static readonly BinlogPosition s_beyond = new("binlog.000007", 401);

    [Fact]
    public void A_known_position_is_waited_for_while_the_source_sends() =>
        Assert.Equal(new CatchUpWay.To(s_beyond), CatchUpRule.Choose(s_order with { UpTo = s_beyond }, FromDb1));

    [Fact]
    public void An_unknown_position_means_the_relay_logs_end() =>
        Assert.Equal(new CatchUpWay.RelayLogEnd(null), CatchUpRule.Choose(s_order, FromDb1 with { IoState = "Connecting" }));

    [Fact]
    public void A_dead_source_does_no_harm_when_all_of_it_was_received() =>
        Assert.IsType<CatchUpWay.To>(CatchUpRule.Choose(s_order with { UpTo = FromDb1.Received }, FromDb1 with { IoState = "Connecting" }));

    [Theory]
    [InlineData(false, typeof(CatchUpWay.Refuse))]
    [InlineData(true, typeof(CatchUpWay.RelayLogEnd))]
    public void A_dead_source_with_more_than_was_received_is_refused_unless_forced(bool force, Type way) =>
        Assert.IsType(way, CatchUpRule.Choose(s_order with { UpTo = s_beyond, Force = force }, FromDb1 with { IoState = "Connecting" }));

    [Theory]
    [InlineData(false, typeof(CatchUpWay.Refuse))]
    [InlineData(true, typeof(CatchUpWay.PassOver))]
    public void Another_source_no_source_or_a_stopped_applier_are_refused_unless_forced(bool force, Type way)
    {
        CatchUpOrder order = s_order with { Force = force };
        Assert.IsType(way, CatchUpRule.Choose(order, null));
        Assert.IsType(way, CatchUpRule.Choose(order, FromDb1 with { SourceIp = "10.9.0.77" }));
        Assert.IsType(way, CatchUpRule.Choose(order, FromDb1 with { SqlRunning = false }));
    }

    [Theory]
    [InlineData("binlog.000007", 4, "binlog.000007", 4, true)]
    [InlineData("binlog.000007", 3, "binlog.000007", 4, false)]
    [InlineData("binlog.1000000", 4, "binlog.999999", 999, true)]
    [InlineData("binlog.000006", 999, "binlog.000007", 4, false)]
    [InlineData("other.000008", 4, "binlog.000007", 4, false)]
    [InlineData("nonsense", 4, "binlog.000007", 4, false)]
    public void Positions_compare_by_file_number_then_offset(string file, long position, string goal, long goalPosition, bool reached) =>
        Assert.Equal(reached, BinlogPositions.Reaches(new BinlogPosition(file, position), new BinlogPosition(goal, goalPosition)));
}
