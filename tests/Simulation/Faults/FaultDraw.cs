using System.Collections.Immutable;
using Mmm.Simulation.Machines;

namespace Mmm.Simulation.Faults;

/// <summary>Draws the faults of one run. Machines: monitors are the first nodes, DB hosts the last three.</summary>
internal sealed class FaultDraw(Random random, SimSetup setup, Profile profile)
{
    private const int Hosts = 3;
    private readonly int _theOne = random.Next(setup.Monitors.Length);
    private bool _diskLost;
    private TimeSpan _at;

    private int Monitors => setup.Monitors.Length;

    /// <summary>The faults between the two moments, in order.</summary>
    public ImmutableArray<Fault> Plan(TimeSpan from, TimeSpan to)
    {
        var plan = ImmutableArray.CreateBuilder<Fault>();
        int total = profile.Weights.Sum(w => w.Weight);
        // Some runs are denser than others.
        double gap = profile.Gap * (0.5 + random.NextDouble());
        TimeSpan free = TimeSpan.Zero;
        for (_at = from; _at < to; _at += TimeSpan.FromSeconds(gap * -Math.Log(1 - random.NextDouble())))
        {
            int n = random.Next(total);
            Fault fault = profile.Weights.First(w => (n -= w.Weight) < 0).Draw(this);
            // One monitor's faults are single: the next comes when the last is over and the node has found its place again.
            if (profile.OneMonitor && fault.At < free)
                continue;
            free = fault.At + fault.Lasts + TimeSpan.FromSeconds(3);
            plan.Add(fault);
        }

        return plan.ToImmutable();
    }

    public Fault Weather() => new BadWeather(_at, Long(0.5), new Weather(
        Pick(0, 0.02, 0.1, 0.4), Pick(0, 0.05, 0.3), Pick(0, 0.1, 0.5), TimeSpan.FromSeconds(Pick(0.05, 0.3, 1, 3, 6))));

    public Fault Partition()
    {
        (string shape, IEnumerable<(int, int)> cuts) = random.Next(7) switch
        {
            0 => Between("{0} | {1}", Some(Monitors + Hosts), bothWays: true),
            1 => Between("{0} do not reach {1}", Some(Monitors + Hosts), bothWays: false),
            2 => Pair(),
            3 => Alone(Monitors + Host(), oneWay: false),
            4 => Alone(Chance(0.5) ? Monitors + Host() : Monitor(), oneWay: true),
            5 => FromMonitors(),
            _ => ManyFromHost(),
        };
        return new Partition(_at, Long(0.3), shape, [.. cuts.Distinct()]);
    }

    public Fault Isolation()
    {
        (string shape, IEnumerable<(int, int)> cuts) = Alone(_theOne, oneWay: Chance(0.3));
        return new Partition(_at, Long(0.3), shape, [.. cuts]);
    }

    /// <summary>A host that the other hosts reach and the monitors do not, for longer than a lease.</summary>
    public Fault CutOff()
    {
        int host = Monitors + Host();
        return new Partition(_at, Long(3), $"{Names([host])} cut off from the monitors", [.. Enumerable.Range(0, Monitors).SelectMany(m => new[] { (m, host), (host, m) })]);
    }

    public Fault MonitorCrash()
    {
        bool loses = !_diskLost && Chance(0.2);
        _diskLost |= loses;
        return new MonitorCrash(_at, Long(0.1), Monitor(), loses, loses && Chance(0.5));
    }

    public Fault DiskHang() => new DiskHang(_at, Long(0.5), Monitor());

    public Fault MonitorPause() => new MonitorPause(_at, Long(0.2), Monitor());

    public Fault Rival() => new Rival(_at, Long(1), Monitor());

    public Fault AgentCrash() => new AgentCrash(_at, Chance(0.6) ? Short() : Long(0.1), Host());

    public Fault AgentPause() => new AgentPause(_at, Long(0.2), Host());

    public Fault MysqldCrash() => new MysqldCrash(_at, Long(0.3), Host());

    public Fault MysqldHang() => new MysqldHang(_at, Long(0.2), Host());

    public Fault HostPause() => new HostPause(_at, Long(0.2), Host());

    public Fault PowerCut() => new PowerCut(_at, Long(0.3), Host());

    public Fault ApplierLag() => new ApplierLag(_at, Long(0.5), Host());

    public Fault ChangeVoters() => new ChangeVoters(_at, Chance(0.5), $"mon{1 + Monitor()}");

