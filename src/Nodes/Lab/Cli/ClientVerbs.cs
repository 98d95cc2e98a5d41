using System.CommandLine;
using Mmm.Lab.Client;
using Mmm.Lab.Config;

namespace Mmm.Lab.Cli;

/// <summary>client start | stop | report | run.</summary>
internal static class ClientVerbs
{
    private static readonly Option<int> _interval = new("--interval") { Description = "Mean time between two inserts, milliseconds.", DefaultValueFactory = _ => 10 };
    private static readonly Option<int> _seconds = new("--seconds") { Description = "How long to write.", DefaultValueFactory = _ => 10 };

    private static readonly Option<bool> _haproxy = new("--haproxy") { Description = "Write through HAProxy, which asks the agents, instead of the writer address." };

    public static IEnumerable<Command> All()
    {
        Command client = new("client", "The writing client: one insert every 10 ms through the writer address, every acknowledgement recorded.")
        {
            CommonOptions.Verb("start", "Start a new run in the background.", [_interval, _haproxy], StartAsync),
            CommonOptions.Verb("stop", "Stop it and print its report with lost rows, as JSON.", [], async (lab, _, ct) =>
            {
                await lab.Client.StopAsync(ct);
                return await PrintAsync(lab, ct);
            }),
            CommonOptions.Verb("report", "Print the report so far with lost rows, as JSON.", [], (lab, _, ct) => PrintAsync(lab, ct)),
            CommonOptions.Verb("run", "Write for a while, then print the report.", [_interval, _seconds, _haproxy], RunAsync),
        };
        return [client];
    }

    private static async Task<int> StartAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        ClientSettings settings = await BeginAsync(lab, parsed, ct);
        Say.Line($"The client writes to {settings.Address} every {settings.IntervalMs} ms.");
        return 0;
    }

    private static async Task<int> RunAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        int seconds = parsed.GetValue(_seconds);
        if (seconds is < 1 or > 86400)
            throw new LabException($"{seconds} s is no duration: give 1 to 86400 seconds.");
        await BeginAsync(lab, parsed, ct);
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
        }
        finally
        {
            await lab.Client.StopAsync(CancellationToken.None);
        }

        return await PrintAsync(lab, ct);
    }

    private static async Task<ClientSettings> BeginAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        bool haproxy = parsed.GetValue(_haproxy);
        if (haproxy)
            await lab.Faults.StartAsync(LabHaProxy.Host, LabPrograms.HaProxy, ct);
        return await lab.Client.StartAsync(s => s with { IntervalMs = Interval(parsed), Address = haproxy ? LabHaProxy.Address : s.Address }, ct);
    }

    private static async Task<int> PrintAsync(LabCluster lab, CancellationToken ct)
    {
        Say.Line(lab.Client.Report().ToJson());
        foreach (LabHost host in lab.Plan.DatabaseHosts)
        {
            bool answers = await lab.Server(host.Name).AnswersAsync(ct);
            Say.Line($"lost rows on {host.Name}: {(answers ? (await lab.Client.LostOnAsync(host.Name, ct)).Count.ToString() : "mysqld does not answer")}");
        }

        return 0;
    }

    private static int Interval(ParseResult parsed) => parsed.GetValue(_interval) is var ms and >= 1 and <= 60000
        ? ms
        : throw new LabException($"{parsed.GetValue(_interval)} ms is no interval: give 1 to 60000.");
}
