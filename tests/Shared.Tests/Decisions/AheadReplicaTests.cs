using Mmm.Shared.Decisions;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>The master vanishes, and a slave has received more of it than the other master.</summary>
public sealed class AheadReplicaTests
{
    [Fact]
    public void The_candidate_is_told_to_fetch_it_there()
    {
        // Also of the vanished master's very first transactions.
        World w = Ahead("11-11-9", "");

        AheadReplica ahead = Ordered(w);

        Assert.Equal(("db3", w.Topology.Hosts["db3"].Ip, w.Db3.Received, "11-11-9", null), (ahead.Host, ahead.Ip, ahead.Received.Position, ahead.Gtid, ahead.Why));
        Assert.True(w.Db3.Received > w.Db2.Received);
    }

    [Fact]
    public void It_is_waited_until_the_replica_has_applied_it()
    {
        World w = Ahead("11-11-9", "11-11-5", applying: false);
        w.Run(4.5);
        Assert.DoesNotContain(w.OrdersTo("db2"), o => o.Writable);

        w.Db3.SqlBroken = false;
        w.Db3.Applied = w.Db3.Received;

        Assert.Equal("11-11-9", Ordered(w).Gtid);
    }

    [Fact]
    public void But_not_for_ever()
    {
        World w = Ahead("11-11-9", "11-11-5", applying: false);
        Assert.Equal("'db3' had not applied it in time", Ordered(w, 15).Why);
    }

    [Fact]
    public void A_delayed_replica_is_not_waited_for()
    {
        World w = Ahead("11-11-9", "11-11-5", applying: false, behind: 3600);
        Assert.Equal("'db3' is 3600 s behind in applying it", Ordered(w, 4.5).Why);
    }

    [Fact]
    public void What_must_not_spread_is_not_fetched() =>
        Assert.Equal("'db3' has transactions of its own (0-13), which must not spread", Ordered(Ahead("11-11-9,0-13-2", "11-11-5")).Why);

    [Fact]
    public void By_positions_it_cannot_be_fetched()
    {
        World w = Ahead("11-11-9", "11-11-5");
        w.Db2.ByPositions = w.Db3.ByPositions = true;
        w.Run(1);
        Assert.Equal("replication by positions cannot go on at another replica", Ordered(w).Why);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("11-11-53,12-12-80", "11-11 12-12")]
    [InlineData("0-13-2", "0-13")]
    [InlineData("7a3d9862-e9d0-11f1-9562-02fc00000001:1-2:4,\n877c09a9-e9d0-11f1-8292-02fc00000001:tag:1", "7a3d9862-e9d0-11f1-9562-02fc00000001 877c09a9-e9d0-11f1-8292-02fc00000001")]
    public void Origins_are_who_wrote(string gtids, string origins) =>
        Assert.Equal(origins, string.Join(' ', AheadReplicas.Origins(gtids).Order(StringComparer.Ordinal)));

    private static World Ahead(string slaves, string candidates, bool applying = true, long behind = 0)
    {
        World w = World.Running();
        (w.Db2.Gtid, w.Db3.Gtid) = (candidates, slaves);
        w.Run(2);
        w.Db2.IoBroken = true;
        (w.Db3.SqlBroken, w.Db3.Behind) = (!applying, behind);
        w.Run(2);
        w.Db1.PowerOff();
        return w;
    }

    private static AheadReplica Ordered(World w, double seconds = 10)
    {
        w.Until(() => w.OrdersTo("db2").Any(o => o.Writable), seconds);
        return w.OrdersTo("db2").First(o => o.Writable).CatchUp!.Ahead!;
    }
}
