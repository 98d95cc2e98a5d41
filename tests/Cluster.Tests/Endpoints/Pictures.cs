using Mmm.Monitor.Endpoints;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Snapshots as a coordinator publishes them.</summary>
internal static class Pictures
{
    public static readonly DateTimeOffset At = new(2010, 2, 11, 12, 43, 16, TimeSpan.Zero);

    public static HeardSnapshot Heard(double seconds, string coordinator = "mon2") => new(Snapshot(coordinator), TimeSpan.FromSeconds(seconds));

    public static ClusterSnapshot Snapshot(string coordinator = "mon2") => new(
        "C1", coordinator, new DecisionId(new Epoch(3, coordinator, "08de2a1c5e0f4b00"), 17), 5, At.AddSeconds(90), "serving", "ACTIVE",
        [Host("db1", "127.0.0.1", "master"), Host("db2", "127.0.0.2", "master"), Host("db3", "127.0.0.3", "slave")],
        [new RoleView(new RoleAddress("writer", "127.0.1.50"), "db1", null)],
        "writer", "db1", null, [], [new NoteView(At, "host_online", "db1", "State of host 'db1' changed from AWAITING_RECOVERY to ONLINE")],
        Setup: [new SetupFinding("db2", false, "sync_binlog", "may lose acknowledged writes when its machine fails", "SET GLOBAL sync_binlog = 1;  -- and in my.cnf")]);

    private static HostView Host(string name, string ip, string mode) => new(
        name, ip, mode, "ONLINE", At, "all checks are ok", false, true, null,
        [new CheckView("ping", "OK", At, ""), new CheckView("mysql", "OK", At, ""), new CheckView("rep_threads", "OK", At, ""), new CheckView("rep_backlog", "OK", At, "Backlog is null")], 0,
        [$"{name} has been ONLINE since 2010-02-11 12:43:16 UTC: all checks are ok.", "It has no roles."]);
}
