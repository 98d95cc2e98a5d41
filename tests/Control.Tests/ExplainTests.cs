using Mmm.Shared.Api;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Tests;

/// <summary><c>mmm explain [ROLE|HOST]</c>.</summary>
public sealed class ExplainTests : IAsyncLifetime
{
    private static readonly DateTimeOffset _at = new(2010, 2, 11, 12, 43, 16, 250, TimeSpan.Zero);

    private readonly Cli _cli = new();
    private FakeMonitor _monitor = null!;

    public async ValueTask InitializeAsync()
    {
        ClusterSnapshot calm = Sample.Cluster();
        HostView db2 = calm.Hosts[1] with { Explanation = ["db2 has been ONLINE since 2010.", "  - nothing to do"] };
        _monitor = await FakeMonitor.Start([calm with
        {
            Hosts = [calm.Hosts[0], db2, calm.Hosts[2]],
            Explained = [new ExplainedRole("writer", ["It is with db1.", "  Its lease: granted."]), new ExplainedRole("reader", ["It is everywhere."])],
        }]);
        _cli.Environment["MMM_MONITORS"] = _monitor.Address;
    }

    public ValueTask DisposeAsync() => _monitor.DisposeAsync();

    [Fact]
    public async Task Of_a_host_it_prints_what_the_coordinator_says_and_the_latest_decisions_without_steps()
    {
        Happened("host_down", "db2", "State of host 'db2' changed");
        Happened("agent_step", "db2", "Host 'db2' is at step add_address");
        Ran ran = await _cli.Mmm("explain", "db2");
        Assert.Equal(
            (ExitCodes.Ok, "db2 has been ONLINE since 2010.\n  - nothing to do\nThe latest that was decided about it:\n  2010/02/11 12:43:16.250  State of host 'db2' changed\n"),
            (ran.Exit, ran.Out));
        Assert.Equal(["?limit=200&host=db2"], _monitor.EventQueries);
    }

    [Fact]
    public async Task Of_a_role_it_prints_the_decisions_about_that_role()
    {
        for (int i = 1; i <= 7; i++)
            Happened("role_taken", "db2", $"Removed role 'reader(192.168.0.5{i})' from host 'db2'");
        Happened("role_taken", "db2", "Removed role 'other(192.168.0.99)' from host 'db2'");
        Assert.Equal(
            "It is everywhere.\nThe latest that was decided about it:\n" + string.Concat(Enumerable.Range(3, 5).Select(i => $"  2010/02/11 12:43:16.250  Removed role 'reader(192.168.0.5{i})' from host 'db2'\n")),
            (await _cli.Mmm("explain", "reader")).Out);
        Assert.Equal("It is with db1.\n  Its lease: granted.\n", (await _cli.Mmm("explain", "writer")).Out);
        Assert.Equal(["?limit=200&code=role_*", "?limit=200&code=writer_*"], _monitor.EventQueries);
    }

    [Fact]
    public async Task Without_a_name_it_prints_every_role() =>
        Assert.Equal("# writer\nIt is with db1.\n  Its lease: granted.\n\n# reader\nIt is everywhere.\n", (await _cli.Mmm("explain")).Out);

    [Fact]
    public async Task A_monitor_without_a_history_is_no_reason_to_say_nothing()
    {
        await using FakeMonitor old = await FakeMonitor.Start([Sample.Cluster() with { Explained = [new ExplainedRole("writer", ["It is with db1."])] }], eventsAreKnown: false);
        Ran ran = await _cli.Mmm("--monitors", old.Address, "explain", "writer");
        Assert.Equal((ExitCodes.Ok, "It is with db1.\n"), (ran.Exit, ran.Out));
    }

    [Fact]
    public async Task An_unknown_name_is_told_with_the_known_ones()
    {
        Ran unknown = await _cli.Mmm("explain", "dbx");
        Assert.Equal((ExitCodes.Refused, "ERROR: Unknown host name 'dbx'! Hosts: db1, db2, db3; roles: reader, writer.\n"), (unknown.Exit, unknown.Out));
        Assert.Equal(ExitCodes.Usage, (await _cli.Mmm("explain", "db1", "db2")).Exit);
    }

    private void Happened(string code, string? host, string sentence) =>
        _monitor.Events.Enqueue(new EventEntry($"id-{_monitor.Events.Count}", _at, "3@mon2/17", code, host, sentence));
}
