using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using Mmm.Simulation.Machines;

namespace Mmm.Simulation;

/// <summary>
/// Three monitors, three DB hosts, a network and a clock that nobody else can see, in one thread: the same seed is the same run, event by event.
/// First a time of faults in which nothing forbidden may happen (safety); then all is mended, and everything must come to rest as configured (liveness).
/// <para>
/// Not modelled: a process that is stopped between its last look at the clock and the system call that shows an address (nothing but fencing from outside helps
/// there); clients that bypass the role addresses; transactions that are lost with a relay log or a data directory, and the binlog of a dead master being read
/// by its agent; first installations, edits of the configuration, modes other than ACTIVE, set_offline and forced moves; ARP; a lost disk of an agent.
/// </para>
/// </summary>
internal sealed class World
{
    private const double WarmUp = 1.5;
    private readonly PriorityQueue<Action, (TimeSpan At, long No)> _queue = new();
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<string>? _trace;
    private long _sequence, _incarnations = 100, _documents;
    private int _tenures;
    private TimeSpan _healedAt;
    private TimeSpan? _restSince;

    public World(int seed, Profile? profile = null, Mutation mutation = Mutation.None, bool trace = false)
    {
        (Seed, Mutation, Random) = (seed, mutation, new Random(seed));
        _trace = trace ? [] : null;
        Profile = profile ?? Profile.Of(seed, Random);
        Setup = new SimSetup(Random, Profile);
        Rules = new Rules(mutation, Setup);
        Judge = new Judge(this);
        Net = new Network(this, Setup.Monitors.Length + Setup.Topology.Hosts.Count);
        Faults = new FaultRunner(this);
        Seat = new Seat(this);
        Monitors = [.. Setup.Monitors.Select((m, i) => new MonitorProcess(this, m, i, NewClock()))];
        Hosts = [.. Setup.Topology.Hosts.Values.Select((h, i) => new DbHost(this, h, Setup.Monitors.Length + i, NewClock()))];
        FaultsUntil = TimeSpan.FromSeconds(WarmUp + 12 + (Random.NextDouble() * 10));
        Plan = new FaultDraw(Random, Setup, Profile).Plan(TimeSpan.FromSeconds(WarmUp), FaultsUntil);
    }

    public int Seed { get; }

    public Mutation Mutation { get; }

    public Random Random { get; }

    public Profile Profile { get; }

    public SimSetup Setup { get; }

    public Rules Rules { get; }

    public Judge Judge { get; }

    public Network Net { get; }

    public FaultRunner Faults { get; }

    public Seat Seat { get; }

    public ImmutableArray<MonitorProcess> Monitors { get; }

    public ImmutableArray<DbHost> Hosts { get; }

    public ImmutableArray<Fault> Plan { get; }

    public TimeSpan FaultsUntil { get; }

    /// <summary>True time.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>The first seconds, in which everything starts, are over.</summary>
    public bool Begun => Now > TimeSpan.FromSeconds(WarmUp);

    /// <summary>Time from the end of the faults to rest; null = not reached.</summary>
    public TimeSpan? Recovery { get; private set; }

    /// <summary>How many events there were.</summary>
    public long Events { get; private set; }

    public bool Tracing => _trace is not null;

    public IReadOnlyList<string> Trace => _trace ?? [];

    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Runs; null when nothing forbidden happened and everything came to rest.</summary>
    public string? Run()
    {
        Beginning.Of(this);
        foreach (Fault f in Plan)
            At(f.At, () => Faults.Happen(f));
        At(FaultsUntil, () =>
        {
            Faults.HealAll();
            _healedAt = Now;
            Rest.Watch(this);
        });
        while (Judge.Violation is null && Recovery is null && _queue.TryDequeue(out Action? next, out (TimeSpan At, long No) due))
        {
            Now = due.At;
            Events++;
            next();
        }

        return Judge.Violation;
    }

    /// <summary>How far it is from rest: asked a few times a second after the faults.</summary>
    internal void Rests(string? missing, bool writer)
    {
        TimeSpan since = Now - _healedAt;
        if (missing is not null)
            _restSince = null;
        else
            _restSince ??= Now;
        if (_restSince is { } rest && Now - rest > Rest.Lasts)
            Recovery = rest - _healedAt;
        else if (!writer && since > Rest.WriterWithin(Setup))
            Judge.Fail("I6", $"no effective writer {since.TotalSeconds:0.0} s after everything was mended: {missing}");
        else if (since > Rest.Within(Setup))
            Judge.Fail("I6", $"not at rest {since.TotalSeconds:0.0} s after everything was mended: {missing}");
    }

    public void At(TimeSpan at, Action action) => _queue.Enqueue(action, (at, ++_sequence));

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    public bool Chance(double p) => p > 0 && Random.NextDouble() < p;

    public TimeSpan Between(double least, double most) => TimeSpan.FromSeconds(least + ((most - least) * Random.NextDouble()));

    public TimeSpan Upto(TimeSpan most) => most * Random.NextDouble();

    public DbHost HostOf(string name)
    {
        foreach (DbHost h in Hosts)
        {
            if (h.Name == name)
                return h;
        }

        throw new ArgumentException($"no host {name}", nameof(name));
    }

    /// <summary>A replica's threads are connected to its source.</summary>
    public bool Replicates(DbHost replica, DbHost source) =>
        source.Power && source.Mysqld.State == Mmm.Shared.Messages.AgentProtocol.MysqldState.Up && Net.BothWays(replica.Node, source.Node);

    /// <summary>Never given twice: also as a clock that never stands still would have it.</summary>
    public long NewIncarnation() => ++_incarnations;

    public long NewDocument() => ++_documents;

    public int NewTenure() => _tenures++;

    public void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    public void Log(string who, string what) => _trace?.Add($"{Now.TotalSeconds,8:0.0000} {who,-5} {what}");

    /// <summary>Extremes are drawn often: nothing is found in the middle.</summary>
    private MachineClock NewClock()
    {
        double rate = Random.Next(3) switch { 0 => 0.99, 1 => 1.01, _ => 0.99 + (0.02 * Random.NextDouble()) };
        return new MachineClock(rate, TimeSpan.FromSeconds(1000 + (100_000 * Random.NextDouble())));
    }
}
