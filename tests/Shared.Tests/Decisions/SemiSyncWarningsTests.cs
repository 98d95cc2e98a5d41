using Mmm.Shared.Decisions;
using Mmm.Shared.Settings;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>An operator sees when acknowledged commits are on one machine only.</summary>
public sealed class SemiSyncWarningsTests
{
    private static readonly SemiSyncFacts s_well = new(true, true, 1, false, false, null);

    [Fact]
    public void Nothing_is_said_while_a_replica_acknowledges() => Assert.Equal("", Said(SemiSyncMode.Prefer, s_well));

    [Fact]
    public void Nothing_is_said_when_it_is_not_looked_after() => Assert.Equal("", Said(SemiSyncMode.Off, s_well with { Clients = 0, Trouble = "x" }));

    [Theory]
    [InlineData(SemiSyncMode.Prefer, "commits on db1 are acknowledged by no replica")]
    [InlineData(SemiSyncMode.Require, "commits on db1 wait: no replica that acknowledges them is connected")]
    public void Without_a_replica(SemiSyncMode mode, string sentence) => Assert.StartsWith(sentence, Said(mode, s_well with { Active = false, Clients = 0 }), StringComparison.Ordinal);

    [Fact]
    public void With_one_that_is_too_slow()
    {
        Assert.StartsWith("commits on db1 are not acknowledged by a replica in time", Said(SemiSyncMode.Prefer, s_well with { Active = false, Unacknowledged = true }), StringComparison.Ordinal);
        // Off without commits: it goes on again with the next.
        Assert.Equal("", Said(SemiSyncMode.Prefer, s_well with { Active = false }));
    }

    [Fact]
    public void Right_after_a_takeover_replicas_are_given_the_time_to_connect() =>
        Assert.Equal("", Said(SemiSyncMode.Prefer, s_well with { Active = false, Clients = 0 }, masterFor: 4));

    [Fact]
    public void What_cannot_be_had_is_said_of_every_host() =>
        Assert.Equal("semi-sync on host db1 cannot be had: denied", Said(SemiSyncMode.Prefer, s_well with { Clients = 0, Trouble = "denied" }));

    private static string Said(SemiSyncMode mode, SemiSyncFacts facts, double masterFor = 60)
    {
        ClusterState state = new Still { MasterFor = masterFor }.State() with { SemiSync = new SemiSyncSettings(mode, TimeSpan.FromSeconds(1)) };
        HostSight sight = state.Sights["db1"];
        state = state with { Sights = state.Sights.SetItem("db1", sight with { Agent = sight.Agent! with { Facts = sight.Agent.Facts with { SemiSync = facts } } }) };
        return string.Join('\n', Snapshots.Of(state, 1, null).Warnings.Where(w => w.Contains("semi-sync", StringComparison.Ordinal) || w.Contains("commits", StringComparison.Ordinal)));
    }
}
