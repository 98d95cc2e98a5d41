using System.CommandLine;
using Mmm.Lab.Client;

namespace Mmm.Lab.Cli;

/// <summary>show-failover: what demo.sh shows.</summary>
internal static class FailoverVerb
{
    public static Command Create() => CommonOptions.Verb(
        "show-failover", "Let the client write, kill the active master's mysqld, and show how long writes stood still and what was lost.", [], RunAsync);

    private static async Task<int> RunAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        await LabReadiness.WaitPatientlyAsync(lab, ct);
        string old = (await lab.Http.FreshestAsync(ct))?.Snapshot.ActiveMaster ?? throw new LabException("No monitor names an active master.");
        await lab.Client.StartAsync(ct: ct);
        await lab.Client.WritesFlowAsync(200, ct: ct);
        Say.Step($"A client writes to {lab.Plan.WriterIp}, which is on {old}: {lab.Client.Report().Acknowledged} rows acknowledged so far.");
        Say.Step($"kill -9 of mysqld on {old} ...");
        await lab.Faults.KillAsync(old, LabPrograms.Mysqld, ct);
        await Wait.UntilAsync(
            "another master acknowledges writes", TimeSpan.FromSeconds(60), _ => Task.FromResult(lab.Client.Report() is { LastServer: not 0 } r && r.LastServer != lab.Plan[old].Number),
            why: () => Task.FromResult("Client: " + lab.Client.Report().ToJson()), ct: ct);
        await lab.Client.WritesFlowAsync(100, ct: ct);
        string now = lab.Plan.Hosts.First(h => h.Number == lab.Client.Report().LastServer).Name;
        ClientReport report = lab.Client.Report();
        IReadOnlyList<long> lost = await lab.Client.LostOnAsync(now, ct);
        Say.Step($"Writes go to {now}. Outage: {report.LongestOutageMs} ms; {report.FailedAttempts} failed attempts; {report.Acknowledged} rows acknowledged; lost rows: {lost.Count}.");
        await RepointedAsync(lab, now, old, ct);
        Say.Step($"The slaves replicate from {now}.");
        return 0;
    }

    private static Task RepointedAsync(LabCluster lab, string master, string dead, CancellationToken ct) => Wait.UntilAsync(
        $"everyone replicates from {master}", TimeSpan.FromSeconds(30), async c =>
        {
            foreach (LabHost host in lab.Plan.DatabaseHosts.Where(h => h.Name != master && h.Name != dead))
            {
                if (await lab.Server(host.Name).ReplicaAsync(c) is not { Runs: true } replica || replica.SourceIp != lab.Plan[master].Ip)
                    return false;
            }

            return true;
        }, ct: ct);
}
