using System.Collections.Immutable;
using Mmm.Shared.Api;

namespace Mmm.Control.Monitors;

/// <summary>
/// Where each monitor's management endpoint is reached from here. A monitor that answers at an address that was given to this program (a tunnel's, or loopback on
/// its own machine) is asked there; the others where their configuration says.
/// </summary>
/// <param name="Monitors">As one of them sees them.</param>
/// <param name="Places">By the monitors' names, in the configured order.</param>
internal sealed record MonitorDirectory(MonitorsReading Monitors, ImmutableArray<MonitorPlace> Places)
{
    /// <exception cref="CliFailure">No monitor answers.</exception>
    public static async Task<MonitorDirectory> Read(MonitorClient client, CancellationToken cancel)
    {
        Task<Attempt<MonitorsReading>.Answered> monitors = client.Answer(
            client.Monitors, ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading, m => m.Coordinator is not null, m => m.Members.Count(x => x.Reachable), cancel);
        Attempt<ClusterList>[] given = await Task.WhenAll(client.Monitors.Select(m => client.Try(m, ApiPaths.Clusters, ApiFormat.Wire.ClusterList, cancel)));
        MonitorsReading reading = (await monitors).Value;
        return new MonitorDirectory(reading, [.. reading.Members.Where(m => m.HttpPort is not null).Select(m => PlaceOf(m, given))]);
    }

    /// <exception cref="CliFailure">There is no such monitor, or it has no management endpoint that is known.</exception>
    public MonitorAddress Find(string text)
    {
        MonitorEntry monitor = MonitorNames.Find(text, Monitors);
        return Places.FirstOrDefault(p => p.Name == monitor.Name)?.Address
            ?? throw new CliFailure(ExitCodes.Refused, "unknown-monitor", $"ERROR: Monitor {monitor.Name} is in nobody's configuration: it is not known where its API is. Ask it with --monitors HOST:PORT.");
    }

    private static MonitorPlace PlaceOf(MonitorEntry monitor, Attempt<ClusterList>[] given)
    {
        if (given.OfType<Attempt<ClusterList>.Answered>().FirstOrDefault(a => a.Value.Monitor == monitor.Name) is { } answered)
            return new MonitorPlace(monitor.Name, answered.Monitor, null);
        MonitorAddress configured = new(monitor.Address[..monitor.Address.LastIndexOf(':')].Trim('[', ']'), monitor.HttpPort!.Value);
        return new MonitorPlace(monitor.Name, configured, given.OfType<Attempt<ClusterList>.Failed>().FirstOrDefault(f => f.Monitor == configured)?.Sentence);
    }
}

/// <param name="Name">Of the monitor.</param>
/// <param name="Address">Of its management endpoint.</param>
/// <param name="Failure">Why it did not answer just now; null = it did, or was not asked.</param>
internal sealed record MonitorPlace(string Name, MonitorAddress Address, string? Failure);
