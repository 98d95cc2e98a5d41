using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent</c>: brings its host to what the latest order wants and keeps it there. Owns the order, the memory and the running plan; receives
/// <see cref="AgentProtocol.HostOrder"/> and <see cref="AgentProtocol.Heard"/>; sends <see cref="AgentProtocol.Report"/> to every gateway and the
/// order's sender, and <see cref="AgentProtocol.Refused"/>. It never waits for mysqld or the disk: those are tasks piped back to it. What the order gives
/// it shows only as far as its child <c>lease</c> allows. After a restart it reads its memory and the world again, asks for the leases of the order that it
/// remembers, keeps what these allow, and waits for the next order.
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
    private readonly AddressLooker _looker;
    private readonly EarlyLooks _earlyLooks;
    private readonly NetworkView _network;
    private readonly StepRunner _runner;
    private readonly MemoryKeeper _keeper;
    private readonly MonitorContacts _contacts;
    private readonly ImmutableArray<ActorSelection> _gateways;
    private IActorRef _mysqldWatch = ActorRefs.Nobody;
    private IActorRef _addressWatch = ActorRefs.Nobody;
    private IActorRef _announcer = ActorRefs.Nobody;
    private IActorRef _lease = ActorRefs.Nobody;
    private IActorRef _addressCheck = ActorRefs.Nobody;
    private IActorRef _tail = ActorRefs.Nobody;
    private IActorRef _setupWatch = ActorRefs.Nobody;
    private IActorRef _disk = ActorRefs.Nobody;
    private IActorRef _vanished = ActorRefs.Nobody;
    private ServerSetup? _serverSetup;

    private FoundHost _found = FoundHost.Nothing;
    private bool _mysqldLooked;
    private bool _addressesRead;
    private bool _rehearsed;
    private long _asked;
    private long _mysqldNo;
    private long _addressesNo;

    private (AgentProtocol.HostOrder Order, IActorRef Sender)? _unsaved;
    private AgentProtocol.HostOrder? _order;

    /// <summary>The order is the one from before the start: it may have been replaced meanwhile, so nothing is said of it and no source is changed for it.</summary>
    private bool _remembered;
    private LeaseCover _cover = LeaseCover.None;
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
        _looker = new AddressLooker(ports.Neighbours, setup.Topology, setup.Host.Name);
        _earlyLooks = new EarlyLooks(_looker, setup.Addresses, time);
        _network = new NetworkView(setup.Addresses, time);
        _runner = new StepRunner(
            ports, new AddressGuard(_looker, setup.Addresses, setup.Host), new Memory(Self), setup.Terms, time);
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
        Receive<AgentProtocol.Relay>(HandleRelay);
        Receive<AgentProtocol.PeerVanished>(m => _vanished.Forward(m));
        Receive<AgentProtocol.Report>(HandleRelayedReport);
        Receive<GetView>(_ => HandleGetView());
        Receive<LeaseActor.CoverSeen>(HandleCoverSeen);
        Receive<MysqldWatchActor.MysqldSeen>(HandleMysqldSeen);
        Receive<TailActor.TailSeen>(HandleTailSeen);
        Receive<SetupActor.SetupSeen>(m => _serverSetup = m.Setup);
        Receive<DiskActor.DiskSeen>(HandleDiskSeen);
        Receive<AddressWatchActor.AddressesSeen>(HandleAddressesSeen);
        Receive<AddressCheckActor.Looked>(m => HandleLooked(m.Looks));
        Receive<MemoryKeeper.Ended>(HandleMemoryEnded);
        Receive<SaveNow>(m => _keeper.Save(m.Change, m.Done.SetResult, Self));
        Receive<StepEnded>(HandleStepEnded);
        Receive<HookEnded>(HandleHookEnded);
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
        _lease = Context.ActorOf(LeaseActor.Props(_setup, _ports.Addresses, _ports.Watch, _ports.LeaseClock), "lease");
        _tail = Context.ActorOf(TailActor.Props(_ports.Tails, _setup.LogServedFor), "tail");
        _setupWatch = Context.ActorOf(SetupActor.Props(_ports.Mysql, _ports.Watch), "setup");
        _disk = Context.ActorOf(DiskActor.Props(_ports.Disk, _ports.Watch, _setup.Disk, _time), "disk");
        _vanished = Context.ActorOf(VanishedPeersActor.Props(_setup, _ports.Connections), "vanished-peers");
        _addressCheck = Context.ActorOf(AddressCheckActor.Props(_looker, _setup), "address-check");
        StartHooks();
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

        if (_order is not null && !_remembered && order.Id == _order.Id && order.WantsTheSameAs(_order))
        {
            _orderSender = sender;
            Report(toSender: true);
            return;
        }

        _unsaved = null;
        LookEarly(order);
        _keeper.Save(m => order.Id < m.Highest ? m : m.Accept(order, _order), failure => HandleOrderSaved(order, sender, failure), Self);
    }

    /// <summary>Nothing is known of an order before it is stored but that it will most likely be obeyed; asking changes nothing.</summary>
    private void LookEarly(AgentProtocol.HostOrder order)
    {
        if (_addressesRead)
            _earlyLooks.Begin(order.Roles.Where(a => _setup.Topology.MayCarry(a.Role, _setup.Host.Name) && !_found.Addresses.Contains(a)));
    }

    private void HandleLooked(AddressLooks looks)
    {
        _network.Take(looks);
        Report(toSender: false, onlyIfChanged: true);
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

        bool first = _order is null;
        bool same = ServesToo(order) && !_remembered;
        bool staysWriter = order.Writable && _order is { Writable: true };
        _remembered = false;
        _order = order;
        _lease.Tell(new LeaseActor.OrderTaken(order.Id, order.Roles, first ? _found.Addresses : null, order.Voters));
        TellLease();
        _orderSender = sender;
        TellHooks(_waited.Obey(order));
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
        // What was passed over while taking over stays true for as long as the server takes writes.
        if (!staysWriter)
            _warnings = _warnings.Clear();
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
        Remember();
        if (_unsaved is { } waiting)
            Offer(waiting.Order, waiting.Sender);
        Report(toSender: false);
    }

    /// <summary>What the host had before this start it goes on having, if a quorum of monitors says so; nothing else is done for an order that may have been replaced.</summary>
    private void Remember()
    {
        // What is on the host must be known before anything is said of it.
        if (_order is not null || !_addressesRead || _keeper.Memory?.Order is not { } order || order.Cluster != _setup.Topology.Name || order.Host != _setup.Host.Name)
            return;
        _remembered = true;
        _order = order with { Replication = order.Replication.Action == AgentProtocol.ReplicationAction.Stop ? order.Replication : AgentProtocol.ReplicationOrder.Leave, CatchUp = null };
        _lease.Tell(new LeaseActor.OrderTaken(order.Id, order.Roles, _found.Addresses, order.Voters));
    }

    private void HandleCoverSeen(LeaseActor.CoverSeen seen)
    {
        LeaseCover before = _cover;
        _cover = seen.Cover;
        bool same = before.Until.Keys.SequenceEqual(_cover.Until.Keys) && before.Pending.SetEquals(_cover.Pending) && before.Obstacles.Keys.SequenceEqual(_cover.Obstacles.Keys);
        // An address that could not be added for the last part of a lease is added as soon as the lease is renewed.
        if (same && !(_pausing && _awaitsLease))
            return;
        // What the run that failed has done before it failed is looked at first.
        if (_pausing)
            AskAnew();
        // A run that began under other leases may do what these forbid.
        if (before.Until.Keys.Except(_cover.Until.Keys).Any())
            CancelRun();
        EndPause();
        TellLease();
        Report(toSender: false, onlyIfChanged: true);
        Reconcile(evenIfStale: _order is { Writable: true } && !_cover.Until.ContainsKey(_setup.Topology.WriterAddress));
    }

    private void HandleRelay(AgentProtocol.Relay relay)
    {
        AgentProtocol.HostOrder order = relay.Order;
        if (order.Cluster == _setup.Topology.Name && order.Host != _setup.Host.Name && _setup.Topology.Hosts.TryGetValue(order.Host, out Host? host))
            Context.AgentSelection(host).Tell(order, Self);
        else
            Refuse(order, Sender, $"the agent of host '{_setup.Host.Name}' in cluster '{_setup.Topology.Name}' cannot pass it on");
    }

    /// <summary>The answer to an order that was passed on: its host may reach this one and no monitor.</summary>
    private void HandleRelayedReport(AgentProtocol.Report report)
    {
        if (report.Cluster != _setup.Topology.Name || report.Host == _setup.Host.Name || !_setup.Topology.Hosts.ContainsKey(report.Host))
            return;
        foreach (ActorSelection gateway in _gateways)
            gateway.Tell(report);
        if (report.LetGo && report.Facts.Addresses.All(a => _setup.Topology.Roles.TryGetValue(a.Role, out Role? role) && role.Mode == RoleMode.Balanced))
            _lease.Tell(new LeaseActor.HostReleased(report.Host));
    }

    private void HandleMysqldSeen(MysqldWatchActor.MysqldSeen seen)
    {
        FoundMysqld before = _found.Mysqld;
        _found = _found with { Mysqld = seen.Found };
        _mysqldNo = seen.No;
        _mysqldLooked = true;
        TellTail(seen.Found);
        NoteLag(seen.Found);
        _lastReadOnly = seen.Found.State == AgentProtocol.MysqldState.Down ? null : seen.Found.ReadOnly ?? _lastReadOnly;
        TellLease();
        bool fell = before.State == AgentProtocol.MysqldState.Up && seen.Found.State != AgentProtocol.MysqldState.Up;
        if (fell)
            CancelRun();
        if (before.State != seen.Found.State || before.ReadOnly != seen.Found.ReadOnly)
            EndPause();
        Rehearse();
        // Writable without this agent having heard the end of its own step (cut off by a newer order): it is a takeover all the same.
        if (seen.Found.ReadOnly == false && _run is null && _keeper.Memory?.Noted is not null)
            _keeper.Save(m => m.TookOver(), NoteTookOver, Self);
        // Before anything is said of it: what is waited for holds the word back.
        TellHooks(_hooksKnow.See(seen.Found.State, seen.Found.ReadOnly));
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

        _addressCheck.Tell(new AddressCheckActor.Shown(addresses));
        Remember();
        TellHooks(_hooksKnow.See(addresses));
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
        ForgetOldWarnings();
        Report(toSender: false);
    }

    /// <summary>What was found is from after the order was taken up and the last step ended, and nothing of an earlier order can still happen.</summary>
    private bool Fresh => _mysqldNo >= _asked && _addressesNo >= _asked && _ending.Count == 0;

    private bool LetGo => Fresh && !_waited.Hold && _order is not null && _progress.Id == _order.Id && _found.Addresses.All(a => _order.Roles.Contains(a))
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
        if (!_remembered)
            _progress = progress;
        Report(toSender: true, onlyIfChanged: true);
    }

    /// <summary>
    /// Writable after it was noted: that it has taken over is on its way to the disk, and nobody who hears that the order is done shall lack the position, where slaves without GTIDs start.
    /// </summary>
    private AgentProtocol.TakeOver? TakeOver =>
        (_found.Mysqld is { State: AgentProtocol.MysqldState.Up, ReadOnly: false } ? _keeper.Memory?.Noted : null) ?? _keeper.Memory?.TakeOver;

    private void Report(bool toSender, bool onlyIfChanged = false)
    {
        TimeSpan leaseNow = _ports.LeaseClock.GetElapsedTime(0);
        var report = new AgentProtocol.Report(
            _setup.Topology.Name, _setup.Host.Name, _setup.Incarnation, _seq + 1, _keeper.Memory?.Highest ?? DecisionId.None, Held(_progress),
            AgentReports.FactsOf(_found, _setup.Topology, _ports.Watch.MachineUptime, _binlogTail, KnownFiles,
                SemiSyncPlan.Facts(_setup.Host.Name, _found.Mysqld, _setup.Topology, _setup.SemiSync), _serverSetup, _keeper.Memory?.Checked), TakeOver, _setup.Fingerprint, LetGo,
            AgentReports.LeaseOf(_order, _cover, leaseNow), _network.Facts(_found.Addresses), AgentReports.QuietMs(_cover, leaseNow),
            _setup.CertificateEnds?.Invoke());
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
