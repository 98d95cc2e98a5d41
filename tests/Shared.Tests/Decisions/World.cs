using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.LeaseProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>
/// One MMM cluster in virtual time: model machines with obedient agents, monitors that look, one coordinator whose effects are carried out.
/// After every step it asserts what must hold at every instant.
/// </summary>
internal sealed partial class World
{
    private readonly List<(DateTimeOffset Due, Action Deliver)> _net = [];
    private readonly Dictionary<(string Host, CheckKind Kind), DateTimeOffset> _repFailingSince = [];
    private readonly ClusterSettings _cluster;
    private TimeSpan _clock;
    private long _reigns, _commands, _steps;

    public World(ClusterTopology? topology = null, DecisionSettings? settings = null, int monitors = 3)
    {
        Topology = topology ?? Worlds.Topology();
        _cluster = Worlds.Cluster(Topology, settings);
        Monitors = [.. Enumerable.Range(1, monitors).Select(i => new ModelMonitor($"mon{i}", this))];
        Hosts = Topology.Hosts.Keys.ToImmutableSortedDictionary(h => h, h => new ModelHost(h, this), StringComparer.Ordinal);
        foreach (ModelHost h in Hosts.Values)
        {
            h.Source = h.Name != "db1" ? "db1" : Topology.Hosts["db1"].Peer;
            h.AgentStartedLongAgo();
        }

        State = null!;
        NewCoordinator();
    }

    public ClusterTopology Topology { get; }

    public DecisionSettings Settings => _cluster.Decisions;

    public DateTimeOffset At { get; private set; } = Worlds.Epoch0;

    public ImmutableArray<ModelMonitor> Monitors { get; }

    /// <summary>Names of the monitors, which all are configured with.</summary>
    public ImmutableArray<string> Names => [.. Monitors.Select(m => m.Name)];

    public ImmutableSortedDictionary<string, ModelHost> Hosts { get; }

    public ClusterState State { get; set; }

    /// <summary>What the ledger holds, as text: a new coordinator has nothing else.</summary>
    public string? Stored { get; set; }

    public long StoredVersion { get; set; }

    /// <summary>Whose word counts by that.</summary>
    public Voters StoredVoters => (Stored is null ? null : DocumentJson.Read(Stored).Voters) ?? Voters.First(Names);

    /// <summary>The decision that the ledger holds.</summary>
    public DecisionId StoredId { get; private set; } = DecisionId.None;

    /// <summary>What each host has by that decision.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<RoleAddress>> Held => Stored is null
        ? ImmutableDictionary<string, ImmutableArray<RoleAddress>>.Empty
        : DocumentJson.Read(Stored).Slots.Where(s => s.Holder is not null).GroupBy(s => s.Holder!, s => s.Address).ToDictionary(g => g.Key, g => g.ToImmutableArray());

    /// <summary>The coordinator that is gone, whose orders may still be under way.</summary>
    public bool CoordinatorDown { get; set; }

    public List<(DateTimeOffset At, Effect Effect)> Effects { get; } = [];

    public List<string> Codes { get; } = [];

    /// <summary>Delay of one message; null = it is lost.</summary>
    public Func<TimeSpan?> Delay { get; set; } = () => TimeSpan.Zero;

    /// <summary>A message arrives twice.</summary>
    public Func<bool> Duplicate { get; set; } = () => false;

