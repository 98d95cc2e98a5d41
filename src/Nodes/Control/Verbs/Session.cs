using System.Collections.Immutable;
using Mmm.Control.Monitors;
using Mmm.Shared.Api;
using Mmm.Shared.Status;

namespace Mmm.Control.Verbs;

/// <summary>One command's dealings with the monitors.</summary>
/// <param name="Client">Where they are.</param>
/// <param name="Cluster">Named with <c>@CLUSTER</c>; null = the only one.</param>
/// <param name="Context">The world outside.</param>
internal sealed record Session(MonitorClient Client, string? Cluster, CliContext Context) : IDisposable
{
    public void Dispose() => Client.Dispose();

    /// <summary>The named cluster, or the only one.</summary>
    /// <exception cref="CliFailure">Several and none named; none at all.</exception>
    public async Task<string> ClusterName(CancellationToken cancel)
    {
        if (Cluster is not null)
            return Cluster;
        ImmutableArray<string> known = await ClusterNames(cancel);
        return known.Length switch
        {
            1 => known[0],
            0 => throw new CliFailure(ExitCodes.Config, "config", "ERROR: The monitors are configured with no cluster at all."),
            _ => throw new CliFailure(ExitCodes.Usage, "name-a-cluster", MmmAnswers.NameACluster(known)),
        };
    }

    public async Task<ImmutableArray<string>> ClusterNames(CancellationToken cancel) =>
        [.. (await Client.Get(ApiPaths.Clusters, ApiFormat.Wire.ClusterList, cancel)).Clusters.Select(c => c.Cluster)];

    /// <summary>Which monitors a question goes to that is about one of them.</summary>
    /// <param name="address">The named one; null = the first that answers.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <exception cref="CliFailure">There is none of that name.</exception>
    public async Task<ImmutableArray<MonitorAddress>> Whom(string? address, CancellationToken cancel) =>
        address is null ? Client.Monitors : [await MonitorDirectory.Find(address, Client, cancel)];

    /// <summary>The freshest picture to be had of the cluster.</summary>
    public async Task<ClusterReading> Reading(CancellationToken cancel) => await Reading(await ClusterName(cancel), cancel);

    public Task<ClusterReading> Reading(string cluster, CancellationToken cancel) => KnownCluster(
        cluster, () => Client.Get(ApiPaths.Cluster(cluster), ApiFormat.Wire.ClusterReading, r => !r.Stale, r => -r.AgeMs, cancel), cancel);

    public async Task<CommandAnswer> Command(MmmVerb verb, ImmutableArray<string> arguments, CancellationToken cancel)
    {
        string cluster = await ClusterName(cancel);
        CommandRequest request = new(Context.NewId(), verb.Name, arguments, Context.User);
        return await KnownCluster(cluster, () => Client.Command(cluster, request, cancel), cancel);
    }

    /// <summary>A sentence when the picture is too old to be trusted; null otherwise.</summary>
    public static string? Staleness(ClusterReading reading) => reading.Stale ? MmmAnswers.StalePicture(reading.Snapshot.Cluster, reading.AgeMs, reading.Monitor) : null;

    /// <summary>Turns a 404 into MMM's manner of saying it, with the names there are.</summary>
    public async Task<T> KnownCluster<T>(string cluster, Func<Task<T>> ask, CancellationToken cancel)
    {
        try
        {
            return await ask();
        }
        catch (CliFailure failure) when (failure.Kind == "not-found")
        {
            ImmutableArray<string> known = await ClusterNames(cancel);
            throw known.Contains(cluster) ? failure : new CliFailure(ExitCodes.Refused, "unknown-cluster", MmmAnswers.UnknownCluster(cluster, known));
        }
    }
}
