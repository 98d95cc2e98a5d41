using Mmm.Actors.Probing;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Actors.Tests.Probing;

public sealed class SourceTrailTests
{
    private const string Source = "127.0.0.2";

    private readonly SourceTrail _trail = new(TimeSpan.FromSeconds(60));

    [Fact]
    public void What_the_server_reports_stands_while_nothing_is_known_of_its_source() => Assert.Equal(3600, Behind("b.000001", 100, 3600, at: 5));

    [Fact]
    public void A_replica_that_has_executed_what_its_source_had_a_second_ago_is_at_most_a_second_behind()
    {
        Mark("b.000001", 100, at: 10);
        Mark("b.000001", 200, at: 11);
        Mark("b.000001", 300, at: 12);
        Assert.Equal(3600, Behind("b.000001", 99, 3600, at: 13));
        Assert.Equal(2, Behind("b.000001", 250, 3600, at: 13));
        Assert.Equal(1, Behind("b.000001", 300, 3600, at: 13));
        Assert.Equal(1, Behind("b.000002", 4, 3600, at: 13));
    }

    [Fact]
    public void File_numbers_grow_beyond_six_digits()
    {
        Mark("b.999999", 100, at: 10);
        Assert.Equal(1, Behind("b.1000000", 4, 3600, at: 11));
    }

    [Fact]
    public void A_real_backlog_is_not_talked_away()
    {
        for (int second = 0; second < 200; second++)
            Mark("b.000001", 1000 + second, at: second);
        // It has executed what its source had 90 s ago: the mark is too old to be kept.
        Assert.Equal(95, Behind("b.000001", 1110, 95, at: 200));
        // 50 s ago.
        Assert.Equal(50, Behind("b.000001", 1150, 3600, at: 200));
    }

    [Fact]
    public void The_server_s_own_smaller_number_stands()
    {
        Mark("b.000001", 100, at: 10);
        Assert.Equal(3, Behind("b.000001", 100, 3, at: 40));
    }

    [Fact]
    public void A_long_reach_needs_no_more_marks()
    {
        var trail = new SourceTrail(TimeSpan.FromDays(30));
        for (int second = 0; second < 100_000; second++)
            trail.Mark(Source, new BinlogPosition("b.000001", second), TimeSpan.FromSeconds(second));
        long? behind = trail.Corrected(Channel("b.000001", 99_990, 9_999_999), TimeSpan.FromSeconds(100_000)).SecondsBehind;
        Assert.InRange(behind!.Value, 10, 43_200 * 2);
    }

    [Fact]
    public void Marks_of_another_source_or_of_a_log_that_began_anew_prove_nothing()
    {
        Mark("b.000007", 100, at: 10);
        Assert.Equal(3600, _trail.Corrected(Channel("b.000007", 100, 3600) with { Source = "127.0.0.3" }, TimeSpan.FromSeconds(11)).SecondsBehind);
        Mark("b.000001", 4, at: 11);
        Mark("b.000001", 400, at: 12);
        Assert.Equal(3600, Behind("b.000001", 3, 3600, at: 13));
    }

    [Theory]
    [InlineData("No", "Yes")]
    [InlineData("Connecting", "Yes")]
    [InlineData("Yes", "No")]
    public void Threads_that_do_not_run_prove_nothing(string io, string sql)
    {
        Mark("b.000001", 100, at: 10);
        Assert.Equal(3600, _trail.Corrected(Channel("b.000001", 100, 3600) with { IoState = io, SqlState = sql }, TimeSpan.FromSeconds(11)).SecondsBehind);
    }

    private static ReplicationChannel Channel(string file, long position, long behind) => new("", Source, "Yes", "Yes", behind, null, new BinlogPosition(file, position));

    private void Mark(string file, long position, int at) => _trail.Mark(Source, new BinlogPosition(file, position), TimeSpan.FromSeconds(at));

    private long? Behind(string file, long position, long behind, int at) => _trail.Corrected(Channel(file, position, behind), TimeSpan.FromSeconds(at)).SecondsBehind;
}
