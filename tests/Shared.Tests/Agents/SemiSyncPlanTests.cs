using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

public sealed class SemiSyncPlanTests
{
    private static readonly SemiSyncSettings s_prefer = new(SemiSyncMode.Prefer, TimeSpan.FromSeconds(2));
    private static readonly SemiSyncSettings s_require = new(SemiSyncMode.Require, TimeSpan.FromSeconds(2));
    private static readonly SemiSyncTerms s_off = new(false, 10_000, true, false);
    private static readonly SemiSyncReplica s_replica = new(true, true, true);

    [Fact]
    public void Commits_wait_from_before_the_server_becomes_writable()
    {
        AgentPlan plan = Writer(s_prefer, readOnly: true, new FoundSemiSync(Source(s_off), s_replica));

        Assert.Equal("catch_up|note_position|semi_sync|writable|add_address", Codes(plan));
        AgentStep.SetSemiSyncSource step = Assert.Single(plan.Steps.OfType<AgentStep.SetSemiSyncSource>());
        // Without a replica nothing is waited for: the first commits after a failover would stand still.
        Assert.Equal((new SemiSyncTerms(true, 2000, false, true), false), (step.Terms, step.Required));
    }

    [Theory]
    [InlineData(SemiSyncMode.Prefer)]
    [InlineData(SemiSyncMode.Require)]
    public void What_is_as_it_should_be_is_left_alone(SemiSyncMode mode)
    {
        var settings = new SemiSyncSettings(mode, TimeSpan.FromSeconds(2));
        Assert.DoesNotContain("semi_sync", Codes(Writer(settings, true, new FoundSemiSync(Source(SemiSyncPlan.Terms(settings)), s_replica))), StringComparison.Ordinal);
        Assert.DoesNotContain("semi_sync", Codes(Writer(settings, false, new FoundSemiSync(Source(SemiSyncPlan.Terms(settings)), s_replica))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 10_000, true, true)]
    [InlineData(true, 2000, false, false)]
    [InlineData(false, 2000, false, true)]
    public void What_somebody_has_changed_on_the_active_master_is_put_right(bool enabled, long timeout, bool waits, bool afterSync) =>
        Assert.Equal("add_address|semi_sync", Codes(Writer(s_prefer, false, new FoundSemiSync(Source(new(enabled, timeout, waits, afterSync)), s_replica))));

    [Fact]
    public void Required_commits_wait_for_ever_and_without_it_nobody_becomes_writable()
    {
        AgentStep.SetSemiSyncSource step = Assert.Single(Writer(s_require, true, new FoundSemiSync(Source(s_off), s_replica, "denied")).Steps.OfType<AgentStep.SetSemiSyncSource>());
        Assert.Equal((new SemiSyncTerms(true, uint.MaxValue, true, true), true), (step.Terms, step.Required));

        AgentPlan plan = Writer(s_require, true, new FoundSemiSync(null, s_replica));
        Assert.Equal("catch_up|note_position|semi_sync|writable|add_address", Codes(plan));
        Assert.Contains("plugin_load_add = semisync_source.so", Assert.Single(plan.Steps.OfType<AgentStep.Impossible>()).Sentence, StringComparison.Ordinal);
        Assert.True(plan.Steps.OfType<AgentStep.Impossible>().Single().FailureEndsLane);
    }

    [Fact]
    public void An_operator_can_force_it()
    {
        AgentPlan plan = Writer(s_require, true, new FoundSemiSync(null, s_replica), Old with { Force = true });
        Assert.Equal("catch_up|note_position|writable|add_address", Codes(plan));
        Assert.False(Assert.Single(Writer(s_require, true, new FoundSemiSync(Source(s_off), s_replica), Old with { Force = true }).Steps.OfType<AgentStep.SetSemiSyncSource>()).Required);
    }

    [Fact]
    public void Preferred_a_takeover_does_not_depend_on_it()
    {
        Assert.Equal("catch_up|note_position|writable|add_address", Codes(Writer(s_prefer, true, new FoundSemiSync(null, s_replica))));
        // What could not be done a moment ago is not tried over and over.
        Assert.Equal("catch_up|note_position|writable|add_address", Codes(Writer(s_prefer, true, new FoundSemiSync(Source(s_off), s_replica, "denied"))));
    }

    [Fact]
    public void Elsewhere_commits_do_not_wait_as_the_appliers_would()
    {
        var found = new FoundSemiSync(Source(s_off with { Enabled = true }), s_replica);
        AgentStep.SetSemiSyncSource step = Assert.Single(Other("db1", s_prefer, true, found).Steps.OfType<AgentStep.SetSemiSyncSource>());
        Assert.False(step.Terms.Enabled);
        // Not before it is read-only: commits that wait would be let go of, and be acknowledged.
        Assert.DoesNotContain("semi_sync", Codes(Other("db1", s_prefer, false, found)), StringComparison.Ordinal);
        Assert.DoesNotContain("semi_sync", Codes(Other("db1", SemiSyncSettings.Off, true, found)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("db1", SemiSyncMode.Prefer, true)]
    [InlineData("db3", SemiSyncMode.Prefer, false)]
    [InlineData("db3", SemiSyncMode.Require, true)]
    [InlineData("db1", SemiSyncMode.Off, false)]
    public void Who_acknowledges_depends_on_what_may_be_lost(string host, SemiSyncMode mode, bool acknowledges)
    {
        AgentPlan plan = Other(host, new SemiSyncSettings(mode, TimeSpan.FromSeconds(1)), true, new FoundSemiSync(Source(s_off), s_replica with { Enabled = false, Active = false }));
        Assert.Equal(acknowledges ? "semi_sync|remember|hold_receiver" : "", Codes(plan));
    }

    [Theory]
    [InlineData("Connecting")]
    [InlineData("No")]
    public void A_receiver_that_is_not_connected_asks_for_it_when_it_connects(string io) =>
        Assert.Equal("semi_sync", Codes(Other("db1", s_prefer, true, new FoundSemiSync(Source(s_off), s_replica with { Enabled = false, Active = false }), FromDb1 with { IoState = io })));

    [Theory]
    [InlineData("Yes", true, false, "")]
    [InlineData("Yes", false, false, "semi_sync|remember|hold_receiver")]
    [InlineData("Yes", false, true, "")]
    [InlineData("Connecting", false, false, "")]
    public void One_that_connected_just_before_asks_again_once(string io, bool active, bool asked, string steps) =>
        Assert.Equal(steps, Codes(Other("db1", s_prefer, true, new FoundSemiSync(Source(s_off), new SemiSyncReplica(true, true, active, asked)), FromDb1 with { IoState = io })));

    [Fact]
    public void A_receiver_that_is_stopped_for_it_stays_remembered_while_the_applier_is_held()
    {
        var found = new FoundSemiSync(Source(s_off), s_replica with { Active = false });
        HostOrder held = Follows(new SourceServer("db1", "10.9.0.1", 3306, null)) with { Host = "db2" };
        held = held with { Replication = held.Replication with { Until = new BinlogPosition("binlog.000007", 500) } };

        AgentPlan plan = AgentPlan.For(held, Found(Up(true, FromDb1 with { UsesGtid = false }) with { SemiSync = found }), AgentMemory.Empty, Cluster, s_prefer);

        Assert.Equal("semi_sync|remember|hold_receiver|remember|hold_at", Codes(plan));
        Assert.Equal(new StoppedThreads(true, true), plan.Steps.OfType<AgentStep.RememberStopped>().Last().Threads);
    }

    [Fact]
    public void What_is_not_looked_after_is_not_touched()
    {
        Assert.Equal("catch_up|note_position|writable|add_address", Codes(Writer(s_require, true, null)));
        Assert.Equal("", Codes(Other("db1", s_require, true, null)));
    }

    [Fact]
    public void An_agent_tells_what_is_missing()
    {
        Assert.Null(Facts("db1", new FoundSemiSync(Source(s_off), s_replica), s_prefer)!.Trouble);
        Assert.Contains("plugin_load_add = semisync_replica.so", Facts("db1", new FoundSemiSync(Source(s_off), null), s_prefer)!.Trouble, StringComparison.Ordinal);
        Assert.Contains("plugin_load_add = semisync_source.so", Facts("db1", new FoundSemiSync(null, s_replica), s_prefer)!.Trouble, StringComparison.Ordinal);
        Assert.Null(Facts("db3", new FoundSemiSync(null, null), s_prefer)!.Trouble);
        Assert.NotNull(Facts("db3", new FoundSemiSync(null, null), s_require)!.Trouble);
        Assert.Equal("denied", Facts("db1", new FoundSemiSync(Source(s_off), s_replica, "denied"), s_prefer)!.Trouble);
        Assert.Null(Facts("db1", new FoundSemiSync(Source(s_off), s_replica), SemiSyncSettings.Off));
    }

    private static SemiSyncFacts? Facts(string host, FoundSemiSync found, SemiSyncSettings settings) =>
        SemiSyncPlan.Facts(host, Up(true) with { SemiSync = found }, Cluster, settings);

    private static SemiSyncSource Source(SemiSyncTerms terms) => new(true, terms, true, 1, false);

    private static AgentPlan Writer(SemiSyncSettings settings, bool readOnly, FoundSemiSync? found, CatchUpOrder? catchUp = null) =>
        AgentPlan.For(Holds(2, catchUp ?? Old), Found(Up(readOnly) with { SemiSync = found }), AgentMemory.Empty, Cluster, settings);

    private static AgentPlan Other(string host, SemiSyncSettings settings, bool readOnly, FoundSemiSync? found, FoundChannel? channel = null) =>
        AgentPlan.For(Standby(2) with { Host = host }, Found(Up(readOnly, channel ?? FromDb1) with { SemiSync = found }), AgentMemory.Empty, Cluster, settings);

    private static string Codes(AgentPlan plan) => string.Join('|', plan.Steps.Select(s => s.Code));
}
