using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Leases;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

/// <summary>Whom a load balancer may send writes and reads to.</summary>
public sealed class TrafficRuleTests
{
    private static readonly TimeSpan s_now = TimeSpan.FromSeconds(100);

    [Fact]
    public void The_leased_writable_active_master_takes_writes_and_reads()
    {
        AgentView view = Master();
        Assert.Null(TrafficRule.WhyNoWrites(view));
        Assert.Null(TrafficRule.WhyNoReads(view, TimeSpan.Zero));
    }

    [Fact]
    public void Role_addresses_on_the_host_make_no_difference()
    {
        AgentView view = Master();
        Assert.Null(TrafficRule.WhyNoWrites(view with { Found = view.Found with { Addresses = [] } }));
        Assert.NotNull(TrafficRule.WhyNoWrites(Replica() with { Found = new FoundHost(Up(false), [Cluster.WriterAddress]) }));
    }

    [Fact]
    public void Nothing_is_sent_to_a_host_that_no_monitor_has_spoken_of()
    {
        AgentView view = Master() with { Order = null };
        Assert.Equal("its agent has not heard from the monitors yet", TrafficRule.WhyNoWrites(view));
        Assert.Equal("its agent has not heard from the monitors yet", TrafficRule.WhyNoReads(view, null));
    }

    [Theory]
    [InlineData(0, "it has no lease of the writer role")]
    [InlineData(-1, "it has no lease of the writer role")]
    [InlineData(1, null)]
    public void Without_its_lease_a_writable_active_master_takes_neither(int leftMs, string? why)
    {
        AgentView view = Master() with { Cover = Leased(TimeSpan.FromMilliseconds(leftMs)) };
        Assert.Equal(why, TrafficRule.WhyNoWrites(view));
        Assert.Equal(why, TrafficRule.WhyNoReads(view, null));
    }

    [Fact]
    public void Why_there_is_no_lease_is_told()
    {
        LeaseCover none = LeaseCover.None with { Obstacles = LeaseCover.None.Obstacles.Add(Cluster.WriterAddress, "mon2 has granted it to db2") };
        Assert.Equal("it has no lease of the writer role: mon2 has granted it to db2", TrafficRule.WhyNoWrites(Master() with { Cover = none }));
    }

    [Fact]
    public void One_that_is_taking_over_takes_no_writes_yet()
    {
        Assert.Equal("its mysqld is read-only still: it is taking over", TrafficRule.WhyNoWrites(With(Master(), Up(true))));
        Assert.NotNull(TrafficRule.WhyNoWrites(With(Master(), Up(true) with { ReadOnly = null })));
    }

    [Theory]
    [InlineData(MysqldState.Down, "its mysqld is down: no process")]
    [InlineData(MysqldState.NotAnswering, "its mysqld is not answering: no process")]
    [InlineData(MysqldState.Unknown, "its mysqld is not known to be well: no process")]
    public void A_mysqld_that_does_not_answer_takes_nothing(MysqldState state, string why)
    {
        FoundMysqld down = new(state, "no process", ReadOnly: false);
        Assert.Equal(why, TrafficRule.WhyNoWrites(With(Master(), down)));
        Assert.Equal(why, TrafficRule.WhyNoReads(With(Master(), down), null));
        Assert.Equal(why, TrafficRule.WhyNoReads(With(Replica(), down), null));
    }

    [Fact]
    public void A_replica_takes_reads_and_no_writes()
    {
        Assert.Equal("it is not the active master", TrafficRule.WhyNoWrites(Replica()));
        Assert.Null(TrafficRule.WhyNoReads(Replica(), null));
    }

    [Fact]
    public void Nothing_but_ONLINE_is_a_reader()
    {
        foreach (HostState state in Enum.GetValues<HostState>().Where(s => s != HostState.Online))
            Assert.Equal($"its state is {StateNames.NameOf(state)}", TrafficRule.WhyNoReads(Replica() with { Order = Replica().Order! with { State = state } }, null));
    }

