using Mmm.Control.Screens;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Tests;

/// <summary>The operator's screen, as a whole.</summary>
public sealed class StatusScreenTests
{
    private static readonly CliContext _context = Cli.Context(TextWriter.Null, TextWriter.Null);

    [Fact]
    public void A_calm_cluster()
    {
        Assert.Equal(
            """
            Monitors  2 of 3 up, 2 needed; answered by mon1
              MONITOR  ADDRESS        STATUS  NOTES
              mon1     10.0.0.1:8551  Up      leader, keeper votes
              mon2     10.0.0.2:8551  Up      coordinator
              mon3     10.0.0.3:8551  absent  not reachable

            Cluster C1  ACTIVE  serving  writer on db1  coordinator mon2, decision 3@mon2/17, heard 200 ms ago by mon1
              HOST  ADDRESS       MODE    STATE   FOR   AGENT  LAG  LEASE  ROLES
              db1   192.168.0.31  master  ONLINE  90 s  ok     0 s  -      reader(192.168.0.51), writer(192.168.0.50)
              db2   192.168.0.32  master  ONLINE  90 s  ok     0 s  -      reader(192.168.0.52)
              db3   192.168.0.33  slave   ONLINE  90 s  ok     0 s  -      reader(192.168.0.53)

            """,
            StatusScreen.Render(new StatusReading(Sample.Monitors(), [Sample.Reading(Sample.Cluster())], []), _context));
    }

    [Fact]
    public void A_troubled_cluster()
    {
        Assert.Equal(
            """
            Monitors  2 of 3 up, 2 needed; answered by mon1
              MONITOR  ADDRESS        STATUS  NOTES
              mon1     10.0.0.1:8551  Up      leader, keeper votes
              mon2     10.0.0.2:8551  Up      coordinator
              mon3     10.0.0.3:8551  absent  not reachable

            Cluster C2  nothing is known: no monitor has heard from a coordinator of it

            Cluster C1  ACTIVE  serving  writer on db1  coordinator mon2, decision 3@mon2/17, heard 12 s ago by mon1
              ! this picture of C1 is 12 s old: monitor mon1 hears no coordinator, see 'mmm status'
              moving writer db2 -> db1, releasing for 2 s (host_hard_offline): waiting for the agent on db2 to let go
              HOST  ADDRESS       MODE    STATE                  FOR   AGENT   LAG    LEASE  ROLES
              db1   192.168.0.31  master  ONLINE                 90 s  ok      0 s    -      reader(192.168.0.51), reader(192.168.0.52), writer(192.168.0.50)
              db2   192.168.0.32  master  HARD_OFFLINE flapping  90 s  silent  -      -
              db3   192.168.0.33  slave   REPLICATION_DELAY      90 s  ok      120 s  -
              ! db2 is HARD_OFFLINE since 2010/02/11 12:43:16: mysql failed for 10 s
              ! db2 mysql ERROR: Connect error (host = 192.168.0.32:3306, user = mmm_monitor)! refused, since 2010/02/11 12:43:16
              ! db2 rep_threads UNKNOWN: Connect error, since 2010/02/11 12:43:16
              ! db3 is REPLICATION_DELAY since 2010/02/11 12:43:16: rep_backlog failed
              ! db3 rep_backlog ERROR: Backlog is too big, since 2010/02/11 12:43:16
              ! reader(192.168.0.53) is on no host
              ! writer(192.168.0.50) waits for db2 to let go
              ! agent on host db2 is not reachable
              ! monitor mon3 runs with other settings
              latest:
              2010/02/11 12:43:19  -  note 3
              2010/02/11 12:43:20  db2  note 4
              2010/02/11 12:43:21  -  note 5
              2010/02/11 12:43:22  db2  note 6
              2010/02/11 12:43:23  -  note 7

            """,
            StatusScreen.Render(new StatusReading(Sample.Monitors(), [Sample.Reading(Sample.Troubled(), 12_000)], ["C2"]), _context));
    }