    /// <summary>A host reaches two monitors, and the others do not reach these, for long: what it goes by there may be long outdated elsewhere.</summary>
    public Fault HalfReached()
    {
        int host = Monitors + Host(), one = Monitor(), two = (one + 1 + random.Next(Monitors - 1)) % Monitors;
        int[] left = [one, two], rest = [.. Enumerable.Range(0, Monitors).Except(left)];
        IEnumerable<(int, int)> cuts = rest.SelectMany(r => left.Append(host).SelectMany(l => new[] { (r, l), (l, r) }));
        return new Partition(_at, Long(7), $"{Names([host])} and {Names(left)} cut off from {Names(rest)}", [.. cuts]);
    }

    public Fault MoveRole() => Chance(0.8)
        ? new MoveRole(_at, "writer", setup.Topology.Roles["writer"].Hosts[random.Next(setup.Topology.Roles["writer"].Hosts.Length)])
        : new MoveRole(_at, "reader", $"db{1 + random.Next(Hosts)}");

    private (string, IEnumerable<(int, int)>) Between(string words, HashSet<int> side, bool bothWays)
    {
        int[] other = [.. Enumerable.Range(0, Monitors + Hosts).Where(n => !side.Contains(n))];
        IEnumerable<(int, int)> cuts = side.SelectMany(a => other.Select(b => (a, b)));
        return (string.Format(words, Names(side), Names(other)), bothWays ? cuts.Concat(cuts.Select(c => (c.Item2, c.Item1))) : cuts);
    }

    private (string, IEnumerable<(int, int)>) Pair()
    {
        int a = random.Next(Monitors + Hosts), b = (a + 1 + random.Next(Monitors + Hosts - 1)) % (Monitors + Hosts);
        return Chance(0.5) ? ($"{Names([a])} does not reach {Names([b])}", [(a, b)]) : ($"{Names([a])} - {Names([b])}", [(a, b), (b, a)]);
    }

    private (string, IEnumerable<(int, int)>) Alone(int one, bool oneWay)
    {
        int[] others = [.. Enumerable.Range(0, Monitors + Hosts).Where(n => n != one)];
        bool hears = Chance(0.5);
        return oneWay
            ? (hears ? $"{Names([one])} is not heard" : $"{Names([one])} hears nobody", others.Select(o => hears ? (one, o) : (o, one)))
            : ($"{Names([one])} is alone", others.SelectMany(o => new[] { (one, o), (o, one) }));
    }

    /// <summary>All monitors from one host, or from all hosts; the hosts still reach each other.</summary>
    private (string, IEnumerable<(int, int)>) FromMonitors()
    {
        int[] hosts = Chance(0.6) ? [Monitors + Host()] : [.. Enumerable.Range(Monitors, Hosts)];
        return ($"{Names(hosts)} cut off from the monitors", hosts.SelectMany(h => Enumerable.Range(0, Monitors).SelectMany(m => new[] { (m, h), (h, m) })));
    }

    /// <summary>A host reaches just one monitor.</summary>
    private (string, IEnumerable<(int, int)>) ManyFromHost()
    {
        int host = Monitors + Host(), left = random.Next(Monitors);
        return ($"{Names([host])} reaches {Names([left])} of the monitors only",
            Enumerable.Range(0, Monitors).Where(m => m != left).SelectMany(m => new[] { (m, host), (host, m) }));
    }

    private HashSet<int> Some(int of)
    {
        var some = Enumerable.Range(0, of).Where(_ => Chance(0.5)).ToHashSet();
        return some.Count is > 0 && some.Count < of ? some : [random.Next(of)];
    }

    private string Names(IEnumerable<int> nodes) => string.Join(' ', nodes.Order().Select(n => n < Monitors ? $"mon{n + 1}" : $"db{n - Monitors + 1}"));

    private int Monitor() => profile.OneMonitor ? _theOne : random.Next(Monitors);

    /// <summary>Rather a host that matters.</summary>
    private int Host() => Chance(0.5) ? 0 : random.Next(Hosts);

    private TimeSpan Long(double least) => TimeSpan.FromSeconds(least + ((profile.Longest - least) * Math.Pow(random.NextDouble(), 2)));

    private TimeSpan Short() => TimeSpan.FromSeconds(0.02 + random.NextDouble());

    private bool Chance(double p) => random.NextDouble() < p;

    private double Pick(params double[] of) => of[random.Next(of.Length)];
}
