using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What an agent reports and serves when its mysqld has died.</summary>
public sealed class AgentTailTests : IAsyncLifetime
{
    private static readonly BinlogFiles s_files = new("/var/lib/mysql/binlog.index", "/var/lib/mysql", 1, null, "10.11.6-MariaDB", null);
    private static readonly BinlogTail s_tail = new(9990, new BinlogPosition("binlog.000003", 99), null);

    private readonly ScriptedMysql _mysql = new();
    private readonly FakeStore _store = new();
    private readonly FakeTails _tails = new();
    private TestAgent _agent = null!;

    public ValueTask InitializeAsync()
    {
        _mysql.State = _mysql.State with { Files = s_files };
        _agent = Start();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task A_report_that_mysqld_has_died_says_at_once_that_the_end_of_its_log_is_looked_for_and_then_where_it_is()
    {
        await _agent.ReportedAsync("it runs", r => r.Facts.Mysqld == MysqldState.Up);
        Die();
        await _agent.ReportedAsync("it has died", r => r.Facts.Mysqld == MysqldState.Down);
        Assert.All(_agent.Reports.OfType<Report>().Where(r => r.Facts.Mysqld == MysqldState.Down), r => Assert.Equal(BinlogTail.Searching, r.Facts.Tail));
        await Eventually.TrueAsync("it is searched from where the log last was known to end", () => _tails.Searches.SequenceEqual([(s_files, new BinlogPosition("binlog.000003", 77))]));

        _tails.Found(s_tail);
        await _agent.ReportedAsync("the end is found", r => r.Facts.Tail == s_tail);
        Assert.Equal(1, _tails.Open);

        _mysql.State = _mysql.State with { State = MysqldState.Up, ReadOnly = true, Files = s_files };
        await _agent.ReportedAsync("it is back", r => r.Facts is { Mysqld: MysqldState.Up, Tail: null });
        Assert.Equal(1, _tails.Open);

        // It dies again, and its log has another end.
        _tails.Anew();
        Die();
        _tails.Found(s_tail with { End = new BinlogPosition("binlog.000004", 5) });
        await _agent.ReportedAsync("the new end is found", r => r.Facts.Tail?.End?.File == "binlog.000004");
        Assert.Equal(1, _tails.Open);
    }

    [Fact]
    public async Task A_log_is_not_served_for_ever_after_the_return_of_its_mysqld()
    {
        await _agent.DisposeAsync();
        await using TestAgent agent = Start(new TestCluster { LogServedFor = TimeSpan.FromMilliseconds(500) });
        await agent.ReportedAsync("it runs", r => r.Facts.Mysqld == MysqldState.Up);
        _tails.Found(s_tail);
        Die();
        await agent.ReportedAsync("the end is found", r => r.Facts.Tail == s_tail);
        _mysql.State = _mysql.State with { State = MysqldState.Up, ReadOnly = true, Files = s_files };

        await Eventually.TrueAsync("its log is not served any more", () => _tails.Open == 0);
    }

    [Fact]
    public async Task A_mysqld_that_dies_again_before_it_ever_answered_has_its_end_looked_for_anew()
    {
        await _agent.ReportedAsync("it runs", r => r.Facts.Mysqld == MysqldState.Up);
        _tails.Found(s_tail);
        Die();
        await _agent.ReportedAsync("the end is found", r => r.Facts.Tail == s_tail);

        _tails.Anew();
        _mysql.State = _mysql.State with { State = MysqldState.NotAnswering };
        await _agent.ReportedAsync("it is starting", r => r.Facts is { Mysqld: MysqldState.NotAnswering, Tail: null });
        Die();
        BinlogTail later = s_tail with { End = new BinlogPosition("binlog.000004", 5) };
        _tails.Found(later);

        await _agent.ReportedAsync("the new end is found", r => r.Facts.Tail == later);
        Assert.Equal(1, _tails.Open);
    }

    [Fact]
    public async Task A_log_that_cannot_be_served_is_reported_with_the_reason()
    {
        await _agent.ReportedAsync("it runs", r => r.Facts.Mysqld == MysqldState.Up);
        _tails.Fails("the log is encrypted");
        Die();
        await _agent.ReportedAsync("the reason is told", r => r.Facts.Tail == BinlogTail.None("the log is encrypted"));
    }

    [Fact]
    public async Task A_search_that_takes_long_is_not_waited_for_and_its_end_is_told_all_the_same()
    {
        await _agent.ReportedAsync("it runs", r => r.Facts.Mysqld == MysqldState.Up);
        Die();
        await _agent.ReportedAsync("nobody shall wait", r => r.Facts.Tail?.Why?.Contains("not found within 2 s", StringComparison.Ordinal) == true);
        _tails.Found(s_tail);
        await _agent.ReportedAsync("the end is found", r => r.Facts.Tail == s_tail);
    }

    [Fact]
    public async Task An_agent_that_is_started_after_mysqld_has_died_remembers_where_its_log_is()
    {
        await _agent.ReportedAsync("it runs", r => r.Facts.Mysqld == MysqldState.Up);
        await Eventually.TrueAsync("it has remembered the log", () => _store.Kept.Files == s_files);
        await _agent.DisposeAsync();
        Die();
        _tails.Found(s_tail);

        await using TestAgent restarted = Start();

        await restarted.ReportedAsync("the end is found", r => r.Facts.Tail == s_tail);
    }

    [Fact]
    public async Task A_server_without_a_log_is_said_to_have_none()
    {
        _mysql.State = _mysql.State with { Files = null };
        await Eventually.TrueAsync("it has seen that", () => _agent.Reports.OfType<Report>().Any(r => r.Facts.Mysqld == MysqldState.Up) && _store.Kept.Files is null);
        Die();
        await _agent.ReportedAsync("there is none", r => r.Facts.Tail?.Why?.Contains("does not know of a binary log", StringComparison.Ordinal) == true);
    }

    private void Die() => _mysql.State = _mysql.State with { State = MysqldState.Down, Message = "gone", ReadOnly = null, Files = null, Binlog = null };

    private TestAgent Start(TestCluster? cluster = null)
    {
        var addresses = new FakeAddresses();
        return new TestAgent(cluster ?? new TestCluster(), "db1", new AgentPorts(_mysql, addresses, addresses, addresses, new NoWatch(), _store, TimeProvider.System, _tails, new FakeDisk(), new FakeConnections()));
    }
}
