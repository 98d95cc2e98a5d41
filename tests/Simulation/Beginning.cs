using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Mmm.Simulation.Machines;

namespace Mmm.Simulation;

/// <summary>
/// The state in which a run begins: a cluster that has been serving under an earlier coordinator. db1 is the active master; every keeper holds the decision, every
/// agent has carried its order out, and all processes start again at once. (First installations are the ledger's and the decision core's own tests.)
/// </summary>
internal static class Beginning
{
    public static void Of(World w)
    {
        ClusterDocument document = Document(w.Setup);
        var id = new DecisionId(new Epoch(1, "mon1", "before"), 1);
        w.Judge.Chosen(id, "0", "the beginning");
        string text = Documents.Write("0", document);
        foreach (MonitorProcess m in w.Monitors)
        {
            m.Keeper.Begin(new KeeperRecord(w.Setup.Topology.Name, w.Setup.Voters.Names, 900, [], id.Epoch, id, text));
            m.Start();
        }

        foreach (DbHost h in w.Hosts)
        {
            AgentProtocol.HostOrder order = HostOrders.For(w.Setup.Topology, w.Setup.Cluster.Decisions, document, h.Name, id);
            h.Mysqld.Begin(order.Writable, order.Replication.Source?.Host ?? h.Host.Peer ?? "db1");
            foreach (RoleAddress a in order.Roles)
                h.Kernel.Show(a, (int)w.Setup.Terms.Ttl.TotalSeconds, kept: false);
            h.Agent.Begin(order);
            w.After(w.Between(0.05, 0.15), h.StartAgent);
        }

        w.After(TimeSpan.FromSeconds(0.1), () => w.Seat.Begin(w.Monitors[0]));
        Flow(w);
    }

    private static ClusterDocument Document(SimSetup setup)
    {
        ClusterTopology t = setup.Topology;
        DateTimeOffset since = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);
        string[] hosts = [.. t.Hosts.Keys];
        int reader = 0;
        return new ClusterDocument(
            ClusterMode.Active, null,
            t.Hosts.Keys.ToImmutableSortedDictionary(h => h, _ => new HostRecord(HostState.Online, since, "as begun", null, [], false, UnderLease: true), StringComparer.Ordinal),
            [.. t.Addresses.Select(a => new RoleSlot(a, a == t.WriterAddress ? "db1" : t.Roles[a.Role].Mode == RoleMode.Exclusive ? "db3" : hosts[1 + (reader++ % 2)], null, null))],
            new MasterRecord("db1", since, null, new DecisionId(new Epoch(1, "mon1", "before"), 1)), null, null, setup.Voters);
    }

    /// <summary>Ten times a second clients write where they can, and replication goes on where it can.</summary>
    private static void Flow(World w)
    {
        foreach (DbHost h in w.Hosts)
        {
            if (!h.IsWriter)
                continue;
            h.Mysqld.Applied.Add(h.Mysqld.Tenure);
            if (!w.Setup.SemiSync)
                w.Judge.Acknowledged.TakeAll(h.Mysqld.Applied);
        }

        foreach (DbHost h in w.Hosts)
        {
            Mysqld m = h.Mysqld;
            if (m is not { State: AgentProtocol.MysqldState.Up, ReplicationStopped: false })
                continue;
            if (m.Source is { } s && s != h.Name && w.Replicates(h, w.HostOf(s)))
                m.Received.TakeAll(w.HostOf(s).Mysqld.Applied);
            if (!w.Faults.Lags(h))
                m.Applied.TakeAll(m.Received);
        }

        if (w.Setup.SemiSync && w.Hosts.FirstOrDefault(h => h.IsWriter) is { } writer)
        {
            w.Judge.Acknowledged.TakeCommon(writer.Mysqld.Applied, w.Hosts.Where(h => h != writer && w.Setup.Topology.MayBeActiveMaster(h.Name))
                .Select(h => w.Faults.Lags(h) || !h.Mysqld.Applied.Contains(h.Mysqld.Received) ? h.Mysqld.Received : h.Mysqld.Applied));
        }

        w.After(TimeSpan.FromSeconds(0.1), () => Flow(w));
    }
}
