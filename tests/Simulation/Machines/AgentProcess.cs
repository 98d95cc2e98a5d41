using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Simulation.Machines;

/// <summary>
/// An agent: a thin shell around the pure <see cref="AgentLease"/>, as the product's. It stores an order before it obeys it, does what the order
/// wants as far as its leases cover it (<c>.Work.cs</c>), and keeps the kernel's lifetimes below them (<c>.Lease.cs</c>).
/// </summary>
internal sealed partial class AgentProcess(World world, DbHost host) : SimProcess(world, host.Name, host.Node, host.Clock)
{
    /// <summary>An order and whom to answer: the monitor whose coordinator sent it, and the host it came through, if any.</summary>
    private sealed record Came(HostOrder Order, int Monitor, DbHost? Via);

    // On disk.
    private DecisionId _highest = DecisionId.None;
    private HostOrder? _stored;
    private TakeOver? _takeOver;

    // In memory.
    private readonly Queue<Came> _unsaved = new();
    private HostOrder? _order;
    private DbHost? _via;
    private OrderProgress _progress = OrderProgress.None;
    private long _incarnation, _seq;
    private bool _saving;
    private (OrderProgress, MysqldState, bool, bool)? _lastSaid;

    public DecisionId Highest => _highest;

    public HostOrder? Order => _order;

    /// <summary>The state at the beginning of the world: it has carried this order out.</summary>
    public void Begin(HostOrder order) => (_highest, _stored) = (order.Id, order);

    /// <summary>mysqld was seen to change.</summary>
    public void Noticed() => After(World.Between(0.005, 0.05), () =>
    {
        Say(onlyIfChanged: true);
        Work();
    });

    protected override void OnStart()
    {
        _incarnation = World.NewIncarnation();
        (_seq, _saving, _order, _via, _progress, _lastSaid) = (0, false, null, null, OrderProgress.None, null);
        _unsaved.Clear();
        _running = null;
        _retryAt = null;
        _lease = Mutated(AgentLease.Start(World.Setup.LeaseOf(Name, _incarnation), World.Setup.Monitors, Local));
        _wakeAt = null;
        BeginLease();
        Heartbeat();
    }

    protected override void OnCrash()
    {
        // What was on its way to the disk may have got there.
        if (_saving && World.Chance(0.5))
            Store(_unsaved.Peek().Order);
    }

    /// <summary>A coordinator's order, straight or through another host's agent.</summary>
    public void Take(HostOrder order, int monitor, DbHost? via)
    {
        if (order.Id < _highest && World.Mutation != Mutation.OlderEpochAccepted)
        {
            Refuse(order, monitor, via);
            return;
        }

        _unsaved.Enqueue(new Came(order, monitor, via));
        if (!_saving)
            Save();
    }

    /// <summary>Hands an order on to a host that the monitors cannot reach.</summary>
    public void Relay(HostOrder order, int monitor)
    {
        DbHost to = World.HostOf(order.Host);
        _relayed[order.Host] = order;
        World.Net.Send(Node, to.Agent, () => to.Agent.Take(order, monitor, host));
    }

    /// <summary>A cut-off host's report, to be handed on.</summary>
    private void TakeRelayed(Report report)
    {
        // It says itself that it shows nothing any more of what this host may have promised it.
        if (report.LetGo && _relayed.TryGetValue(report.Host, out HostOrder? relayed) && relayed.Id == report.Progress.Id
            && !relayed.Roles.Any(a => World.Setup.Topology.Roles[a.Role].Mode == RoleMode.Exclusive))
            Apply(_lease.Released(report.Host, Local));
        Tell(report);
    }

    private void Save()
    {
        _saving = true;
        After(World.Between(0.001, 0.02), () =>
        {
            _saving = false;
            Came came = _unsaved.Dequeue();
            Saved(came);
            if (_unsaved.Count > 0 && !_saving)
                Save();
        });
    }

    private void Store(HostOrder order)
    {
        if (order.Id < _highest && World.Mutation != Mutation.OlderEpochAccepted)
            return;
        World.Judge.AgentStores(Name, _highest, order.Id);
        (_highest, _stored) = (order.Id, order);
    }

    private void Saved(Came came)
    {
        HostOrder order = came.Order;
        if (order.Id < _highest && World.Mutation != Mutation.OlderEpochAccepted)
        {
            Refuse(order, came.Monitor, came.Via);
            return;
        }

        _via = came.Via;
        if (_order?.Id == order.Id && _progress.Status != OrderStatus.None)
        {
            Say();
            return;
        }

        Store(order);
        bool same = _order is not null && order.WantsTheSameAs(_order);
        if (!same)
            World.Log(Name, $"obeys {order.Id}: {(order.Writable ? "writable " : "")}[{string.Join(' ', order.Roles)}]{(order.CatchUp is null ? "" : $" after catching up with {order.CatchUp.From}")}");
        _order = order;
        _progress = same ? _progress with { Id = order.Id } : new OrderProgress(order.Id, OrderStatus.Working, null, "taken up", []);
        _retryAt = null;
        // Reported at once, with nothing looked at yet since it was taken up.
        Say(letGo: false);
        _heldBack = false;
        Apply(_lease.Take(order.Id, order.Roles, remembered: false, Local, voters: order.Voters));
    }

    private void Refuse(HostOrder order, int monitor, DbHost? via)
    {
        World.Log(Name, $"refuses {order.Id}, it has {_highest}");
        DecisionId highest = _highest;
        MonitorProcess to = World.Monitors[monitor];
        if (via is null)
            World.Net.Send(Node, to, () => to.Refused(highest));
        else
            World.Net.Send(Node, via.Agent, () => World.Net.Send(via.Node, to, () => to.Refused(highest)));
    }

    private void Heartbeat()
    {
        Say();
        // Something else may have changed: what is planned is looked at again.
        Work();
        After(World.Setup.Heartbeat, Heartbeat);
    }

    private void Say(bool onlyIfChanged = false, bool? letGo = null)
    {
        var key = (_progress, host.Mysqld.State, host.Mysqld.ReadOnly, LetGo);
        if (onlyIfChanged && key == _lastSaid)
            return;
        _lastSaid = key;
        Mysqld m = host.Mysqld;
        bool up = m.State == MysqldState.Up;
        string? source = m.Source;
        var facts = new HostFacts(
            m.State, up ? null : "gone", up ? m.ReadOnly : null, [.. host.Kernel.Addresses],
            up && source is not null ? new ReplicationFacts(World.HostOf(source).Host.Ip, 3306, source, "Yes", true, 0, null, true) : null,
            up ? m.Position() : null, null, (long)(World.Now - host.BootedAt).TotalSeconds, "8.4.0");
        var report = new Report(World.Setup.Topology.Name, Name, _incarnation, ++_seq, _highest, _progress, facts, _takeOver, null, World.Mutation == Mutation.LetGoTooEarly ? _order is not null : letGo ?? LetGo);
        Tell(report);
        if (_via is { } via)
            World.Net.Send(Node, via.Agent, () => via.Agent.TakeRelayed(report));
    }

    private void Tell(Report report)
    {
        foreach (MonitorProcess m in World.Monitors)
            World.Net.Send(Node, m, () => m.Hear(report));
    }

    /// <summary>As in <see cref="Report"/>: looked at since the order was taken up, and nothing of an earlier one still under way.</summary>
    private bool LetGo => _order is { } o && _running is null && host.Kernel.Addresses.All(a => o.Roles.Contains(a))
        && (o.Writable || host.Mysqld.State == MysqldState.Down || host.Mysqld is { State: MysqldState.Up, ReadOnly: true });
}
