using Mmm.Shared.Topology;

namespace Mmm.Simulation.Machines;

/// <summary>A DB host: a machine with a kernel, a mysqld and an agent.</summary>
internal sealed class DbHost
{
    private readonly World _world;

    public DbHost(World world, Host host, int node, MachineClock clock)
    {
        (_world, Host, Node, Clock) = (world, host, node, clock);
        Kernel = new Kernel(world, this);
        Mysqld = new Mysqld(world, this);
        Agent = new AgentProcess(world, this);
    }

    public Host Host { get; }

    public string Name => Host.Name;

    public int Node { get; }

    public MachineClock Clock { get; }

    public Kernel Kernel { get; }

    public Mysqld Mysqld { get; }

    public AgentProcess Agent { get; }

    public bool Power { get; private set; } = true;

    public TimeSpan BootedAt { get; private set; } = TimeSpan.FromDays(-10);

    /// <summary>Clients write through the role's address here.</summary>
    public bool IsWriter => Mysqld.TakesWrites && Kernel.Has(_world.Setup.Topology.WriterAddress);

    public void PowerOff()
    {
        if (!Power)
            return;
        _world.Log(Name, "loses power");
        Power = false;
        Agent.Crash();
        Mysqld.Crash("is gone with its machine");
        Kernel.Clear();
    }

    /// <summary>Boots: mysqld and agent come up in any order.</summary>
    public void PowerOn()
    {
        if (Power)
            return;
        _world.Log(Name, "boots");
        (Power, BootedAt) = (true, _world.Now);
        _world.After(_world.Between(0.2, 1.5), Mysqld.Start);
        _world.After(_world.Between(0.2, 1.5), StartAgent);
    }

    public void StartAgent()
    {
        if (Power)
            Agent.Start();
    }
}
