using Mmm.Shared.Messages;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Simulation.Machines;

/// <summary>What a monitor sees of the servers over the network that it has.</summary>
internal sealed class VantageNode(World world, int index)
{
    private readonly Dictionary<(string, char), TimeSpan> _failingSince = [];
    private long _incarnation, _seq;

    /// <summary>Its gateway answers; a monitor without a network of its own does not count.</summary>
    public bool NetworkOk { get; set; } = true;

    public void Boot(long incarnation)
    {
        (_incarnation, _seq) = (incarnation, 0);
        _failingSince.Clear();
    }

    public VantageReport Look(TimeSpan now) => new(
        world.Setup.Topology.Name, world.Setup.Monitors[index], _incarnation, ++_seq, NetworkOk,
        [.. world.Hosts.Select(h => new ServerSight(
            h.Name, Sight(h, 'p', Reaches(h), false, now), Sight(h, 'm', Reaches(h) && h.Mysqld.State == MysqldState.Up, Reaches(h) && h.Mysqld.State == MysqldState.Down, now)))]);

    /// <summary>Null: it cannot look.</summary>
    public ReplicationSight? Replication(DbHost h, TimeSpan now)
    {
        if (!Reaches(h) || h.Mysqld.State != MysqldState.Up)
            return null;
        Mysqld m = h.Mysqld;
        bool io = m.Source is { } s && world.Replicates(h, world.HostOf(s));
        CheckSight threads = Sight(h, 'r', io && !m.ReplicationStopped, false, now);
        string? ip = m.Source is { } source ? world.HostOf(source).Host.Ip : null;
        return new ReplicationSight(world.Setup.Topology.Name, h.Name, threads, new CheckSight(Outcome.Ok, 0, false, ""), ip, 0, m.ReadOnly, null);
    }

    private bool Reaches(DbHost h) => h.Power && world.Net.BothWays(index, h.Node);

    private CheckSight Sight(DbHost h, char check, bool ok, bool refused, TimeSpan now)
    {
        if (ok)
        {
            _failingSince.Remove((h.Name, check));
            return new CheckSight(Outcome.Ok, 0, false, "");
        }

        _failingSince.TryAdd((h.Name, check), now);
        return new CheckSight(Outcome.Failing, (long)(now - _failingSince[(h.Name, check)]).TotalMilliseconds, refused, "no answer");
    }
}
