namespace Mmm.Lab.Servers;

/// <summary>Makes the fresh servers a master-master pair with slaves of master1, or master1 the one that all others follow.</summary>
internal static class ReplicationSetup
{
    public static async Task RunAsync(LabPlan plan, LabSecrets secrets, Func<string, LabServer> server, CancellationToken ct)
    {
        // All positions are read before anyone replicates: nothing is written yet, so the start of everything is known.
        Dictionary<string, (string, string)?> startAt = [];
        foreach (LabHost master in plan.DatabaseHosts.Where(h => h.Kind == LabHostKind.Master))
        {
            IReadOnlyDictionary<string, string?> status = (await server(master.Name).QueryAsync(plan.Server.BinlogEnd, ct))[0];
            startAt[master.Name] = plan.Options.Positions ? (status["File"]!, status["Position"]!) : null;
        }

        await Task.WhenAll(Replicas(plan).Select(async host =>
        {
            LabHost source = plan[host.Peer ?? "master1"];
            await server(host.Name).ExecuteAsync(plan.Server.Follow(source, secrets.Replication, startAt[source.Name]), ct);
        }));
    }

    /// <summary>Of a pair both masters are; of more masters all but the first.</summary>
    public static IEnumerable<LabHost> Replicas(LabPlan plan) => plan.DatabaseHosts.Where(h => h.Peer is not null || h.Name != "master1");
}
