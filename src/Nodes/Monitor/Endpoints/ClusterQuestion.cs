using System.Collections.Immutable;
using Mmm.Shared.Settings;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Monitor.Endpoints;

/// <summary>A question about one cluster that is answered from this node's copy.</summary>
/// <param name="Cluster">Name in the path.</param>
/// <param name="Settings">Of this node.</param>
/// <param name="Reads">Its copy.</param>
/// <param name="Cancel">The caller hung up.</param>
internal sealed record ClusterQuestion(string Cluster, MmmSettings Settings, IClusterReads Reads, CancellationToken Cancel)
{
    /// <summary>The answer, or why there is none: the cluster is unknown, or nothing was heard of it.</summary>
    public async Task<IResult> Answer(Func<HeardSnapshot, IResult> answer)
    {
        if (!Settings.Clusters.ContainsKey(Cluster))
            return UnknownCluster(Cluster, Settings);
        HeardSnapshot? heard = (await Reads.All(Cancel)).FirstOrDefault(h => h.Snapshot.Cluster == Cluster);
        return heard is null ? Problems.NoSnapshot(Settings.This, Cluster) : answer(heard);
    }

    /// <summary>As <see cref="Answer"/>, of one of its hosts.</summary>
    public Task<IResult> AnswerOf(string host, Func<HeardSnapshot, HostView, IResult> answer) => Answer(heard =>
        heard.Snapshot.Hosts.FirstOrDefault(h => h.Name == host) is { } found ? answer(heard, found) : Unknown("host", host, heard.Snapshot.Hosts.Select(h => h.Name)));

    /// <summary>404 that names what there is.</summary>
    /// <param name="kind">Of what: host, role, …</param>
    /// <param name="name">That was asked for.</param>
    /// <param name="known">Names there are.</param>
    public IResult Unknown(string kind, string name, IEnumerable<string> known) =>
        Problems.NotFound($"Cluster {Cluster} has no {kind} '{name}'. There is: {string.Join(", ", known)}");

    public static IResult UnknownCluster(string cluster, MmmSettings settings) =>
        Problems.NotFound($"Monitor {settings.This} knows no cluster '{cluster}'. Clusters are: {string.Join(", ", settings.Clusters.Keys)}");
}
