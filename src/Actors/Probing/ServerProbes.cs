using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Mmm.Actors.Configuration;
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
            : Props.Create(() => new Stranger(id, setup));
    }

    /// <summary>
    /// Has an entity of this node end when the settings it was made by are old, and another one be made in its place: what its shard gets for it until it has ended waits for that one, so
    /// nobody has to wait for the coordinator's next word.
    /// </summary>
    /// <param name="entity">Its context.</param>
    /// <param name="cluster">Of the host.</param>
    /// <param name="host">Whose replication it probes.</param>
    /// <param name="now">The new settings: nothing takes its place when they do not have the host. Null = the entity does not know them.</param>
    public static void Renew(IActorContext entity, string cluster, string host, MmmSettings? now = null)
    {
        entity.Parent.Tell(new Passivate(PoisonPill.Instance));
        if (now is null || (now.Clusters.TryGetValue(cluster, out ClusterSettings? found) && found.Topology.Hosts.ContainsKey(host)))
            ClusterSharding.Get(entity.System).ShardRegion(MonitorActors.ServerProbe).Tell(new SightProtocol.KeepProbing(cluster, host));
    }

    /// <summary>From now on an entity hears of other settings; true when it has missed some since it was made.</summary>
    public static bool Follow(IActorContext entity, VantageActor.Setup setup)
    {
        entity.System.EventStream.Subscribe(entity.Self, typeof(SettingsTaken));
        return setup.IsOld?.Invoke() == true;
    }

    private static string? IdOf(object message) => message is SightProtocol.KeepProbing m ? IdOf(m.Cluster, m.Host) : null;

    /// <summary>Stands for a host another monitor has in its configuration and this one has not.</summary>
    private sealed class Stranger : ReceiveActor
    {
        private readonly string _id;
        private readonly VantageActor.Setup _setup;

        public Stranger(string id, VantageActor.Setup setup)
        {
            _id = id;
            _setup = setup;
            Context.GetLogger().Warning("Asked to probe '{0}', which this monitor's configuration does not have. Compare the monitors' configuration files.", id);
            Receive<SettingsTaken>(m => m.Change.TopologyChanged, m => RenewSelf(m.Settings));
            ReceiveAny(_ => { });
        }

        protected override void PreStart()
        {
            if (Follow(Context, _setup))
                RenewSelf();
        }

        private void RenewSelf(MmmSettings? now = null)
        {
            int slash = _id.IndexOf('/', StringComparison.Ordinal);
            Renew(Context, _id[..slash], _id[(slash + 1)..], now);
        }
    }
}
