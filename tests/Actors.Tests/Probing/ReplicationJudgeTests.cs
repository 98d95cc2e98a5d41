using Mmm.Actors.Probing;
using Mmm.Actors.Tests.Coordinator;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Tests.Probing;

public sealed class ReplicationJudgeTests
{
    private static readonly ClusterTopology Topology = OneMasterPair.Settings(0, 0).Clusters["C1"].Topology;

    [Theory]
    [InlineData("Yes", "Yes", 0, Outcome.Ok, "")]
    [InlineData("No", "Yes", 0, Outcome.Failing, "Replication is broken (IO thread: No, SQL thread: Yes)")]
    [InlineData("Yes", "No", 0, Outcome.Failing, "Replication is broken (IO thread: Yes, SQL thread: No)")]
    [InlineData("Connecting", "No", 0, Outcome.Failing, "Replication is broken (IO thread: Connecting, SQL thread: No)")]
    [InlineData("Connecting", "Yes", 9, Outcome.Ok, "IO thread has been connecting to 127.0.0.1 for 9 s")]
    [InlineData("Connecting", "Yes", 10, Outcome.Failing, "IO thread has been connecting to 127.0.0.1 for 10 s")]
    [InlineData("Preparing", "Yes", 10, Outcome.Failing, "IO thread has been connecting to 127.0.0.1 for 10 s")]
    public void Threads(string io, string sql, int connectingSeconds, Outcome outcome, string message)
    {
        CheckReading threads = Judge(new ReplicationReading(null, [Channel(io, sql, 0)], true, null), connectingSeconds).Threads;
        Assert.Equal(new CheckReading(outcome, message), threads);
    }

    [Theory]
    [InlineData(0L, Outcome.Ok, "Backlog is null")]
    [InlineData(60L, Outcome.Ok, "Backlog is 60 s")]
    [InlineData(61L, Outcome.Failing, "Backlog is too big (61 s, max_backlog is 60 s)")]
    [InlineData(null, Outcome.Unknown, "Backlog is unknown: the server reports NULL")]
    public void Backlog(long? behind, Outcome outcome, string message)
    {
        CheckReading backlog = Judge(new ReplicationReading(null, [Channel("Yes", "Yes", behind)], true, null)).Backlog;
        Assert.Equal(new CheckReading(outcome, message), backlog);
    }

    [Fact]
    public void No_replication_at_all_fails_both_checks_as_in_MMM()
    {
        ReplicationJudge.Judgement judgement = Judge(new ReplicationReading(null, [], false, null));
        Assert.Equal(CheckReading.Failing("Replication is not set up"), judgement.Threads);
        Assert.Equal(CheckReading.Failing("Replication is not set up"), judgement.Backlog);
    }

    [Fact]
    public void A_server_that_could_not_be_asked_says_nothing_about_its_replication()
    {
        ReplicationJudge.Judgement judgement = Judge(ReplicationReading.NotRead("lacks SLAVE MONITOR"));
        Assert.Equal(CheckReading.Unknown("lacks SLAVE MONITOR"), judgement.Threads);
        Assert.Equal(CheckReading.Unknown("lacks SLAVE MONITOR"), judgement.Backlog);
    }

    [Fact]
    public void The_channel_from_a_host_of_the_cluster_counts_not_one_from_elsewhere()
    {
        ReplicationChannel elsewhere = new("", "10.9.9.9", "No", "No", null, null);
        ReplicationJudge.Judgement judgement = Judge(new ReplicationReading(null, [elsewhere, Channel("Yes", "Yes", 0) with { Name = "mmm" }], true, null));
        Assert.Equal(Outcome.Ok, judgement.Threads.Outcome);
        Assert.Equal("mmm", judgement.Channel!.Name);
    }

    private static ReplicationChannel Channel(string io, string sql, long? behind) => new("", "127.0.0.1", io, sql, behind, null);

    private static ReplicationJudge.Judgement Judge(ReplicationReading reading, int connectingSeconds = 0) =>
        ReplicationJudge.Judge(reading, Topology, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(connectingSeconds), TimeSpan.FromSeconds(10));
}
