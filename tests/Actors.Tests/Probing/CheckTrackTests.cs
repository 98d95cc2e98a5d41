using Mmm.Actors.Probing;
using Xunit;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Tests.Probing;

public sealed class CheckTrackTests
{
    private static readonly CheckReading Broken = CheckReading.Failing("broken");

    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void Failing_time_counts_from_the_first_failure_and_a_success_ends_it()
    {
        CheckTrack track = new();
        Assert.True(track.Record(Broken, S(10)));
        Assert.False(track.Record(Broken, S(11)));
        Assert.Equal(2500, track.Sight(S(12.5)).FailingForMs);
        Assert.True(track.Record(CheckReading.Fine, S(13)));
        Assert.Equal(0, track.Sight(S(14)).FailingForMs);
        Assert.True(track.Record(Broken, S(15)));
        Assert.Equal(1000, track.Sight(S(16)).FailingForMs);
    }

    [Fact]
    public void An_unknown_between_two_failures_is_no_success()
    {
        CheckTrack track = new();
        track.Record(Broken, S(10));
        track.Record(CheckReading.Unknown("too many connections"), S(11));
        Assert.Equal(Outcome.Unknown, track.Sight(S(12)).Outcome);
        track.Record(Broken, S(12));
        Assert.Equal(3000, track.Sight(S(13)).FailingForMs);
    }

    [Fact]
    public void An_unknown_after_a_success_does_not_revive_an_old_failure()
    {
        CheckTrack track = new();
        track.Record(Broken, S(1));
        track.Record(CheckReading.Fine, S(2));
        track.Record(CheckReading.Unknown("?"), S(3));
        track.Record(Broken, S(4));
        Assert.Equal(1000, track.Sight(S(5)).FailingForMs);
    }

    [Fact]
    public void Being_refused_after_having_failed_otherwise_is_a_change()
    {
        CheckTrack track = new();
        track.Record(CheckReading.TimedOut, S(1));
        Assert.True(track.Record(Broken with { Refused = true }, S(2)));
        Assert.True(track.Sight(S(3)).Refused);
        Assert.Equal(2000, track.Sight(S(3)).FailingForMs);
    }

    [Fact]
    public void What_was_forgotten_is_unknown_and_starts_anew()
    {
        CheckTrack track = new();
        track.Record(Broken, S(1));
        track.Forget("stood still");
        Assert.Equal(new CheckSight(Outcome.Unknown, 0, false, "stood still"), track.Sight(S(9)));
        track.Record(Broken, S(10));
        Assert.Equal(1000, track.Sight(S(11)).FailingForMs);
    }
}