    [Fact]
    public void Leases_are_shown_beside_the_roles_that_hang_on_them()
    {
        StatusProtocol.ClusterSnapshot cluster = Sample.Cluster();
        AgentProtocol.LeaseFacts?[] leases = [new(2900, true, null), new(0, false, "no quorum of monitors answers"), new(3100, false, null)];
        cluster = cluster with { Hosts = [.. cluster.Hosts.Select((h, i) => h with { Agent = new AgentProtocol.Report("C1", h.Name, 1, 1, DecisionId.None, AgentProtocol.OrderProgress.None, AgentProtocol.HostFacts.Nothing, null, Lease: leases[i]) })] };
        string screen = StatusScreen.Render(new StatusReading(Sample.Monitors(), [Sample.Reading(cluster)], []), _context);
        Assert.Contains("0 s  2.9 s, failsafe  reader(192.168.0.51)", screen, StringComparison.Ordinal);
        Assert.Contains("0 s  none             reader(192.168.0.52)", screen, StringComparison.Ordinal);
        Assert.Contains("0 s  3.1 s            reader(192.168.0.53)", screen, StringComparison.Ordinal);
        Assert.Contains("! db1 goes on by failsafe", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_quorum_the_first_lines_say_so()
    {
        MonitorsReading monitors = Sample.Monitors();
        string screen = StatusScreen.RenderMonitors(
            monitors with { Coordinator = null, Leader = null, Members = [monitors.Members[0], monitors.Members[1] with { Reachable = false }, monitors.Members[2]] }, _context);
        Assert.StartsWith(
            """
            Monitors  1 of 3 up, 2 needed; answered by mon1
              ! too few monitors: nothing is decided until more of them are up
              ! mon1 hears no coordinator

            """,
            screen,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_are_for_terminals_only()
    {
        StatusReading status = new(Sample.Monitors(), [Sample.Reading(Sample.Troubled())], []);
        Assert.DoesNotContain('\u001b', StatusScreen.Render(status, _context));
        Assert.Contains('\u001b', StatusScreen.Render(status, _context with { Interactive = true }));
        Assert.DoesNotContain('\u001b', StatusScreen.Render(status, _context with { Interactive = true, Environment = name => name == "NO_COLOR" ? "1" : null }));
    }

    [Fact]
    public void Names_with_brackets_are_text_not_markup()
    {
        StatusReading status = new(Sample.Monitors() with { Monitor = "[red]" }, [Sample.Reading(Sample.Cluster() with { Warnings = ["see [this]"], ActiveMaster = "[x" })], []);
        string screen = StatusScreen.Render(status, _context);
        Assert.Contains("answered by [red]", screen, StringComparison.Ordinal);
        Assert.Contains("! see [this]", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_of_agents_do_not_push_out_what_was_decided()
    {
        NoteView decided = new(DateTimeOffset.UnixEpoch, "writer_moved", "db2", "Role is on 'db2'");
        NoteView step = new(DateTimeOffset.UnixEpoch, "agent_step", "db2", "Host 'db2' is at step add_address");
        string Screen(params NoteView[] notes) => StatusScreen.Render(new StatusReading(Sample.Monitors(), [Sample.Reading(Sample.Cluster() with { Notes = [.. notes] })], []), _context);

        string screen = Screen([decided, .. Enumerable.Repeat(step, 50), step with { Code = "agent_done" }]);
        Assert.Contains("Role is on 'db2'", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("add_address", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("latest:", Screen(step), StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_show_is_one_member_per_line() => Assert.Equal(
        """
        akka.tcp://mmm@10.0.0.1:8551 | [monitor] | up | leader, answered
        akka.tcp://mmm@10.0.0.2:8551 | [monitor] | up | UNREACHABLE, oldest
        Count: 2 nodes

        """,
        MembersScreen.Show(Sample.Members()));

    [Theory]
    [InlineData(-5, "0 ms")]
    [InlineData(0.25, "250 ms")]
    [InlineData(119, "119 s")]
    [InlineData(120, "2 min")]
    [InlineData(12000, "3 h 20 min")]
    [InlineData(352800, "4 d 2 h")]
    public void Ages_are_short(double seconds, string text) => Assert.Equal(text, Ages.Text(TimeSpan.FromSeconds(seconds)));
}
