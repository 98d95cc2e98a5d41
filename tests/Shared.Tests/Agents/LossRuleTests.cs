using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Shared.Tests.Agents;

/// <summary>What a failover is known to lose, and when that forbids it.</summary>
public sealed class LossRuleTests
{
    private const string Old = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    [Theory]
    [InlineData(Old + ":1-9", Old + ":1-9", null)]
    [InlineData(Old + ":1-9", Old + ":1-12", null)]
    [InlineData(Old + ":1-9", Old + ":1-6", "of what db1 had committed by its last report this server lacks " + Old + ":7-9 (3 transactions)")]
    [InlineData(Old + ":1-7", Old + ":1-6", "of what db1 had committed by its last report this server lacks " + Old + ":7 (1 transaction)")]
    public void What_is_missing_is_named_by_MySQLs_GTIDs(string theirs, string ours, string? lost) =>
        Assert.Equal(new LossRule(lost, null), Judge(new GtidHistory(theirs, null), new GtidHistory(ours, null), null));

    [Fact]
    public void And_by_MariaDBs_of_which_there_may_be_fewer() => Assert.Equal(
        "of what db1 had committed by its last report this server lacks 0-1-5..0-1-9 (at most 5 transactions)",
        Judge(new GtidHistory("0-1-9", ""), new GtidHistory("0-1-4", "0-1-4"), null).Lost);

    [Theory]
    [InlineData(400, null)]
    [InlineData(399, "of what db1 had written by its last report this server lacks what its binary log holds from binlog.000002:399 to binlog.000002:400")]
    public void Without_GTIDs_it_is_a_range_of_the_log(long applied, string? lost) => Assert.Equal(lost, Judge(null, null, new AgentProtocol.BinlogPosition("binlog.000002", applied)).Lost);

    [Theory]
    [InlineData(null, false)]
    [InlineData(3L, false)]
    [InlineData(2L, true)]
    public void More_than_maximum_loss_is_forbidden(long? most, bool forbidden) => Assert.Equal(
        forbidden ? "failover.maximum_loss is 2" : null,
        Judge(new GtidHistory(Old + ":1-9", null), new GtidHistory(Old + ":1-6", null), null, new FailoverPolicy(most, false)).Forbidden);

    [Fact]
    public void A_gap_that_cannot_be_counted_is_more_than_any_number() => Assert.Equal(
        "failover.maximum_loss is 1000000", Judge(null, null, new AgentProtocol.BinlogPosition("binlog.000002", 4), new FailoverPolicy(1_000_000, false)).Forbidden);

    [Theory]
    [InlineData(true, false, null)]
    [InlineData(false, true, null)]
    [InlineData(false, false, "failover.require_semi_sync is on, and commits on db1 did not wait for a replica by its last report")]
    public void Proof_is_an_acknowledgement_or_the_whole_log(bool acknowledged, bool whole, string? forbidden)
    {
        var same = new GtidHistory(Old + ":1-9", null);
        AgentProtocol.CatchUpOrder order = Order(new FailoverPolicy(0, true)) with { LastWord = new AgentProtocol.LastWord(same, null, acknowledged) };
        Assert.Equal(new LossRule(null, forbidden), LossRule.Judge(order, same, null, whole));
    }

    /// <summary>MariaDB counts a transaction when it begins to write it: one that waited for space on a full disk was never committed.</summary>
    [Theory]
    [InlineData(true, 400, false)]
    [InlineData(true, 399, true)]
    [InlineData(false, 400, true)]
    public void What_a_log_that_is_here_to_its_end_does_not_hold_was_never_committed_unless_it_is_shorter_than_it_was(bool whole, long end, bool lost)
    {
        AgentProtocol.CatchUpOrder order = Order(new FailoverPolicy(0, false)) with
        {
            Rest = new AgentProtocol.BinlogTail(9990, new AgentProtocol.BinlogPosition("binlog.000002", end), null),
            LastWord = new AgentProtocol.LastWord(new GtidHistory("11-11-8", ""), new AgentProtocol.BinlogPosition("binlog.000002", 400), false),
        };

        LossRule judged = LossRule.Judge(order, new GtidHistory("11-11-7", "11-11-7"), null, whole);

        Assert.Equal((lost, lost), (judged.Lost is not null, judged.Forbidden is not null));
    }

    /// <summary>As one does whose commit waits for a disk that stands still: mysqld cannot even be killed, so that its log is not read.</summary>
    [Theory]
    [InlineData("binlog.000002", 400, false)]
    [InlineData("binlog.000002", 399, true)]
    [InlineData("binlog.000003", 400, true)]
    public void What_comes_behind_the_last_commit_that_was_told_was_not_committed(string file, long applied, bool lost)
    {
        AgentProtocol.CatchUpOrder order = Order(new FailoverPolicy(0, false)) with
        {
            LastWord = new AgentProtocol.LastWord(new GtidHistory("11-11-8", ""), new AgentProtocol.BinlogPosition("binlog.000002", 400), false),
        };

        LossRule judged = LossRule.Judge(order, new GtidHistory("11-11-7", "11-11-7"), new AgentProtocol.BinlogPosition(file, applied), whole: false);

        Assert.Equal((lost, lost), (judged.Lost is not null, judged.Forbidden is not null));
    }

    [Fact]
    public void A_master_that_was_never_heard_has_proven_nothing() => Assert.Equal(
        "failover.require_semi_sync is on, and whether commits on db1 waited for a replica is not known",
        LossRule.Judge(Order(new FailoverPolicy(0, true)), new GtidHistory("", null), null, whole: false).Forbidden);

    private static LossRule Judge(GtidHistory? theirs, GtidHistory? ours, AgentProtocol.BinlogPosition? applied, FailoverPolicy? policy = null) => LossRule.Judge(
        Order(policy) with { LastWord = new AgentProtocol.LastWord(theirs, new AgentProtocol.BinlogPosition("binlog.000002", 400), false) }, ours, applied, whole: false);

    private static AgentProtocol.CatchUpOrder Order(FailoverPolicy? policy) => new("db1", "10.0.0.1", null, 10_000, false, Policy: policy);
}
