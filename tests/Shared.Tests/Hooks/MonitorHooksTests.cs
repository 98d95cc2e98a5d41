using Mmm.Shared.Decisions;
using Mmm.Shared.History;
using Mmm.Shared.Hooks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Tests.Decisions;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Shared.Tests.Hooks;

/// <summary>Under which names what happens is told, by the decisions themselves.</summary>
public sealed class MonitorHooksTests
{
    private static readonly EventId s_id = new(new Epoch(3, "mon2", "a"), 17);
    private static readonly RoleAddress s_writer = new("writer", "10.0.0.50");

    [Fact]
    public void A_failover_is_told_from_the_hosts_state_to_the_role_on_the_other_host()
    {
        World w = World.Running();
        long before = w.State.NotesMade;
        w.Db1.CrashMysqld();
        w.Until(() => w.Codes.Contains("writer_moved"), 10);

        HookEvent[] told = Told(w, before);
        Assert.Equal(
            ["host_state_changed db1 ONLINE HARD_OFFLINE", "failover_started db2 db1 db2", "role_removed db1 db1 db2", "role_added db2 db1 db2", "failover_finished db2 db1 db2"],
            told.Where(e => e.Event != e.Code && (e.Role ?? "writer") == "writer").Select(e => $"{e.Event} {e.Host} {e.From} {e.To}"));
        Assert.DoesNotContain(told, e => e.Event.StartsWith("move_", StringComparison.Ordinal));
    }

    [Fact]
    public void A_planned_move_is_no_failover()
    {
        World w = World.Running();
        long before = w.State.NotesMade;
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Codes.Contains("writer_moved"), 10);

        Assert.Equal(["move_started", "role_removed", "role_added", "move_finished"], Told(w, before).Where(e => e.Event != e.Code && e.Role == "writer").Select(e => e.Event));
    }

    [Fact]
    public void A_reader_address_that_goes_to_another_host_is_told_with_its_role_and_address()
    {
        World w = World.Running();
        long before = w.State.NotesMade;
        w.Say("set_offline", "db3");
        w.Run(3);

        HookEvent[] told = Told(w, before);
        HookEvent removed = told.First(e => e.Event == "role_removed"), added = told.First(e => e.Event == "role_added");
        Assert.Equal(("db3", "reader"), (removed.Host, removed.Role));
        Assert.Equal((removed.Role, removed.Ip), (added.Role, added.Ip));
        Assert.NotEqual("db3", added.Host);
        Assert.Contains(told, e => e is { Event: "host_state_changed", Host: "db3", From: "ONLINE", To: "ADMIN_OFFLINE" });
    }

    [Fact]
    public void Every_event_is_told_by_its_code_first_and_each_telling_has_an_id_of_its_own()
    {
        World w = World.Running();
        w.Db1.CrashMysqld();
        w.Run(5);

        HookEvent[] told = Told(w, 0);
        Assert.Equal(told.Length, told.Select(e => e.Id).Distinct().Count());
        Assert.Equal(w.State.Notes.Select(n => n.Code), told.Where(e => e.Event == e.Code).Select(e => e.Code));
    }

    [Theory]
    [InlineData("writer_move_started", MoveCause.Failover, "failover_started")]
    [InlineData("writer_move_started", MoveCause.Command, "move_started")]
    [InlineData("writer_move_started", MoveCause.Prefer, "move_started")]
    [InlineData("writer_moved", MoveCause.Failover, "role_added failover_finished")]
    [InlineData("writer_moved", MoveCause.Prefer, "role_added move_finished")]
    [InlineData("writer_move_failed", MoveCause.Command, "move_failed")]
    [InlineData("writer_move_failed", MoveCause.Failover, "failover_failed")]
    [InlineData("writer_move_ended", MoveCause.Failover, "failover_failed")]
    [InlineData("writer_move_undone", MoveCause.Command, "role_added")]
    [InlineData("writer_move_stuck", MoveCause.Command, "")]
    public void The_table_of_moves(string code, MoveCause cause, string names) =>
        Assert.Equal(names, string.Join(' ', MonitorHooks.Of(Event(code, "db2"), new NoteAbout("db1", "db2", s_writer, cause), "C1", "mon1").Skip(1).Select(e => e.Event)));

    [Fact]
    public void A_role_that_goes_back_is_added_to_the_host_it_came_from() =>
        Assert.Equal("db1", MonitorHooks.Of(Event("writer_move_undone", "db2"), new NoteAbout("db1", "db2", s_writer, MoveCause.Command), "C1", "mon1")[1].Host);

    [Fact]
    public void A_code_without_a_hook_name_is_told_by_itself()
    {
        HookEvent only = Assert.Single(MonitorHooks.Of(Event("agent_lost", "db1"), null, "C1", "mon1"));
        Assert.Equal("agent_lost", only.Event);
    }

    [Fact]
    public void No_hook_name_is_a_code() =>
        Assert.Empty(MonitorHooks.All.Select(r => r.Hook).Intersect(MonitorHooks.All.SelectMany(r => r.Codes)));

    [Fact]
    public void Environment_and_json_hold_the_same()
    {
        HookEvent e = MonitorHooks.Of(Event("role_assigned", "db2"), new NoteAbout(null, "db2", new RoleAddress("reader", "10.0.0.51")), "C1", "mon2")[1];

        Assert.Equal(
            [
                "MMM_EVENT=role_added", "MMM_CODE=role_assigned", "MMM_CLUSTER=C1", "MMM_HOST=db2", "MMM_SENTENCE=What \"happened\"", "MMM_DECISION=3@mon2/9", "MMM_TIME_UTC=2026-01-02T03:04:05.678Z",
                "MMM_EVENT_ID=3:mon2:a:17/role_added", "MMM_MONITOR=mon2", "MMM_ROLE=reader", "MMM_IP=10.0.0.51", "MMM_TO=db2",
            ],
            e.Environment().Select(v => $"{v.Key}={v.Value}"));
        Assert.Equal(
            """{"event":"role_added","code":"role_assigned","cluster":"C1","host":"db2","sentence":"What \u0022happened\u0022","decision":"3@mon2/9","time_utc":"2026-01-02T03:04:05.678Z","id":"3:mon2:a:17/role_added","monitor":"mon2","role":"reader","ip":"10.0.0.51","to":"db2"}""",
            System.Text.Encoding.UTF8.GetString(e.Json()));
    }

    [Fact]
    public void An_event_of_the_cluster_has_no_host()
    {
        HookEvent e = MonitorHooks.Of(Event("admin_mode", null), null, "C1", "mon2")[0];
        Assert.Contains("MMM_HOST=", e.Environment().Select(v => $"{v.Key}={v.Value}"));
        Assert.Contains("\"host\":null", System.Text.Encoding.UTF8.GetString(e.Json()), StringComparison.Ordinal);
    }

    private static HistoryEvent Event(string code, string? host) => new(s_id, new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero), 9, code, host, "What \"happened\"");

    /// <summary>As a coordinator tells its notes.</summary>
    private static HookEvent[] Told(World w, long after)
    {
        long first = w.State.NotesMade - w.State.Notes.Length + 1;
        return
        [
            .. w.State.Notes.Select((n, i) => (Note: n, No: first + i)).Where(n => n.No > after)
                .SelectMany(n => MonitorHooks.Of(new HistoryEvent(s_id with { No = n.No }, n.Note.At, 1, n.Note.Code, n.Note.Host, n.Note.Sentence), n.Note.About, "C1", "mon1")),
        ];
    }
}
