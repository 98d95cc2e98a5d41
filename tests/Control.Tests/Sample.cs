using System.Collections.Immutable;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Tests;

/// <summary>The pictures the tests show: two masters and a slave, as in MySQL-MMM's manual.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset At = new(2010, 2, 11, 12, 43, 16, TimeSpan.Zero);

    public static CheckView Ok(string check, string message = "") => new(check, "OK", At, message);

    public static HostView Host(string name, string ip, string mode, string state = "ONLINE", bool agent = true, string reason = "all checks are ok", params CheckView[] checks) => new(
        name, ip, mode, state, At, reason, false, agent, null,
        checks.Length > 0 ? [.. checks] : [Ok("ping"), Ok("mysql"), Ok("rep_threads"), Ok("rep_backlog", "Backlog is null")], 0);

    public static RoleView Role(string role, string ip, string? owner, string? prefer = null) => new(new RoleAddress(role, ip), owner, null, prefer);

    public static ClusterSnapshot Cluster(string name = "C1") => new(
        name, "mon2", new DecisionId(new Epoch(3, "mon2", "1a"), 17), 5, At.AddSeconds(90), "serving", "ACTIVE",
        [Host("db1", "192.168.0.31", "master"), Host("db2", "192.168.0.32", "master"), Host("db3", "192.168.0.33", "slave")],
        [Role("reader", "192.168.0.51", "db1"), Role("writer", "192.168.0.50", "db1"), Role("reader", "192.168.0.52", "db2"), Role("reader", "192.168.0.53", "db3")],
        "writer", "db1", null, [], []);

    /// <summary>Much is wrong here at once.</summary>
    public static ClusterSnapshot Troubled()
    {
        ClusterSnapshot calm = Cluster();
        return calm with
        {
            Phase = "serving",
            Hosts =
            [
                calm.Hosts[0],
                Host("db2", "192.168.0.32", "master", "HARD_OFFLINE", false, "mysql failed for 10 s",
                    Ok("ping"), new CheckView("mysql", "ERROR", At, "Connect error (host = 192.168.0.32:3306, user = mmm_monitor)! refused"),
                    new CheckView("rep_threads", "UNKNOWN", At, "Connect error"), Ok("rep_backlog")) with { SecondsBehind = null, Flapping = true },
                Host("db3", "192.168.0.33", "slave", "REPLICATION_DELAY", true, "rep_backlog failed",
                    Ok("ping"), Ok("mysql"), Ok("rep_threads"), new CheckView("rep_backlog", "ERROR", At, "Backlog is too big")) with { SecondsBehind = 120 },
            ],
            Roles = [Role("reader", "192.168.0.51", "db1"), Role("writer", "192.168.0.50", "db1", "db2") with { ReleasingFrom = "db2" }, Role("reader", "192.168.0.52", "db1"), Role("reader", "192.168.0.53", null)],
            Move = new MoveView("writer", "db2", "db1", "releasing", "host_hard_offline", At.AddSeconds(88), "waiting for the agent on db2 to let go"),
            Warnings = ["monitor mon3 runs with other settings"],
            Notes = [.. Enumerable.Range(1, 7).Select(i => new NoteView(At.AddSeconds(i), "host_state", i % 2 == 0 ? "db2" : null, $"note {i}"))],
        };
    }

    public static ClusterReading Reading(ClusterSnapshot snapshot, long ageMs = 200, string monitor = "mon1") =>
        new(monitor, ageMs, Freshness.IsStale(ageMs), snapshot);

    public static MonitorsReading Monitors() => new(
        "mon1", 2,
        [
            new MonitorEntry("mon1", "10.0.0.1:8551", 8558, "Up", true, true, new KeeperEntry(true, "votes", ["mon1", "mon2", "mon9"])),
            new MonitorEntry("mon2", "10.0.0.2:8551", 8558, "Up", true, true),
            new MonitorEntry("mon3", "10.0.0.3:8551", 8558, "absent", false, true),
        ],
        "mon1", "mon2");

    public static ManagementContracts.Members Members() => new(
        "akka.tcp://mmm@10.0.0.1:8551",
        [
            new ManagementContracts.Member("akka.tcp://mmm@10.0.0.1:8551", "1", "Up", ["monitor"]),
            new ManagementContracts.Member("akka.tcp://mmm@10.0.0.2:8551", "2", "Up", ["monitor"]),
        ],
        [new ManagementContracts.UnreachableMember("akka.tcp://mmm@10.0.0.2:8551", ["akka.tcp://mmm@10.0.0.1:8551"])],
        "akka.tcp://mmm@10.0.0.1:8551", "akka.tcp://mmm@10.0.0.2:8551", ImmutableSortedDictionary<string, string>.Empty.Add("monitor", "akka.tcp://mmm@10.0.0.2:8551"));
}
