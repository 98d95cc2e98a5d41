namespace Mmm.Simulation.Machines;

/// <summary>
/// A process: it lives, dies and forgets, or is paused (SIGSTOP, a frozen virtual machine), and then finds everything that came meanwhile at once.
/// A timer or message of an earlier life never reaches a later one.
/// </summary>
internal abstract class SimProcess(World world, string name, int node, MachineClock clock)
{
    private readonly List<Action> _waiting = [];
    private TimeSpan _pausedUntil;

    protected World World { get; } = world;

    public string Name { get; } = name;

    /// <summary>Its machine's place in the network.</summary>
    public int Node { get; } = node;

    public MachineClock Clock { get; } = clock;

    public bool Alive { get; private set; }

    /// <summary>Counts its starts.</summary>
    public int Life { get; private set; }

    public bool Paused => Alive && World.Now < _pausedUntil;

    /// <summary>Its own clock.</summary>
    public TimeSpan Local => Clock.Read(World.Now);

    public void Start()
    {
        if (Alive)
            return;
        Alive = true;
        Life++;
        _pausedUntil = TimeSpan.Zero;
        World.Log(Name, "starts");
        OnStart();
    }

    public void Crash()
    {
        if (!Alive)
            return;
        World.Log(Name, "crashes");
        OnCrash();
        Alive = false;
        _waiting.Clear();
    }

    /// <summary>It does nothing until then; what comes waits.</summary>
    public void Pause(TimeSpan length)
    {
        if (!Alive || Paused)
            return;
        World.Log(Name, $"is paused for {length.TotalSeconds:0.00} s");
        _pausedUntil = World.Now + length;
        OnPause();
        int life = Life;
        World.After(length, () =>
        {
            if (Alive && Life == life)
                Resume();
        });
    }

    /// <summary>The pause is over before its time.</summary>
    public void Unpause()
    {
        if (!Paused)
            return;
        _pausedUntil = World.Now;
        Resume();
    }

    /// <summary>Runs something in this process: now, or when it wakes up; not at all when it is dead.</summary>
    public void Deliver(Action action)
    {
        if (!Alive)
            return;
        if (Paused)
            _waiting.Add(action);
        else
            action();
    }

    /// <summary>Runs something in this life after a span of this process's clock.</summary>
    public void After(TimeSpan local, Action action)
    {
        int life = Life;
        World.After(Clock.TrueSpan(local), () =>
        {
            if (Life == life)
                Deliver(action);
        });
    }

    protected abstract void OnStart();

    protected abstract void OnCrash();

    /// <summary>It does not know; for the world's books only.</summary>
    protected virtual void OnPause()
    {
    }

    /// <summary>It goes on where it was, before it takes what waits.</summary>
    protected virtual void OnResume()
    {
    }

    private void Resume()
    {
        World.Log(Name, "wakes up");
        OnResume();
        Action[] waiting = [.. _waiting];
        _waiting.Clear();
        foreach (Action action in waiting)
        {
            if (Paused)
                _waiting.Add(action);
            else if (Alive)
                action();
        }
    }
}
