using Mmm.Shared.Status;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Tests;

/// <summary>The lines that scripts written for MySQL-MMM parse, letter by letter.</summary>
public sealed class MmmFormatTests
{
    private static readonly TimeZoneInfo _vienna = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test");

    [Fact]
    public void Show_lists_hosts_with_their_roles_sorted_by_name_then_ip()
    {
        Assert.Equal(
            """
              db1(192.168.0.31) master/ONLINE. Roles: reader(192.168.0.51), writer(192.168.0.50)
              db2(192.168.0.32) master/ONLINE. Roles: reader(192.168.0.52)
              db3(192.168.0.33) slave/ONLINE. Roles: reader(192.168.0.53)

            """,
            MmmShow.Format(Sample.Cluster()));
    }

    [Fact]
    public void Show_sorts_addresses_by_number_not_by_letter()
    {
        ClusterSnapshot snapshot = Sample.Cluster() with { Roles = [Sample.Role("reader", "10.0.0.100", "db1"), Sample.Role("reader", "10.0.0.9", "db1")] };
        Assert.Contains("Roles: reader(10.0.0.9), reader(10.0.0.100)\n", MmmShow.Format(snapshot), StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_without_roles_ends_in_a_blank_as_the_originals()
    {
        ClusterSnapshot snapshot = Sample.Cluster() with { Roles = [] };
        Assert.StartsWith("  db1(192.168.0.31) master/ONLINE. Roles: \n", MmmShow.Format(snapshot), StringComparison.Ordinal);
    }

    [Fact]
    public void Show_warns_first_of_agents_then_of_the_rest_and_says_nothing_twice()
    {
        ClusterSnapshot snapshot = Sample.Troubled() with { Warnings = ["agent on host db2 is not reachable", "two\nlines"] };
        Assert.StartsWith("# Warning: agent on host db2 is not reachable\n# Warning: two lines\n  db1(", MmmShow.Format(snapshot), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Admin switched to passive mode.", "# --- Monitor is in PASSIVE MODE ---\n# Cause: Admin switched to passive mode.\n  db1(")]
    [InlineData("Conflicting roles during startup:\n\nStartup status:\n", "# --- Monitor is in PASSIVE MODE ---\n# Cause: Conflicting roles during startup:\n# \n# Startup status:\n  db1(")]
    public void Show_in_passive_mode_says_why(string cause, string start) =>
        Assert.StartsWith(start, MmmShow.Format(Sample.Cluster() with { Mode = "PASSIVE", ModeReason = cause }), StringComparison.Ordinal);

    [Theory]
    [InlineData("db2", "# Role writer has db2 configured as it's preferred host but is assigned to db1 at the moment.\n")]
    [InlineData("db1", "# Role writer is assigned to it's preferred host db1.\n")]
    public void Show_ends_with_preferred_hosts(string prefer, string end) => Assert.EndsWith(
        end, MmmShow.Format(Sample.Cluster() with { Roles = [Sample.Role("writer", "192.168.0.50", "db1", prefer)] }), StringComparison.Ordinal);

    [Fact]
    public void Show_names_the_preferred_host_of_a_role_nobody_has() => Assert.EndsWith(
        "# Role writer has db2 configured as it's preferred host.\n",
        MmmShow.Format(Sample.Cluster() with { Roles = [Sample.Role("writer", "192.168.0.50", null, "db2")] }),
        StringComparison.Ordinal);

    [Fact]
    public void Checks_of_one_host_are_aligned_and_in_local_time()
    {
        Assert.Equal(
            """
            db1  ping         [last change: 2010/02/11 13:43:16]  OK
            db1  mysql        [last change: 2010/02/11 13:43:16]  OK
            db1  rep_threads  [last change: 2010/02/11 13:43:16]  OK
            db1  rep_backlog  [last change: 2010/02/11 13:43:16]  OK: Backlog is null

            """,
            MmmChecks.Format(Sample.Cluster(), "db1", "all", _vienna));
    }

    [Fact]
    public void One_check_of_one_host_is_one_line_without_a_newline() => Assert.Equal(
        "db2  rep_backlog  [last change: 2010/02/11 12:43:16]  OK: Backlog is null", MmmChecks.Format(Sample.Cluster(), "db2", "rep_backlog", TimeZoneInfo.Utc));

    [Fact]
    public void One_check_of_all_hosts_pads_host_names_and_shows_verdicts()
    {
        ClusterSnapshot snapshot = Sample.Troubled() with { Hosts = [.. Sample.Troubled().Hosts, Sample.Host("longname", "192.168.0.34", "slave")] };
        Assert.Equal(
            """
            db1       mysql  [last change: 2010/02/11 12:43:16]  OK
            db2       mysql  [last change: 2010/02/11 12:43:16]  ERROR: Connect error (host = 192.168.0.32:3306, user = mmm_monitor)! refused
            db3       mysql  [last change: 2010/02/11 12:43:16]  OK
            longname  mysql  [last change: 2010/02/11 12:43:16]  OK

            """,
            MmmChecks.Format(snapshot, "all", "mysql", TimeZoneInfo.Utc));
    }

    [Theory]
    [InlineData("dbx", "all", "ERROR: Unknown host name 'dbx'!")]
    [InlineData("db1", "lag", "ERROR: Unknown check 'lag'!")]
    [InlineData("dbx", "lag", "ERROR: Unknown check 'lag'!")]
    public void Unknown_names_get_MMMs_words(string host, string check, string answer) =>
        Assert.Equal(answer, MmmChecks.Format(Sample.Cluster(), host, check, TimeZoneInfo.Utc));

    [Fact]
    public void Help_is_MMMs()
    {
        Assert.Equal(
            """
            Valid commands are:
                help                              - show this message
                ping                              - ping monitor
                show                              - show status
                checks [<host>|all [<check>|all]] - show checks status
                set_online [--force] <host>       - set host <host> online
                set_offline <host>                - set host <host> offline
                mode                              - print current mode.
                set_active                        - switch into active mode.
                set_manual                        - switch into manual mode.
                set_passive                       - switch into passive mode.
                move_role [--force] <role> <host> - move exclusive role <role> to host <host>
                                                    (Only use --force if you know what you are doing!)
                set_ip <ip> <host>                - set role with ip <ip> to host <host>

            """,
            MmmAnswers.Help());
    }
}
