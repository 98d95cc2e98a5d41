using System.Collections.Immutable;
using Mmm.Shared.Messages;
using Mmm.Simulation.Machines;

namespace Mmm.Simulation.Faults;

/// <summary>Lets the faults of a plan happen in a world, and makes everything whole again at the end.</summary>
internal sealed class FaultRunner(World world)
{
    private readonly HashSet<int> _lagging = [];
    private bool _healed;
    private long _commands;

    public bool Lags(DbHost host) => _lagging.Contains(host.Node);

    public void Happen(Fault f)
    {
        world.Log("world", f.ToString()!);
        world.Count(f.Kind);
        Action? end = Begin(f);
        if (end is not null)
        {
            world.After(f.Lasts, () =>
            {
                // What is healed stays so.
                if (!_healed)
                    end();
            });
        }
    }

    public void HealAll()
    {
        _healed = true;
        world.Log("world", "all is mended");
        _lagging.Clear();
        world.Net.MendAll();
        foreach (MonitorProcess m in world.Monitors)
        {
            (m.Keeper.DiskHangs, m.Vantage.NetworkOk) = (false, true);
            m.Unpause();
            m.Start();
        }

        foreach (DbHost h in world.Hosts)
        {
            h.PowerOn();
            h.Mysqld.Wake();
            h.Mysqld.Start();
            h.Agent.Unpause();
            h.StartAgent();
        }
    }

    private Action? Begin(Fault fault)
    {
        switch (fault)
        {
            case BadWeather f:
                world.Net.Weather = f.Weather;
                return () => world.Net.Weather = Weather.Fair;
            case Partition f:
                foreach ((int from, int to) in f.Cuts)
                    world.Net.Cut(from, to);
                SetNetworks();
                return () =>
                {
                    foreach ((int from, int to) in f.Cuts)
                        world.Net.Mend(from, to);
                    SetNetworks();
                };
            case MonitorCrash f:
                MonitorProcess crashed = world.Monitors[f.Monitor];
                crashed.Crash();
                if (f.LosesDisk)
                    crashed.Keeper.LoseDisk(f.Damaged);
                return crashed.Start;
            case DiskHang f:
                world.Monitors[f.Monitor].Keeper.DiskHangs = true;
                return () => world.Monitors[f.Monitor].Keeper.DiskHangs = false;
            case MonitorPause f:
                world.Monitors[f.Monitor].Pause(f.Lasts);
                return null;
            case Rival f:
                if (world.Monitors[f.Monitor] is { Alive: true } rival)
                    world.Seat.AddRival(rival, f.Lasts);
                return null;
            case AgentCrash f:
                world.Hosts[f.Host].Agent.Crash();
                return world.Hosts[f.Host].StartAgent;
            case AgentPause f:
                world.Hosts[f.Host].Agent.Pause(f.Lasts);
                return null;
            case MysqldCrash f:
                world.Hosts[f.Host].Mysqld.Crash("crashes");
                return world.Hosts[f.Host].Mysqld.Start;
            case MysqldHang f:
                world.Hosts[f.Host].Mysqld.Hang();
                return world.Hosts[f.Host].Mysqld.Wake;
            case HostPause f:
                world.Hosts[f.Host].Agent.Pause(f.Lasts);
                world.Hosts[f.Host].Mysqld.Hang();
                return world.Hosts[f.Host].Mysqld.Wake;
            case PowerCut f:
                world.Hosts[f.Host].PowerOff();
                return world.Hosts[f.Host].PowerOn;
            case ApplierLag f:
                _lagging.Add(world.Hosts[f.Host].Node);
                return () => _lagging.Remove(world.Hosts[f.Host].Node);
            case MoveRole f:
                Command("move_role", f.Role, f.Host);
                return null;
            // A single one that then loses its disk has lost what was decided, by design.
            case ChangeVoters { Add: false } when world.Seat.Coordinator?.Voters is not { Length: > 2 }:
                return null;
            case ChangeVoters f:
                Command("monitors", f.Add ? "add" : "remove", f.Monitor);
                return null;
            default:
                throw new InvalidOperationException($"{fault.GetType().Name} cannot happen");
        }
    }

    private void Command(string verb, params ImmutableArray<string> arguments)
    {
        var command = new ControlProtocol.Command($"c{++_commands}", world.Setup.Topology.Name, verb, arguments, "operator");
        foreach (MonitorProcess m in world.Monitors)
            m.Deliver(() => m.Coordinator?.Command(command));
    }

    /// <summary>A monitor that reaches nobody sees that it has no network.</summary>
    private void SetNetworks()
    {
        foreach (MonitorProcess m in world.Monitors)
            m.Vantage.NetworkOk = Enumerable.Range(0, world.Net.Nodes).Any(n => n != m.Node && world.Net.BothWays(m.Node, n));
    }
}
