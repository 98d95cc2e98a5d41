using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Simulation.Machines;

/// <summary>
/// A server: up, dead or hung; it starts read-only (check-setup sees to it). A statement that was sent to a hung server is carried out when it wakes
/// up, whoever sent it and whether or not that one still wants it.
/// </summary>
internal sealed class Mysqld(World world, DbHost host)
{
    private readonly List<Action> _sent = [];
    private readonly List<TransactionLog> _snapshots = [];
    private int _starts;

    public MysqldState State { get; private set; } = MysqldState.Up;

    public bool ReadOnly { get; private set; } = true;

    public bool TakesWrites => State == MysqldState.Up && !ReadOnly;

    /// <summary>Server it replicates from; null = none.</summary>
    public string? Source { get; set; }

    public bool ReplicationStopped { get; set; }

    /// <summary>Relay log and own binlog: crash-safe. (That relay_log_recovery throws the former away is not modelled.)</summary>
    public TransactionLog Received { get; } = new();

    public TransactionLog Applied { get; } = new();

    /// <summary>Of the present time of being writable; -1 while it is not.</summary>
    public int Tenure { get; private set; } = -1;

    /// <summary>Place in the binlog: a name for what has been applied by now.</summary>
    public BinlogPosition Position()
    {
        if (_snapshots.Count == 0 || !_snapshots[^1].Contains(Applied))
            _snapshots.Add(Applied.Copy());
        return new BinlogPosition(host.Name, _snapshots.Count - 1);
    }

    public TransactionLog At(BinlogPosition position) => _snapshots[(int)position.Position];

    public void Crash(string why)
    {
        if (State == MysqldState.Down)
            return;
        world.Log(host.Name, $"mysqld {why}");
        (State, Tenure) = (MysqldState.Down, -1);
        _starts++;
        _sent.Clear();
        world.Judge.Look();
    }

    public void Hang()
    {
        if (State != MysqldState.Up)
            return;
        world.Log(host.Name, "mysqld hangs");
        State = MysqldState.NotAnswering;
        world.Judge.Look();
    }

    public void Wake()
    {
        if (State != MysqldState.NotAnswering)
            return;
        world.Log(host.Name, "mysqld answers again");
        State = MysqldState.Up;
        Action[] sent = [.. _sent];
        _sent.Clear();
        foreach (Action statement in sent)
            statement();
        world.Judge.Look();
        host.Agent.Noticed();
    }

    public void Start()
    {
        if (State != MysqldState.Down || !host.Power)
            return;
        world.Log(host.Name, "mysqld starts, read-only");
        (State, ReadOnly, Tenure) = (MysqldState.Up, true, -1);
        world.Judge.Look();
        host.Agent.Noticed();
    }

    /// <summary>SET GLOBAL read_only.</summary>
    public void SetReadOnly(bool on, TimeSpan takes, Action done) => Run(takes, () =>
    {
        if (ReadOnly == on)
            return;
        world.Log(host.Name, on ? "mysqld is read-only" : "mysqld is writable");
        ReadOnly = on;
        Tenure = on ? -1 : world.NewTenure();
        world.Judge.Look();
    }, done);

    /// <summary>Any statement: carried out after a while, or when the server answers again, but not by the next start of it.</summary>
    public void Run(TimeSpan takes, Action statement, Action done)
    {
        int starts = _starts;
        world.After(takes, () =>
        {
            if (_starts != starts || State == MysqldState.Down)
                return;
            if (State == MysqldState.NotAnswering)
                _sent.Add(Carry);
            else
                Carry();
        });

        void Carry()
        {
            statement();
            done();
        }
    }

    /// <summary>The state at the beginning of the world.</summary>
    public void Begin(bool writable, string? source)
    {
        (ReadOnly, Source) = (!writable, source);
        Tenure = writable ? world.NewTenure() : -1;
    }
}
