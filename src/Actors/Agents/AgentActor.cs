using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Agents;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent</c>: brings its host to what the latest order wants and keeps it there. Owns the order, the memory and the running plan; receives
/// <see cref="AgentProtocol.HostOrder"/> and <see cref="AgentProtocol.Heard"/>; sends <see cref="AgentProtocol.Report"/> to every gateway and the
/// order's sender, and <see cref="AgentProtocol.Refused"/>. It never waits for mysqld or the disk: those are tasks piped back to it. After a
/// restart it reads its memory and the world again, changes nothing and waits for the next order.
/// </summary>
#pragma warning disable CA1001 // PostStop is where an actor lets go of what it owns.
public sealed partial class AgentActor : ReceiveActor, IWithTimers
#pragma warning restore CA1001
{
    private sealed record HeartbeatDue;

    private sealed record Rehearsed(ImmutableArray<string> Concerns);

    /// <summary>A disk that takes longer than this to store a kilobyte is not working.</summary>
    private static readonly TimeSpan s_diskTimeout = TimeSpan.FromSeconds(5);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AgentSetup _setup;
    private readonly AgentPorts _ports;
    private readonly TimeProvider _time;
    private readonly StepRunner _runner;
    private readonly MemoryKeeper _keeper;
    private readonly MonitorContacts _contacts;
    private readonly ImmutableArray<ActorSelection> _gateways;
    private IActorRef _mysqldWatch = ActorRefs.Nobody;
    private IActorRef _addressWatch = ActorRefs.Nobody;
    private IActorRef _announcer = ActorRefs.Nobody;

    private FoundHost _found = FoundHost.Nothing;
    private bool _mysqldLooked;
    private bool _addressesRead;
    private bool _rehearsed;
    private long _asked;
    private long _mysqldNo;
    private long _addressesNo;

    private (AgentProtocol.HostOrder Order, IActorRef Sender)? _unsaved;
    private AgentProtocol.HostOrder? _order;
    private IActorRef _orderSender = ActorRefs.Nobody;
    private long _orderBegan;
    private AgentProtocol.OrderProgress _progress = AgentProtocol.OrderProgress.None;
    private long _seq;
    private AgentProtocol.Report? _lastSent;

    public AgentActor(AgentSetup setup, AgentPorts ports, TimeProvider time)
    {
        _setup = setup;
        _ports = ports;
        _time = time;
        _runner = new StepRunner(ports, setup.Terms, time);
        _keeper = new MemoryKeeper(ports.Store, s_diskTimeout);
        _contacts = new MonitorContacts(setup.Gateways.Select(g => g.Monitor), time, setup.Agent.HeartbeatInterval, _log);
        _gateways = [.. setup.Gateways.Select(g => Context.ActorSelection(g.Path))];
        Working();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(AgentSetup setup, AgentPorts ports, TimeProvider time) => Akka.Actor.Props.Create(() => new AgentActor(setup, ports, time));

    private void Working()
    {
        Receive<AgentProtocol.HostOrder>(HandleOrder);
        Receive<AgentProtocol.Heard>(m => _contacts.Heard(m.Monitor));
        Receive<MysqldWatchActor.MysqldSeen>(HandleMysqldSeen);
        Receive<AddressWatchActor.AddressesSeen>(HandleAddressesSeen);
        Receive<MemoryKeeper.Ended>(HandleMemoryEnded);
        Receive<StepEnded>(HandleStepEnded);
        Receive<Rehearsed>(HandleRehearsed);
        Receive<HeartbeatDue>(_ => HandleHeartbeatDue());
        Receive<RetryDue>(_ => HandleRetryDue());
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("a task of the agent ended in a way that it should not", f.Cause));
    }

    protected override void PreStart()
    {
        _mysqldWatch = Context.ActorOf(
            MysqldWatchActor.Props(_ports.Mysql, _ports.Watch, _setup.Agent.HeartbeatInterval, _setup.Agent.LocalWatchInterval), "mysqld-watch");
        _addressWatch = Context.ActorOf(AddressWatchActor.Props(_ports.Addresses, _setup.Agent.HeartbeatInterval, _setup.Agent.StatementTimeout), "address-watch");
        _announcer = Context.ActorOf(AnnouncerActor.Props(_ports.Announcer, _setup.Agent.AnnounceInterval, _setup.Agent.StatementTimeout), "announcer");
        _keeper.Load(Self);
        Timers.StartSingleTimer("heartbeat", new HeartbeatDue(), _setup.Agent.HeartbeatInterval);
    }

    protected override void PostStop() => CancelRun();

    private void HandleOrder(AgentProtocol.HostOrder order)
    {
        if (order.Cluster == _setup.Topology.Name && order.Host == _setup.Host.Name)
            Offer(order, Sender);
        else
            Refuse(order, Sender, $"this is the agent of host '{_setup.Host.Name}' in cluster '{_setup.Topology.Name}'");
    }

    private void Offer(AgentProtocol.HostOrder order, IActorRef sender)
    {
        if (_keeper.Memory is null)
        {
            _unsaved = (order, sender);
            if (_keeper.LoadFailure is { } why)
                CannotRemember(order, why);
            return;
        }

        if (order.Id < _keeper.Memory.Highest)
        {
            Refuse(order, sender, $"a newer decision ({_keeper.Memory.Highest}) has been obeyed already");
            return;
        }

        if (_order is not null && order.Id == _order.Id && order.WantsTheSameAs(_order))
        {
            _orderSender = sender;
            Report(toSender: true);
            return;
        }

        _unsaved = null;
        _keeper.Save(m => order.Id < m.Highest ? m : m.Accept(order, _order), failure => HandleOrderSaved(order, sender, failure), Self);
    }

    private void HandleOrderSaved(AgentProtocol.HostOrder order, IActorRef sender, string? failure)
    {
        if (failure is not null)
        {
            _unsaved ??= (order, sender);
            _orderSender = sender;
            CannotRemember(order, failure);
            return;
        }

        if (order.Id < _keeper.Memory!.Highest)
        {
            Refuse(order, sender, $"a newer decision ({_keeper.Memory.Highest}) has been obeyed already");
            return;
        }

        bool same = ServesToo(order);
        _order = order;
        _orderSender = sender;
        if (same)
        {
            // The running plan goes on: the decision is newer, what it wants of this host is not.
            SetProgress(_progress.Step == "state_file" ? Begun(order) : _progress with { Id = order.Id });
            Reconcile(evenIfStale: false);
            return;
        }

        _log.Info("Order {0} accepted: {1}", order.Id, OrderText.Of(order));
        _orderBegan = _time.GetTimestamp();
        ForgetRuns();
        // Before anything is reported under the new order: what was found so far says nothing of it.
        AskAnew();
        SetProgress(Begun(order));
        TellAnnouncer();
        // Giving up does not wait for a fresh look, which a hung mysqld would delay; taking over does.
        Reconcile(evenIfStale: !order.Writable);
    }

    private void CannotRemember(AgentProtocol.HostOrder order, string why) => SetProgress(new AgentProtocol.OrderProgress(
        order.Id, AgentProtocol.OrderStatus.Failed, "state_file", $"the order is not obeyed, because this could not be stored on {_setup.Host.Name}: {why}", []));

    private void Refuse(AgentProtocol.HostOrder order, IActorRef sender, string why)
    {
        DecisionId highest = _keeper.Memory?.Highest ?? DecisionId.None;
        _log.Warning("Order {0} for {1}/{2} from {3} refused: {4}", order.Id, order.Cluster, order.Host, sender.Path.Address, why);
        sender.Tell(new AgentProtocol.Refused(order.Cluster, order.Host, order.Id, highest, why));
    }

    private void HandleMemoryEnded(MemoryKeeper.Ended ended)
    {
        bool wasLoaded = _keeper.Memory is not null;
        string? before = _keeper.LoadFailure;
        _keeper.Handle(ended, Self);
        if (wasLoaded)
            return;
        if (_keeper.Memory is { } memory)
            _log.Info("Remembers decision {0}{1}.", memory.Highest, memory.Stopped is null ? "" : ", and that MMM stopped replication");
        else if (_keeper.LoadFailure != before)
            _log.Error("No order will be obeyed: {0}", _keeper.LoadFailure);
        if (_unsaved is { } waiting)
            Offer(waiting.Order, waiting.Sender);
        Report(toSender: false);
    }

    private void HandleMysqldSeen(MysqldWatchActor.MysqldSeen seen)
    {
        FoundMysqld before = _found.Mysqld;
        _found = _found with { Mysqld = seen.Found };
        _mysqldNo = seen.No;
        _mysqldLooked = true;
        bool fell = before.State == AgentProtocol.MysqldState.Up && seen.Found.State != AgentProtocol.MysqldState.Up;
        if (fell)
            CancelRun();
        if (before.State != seen.Found.State || before.ReadOnly != seen.Found.ReadOnly)
            EndPause();
        Rehearse();
        // Writable without this agent having heard the end of its own step (cut off by a newer order): it is a takeover all the same.
        if (seen.Found.ReadOnly == false && _run is null && _keeper.Memory?.Noted is not null)
            _keeper.Save(m => m.TookOver(), NoteTookOver, Self);
        Report(toSender: false, onlyIfChanged: true);
        Reconcile(evenIfStale: fell);
    }

    private void Rehearse()
    {
        if (_rehearsed || _found.Mysqld.State != AgentProtocol.MysqldState.Up)
            return;
        _rehearsed = true;
        RehearseAsync(_runner, _found.Mysqld).PipeTo(Self);
        // Rewriting what is remembered changes nothing, but tells whether the disk takes it.
        _keeper.Rewrite(NoteUnsaved, Self);
    }

    private void HandleRehearsed(Rehearsed rehearsed)
    {
        foreach (string concern in rehearsed.Concerns)
            _log.Warning("A takeover by this host would fail: {0}", concern);
    }

    private void HandleAddressesSeen(AddressWatchActor.AddressesSeen seen)
    {
        _addressesNo = seen.No;
        if (seen.Ips is not { } ips)
            return;
        _addressesRead = true;
        ImmutableSortedSet<RoleAddress> addresses = [.. _setup.Topology.Addresses.Where(a => ips.Contains(a.Ip))];
        if (!addresses.SetEquals(_found.Addresses))
        {
            _log.Info("Role addresses on this host: {0}", addresses.IsEmpty ? "none" : string.Join(", ", addresses));
            _found = _found with { Addresses = addresses };
            EndPause();
            TellAnnouncer();
        }

        Report(toSender: false, onlyIfChanged: true);
        Reconcile(evenIfStale: false);
    }

    private void HandleHeartbeatDue()
    {
        Timers.StartSingleTimer("heartbeat", new HeartbeatDue(), _setup.Agent.HeartbeatInterval);
        _keeper.Load(Self);
        if (_unsaved is { } waiting && _keeper.Memory is not null)
            Offer(waiting.Order, waiting.Sender);
        _contacts.Look();
        Report(toSender: false);
    }

    /// <summary>What was found is from after the order was taken up and the last step ended, and nothing of an earlier order can still happen.</summary>
    private bool Fresh => _mysqldNo >= _asked && _addressesNo >= _asked && _ending.Count == 0;

    private bool LetGo => Fresh && _order is not null && _progress.Id == _order.Id && _found.Addresses.All(a => _order.Roles.Contains(a))
        && (_order.Writable || _found.Mysqld is { State: AgentProtocol.MysqldState.Down } or { State: AgentProtocol.MysqldState.Up, ReadOnly: true });

    /// <summary>From now on only what is looked at after this moment counts as known.</summary>
    private void AskAnew()
    {
        _asked++;
        _mysqldWatch.Tell(new MysqldWatchActor.LookNow(_asked));
        _addressWatch.Tell(new AddressWatchActor.ReadNow(_asked));
    }

    private void TellAnnouncer()
    {
        if (_order is not null)
            _announcer.Tell(new AnnouncerActor.Held([.. _found.Addresses.Where(a => _order.Roles.Contains(a)).Select(a => a.Ip)]));
    }

    private static AgentProtocol.OrderProgress Begun(AgentProtocol.HostOrder order) => new(order.Id, AgentProtocol.OrderStatus.Working, null, null, []);

    private void SetProgress(AgentProtocol.OrderProgress progress)
    {
        _progress = progress;
        Report(toSender: true, onlyIfChanged: true);
    }

    private void Report(bool toSender, bool onlyIfChanged = false)
    {
        var report = new AgentProtocol.Report(
            _setup.Topology.Name, _setup.Host.Name, _setup.Incarnation, _seq + 1, _keeper.Memory?.Highest ?? DecisionId.None, _progress,
            AgentReports.FactsOf(_found, _setup.Topology, _ports.Watch.MachineUptime), _keeper.Memory?.TakeOver, _setup.Fingerprint, LetGo);
        if (onlyIfChanged && !AgentReports.Differ(_lastSent, report))
            return;
        _seq++;
        _lastSent = report;
        foreach (ActorSelection gateway in _gateways)
            gateway.Tell(report);
        if (toSender)
            _orderSender.Tell(report);
    }

    private static async Task<Rehearsed> RehearseAsync(StepRunner runner, FoundMysqld found) => new(await runner.RehearseAsync(found, CancellationToken.None));
}
