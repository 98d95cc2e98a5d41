using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Gtids;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>
/// A machine with its mysqld and an agent that obeys: it takes orders with a decision not below the highest it has seen and does one step of
/// them at a time. Its data is a count of transactions: what it has applied, and what its relay log holds.
/// </summary>
internal sealed partial class ModelHost(string name, World world)
{
    private OrderProgress _progress = OrderProgress.None;
    private HostOrder? _order;
    private long _seq;
    private DateTimeOffset _catchUpSince;
    private Report? _lastReported;
    private bool _changed;

    public string Name { get; } = name;

    // The machine.
    public bool Power { get; private set; } = true;

    /// <summary>The machine's network: false = nobody reaches it and it reaches nobody.</summary>
    public bool Linked { get; set; } = true;

    public DateTimeOffset BootedAt { get; set; } = world.At - TimeSpan.FromDays(10);

    public SortedSet<RoleAddress> Addresses { get; } = [];

    // mysqld.
    public MysqldState Mysqld { get; private set; } = MysqldState.Up;

    public bool ReadOnly { get; set; } = true;

    /// <summary>What the agent says of the log of a dead mysqld.</summary>
    public BinlogTail? Tail { get; set; }

    /// <summary>What the agent says of the disk of mysqld's data.</summary>
    public DiskFacts? Disk { get; set; }

    public string? Source { get; set; }

    public bool ReplicationStopped { get; private set; }

    /// <summary>MMM has stopped the receiving thread.</summary>
    public bool ReceiverHeld { get; private set; }

    /// <summary>Everything the server has, by GTIDs.</summary>
    public GtidHistory? History { get; set; }

    /// <summary>The applier cannot go on (a broken relay log).</summary>
    public bool SqlBroken { get; set; }

    /// <summary>The receiver gets nothing (lag that grows).</summary>
    public bool IoBroken { get; set; }

    public long Received { get; set; }

    /// <summary>The agent tells what has been received, and the GTIDs of what is applied; null = it does not.</summary>
    public string? Gtid { get; set; }

    /// <summary>Seconds_Behind_Master, as the server tells it.</summary>
    public long Behind { get; set; }

    /// <summary>How many transactions its log holds behind a place that are its own; null = its agent finds no answer.</summary>
    public Func<BinlogPosition, int?>? OwnBehind { get; set; }

    /// <summary>Its channel does not go by GTID.</summary>
    public bool ByPositions { get; set; }

    public long Applied { get; set; }

    // The agent.
    public bool AgentAlive { get; private set; } = true;

    /// <summary>The agent cannot log in to its mysqld.</summary>
    public bool NoLogin { get; set; }

    /// <summary>The agent's process is stopped: orders queue up, nothing is reported.</summary>
    public bool AgentHung { get; set; }

    /// <summary>Orders do not reach the agent; it goes on with the last one.</summary>
    public bool AgentDeaf { get; set; }

    /// <summary>The agent says so, but takes no step (a hanging statement).</summary>
    public bool AgentStuck { get; set; }

    /// <summary>Step code that fails until it is cleared.</summary>
    public string? FailAt { get; set; }

    public DecisionId Highest { get; private set; } = DecisionId.None;

    public TakeOver? TakeOver { get; private set; }

    public long Incarnation { get; set; } = 1;

    /// <summary>What the agent says of how long it takes nothing over.</summary>
    public long QuietMs { get; set; }

    public HostOrder? Order => _order;

    public OrderProgress Progress => _progress;

    /// <summary>Every order taken, for asking what a host was told.</summary>
    public List<HostOrder> Obeyed { get; } = [];

    public bool EffectiveWriter => Power && Mysqld == MysqldState.Up && !ReadOnly && Addresses.Contains(world.Topology.WriterAddress);

    public bool Writable => Power && Mysqld == MysqldState.Up && !ReadOnly;

    public bool Reachable => Power && Linked && AgentAlive;

    public void CrashMysqld() => Mysqld = MysqldState.Down;

    /// <summary>SIGSTOP: the socket is there, nothing answers.</summary>
    public void HangMysqld() => Mysqld = MysqldState.NotAnswering;

