using Mmm.Simulation.Machines;

namespace Mmm.Simulation;

/// <summary>
/// Where the coordinator runs, as Akka's cluster singleton would have it: when its monitor has been dead, paused or cut off for some seconds another is
/// begun elsewhere. The old one may live on: it ends some time after it could know, or when its process wakes up and is told, or not before a rival is found.
/// </summary>
internal sealed class Seat(World world)
{
    private const double LookEvery = 0.5;
    private MonitorProcess _seat = null!;
    private TimeSpan? _badSince;
    private TimeSpan _patience;

    public void Begin(MonitorProcess at)
    {
        _seat = at;
        _seat.BeginCoordinator();
        Look();
    }

    /// <summary>For a while a second one coordinates.</summary>
    public void AddRival(MonitorProcess at, TimeSpan lasts)
    {
        if (at.Coordinator is not null)
            return;
        at.Deliver(at.BeginCoordinator);
        EndLater(at, lasts);
    }

    /// <summary>The coordinator where it should be.</summary>
    public CoordinatorNode? Coordinator => _seat.Coordinator;

    private void Look()
    {
        bool bad = !Serves(_seat) || _seat.Coordinator is null;
        if (!bad)
            _badSince = null;
        else if (_badSince is null)
            (_badSince, _patience) = (world.Now, world.Between(1.5, 5));
        else if (world.Now - _badSince >= _patience)
            Move();
        world.After(TimeSpan.FromSeconds(LookEvery), Look);
    }

    private void Move()
    {
        MonitorProcess[] serving = [.. world.Monitors.Where(Serves)];
        if (serving.Length == 0)
            return;
        MonitorProcess old = _seat;
        _seat = serving[world.Random.Next(serving.Length)];
        _badSince = null;
        if (old != _seat && old.Coordinator is not null)
            EndLater(old, world.Upto(TimeSpan.FromSeconds(8)));
        _seat.BeginCoordinator();
    }

    private void EndLater(MonitorProcess at, TimeSpan after)
    {
        CoordinatorNode? meant = at.Coordinator;
        at.After(after, () =>
        {
            if (at != _seat && (meant is null || ReferenceEquals(at.Coordinator, meant)))
                at.EndCoordinator();
        });
    }

    /// <summary>Alive, awake and in a majority.</summary>
    private bool Serves(MonitorProcess m) =>
        m is { Alive: true, Paused: false } && world.Monitors.Count(o => o is { Alive: true, Paused: false } && world.Net.BothWays(m.Node, o.Node)) > world.Monitors.Length / 2;
}
