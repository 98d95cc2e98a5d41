using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>What keeps a host from showing an address without a lease: its agent while it lives, and the kernel always.</summary>
internal sealed partial class ModelHost
{
    /// <summary>Measured on Linux: the kernel removes an address up to so much after its lifetime.</summary>
    private static readonly TimeSpan s_kernelIsLate = TimeSpan.FromMilliseconds(130);

    /// <summary>By address: when the kernel removes it. One that is shown and not in here was found, or was put there by hand.</summary>
    private readonly Dictionary<RoleAddress, TimeSpan> _lifetimes = [];
    private readonly List<Action> _inbox = [];
    private TimeSpan _now;
    private HostOrder? _remembered;
    private ImmutableSortedDictionary<RoleAddress, TimeSpan> _cover = ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty;
    private AgentLease _lease = null!;
    private TimeSpan? _notObeyingSince;

    /// <summary>Neither monitors nor the coordinator reach it, nor it them; the other hosts do.</summary>
    public bool CutOff { get; set; }

    /// <summary>How fast its monotonic clock runs.</summary>
    public double ClockRate { get; set; } = 1;

    /// <summary>What must not be: the kernel forgets the lifetimes of addresses.</summary>
    public bool KernelForgets { get; set; }

    public bool MonitorsReach => Linked && !CutOff;

    public AgentLease Lease => _lease;

    public string LeaseText =>
        $"lease [{string.Join(' ', _cover.Select(c => $"{c.Key.Ip} {c.Value.TotalSeconds:0.0}"))}] {string.Join("; ", _lease.Holder.Claims.Select(a => _lease.Obstacle(a, _now)).OfType<string>())}";

    /// <summary>The machine's time goes on; the kernel acts whatever the agent does.</summary>
    public void Pass(TimeSpan step)
    {
        _now += step * ClockRate;
        foreach (RoleAddress gone in _lifetimes.Where(l => !KernelForgets && l.Value + s_kernelIsLate <= _now).Select(l => l.Key).ToList())
            Hide(gone);
    }

    public void Receive(LeaseProtocol.Granted reply) => Process(() => Took(_lease.Take(reply, _now)));

    public void Receive(LeaseProtocol.Held reply) => Process(() => Took(_lease.Take(reply, _now)));

    public void Receive(LeaseProtocol.Hold request, Action<LeaseProtocol.Held> answer) => Process(() =>
    {
        AgentLeaseStep step = _lease.Take(request, _now);
        Took(step);
        answer((LeaseProtocol.Held)step.Reply!);
    });

    /// <summary>Another host has said that it let go.</summary>
    public void ReleasedBy(string host) => Process(() => Took(_lease.Released(host, _now)));

    public bool LetGoOf(HostOrder order) => _order?.Id == order.Id && Report().LetGo;

    public void AgentStartedLongAgo() => _lease = StartedLease(-TimeSpan.FromHours(1));

    private AgentLease StartedLease(TimeSpan at) => AgentLease.Start(
        new LeaseHolderSetup(
            world.Topology, Name, Incarnation, new LeaseTerms(world.Settings.LeaseTtl), Worlds.Lease.Failsafe, Worlds.Lease.KeepBalanced), world.Names, at);

    /// <summary>A process that is stopped finds its messages when it goes on.</summary>
    private void Process(Action input)
    {
        if (!Reachable)
            return;
        if (AgentHung)
            _inbox.Add(input);
        else
            input();
    }

    /// <summary>What the agent does about its leases whatever else it is at.</summary>
    private void Guard()
    {
        foreach (Action input in _inbox.ToList())
            input();
        _inbox.Clear();
        if (_lease.WakeAt(_now) <= _now)
            Took(_lease.Tick(_now));
        _cover = _lease.Cover(_now);
        foreach ((RoleAddress address, TimeSpan left) in _cover.Where(c => Addresses.Contains(c.Key)))
            Lives(address, left);
        // Started anew, without an order yet: what no lease covers and the kernel has taken away does not come back.
        if (_order is null && _remembered is not null && !AgentStuck && !MayWrite && Writable && FailAt != "read_only")
            ReadOnly = true;
        bool mustStop = (_order ?? _remembered) is { } o && !(o.Writable && MayWrite);
        _notObeyingSince = mustStop && !ReadOnly && Mysqld == MysqldState.NotAnswering ? _notObeyingSince ?? _now : null;
    }

    private void Took(AgentLeaseStep step)
    {
        _lease = step.Next;
        foreach (LeaseProtocol.IMessage ask in step.Asks)
            world.Ask(this, ask);
        if (step.Lapsed.IsEmpty || AgentStuck)
            return;
        if (step.Lapsed.Contains(world.Topology.WriterAddress) && Mysqld == MysqldState.Up && FailAt != "read_only")
            ReadOnly = true;
        foreach (RoleAddress lapsed in step.Lapsed.Where(_ => FailAt != "remove_address"))
            Hide(lapsed);
    }

    /// <summary>What is shown is covered, or its kernel's lifetime is, or nobody has ever leased it.</summary>
    private bool MayWrite => _cover.ContainsKey(world.Topology.WriterAddress) || Addresses.Contains(world.Topology.WriterAddress);

    private void Lives(RoleAddress address, TimeSpan left)
    {
        int seconds = LeaseTerms.KernelSeconds(left);
        TimeSpan end = _now + TimeSpan.FromSeconds(seconds);
        if (seconds > 0 && !(_lifetimes.TryGetValue(address, out TimeSpan known) && known >= end))
            _lifetimes[address] = end;
    }

    private void Show(RoleAddress address)
    {
        Addresses.Add(address);
        Lives(address, _cover[address]);
    }

    private void Hide(RoleAddress address)
    {
        Addresses.Remove(address);
        _lifetimes.Remove(address);
    }

    private bool MayShow(RoleAddress address) => _cover.TryGetValue(address, out TimeSpan left) && LeaseTerms.KernelSeconds(left) > 0;
}