    public void WakeMysqld() => Mysqld = MysqldState.Up;

    /// <summary>my.cnf starts it read-only.</summary>
    public void StartMysqld() => (Mysqld, ReadOnly) = (MysqldState.Up, true);

    public void PowerOff()
    {
        (Power, Mysqld) = (false, MysqldState.Down);
        Addresses.Clear();
        _lifetimes.Clear();
        StopAgent();
    }

    public void PowerOn()
    {
        (Power, BootedAt) = (true, world.At);
        StartMysqld();
        StartAgent();
    }

    public void StopAgent()
    {
        AgentAlive = false;
        _inbox.Clear();
    }

    /// <summary>Only what is on disk is left: the highest decision, the last order and the last takeover.</summary>
    public void StartAgent()
    {
        (AgentAlive, _order, _progress, _seq) = (true, null, OrderProgress.None, 0);
        Incarnation++;
        _lease = StartedLease(_now);
        if (_remembered is { } order)
            Took(_lease.Take(order.Id, order.Roles, true, _now, Addresses, order.Voters));
    }

    public void Receive(HostOrder order) => Process(() => TakeUp(order));

    private void TakeUp(HostOrder order)
    {
        if (AgentDeaf || order.Id < Highest)
            return;
        Highest = order.Id;
        if (_order?.Id == order.Id)
            return;
        if (_order is null || !_order.WantsTheSameAs(order))
            Obeyed.Add(order);
        if (_order?.CatchUp is null)
            _catchUpSince = world.At;
        _order = _remembered = order;
        Took(_lease.Take(order.Id, order.Roles, false, _now, voters: order.Voters));
        Set(OrderStatus.Working, null, "taken up");
        // Said at once, with what was found some time before.
        if (_lastReported is { } last)
        {
            Report stale = Reported(Report() with { Facts = last.Facts, LetGo = false });
            world.Send(() =>
            {
                if (MonitorsReach)
                    world.Feed(new AgentReported(world.At, stale));
            });
        }
    }

    /// <summary>One step towards what the order wants.</summary>
    public void Act()
    {
        if (!Power || !AgentAlive || AgentHung)
            return;
        Guard();
        if (AgentStuck || _order is not { } o)
            return;
        if (NextStep(o) is not { } step)
        {
            Set(OrderStatus.Done, null, null);
            return;
        }

        if (step.Code == FailAt)
            Set(OrderStatus.Failed, step.Code, $"{step.Code} failed as scripted");
        else if (step.Do is { } act)
        {
            act();
            Set(OrderStatus.Working, step.Code, null);
        }
        else
            Set(step.Failed ? OrderStatus.Failed : OrderStatus.Working, step.Code, $"{step.Code} cannot be done");
    }

    /// <summary>What the agent would report now; null = the same as last time.</summary>
    public Report? ReportIfChanged()
    {
        Report r = Report();
        bool same = !_changed && _lastReported is { } l && l.Facts.Mysqld == r.Facts.Mysqld && l.Facts.ReadOnly == r.Facts.ReadOnly && l.Facts.Tail == r.Facts.Tail && l.Facts.Disk == r.Facts.Disk && l.Facts.Replication == r.Facts.Replication;
        return same ? null : Reported(r);
    }

    public Report ReportNow() => Reported(Report());

    private Report Reported(Report r)
    {
        (_lastReported, _changed) = (r, false);
        _seq++;
        return r;
    }

    private Report Report()
    {
        bool up = Mysqld == MysqldState.Up && !NoLogin;
        var facts = new HostFacts(
            NoLogin ? MysqldState.Unknown : Mysqld, up ? null : "gone", up ? ReadOnly : null, [.. Addresses],
            up && Source is not null ? new ReplicationFacts(world.Topology.Hosts[Source].Ip, 3306, Source, ReceiverHeld ? "No" : "Yes", !SqlBroken, Behind, null, !ByPositions,
                Gtid is null ? null : new BinlogPosition("bin.000001", Received), Gtid is null ? null : new BinlogPosition("bin.000001", Applied)) : null,
            up ? new BinlogPosition("bin.000001", Applied) : null, Gtid, (long)(world.At - BootedAt).TotalSeconds, "10.11.6-MariaDB",
            Mysqld == MysqldState.Down ? Tail : null, Name == "db1" ? "11" : Name == "db2" ? "12" : null, up ? History : null, Disk: Disk,
            Checked: _order?.Replication.Check is { } check && OwnBehind?.Invoke(check.From) is { } own ? new LogChecked(check, own, own == 0 ? null : check.From, own == 0 ? null : check.From with { Position = check.From.Position + own }) : null);
        bool letGo = _order is { } o && Addresses.All(o.Roles.Contains) && (o.Writable || Mysqld == MysqldState.Down || (Mysqld == MysqldState.Up && ReadOnly));
        return new Report("C1", Name, Incarnation, _seq + 1, Highest, _progress, facts, TakeOver, null, letGo, QuietMs: QuietMs);
    }

