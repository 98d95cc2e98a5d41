using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Probing;

/// <summary>How the replication probes are sharded: entity id <c>cluster/host</c>.</summary>
public static class ServerProbes
{
    /// <summary>Ten per node of the largest installation (5): enough to spread evenly, few enough to move quickly.</summary>
    private const int Shards = 50;

    public static IMessageExtractor Extractor { get; } = HashCodeMessageExtractor.Create(Shards, IdOf, message => message);

    public static string IdOf(string cluster, string host) => $"{cluster}/{host}";

    /// <summary>Props of the entity <paramref name="id"/>; of one that stops at once when this node's configuration does not have it.</summary>
    public static Props PropsOf(string id, MmmSettings settings, VantageActor.Setup setup)
    {
        int slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && settings.Clusters.TryGetValue(id[..slash], out ClusterSettings? cluster)
            && cluster.Topology.Hosts.TryGetValue(id[(slash + 1)..], out Host? host)
            ? ServerProbeActor.Props(cluster, host, setup)
            : Props.Create(() => new Stranger(id));
    }

    private static string? IdOf(object message) => message is SightProtocol.KeepProbing m ? IdOf(m.Cluster, m.Host) : null;

    /// <summary>Stands for a host another monitor has in its configuration and this one has not.</summary>
    private sealed class Stranger : ReceiveActor
    {
        public Stranger(string id)
        {
            Context.GetLogger().Warning("Asked to probe '{0}', which this monitor's configuration does not have. Compare the monitors' configuration files.", id);
            ReceiveAny(_ => { });
        }
    }
}
