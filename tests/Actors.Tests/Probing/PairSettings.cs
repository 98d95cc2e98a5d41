using System.Collections.Immutable;
using Mmm.Actors.Tests.Coordinator;
using Mmm.Shared.Checks;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Tests.Probing;

/// <summary>The master pair with distinct addresses and quick or slow checks.</summary>
internal static class PairSettings
{
    public static MmmSettings Of(TimeSpan checkPeriod, params string[] pingIps)
    {
        MmmSettings settings = OneMasterPair.Settings(0, 0);
        ClusterSettings cluster = settings.Clusters["C1"];
        CheckSettings check = new(checkPeriod, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        return settings with
        {
            Monitor = settings.Monitor with { PingIps = [.. pingIps], PingInterval = checkPeriod },
            Clusters = settings.Clusters.SetItem("C1", cluster with
            {
                Checks = CheckNames.All.ToImmutableSortedDictionary(k => k, _ => check),
                Topology = cluster.Topology with
                {
                    Hosts = cluster.Topology.Hosts.SetItem("db2", cluster.Topology.Hosts["db2"] with { Ip = "127.0.0.2" }),
                },
            }),
        };
    }
}
