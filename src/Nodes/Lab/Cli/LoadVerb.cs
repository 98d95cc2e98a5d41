using System.CommandLine;
using Mmm.Lab.Client;
using Mmm.Shared.Api;

namespace Mmm.Lab.Cli;

/// <summary>measure-load: whether busy cores make the monitors or the roles change hands.</summary>
internal static class LoadVerb
{
    private static readonly Option<int> _minutes = new("--minutes") { Description = "How long.", DefaultValueFactory = _ => 10 };
    private static readonly Option<int> _loops = new("--loops") { Description = "Busy loops; 0 = two per core.", DefaultValueFactory = _ => 0 };

    public static Command Create() => CommonOptions.Verb(
        "measure-load", "Keep every core busy while the client writes, and count takeovers, moves and failed writes: there should be none.", [_minutes, _loops], RunAsync);

    private static async Task<int> RunAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        (int minutes, int loops) = (parsed.GetValue(_minutes), parsed.GetValue(_loops));
        if (minutes < 1 || loops < 0)
            throw new LabException("--minutes must be at least 1, and --loops at least 0.");
        loops = loops == 0 ? 2 * Environment.ProcessorCount : loops;
        await LabReadiness.WaitPatientlyAsync(lab, ct);
        ClusterReading before = await lab.Http.FreshestAsync(ct) ?? throw new LabException("No monitor shows the cluster.");
        await lab.Client.StartAsync(s => s with { TimeoutFromMs = 2000, TimeoutToMs = 2500 }, ct);
        await lab.Client.WritesFlowAsync(100, ct: ct);
        Say.Step($"{loops} busy loops on {Environment.ProcessorCount} cores for {minutes} min, beside the lab and its writing client ...");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Thread[] busy = [.. Enumerable.Range(0, loops).Select(_ => new Thread(() => Spin(end.Token)) { IsBackground = true })];
        foreach (Thread thread in busy)
            thread.Start();
        try
        {
            await Task.Delay(TimeSpan.FromMinutes(minutes), TimeProvider.System, ct);
        }
        finally
        {
            await end.CancelAsync();
        }

        ClusterReading? after = await lab.Http.FreshestAsync(ct);
        ClientReport client = await lab.Client.StopAsync(ct);
        bool sameReign = after?.Snapshot.Decision.Epoch == before.Snapshot.Decision.Epoch;
        bool sameRoles = after is not null && after.Snapshot.Roles.Select(r => (r.Address, r.Owner)).SequenceEqual(before.Snapshot.Roles.Select(r => (r.Address, r.Owner)));
        Say.Line($"Coordinator: {(sameReign ? $"{before.Snapshot.Coordinator} throughout" : $"changed, {before.Snapshot.Decision.Epoch} to {after?.Snapshot.Decision.Epoch.ToString() ?? "none"}")}. "
            + $"Decisions: {(after?.Snapshot.Decision.Version ?? 0) - before.Snapshot.Decision.Version}. Roles: {(sameRoles ? "where they were" : "moved")}.");
        Say.Line($"Client: {client.Acknowledged} rows acknowledged, {client.FailedAttempts} failed attempts, longest gap {client.LongestOutageMs} ms.");
        return sameReign && sameRoles && client.FailedAttempts == 0 ? 0 : 1;
    }

    private static void Spin(CancellationToken end)
    {
        ulong x = 1;
        while (!end.IsCancellationRequested)
        {
            for (int i = 0; i < 1_000_000; i++)
                x = (x * 6364136223846793005) + 1442695040888963407;
        }

        GC.KeepAlive(x);
    }
}