    /// <summary>Length of one step of the world.</summary>
    public TimeSpan Step { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Some monitor probes the servers' replication.</summary>
    public bool Probing { get; set; } = true;

    /// <summary>Clients write while there is an effective writer.</summary>
    public bool Writes { get; set; } = true;

    /// <summary>Called with the number of decisions stored so far, before anything that follows from the last is carried out.</summary>
    public Action<int>? OnStored { get; set; }

    /// <summary>Looked at after every step, beside the built-in assertions.</summary>
    public Action? Watch { get; set; }

    public ClusterDocument Doc => State.Document ?? throw new InvalidOperationException("the cluster has not started");

    public ModelHost Db1 => Hosts["db1"];

    public ModelHost Db2 => Hosts["db2"];

    public ModelHost Db3 => Hosts["db3"];

    public string? WriterOwner => Doc.Slot(Topology.WriterAddress).Owner;

    public string? WriterHolder => Doc.Slot(Topology.WriterAddress).Holder;

    /// <summary>A set-up that runs: db1 is writable with the writer address, readers are spread, the coordinator has adopted it.</summary>
    public static World Running(ClusterTopology? topology = null, DecisionSettings? settings = null, int monitors = 3)
    {
        var w = new World(topology, settings, monitors);
        w.Db1.ReadOnly = false;
        w.Db1.Addresses.Add(w.Topology.WriterAddress);
        string[] names = [.. w.Hosts.Keys];
        foreach ((RoleAddress a, int i) in w.Topology.Addresses.Where(a => a.Role == "reader").Select((a, i) => (a, i)))
            w.Hosts[names[i % names.Length]].Addresses.Add(a);
        if (w.Topology.Roles.TryGetValue("backup", out Role? backup))
            w.Hosts[backup.Prefer!].Addresses.Add(backup.Addresses.First());
        w.Until(() => w.State.Document is { } d && d.Hosts.Values.All(h => h.UnderLease) && w.Hosts.Values.All(h => h.Progress.Status == OrderStatus.Done));
        // Long enough for replication checks to speak.
        w.Step = TimeSpan.FromMilliseconds(500);
        w.Run(61);
        w.Step = TimeSpan.FromMilliseconds(100);
        w.Effects.Clear();
        w.Codes.Clear();
        return w;
    }

    /// <summary>A coordinator on another node: it has the ledger and nothing else.</summary>
    public void NewCoordinator()
    {
        _reigns++;
        var epoch = new Epoch(_reigns, $"mon{1 + (_reigns % Monitors.Length)}", "i");
        ClusterDocument? stored = Stored is null ? null : DocumentJson.Read(Stored);
        State = ClusterTransition.Begin(_cluster, Names, stored?.Voters ?? Voters.First(Names), epoch.Node, null, new DecisionId(epoch, StoredVersion), stored, At + _clock);
        CoordinatorDown = false;
    }

    /// <summary>The next coordinator's clock differs from the true time by this.</summary>
    public void ShiftCoordinatorsClock(TimeSpan by) => _clock = by;

    public void Run(double seconds)
    {
        DateTimeOffset end = At + TimeSpan.FromSeconds(seconds);
        while (At < end)
            Advance();
    }

    /// <summary>Runs until it is so; fails after the deadline.</summary>
    public void Until(Func<bool> so, double seconds = 120, string? what = null)
    {
        DateTimeOffset end = At + TimeSpan.FromSeconds(seconds);
        while (!so())
        {
            if (At >= end)
                throw new Xunit.Sdk.XunitException($"{what ?? "it"} did not come about within {seconds} s.\n{Describe()}");
            Advance();
        }
    }

    /// <summary>One step of everything: the network, the clients, replication, agents, observers, the coordinator's tick.</summary>
    public void Advance()
    {
        At += Step;
        _steps++;
        foreach (ModelMonitor m in Monitors)
            m.Pass(Step);
        foreach (ModelHost h in Hosts.Values)
            h.Pass(Step);
        Flow();
        foreach (ModelHost h in Hosts.Values)
        {
            h.Act();
            Report? changed = h.ReportIfChanged();
            if (h.Reachable && h.MonitorsReach && !h.AgentHung && (changed ?? (Every(500) ? h.ReportNow() : null)) is { } r)
                Send(() => Feed(new AgentReported(At, r)));
        }

        foreach (ModelMonitor m in Monitors.Where(m => !m.Silent && Every(500)))
        {
            Look(m);
            Ages ages = m.LeaseAges();
            Send(() => Feed(new LeaseAgesSeen(At, ages)));
        }

        if (Probing && Every(1000))
        {
            foreach (ModelHost h in Hosts.Values)
            {
                ReplicationSight s = Probe(h);
                Send(() => Feed(new ReplicationSeen(At, s)));
            }
        }

        Deliver();
        Feed(new Ticked(At));
        AssertInstant();
        Watch?.Invoke();
    }

    public ControlProtocol.Answer? Command(string verb, params string[] arguments)
    {
        string id = $"c{++_commands}";
        Feed(new CommandGiven(At, new ControlProtocol.Command(id, "C1", verb, [.. arguments], "test")));
        return Effects.Select(e => e.Effect).OfType<GiveAnswer>().LastOrDefault(a => a.Answer.Id == id)?.Answer;
    }

    /// <summary>A command's answer text.</summary>
    public string Say(string verb, params string[] arguments) => Command(verb, arguments)?.Text ?? "(no answer)";

    public StepResult? Feed(ClusterEvent e)
    {
        if (CoordinatorDown)
            return null;
        ImmutableArray<Note> known = State.Notes;
        StepResult result = ClusterTransition.Step(State, e with { At = e.At + _clock });
        foreach (Note n in result.State.Notes.Except(known))
            Codes.Add(n.Code);
        State = result.State;
        Assert.Empty(State.Broken);
        foreach (Effect effect in result.Effects)
        {
            CarryOut(effect);
            // Died between storing and telling.
            if (CoordinatorDown)
                break;
        }

        return result;
    }

    /// <summary>Orders sent to a host since <see cref="Effects"/> was cleared.</summary>
    public IEnumerable<HostOrder> OrdersTo(string host) => Effects.Select(e => e.Effect).OfType<SendOrder>().Select(s => s.Order).Where(o => o.Host == host);

    public int Stores => Effects.Count(e => e.Effect is StoreDocument);

    public IEnumerable<KillHost> Kills => Effects.Select(e => e.Effect).OfType<KillHost>();

    public HostState StateOf(string host) => Doc.Hosts[host].State;

    /// <summary>Sends something over the network.</summary>
    public void Send(Action deliver)
    {
        for (int copies = Duplicate() ? 2 : 1; copies > 0; copies--)
        {
            if (Delay() is { } d)
                _net.Add((At + d, deliver));
        }
    }

    public void Look(ModelMonitor m)
    {
        VantageReport r = m.Look();
        Send(() => Feed(new VantageReported(At, r)));
    }

    public string Describe() =>
        $"at {(At - Worlds.Epoch0).TotalSeconds:0.0} s; mode {State.Document?.Mode}, move {State.Document?.Move}, active master {State.Document?.ActiveMaster}, retry {State.Document?.RetryMoveAfter}, blind {State.Blind}\n"
        + string.Join('\n', State.Document?.Slots.Select(s => $"  {s.Address}: {s.Owner} <- {s.ReleasingFrom}") ?? [])
        + "\n" + string.Join('\n', Hosts.Values.Select(h =>
            $"  {h.Name} {State.Document?.Hosts[h.Name].State} ({State.Document?.Hosts[h.Name].Reason}) mysqld {h.Mysqld} ro {h.ReadOnly} agent {h.AgentAlive} reach {State.AgentReachable(h.Name)} [{string.Join(' ', h.Addresses)}] {h.LeaseText} {h.Progress.Status} {h.Progress.Step} applied {h.Applied}/{h.Received} <- {h.Source} "
            + string.Join(' ', CheckNames.All.Select(k => $"{CheckNames.NameOf(k)}={State.Verdict(h.Name, k)}"))))
        + "\n" + string.Join('\n', State.Notes.TakeLast(25).Select(n => $"  {(n.At - Worlds.Epoch0).TotalSeconds:0.0} {n.Code}: {n.Sentence}"))
        + "\n" + string.Join('\n', Snapshots.Of(State, 1, null).Warnings.Select(x => "  # " + x));

    private bool Every(int ms) => _steps % Math.Max(1, ms / (int)Step.TotalMilliseconds) == 0;

    private void Deliver()
    {
        // In order of arrival; what is sent by a delivery goes out in the same instant when nothing delays it.
        for (int guard = 0; guard < 10_000; guard++)
        {
            int i = _net.FindIndex(m => m.Due <= At);
            if (i < 0)
                return;
            Action deliver = _net[i].Deliver;
            _net.RemoveAt(i);
            deliver();
        }

        throw new InvalidOperationException("the network does not come to rest");
    }
}
