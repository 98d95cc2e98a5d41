namespace Mmm.Lab.Servers;

/// <summary>Makes the fresh servers a master-master pair with slaves of master1.</summary>
internal static class ReplicationSetup
{
    public static async Task RunAsync(LabPlan plan, LabSecrets secrets, Func<string, MariaDbServer> server, CancellationToken ct)
    {
        // All positions are read before anyone replicates: nothing is written yet, so the start of everything is known.
        Dictionary<string, string> startAt = [];
        foreach (LabHost master in plan.DatabaseHosts.Where(h => h.Kind == LabHostKind.Master))
        {
            IReadOnlyDictionary<string, string?> status = (await server(master.Name).QueryAsync("SHOW MASTER STATUS", ct))[0];
            startAt[master.Name] = plan.Options.Positions
                ? $"MASTER_LOG_FILE='{status["File"]}', MASTER_LOG_POS={status["Position"]}, MASTER_USE_GTID=no"
                : "MASTER_USE_GTID=slave_pos";
        }

        await Task.WhenAll(plan.DatabaseHosts.Select(async host =>
        {
            LabHost source = plan[host.Peer ?? "master1"];
            await server(host.Name).ExecuteAsync(
                $"CHANGE MASTER TO MASTER_HOST='{source.Ip}', MASTER_PORT={LabPlan.MysqlPort}, MASTER_USER='{LabSecrets.ReplicationUser}', MASTER_PASSWORD='{secrets.Replication}', "
                + $"MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1, {startAt[source.Name]}; START SLAVE",
                ct);
        }));
    }
}
