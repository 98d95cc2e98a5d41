using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Gtids;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>What the next active master is told of the last one, so that it can say what it lacks.</summary>
public sealed class FailoverLossTests
{
    private static readonly FailoverPolicy s_policy = new(0, true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_failover_goes_by_the_last_report_in_which_the_old_master_was_up(bool powerCut)
    {
        World w = Cautious();
        var last = new GtidHistory("0-11-7", "");
        w.Db1.History = last;
        w.Run(2);
        if (powerCut)
            w.Db1.PowerOff();
        else
            w.Db1.CrashMysqld();

        w.Until(() => w.Doc.Move is { Phase: MovePhase.TakingOver }, 20);

        AgentProtocol.CatchUpOrder order = w.State.Orders["db2"].Order.CatchUp!;
        Assert.Equal((last, s_policy), (order.LastWord!.History, order.Policy));
        Assert.Equal(order, HostOrders.For(w.Topology, w.Settings, DocumentJson.Read(DocumentJson.Write(w.Doc)), "db2", w.State.Orders["db2"].Order.Id).CatchUp);
    }

    [Fact]
    public void A_coordinator_that_never_heard_it_says_nothing_of_it()
    {
        World w = Cautious();
        w.Db2.AgentStuck = true;
        w.Db1.PowerOff();
        w.Run(1);
        w.NewCoordinator();

        w.Until(() => w.Doc.Move is { Phase: MovePhase.TakingOver }, 20);

        Assert.Equal((null, s_policy), (w.State.Orders["db2"].Order.CatchUp!.LastWord, w.State.Orders["db2"].Order.CatchUp!.Policy));
    }

    [Fact]
    public void A_coordinator_that_begins_goes_by_what_the_other_monitors_had_heard_the_latest_of_it()
    {
        World w = Cautious();
        w.Db2.AgentStuck = true;
        w.Db1.History = new GtidHistory("0-11-7", "");
        w.Run(2);
        AgentProtocol.Report newest = w.State.Sights["db1"].Agent!;
        w.Db1.PowerOff();
        w.Run(1);
        w.NewCoordinator();
        w.Feed(new LastUpHeard(w.At, newest));
        w.Feed(new LastUpHeard(w.At, newest with { Seq = newest.Seq - 1, Facts = newest.Facts with { History = new GtidHistory("0-11-6", "") } }));
        w.Feed(new LastUpHeard(w.At, newest with { Seq = newest.Seq + 1, Facts = newest.Facts with { Mysqld = AgentProtocol.MysqldState.Down, History = null } }));
        Assert.False(w.State.AgentReachable("db1"));

        w.Until(() => w.Doc.Move is { Phase: MovePhase.TakingOver }, 20);

        Assert.Equal("0-11-7", w.State.Orders["db2"].Order.CatchUp!.LastWord!.History!.Executed);
    }

    [Fact]
    public void A_planned_move_has_the_end_from_the_old_master_itself()
    {
        World w = Cautious();
        w.Db2.AgentStuck = true;
        w.Say("move_role", "writer", "db2");

        w.Until(() => w.State.Orders["db2"].Order.CatchUp is not null, 20);

        Assert.Equal((null, null), (w.State.Orders["db2"].Order.CatchUp!.LastWord, w.State.Orders["db2"].Order.CatchUp!.Policy));
    }

    private static World Cautious() => World.Running(settings: Worlds.Settings with { Failover = s_policy });
}
