using System.Collections.Immutable;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Snapshots as a coordinator publishes them.</summary>
internal static class Pictures
{
    public static readonly DateTimeOffset At = new(2010, 2, 11, 12, 43, 16, TimeSpan.Zero);

    /// <summary>The writer role on its way from db1 to db2.</summary>
    public static readonly MoveView Move = new("writer", "db1", "db2", "releasing", "command", At, "waiting for 'db1' to let go");

    public static HeardSnapshot Heard(double seconds, string coordinator = "mon2") => new(Snapshot(coordinator), TimeSpan.FromSeconds(seconds));

    public static ClusterSnapshot Snapshot(string coordinator = "mon2") => new(
        "C1", coordinator, new DecisionId(new Epoch(3, coordinator, "08de2a1c5e0f4b00"), 17), 5, At.AddSeconds(90), "serving", "ACTIVE",
        [Host("db1", "127.0.0.1", "master"), Host("db2", "127.0.0.2", "master"), Host("db3", "127.0.0.3", "slave")],
        [new RoleView(new RoleAddress("writer", "127.0.1.50"), "db1", null)],
        "writer", "db1", null, [], [new NoteView(At, "host_online", "db1", "State of host 'db1' changed from AWAITING_RECOVERY to ONLINE")],
        Setup: [new SetupFinding("db2", false, "sync_binlog", "may lose acknowledged writes when its machine fails", "SET GLOBAL sync_binlog = 1;  -- and in my.cnf")],
        Explained: [new ExplainedRole("writer", ["writer(127.0.1.50) is with db1.", "  Its lease: its agent reported 2.7 s of lease left; granted by mon1 0.3 s ago, mon2 0.4 s ago, mon3 (not heard); 2 of 3 are needed."])]);

    /// <summary>As <see cref="Snapshot"/>, with reports: db1 takes writes, db2 replicates, db3 has died and its agent with it; one reader address has nobody.</summary>
    public static ClusterSnapshot WithReports()
    {
        ClusterSnapshot quiet = Snapshot();
        RoleAddress writer = new("writer", "127.0.1.50"), reader = new("reader", "127.0.1.51"), nobodys = new("reader", "127.0.1.52");
        HostView db3 = quiet.Hosts[2];
        return quiet with
        {
            Hosts =
            [
                quiet.Hosts[0] with { Agent = Report("db1", readOnly: false, 2570, writer) },
                quiet.Hosts[1] with { Agent = Report("db2", readOnly: true, 3100, reader), SecondsBehind = 3 },
                db3 with
                {
                    State = "HARD_OFFLINE", Reason = "mysql failed", Flapping = true, AgentReachable = false, Agent = Report("db3", readOnly: false, 900, writer), SecondsBehind = null,
                    Checks = [db3.Checks[0], new CheckView("mysql", "ERROR", At, "Connect error"), new CheckView("rep_threads", "UNKNOWN", At, ""), new CheckView("rep_backlog", "UNKNOWN", At, "")],
                },
            ],
            Roles = [new RoleView(reader, "db2", null), new RoleView(nobodys, null, null), new RoleView(writer, "db1", null)],
            Warnings = ["agent on host db3 is not reachable", "Role reader(127.0.1.52) has no host"],
        };
    }

    private static Report Report(string host, bool readOnly, long leaseLeftMs, params ImmutableArray<RoleAddress> addresses) => new(
        "C1", host, 1, 1, DecisionId.None, OrderProgress.None,
        new HostFacts(MysqldState.Up, null, readOnly, addresses, null, null, null, 100, "10.11.6-MariaDB-log", Disk: new DiskFacts(DiskState.Ok, "/var/lib/mysql", null, 5_000_000_000)),
        null, Lease: new LeaseFacts(leaseLeftMs, false, null));

    private static HostView Host(string name, string ip, string mode) => new(
        name, ip, mode, "ONLINE", At, "all checks are ok", false, true, null,
        [new CheckView("ping", "OK", At, ""), new CheckView("mysql", "OK", At, ""), new CheckView("rep_threads", "OK", At, ""), new CheckView("rep_backlog", "OK", At, "Backlog is null")], 0,
        [$"{name} has been ONLINE since 2010-02-11 12:43:16 UTC: all checks are ok.", "It has no roles."]);
}