    [Fact]
    public void A_host_of_no_balanced_role_is_no_reader()
    {
        AgentView view = Replica();
        ClusterTopology without = Cluster with { Roles = Cluster.Roles.Remove("reader") };
        Assert.Equal("it is among the hosts of no balanced role", TrafficRule.WhyNoReads(view with { Topology = without }, null));
    }

    [Fact]
    public void Without_a_channel_it_is_no_reader() => Assert.Equal("it does not replicate", TrafficRule.WhyNoReads(With(Replica(), Up(true)), null));

    [Theory]
    [InlineData(10, 10, null)]
    [InlineData(11, 10, "it is 11 s behind, more than 10s")]
    [InlineData(0, 0, null)]
    [InlineData(1, 0, "it is 1 s behind, more than 0s")]
    public void A_replica_that_is_too_far_behind_for_the_question_is_no_reader(int behind, int most, string? why)
    {
        AgentView view = Replica() with { Staleness = TimeSpan.FromSeconds(behind) };
        Assert.Equal(why, TrafficRule.WhyNoReads(view, TimeSpan.FromSeconds(most)));
        Assert.Null(TrafficRule.WhyNoReads(view, null));
    }

    [Fact]
    public void A_lag_that_is_not_known_satisfies_no_limit()
    {
        Assert.Equal("it is not known how far it is behind", TrafficRule.WhyNoReads(Replica() with { Staleness = null }, TimeSpan.FromHours(1)));
        Assert.Null(TrafficRule.WhyNoReads(Replica() with { Staleness = null }, null));
    }

    [Theory]
    [InlineData("Connecting", true)]
    [InlineData("No", true)]
    [InlineData("Yes", false)]
    public void While_replication_does_not_run_a_quorum_that_hears_the_agent_keeps_it_a_reader(string io, bool sql)
    {
        AgentView view = With(Replica(), Up(true, FromDb1 with { IoState = io, SqlRunning = sql, Error = "cannot connect" })) with { Staleness = TimeSpan.FromSeconds(7) };
        string why = $"its replication does not run (IO: {io}, SQL: {(sql ? "Yes" : "No")}): cannot connect";

        Assert.Null(TrafficRule.WhyNoReads(view, null));
        Assert.Null(TrafficRule.WhyNoReads(view, TimeSpan.FromSeconds(7)));
        Assert.Equal(why, TrafficRule.WhyNoReads(view, TimeSpan.FromSeconds(6)));
        Assert.Equal(why, TrafficRule.WhyNoReads(view with { Staleness = null }, TimeSpan.FromSeconds(6)));

        AgentView minority = view with { Monitors = Heard(0.5, 4.1, null) };
        Assert.Equal($"{why}, and no quorum of monitors hears its agent", TrafficRule.WhyNoReads(minority, null));
        Assert.Null(TrafficRule.WhyNoReads(With(minority, Up(true, FromDb1)), null));
    }

    private static AgentView Master() => new(
        Cluster, "db1", Holds(1), OrderProgress.None, Leased(TimeSpan.FromSeconds(2)), s_now, new FoundHost(Up(false), [Cluster.WriterAddress]), null, Heard(0.1, 0.2, 0.3), TimeSpan.FromSeconds(4));

    private static AgentView Replica() => Master() with
    {
        Host = "db2",
        Order = Standby(1) with { Host = "db2" },
        Cover = LeaseCover.None,
        Found = new FoundHost(Up(true, FromDb1), []),
        Staleness = TimeSpan.Zero,
    };

    private static AgentView With(AgentView view, FoundMysqld mysqld) => view with { Found = view.Found with { Mysqld = mysqld } };

    private static LeaseCover Leased(TimeSpan left) => LeaseCover.None with { Until = LeaseCover.None.Until.Add(Cluster.WriterAddress, s_now + left) };

    private static ImmutableSortedDictionary<string, TimeSpan?> Heard(params double?[] seconds) => seconds
        .Select((s, i) => KeyValuePair.Create($"mon{i + 1}", s is { } known ? TimeSpan.FromSeconds(known) : (TimeSpan?)null)).ToImmutableSortedDictionary(StringComparer.Ordinal);
}
