using Akka.Actor;
using Akka.TestKit.Xunit;
using Mmm.Actors.Status;
using Mmm.Actors.Tests.Probing;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Actors.Tests.Status;

public sealed class StatusBoardActorTests : TestKit
{
    private readonly ManualTime _time = new();
    private readonly IActorRef _board;

    public StatusBoardActorTests()
        : base("akka.loglevel = OFF\nakka.stdout-loglevel = OFF") => _board = Sys.ActorOf(StatusBoardActor.Props(_time));

    [Fact]
    public void Says_that_it_has_seen_nothing_and_later_what_and_how_old()
    {
        _board.Tell(new StatusBoard.GetSnapshot("C1"), TestActor);
        Assert.Equal("C1", ExpectMsg<StatusBoard.NotSeen>().Cluster);
        _board.Tell(Snapshot("C1", 1, 1, 1), TestActor);
        // Answered only after the picture has been taken in: the clock may jump now.
        Get("C1");
        _time.Jump(TimeSpan.FromSeconds(90));
        StatusBoard.Seen seen = Get("C1");
        Assert.Equal(1, seen.Snapshot.Seq);
        Assert.InRange(seen.Age.TotalSeconds, 90, 100);
    }

    [Theory]
    [InlineData(2, 5, 7, true)]
    [InlineData(2, 6, 1, true)]
    [InlineData(3, 1, 1, true)]
    [InlineData(2, 5, 6, false)]
    [InlineData(2, 4, 99, false)]
    [InlineData(1, 9, 99, false)]
    public void Only_a_later_decision_or_a_later_picture_of_the_same_one_replaces(long epoch, long version, long seq, bool replaces)
    {
        _board.Tell(Snapshot("C1", 2, 5, 6), TestActor);
        _board.Tell(Snapshot("C1", epoch, version, seq), TestActor);
        DecisionId shown = Get("C1").Snapshot.Decision;
        Assert.Equal(replaces ? (epoch, version) : (2, 5), (shown.Epoch.Counter, shown.Version));
    }

    [Fact]
    public void A_silent_reign_gives_way_even_to_a_lower_one()
    {
        _board.Tell(Snapshot("C1", 5, 1, 1), TestActor);
        Get("C1");
        _time.Jump(StatusBoardActor.SilentAfter + TimeSpan.FromSeconds(1));
        _board.Tell(Snapshot("C1", 4, 1, 1), TestActor);
        Assert.Equal(4, Get("C1").Snapshot.Decision.Epoch.Counter);
    }

    [Fact]
    public void Followers_get_what_is_there_and_every_newer_picture_and_nothing_after_they_left()
    {
        _board.Tell(Snapshot("C2", 1, 1, 1), TestActor);
        _board.Tell(Snapshot("C1", 1, 1, 1), TestActor);
        _board.Tell(new StatusBoard.Follow(TestActor), TestActor);
        Assert.Equal(["C1", "C2"], new[] { ExpectMsg<StatusBoard.Seen>().Snapshot.Cluster, ExpectMsg<StatusBoard.Seen>().Snapshot.Cluster });
        _board.Tell(Snapshot("C1", 1, 1, 1), TestActor);
        _board.Tell(Snapshot("C1", 1, 1, 2), TestActor);
        Assert.Equal(2, ExpectMsg<StatusBoard.Seen>().Snapshot.Seq);
        _board.Tell(new StatusBoard.Unfollow(TestActor), TestActor);
        _board.Tell(Snapshot("C1", 1, 1, 3), TestActor);
        _board.Tell(StatusBoard.GetAll.Instance, TestActor);
        Assert.Equal([3, 1], ExpectMsg<StatusBoard.AllSeen>().Snapshots.Select(s => s.Snapshot.Seq));
    }

    private StatusBoard.Seen Get(string cluster)
    {
        _board.Tell(new StatusBoard.GetSnapshot(cluster), TestActor);
        return ExpectMsg<StatusBoard.Seen>();
    }

    private static StatusProtocol.ClusterSnapshot Snapshot(string cluster, long epoch, long version, long seq) =>
        (StatusProtocol.ClusterSnapshot)Serialization.WireSamples.Make(typeof(StatusProtocol.ClusterSnapshot), 1) with
        {
            Cluster = cluster,
            Coordinator = "mon1",
            Decision = new DecisionId(new Epoch(epoch, "mon1", "x"), version),
            Seq = seq,
        };
}
