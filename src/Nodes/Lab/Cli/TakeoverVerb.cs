using System.CommandLine;
using Mmm.Shared.Api;

namespace Mmm.Lab.Cli;

/// <summary>measure-takeover: how long nobody decides when the deciding monitor dies (or stops), as a distribution.</summary>
internal static class TakeoverVerb
{
    private static readonly Option<int> _times = new("--times") { Description = "How often.", DefaultValueFactory = _ => 20 };
    private static readonly Option<bool> _stop = new("--stop") { Description = "SIGTERM instead of SIGKILL." };

    public static Command Create() => CommonOptions.Verb(
        "measure-takeover", "Kill the deciding monitor again and again, and measure the time until another one serves.", [_times, _stop], RunAsync);

    private static async Task<int> RunAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        (int times, bool stop) = (parsed.GetValue(_times), parsed.GetValue(_stop));
        if (times < 1)
            throw new LabException("--times must be at least 1.");
        List<double> took = [];
        for (int i = 0; i < times; i++)
        {
            await Wait.UntilAsync("every monitor is a member and votes", TimeSpan.FromSeconds(60), c => EveryMonitorCountsAsync(lab, c), ct: ct);
            await LabReadiness.WaitPatientlyAsync(lab, ct);
            ClusterReading before = await lab.Http.FreshestAsync(ct) ?? throw new LabException("No monitor shows the cluster.");
            string old = before.Snapshot.Coordinator;
            long start = TimeProvider.System.GetTimestamp();
            await (stop ? lab.Faults.TerminateAsync(old, LabPrograms.Monitor, ct) : lab.Faults.KillAsync(old, LabPrograms.Monitor, ct));
            double ended = TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
            await Wait.UntilAsync(
                "another monitor serves", TimeSpan.FromSeconds(60),
                async c => await lab.Http.FreshestAsync(c) is { Snapshot: { Phase: "serving" } s } && s.Coordinator != old, TimeSpan.FromMilliseconds(10), ct: ct);
            took.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
            Say.Line($"{i + 1}: {old} {(stop ? $"stopped ({ended:0} ms)" : "killed")}, another one serves after {took[^1]:0} ms");
            await lab.Faults.StartAsync(old, LabPrograms.Monitor, ct);
        }

        double[] sorted = [.. took.Order()];
        double At(double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
        Say.Line($"{(stop ? "SIGTERM" : "SIGKILL")}, {times} times: shortest {sorted[0]:0} ms, median {At(0.5):0}, 95 % {At(0.95):0}, longest {sorted[^1]:0}.");
        return 0;
    }

    private static async Task<bool> EveryMonitorCountsAsync(LabCluster lab, CancellationToken ct)
    {
        MonitorsReading?[] all = await Task.WhenAll(lab.Plan.MonitorHosts.Select(m => lab.Http.MonitorsAsync(m.Name, ct)));
        return all.All(r => r is not null && r.Members.All(m => m is { Status: "Up", Reachable: true, Keeper.Voting: true }));
    }
}
