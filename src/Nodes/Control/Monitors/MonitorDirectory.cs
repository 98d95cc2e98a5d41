using System.Collections.Immutable;
using Mmm.Shared.Api;

namespace Mmm.Control.Monitors;

/// <summary>
/// Where each monitor's management endpoint is reached from here. A monitor that answers at an address that was given to this program (a tunnel's, or loopback on
/// its own machine) is asked there; the others where their configuration says.
/// </summary>
/// <param name="Places">By the monitors' names, in the configured order.</param>
internal sealed record MonitorDirectory(ImmutableArray<MonitorPlace> Places)
{
    /// <exception cref="CliFailure">No monitor answers.</exception>
    public static async Task<MonitorDirectory> Read(MonitorClient client, CancellationToken cancel)
    {
        Task<Attempt<MonitorsReading>.Answered> monitors = client.Answer(
            client.Monitors, ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading, m => m.Coordinator is not null, m => m.Members.Count(x => x.Reachable), cancel);
        Attempt<ClusterList>[] given = await Task.WhenAll(client.Monitors.Select(m => client.Try(m, ApiPaths.Clusters, ApiFormat.Wire.ClusterList, cancel)));
        MonitorsReading reading = (await monitors).Value;
        return new MonitorDirectory([.. reading.Members.Select(m => PlaceOf(m, given)).OfType<MonitorPlace>()]);
    }

    /// <summary>Where one monitor is asked; nobody is waited for that is not needed for it.</summary>
    /// <exception cref="CliFailure">There is no such monitor, no monitor answers, or it is not known where its API is.</exception>
    public static async Task<MonitorAddress> Find(string text, MonitorClient client, CancellationToken cancel)
    {
        MonitorEntry wanted = MonitorNames.Find(text, await client.Get(ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading, cancel));
        if (ConfiguredPlace(wanted) is { } usual && client.Monitors.Contains(usual))
            return usual;
        Attempt<ClusterList>.Answered given = await client.Answer(client.Monitors, ApiPaths.Clusters, ApiFormat.Wire.ClusterList, l => l.Monitor == wanted.Name, _ => 0, cancel);
        if (given.Value.Monitor == wanted.Name)
            return given.Monitor;
        return ConfiguredPlace(wanted)
            ?? throw new CliFailure(ExitCodes.Refused, "unknown-monitor", $"ERROR: Monitor {wanted.Name} is in nobody's configuration: it is not known where its API is. Ask it with --monitors HOST:PORT.");
    }

    /// <summary>Null: it does not answer where it was looked for, and nobody's configuration has it.</summary>
    private static MonitorPlace? PlaceOf(MonitorEntry monitor, Attempt<ClusterList>[] given)
    {
        if (given.OfType<Attempt<ClusterList>.Answered>().FirstOrDefault(a => a.Value.Monitor == monitor.Name) is { } answered)
            return new MonitorPlace(monitor.Name, answered.Monitor, null);
        return ConfiguredPlace(monitor) is { } place
            ? new MonitorPlace(monitor.Name, place, given.OfType<Attempt<ClusterList>.Failed>().FirstOrDefault(f => f.Monitor == place)?.Sentence)
            : null;
    }

    private static MonitorAddress? ConfiguredPlace(MonitorEntry monitor) =>
        monitor.HttpPort is { } port ? new MonitorAddress(monitor.Address[..monitor.Address.LastIndexOf(':')].Trim('[', ']'), port) : null;
}

/// <param name="Name">Of the monitor.</param>
/// <param name="Address">Of its management endpoint.</param>
/// <param name="Failure">Why it did not answer just now; null = it did, or was not asked.</param>
internal sealed record MonitorPlace(string Name, MonitorAddress Address, string? Failure);
