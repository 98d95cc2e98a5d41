using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Simulation.Machines;

/// <summary>A monitor node: keeper, granter, vantage and gateway, and at times a coordinator.</summary>
internal sealed class MonitorProcess(World world, string name, int index, MachineClock clock) : SimProcess(world, name, index, clock)
{
    private readonly Dictionary<string, KeeperRecord> _read = [];
    private LeaseGranter _granter = null!;
    private bool _adopted;
    private long _incarnation, _seq;

    public int Index { get; } = index;

    public KeeperNode Keeper { get; } = new(world, name, index);

    public VantageNode Vantage { get; } = new(world, index);

    /// <summary>Null = none runs here.</summary>
    public CoordinatorNode? Coordinator { get; private set; }

    public LeaseGranter Granter => _granter;

    protected override void OnStart()
    {
        (_incarnation, _seq, _adopted) = (World.NewIncarnation(), 0, false);
        Keeper.Boot(this);
        Vantage.Boot(_incarnation);
        _read.Clear();
        _granter = World.Rules.Started(LeaseGranter.Start(World.Setup.Topology, Name, World.Setup.Terms, Local), Local);
        ReadDecisions();
        // The nodes do not beat in step.
        After(World.Upto(TimeSpan.FromSeconds(0.5)), Look);
        After(World.Upto(TimeSpan.FromSeconds(0.5)), TellAges);
        After(World.Upto(TimeSpan.FromSeconds(2)), Probe);
    }

    protected override void OnCrash()
    {
        Coordinator = null;
        Keeper.Crash();
    }

    public void BeginCoordinator()
    {
        if (Coordinator is not null)
            return;
        World.Log(Name, "begins to coordinate");
        Coordinator = new CoordinatorNode(World, this);
        Coordinator.Open();
    }

    public void EndCoordinator()
    {
        if (Coordinator is not null)
            World.Log(Name, "coordinates no more");
        Coordinator = null;
    }

    /// <summary>An agent's report: the gateway hands it on to whoever coordinates.</summary>
    public void Hear(AgentProtocol.Report report) => ToCoordinators(c => c.Heard(report));

    public void Refused(DecisionId highest) => Coordinator?.Refused(highest);

    public void Grant(Renew request, AgentProcess to)
    {
        (_granter, Granted reply) = _granter.Take(request, Local);
        World.Net.Send(Node, to, () => to.Take(reply));
    }

    public void Withdraw(Withdraw request, MonitorProcess by)
    {
        (LeaseGranter next, Withdrawn? reply) = _granter.Take(request, Local);
        if (World.Mutation != Mutation.WithdrawForgotten)
            Rule(next);
        if (reply is not null)
            World.Net.Send(Node, by, () => by.Coordinator?.Confirmed(reply));
    }

    public void Know(VotersDecided decided) => Rule(_granter.Knowing(decided.Generation, Local));

    private void Rule(LeaseGranter next)
    {
        World.Judge.GranterRules(Name, _granter, next);
        _granter = next;
    }

    /// <summary>The decisions of a quorum of keepers, before it grants anything.</summary>
    private void ReadDecisions()
    {
        if (_granter.Ready)
            return;
        foreach (MonitorProcess other in World.Monitors)
        {
            World.Net.Send(Node, other, () =>
            {
                if (other.Keeper.Votes is { } record)
                    World.Net.Send(other.Node, this, () => Read(other.Name, record));
            });
        }

        After(TimeSpan.FromMilliseconds(200), ReadDecisions);
    }

    private void Read(string keeper, KeeperRecord record)
    {
        _read[keeper] = record;
        KeeperRecord latest = _read.Values.MaxBy(r => r.Held)!;
        if (_adopted || (World.Mutation != Mutation.OneKeeperIsRead && !latest.Voters.HasQuorum(_read.Keys)))
            return;
        _adopted = true;
        DecisionId id = latest.Held;
        ClusterDocument? document = latest.Document is null ? null : Documents.Read(latest.Document);
        var held = World.Setup.Topology.Hosts.Keys.ToDictionary(h => h,
            h => document is null ? [] : (ImmutableArray<RoleAddress>)[.. document.Slots.Where(s => s.Holder == h).Select(s => s.Address)]);
        World.Log(Name, $"its granter has read {id}");
        Rule(_granter.Knowing(latest.Voters.CertainGeneration, Local).Adopt(id, held));
    }

    private void Look()
    {
        SightProtocol.VantageReport report = Vantage.Look(Local);
        ToCoordinators(c => c.Saw(report));
        After(TimeSpan.FromSeconds(0.5), Look);
    }

    public void LookNow()
    {
        SightProtocol.VantageReport report = Vantage.Look(Local);
        ToCoordinators(c => c.Saw(report));
    }

    private void TellAges()
    {
        var ages = new Ages(World.Setup.Topology.Name, Name, _incarnation, ++_seq, _granter.Ready, _granter.Ages(Local), _granter.Generation, (long)(Local - _granter.GenerationSince).TotalMilliseconds);
        ToCoordinators(c => c.Aged(ages));
        After(TimeSpan.FromSeconds(0.5), TellAges);
    }

    private void Probe()
    {
        // One probe per server, on some monitor that lives; which one is of no interest here.
        if (World.Monitors.First(m => m.Alive && !m.Paused) == this)
        {
            foreach (DbHost h in World.Hosts)
            {
                if (Vantage.Replication(h, Local) is { } sight)
                    ToCoordinators(c => c.Probed(sight));
            }
        }

        After(TimeSpan.FromSeconds(2), Probe);
    }

    private void ToCoordinators(Action<CoordinatorNode> tell)
    {
        foreach (MonitorProcess m in World.Monitors)
        {
            if (m.Coordinator is null)
                continue;
            World.Net.Send(Node, m, () =>
            {
                if (m.Coordinator is { } c)
                    tell(c);
            });
        }
    }
}