    private (string Code, Action? Do, bool Failed)? NextStep(HostOrder o)
    {
        if (!(o.Writable && MayWrite) && Mysqld == MysqldState.Up && !ReadOnly)
            return ("read_only", () => ReadOnly = true, false);
        if (Addresses.Where(a => !o.Roles.Contains(a)).Select(a => (RoleAddress?)a).FirstOrDefault() is { } gone)
            return ("remove_address", () => Hide(gone), false);
        if (_notObeyingSince is { } since && _now - since >= Worlds.Lease.FencingTimeout)
            return ("kill_mysqld", CrashMysqld, false);
        if (!o.Writable && Mysqld == MysqldState.NotAnswering)
            return ("read_only", null, true);
        if (Mysqld == MysqldState.Up && (o.Replication.Action == ReplicationAction.Stop) != ReplicationStopped)
            return ("replication", () => ReplicationStopped = !ReplicationStopped, false);
        if (Mysqld == MysqldState.Up && (o.Replication.Action == ReplicationAction.Hold) != ReceiverHeld)
            return ("replication", () => ReceiverHeld = !ReceiverHeld, false);
        if (Mysqld == MysqldState.Up && o.Replication is { Action: ReplicationAction.Follow, Source: { } source } && Source != source.Host)
            return ("repoint", () => (Applied, Source) = (Received, source.Host), false);
        if (Mysqld == MysqldState.Up && o.Replication.Action == ReplicationAction.Drop && Source is not null)
            return ("drop_channel", () => Source = null, false);
        if (o.Writable && Mysqld != MysqldState.Up)
            return ("writable", null, true);
        if (o.Writable && ReadOnly)
        {
            // Noted on disk before it happens.
            return CatchUp(o.CatchUp) ?? (!MayShow(world.Topology.WriterAddress) ? ("lease", null, false) : TakeOver?.Id != o.Id
                ? ("note_position", () => TakeOver = new TakeOver(o.Id, new BinlogPosition("bin.000001", Applied)), false)
                : ("writable", () => ReadOnly = false, false));
        }

        RoleAddress[] missing = [.. o.Roles.Where(a => !Addresses.Contains(a))];
        return missing.Where(MayShow).Select(a => (RoleAddress?)a).FirstOrDefault() is { } add ? ("add_address", () => Show(add), false)
            : missing.Length > 0 || Addresses.Any(a => !_lifetimes.ContainsKey(a)) ? ("lease", null, false)
            : null;
    }

    private (string Code, Action? Do, bool Failed)? CatchUp(CatchUpOrder? c)
    {
        if (c is null || c.Force)
            return null;
        if (FailAt == "catch_up")
            return ("catch_up", null, true);
        if (Applied < Received && !SqlBroken)
            return ("catch_up", () => Applied = Received, false);
        bool late = world.At - _catchUpSince >= TimeSpan.FromMilliseconds(c.TimeoutMs);
        if (SqlBroken && Applied < Received)
            return ("catch_up", null, late);
        return Applied < (c.UpTo?.Position ?? 0) ? ("catch_up", null, late) : null;
    }

    private void Set(OrderStatus status, string? step, string? sentence)
    {
        OrderProgress next = new(_order!.Id, status, step, sentence, []);
        _changed |= next.Id != _progress.Id || next.Status != _progress.Status || next.Step != _progress.Step;
        _progress = next;
    }
}
