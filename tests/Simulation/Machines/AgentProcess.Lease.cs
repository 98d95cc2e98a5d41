using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Simulation.Machines;

/// <content>Leases: what is asked and answered, and how long the kernel may show an address.</content>
internal sealed partial class AgentProcess
{
    private readonly Dictionary<string, AgentProtocol.HostOrder> _relayed = [];
    private AgentLease _lease = null!;
    private TimeSpan? _wakeAt;

    /// <summary>After a start: nothing is added, taken off or extended before a lease says so, or could not but have run out.</summary>
    private bool _heldBack;

    /// <summary>What was covered when it last looked: only a process that does not look at the clock goes by it (<see cref="Mutation.OldLeaseAfterPause"/>).</summary>
    private ImmutableSortedDictionary<RoleAddress, TimeSpan> _lastCover = ImmutableSortedDictionary<RoleAddress, TimeSpan>.Empty;

    /// <summary>Such a lifetime goes beyond the lease proper: the address is on by its agent's word alone (failsafe.balanced = keep).</summary>
    private bool IsKept(RoleAddress address, int seconds) =>
        World.Setup.Topology.Roles[address.Role].Mode == RoleMode.Balanced
        && (!_lease.Holder.Until.TryGetValue(address, out TimeSpan until) || until - Local < TimeSpan.FromSeconds(seconds));

    protected override void OnResume()
    {
        if (World.Mutation != Mutation.OldLeaseAfterPause || _heldBack)
            return;
        foreach ((RoleAddress address, TimeSpan left) in _lastCover)
        {
            if (LeaseTerms.KernelSeconds(left) is > 0 and var seconds)
                host.Kernel.Show(address, seconds, kept: false);
        }
    }

    private void BeginLease()
    {
        _heldBack = true;
        _relayed.Clear();
        After(World.Setup.Terms.Ttl, () =>
        {
            _heldBack = false;
            Work();
        });
        if (_stored is not { } order)
            return;
        _order = order;
        _progress = new AgentProtocol.OrderProgress(order.Id, AgentProtocol.OrderStatus.Working, null, "remembered", []);
        Apply(_lease.Take(order.Id, order.Roles, remembered: true, Local,
            World.Mutation == Mutation.StoredOrderIsBelieved ? order.Roles : [.. host.Kernel.Addresses], order.Voters));
    }

    public void Take(Granted reply)
    {
        _lease = World.Rules.BeforeGranted(_lease, reply, Local);
        Apply(_lease.Take(reply, Local));
    }

    private void Take(Held reply)
    {
        Apply(_lease.Take(reply, Local));
        if (World.Mutation == Mutation.MajorityOfPeers)
        {
            foreach (DbHost other in World.Hosts.Where(h => h.Name != reply.Peer && h != host))
                Apply(_lease.Take(reply with { Peer = other.Name }, Local));
        }
    }

    private void Asked(Hold request, DbHost by)
    {
        AgentLeaseStep step = _lease.Take(request, Local);
        if (step.Reply is Held reply)
            World.Net.Send(Node, by.Agent, () => by.Agent.Take(reply));
        Apply(step);
    }

    /// <summary>Carries out what came of an input.</summary>
    private void Apply(AgentLeaseStep step)
    {
        _lease = Mutated(step.Next);
        foreach (IMessage ask in step.Asks)
            Ask(ask);
        if (!_lease.Holder.Until.IsEmpty)
            _heldBack = false;
        if (!step.Lapsed.IsEmpty)
            Lapse(step.Lapsed);
        Refresh();
        Wake();
        Work();
    }

    private void Ask(IMessage ask)
    {
        switch (ask)
        {
            case Renew renew:
                foreach (MonitorProcess m in World.Monitors)
                    World.Net.Send(Node, m, () => m.Grant(renew, this));
                break;
            case Hold hold:
                World.Log(Name, $"asks the other hosts to let it hold {string.Join(' ', hold.Addresses)}");
                World.Count("failsafe");
                foreach (DbHost other in World.Hosts.Where(h => h != host && hold.Addresses.Any(a => World.Setup.Topology.MayCarry(a.Role, h.Name))))
                    World.Net.Send(Node, other.Agent, () => other.Agent.Asked(hold, host));
                break;
        }
    }

    private void Lapse(ImmutableSortedSet<RoleAddress> lapsed)
    {
        World.Log(Name, $"the lease on {string.Join(' ', lapsed)} has run out");
        World.Count("lapse");
        foreach (RoleAddress a in lapsed)
            host.Kernel.Remove(a);
        if (!lapsed.Contains(World.Setup.Topology.WriterAddress))
            return;
        // The watch over mysqld's obedience is a timer of the agent; with the agent dead only the address is gone, and that is enough.
        After(World.Setup.FencingTimeout, () =>
        {
            if (World.Setup.KillMysqld && !CoversWriter && host.Mysqld is { ReadOnly: false, State: not AgentProtocol.MysqldState.Down })
            {
                host.Mysqld.Crash("is killed: it did not become read-only in time");
                World.After(World.Between(1, 3), host.Mysqld.Start);
            }
        });
    }

    private bool CoversWriter => _order is { Writable: true } && _lease.Cover(Local).ContainsKey(World.Setup.Topology.WriterAddress);

    /// <summary>The kernel's lifetimes follow the leases: raised as soon as a whole second more is covered, never beyond.</summary>
    private void Refresh()
    {
        if (_heldBack)
            return;
        _lastCover = _lease.Cover(Local);
        foreach ((RoleAddress address, TimeSpan left) in _lastCover)
        {
            if (host.Kernel.Has(address) && World.Rules.KernelSeconds(left) is > 0 and var seconds)
                host.Kernel.Show(address, seconds, IsKept(address, seconds));
        }
    }

    private void Wake()
    {
        TimeSpan now = Local;
        TimeSpan? at = _lease.WakeAt(now);
        // When the rest of a lease comes to a whole number of seconds, the kernel can be given all of it.
        foreach (TimeSpan left in _lastCover.Values)
        {
            if (now + left - TimeSpan.FromSeconds(LeaseTerms.KernelSeconds(left)) is var whole && whole > now && !(at <= whole))
                at = whole;
        }

        if (at is not { } due || _wakeAt == due)
            return;
        _wakeAt = due;
        After(due > now ? due - now + TimeSpan.FromTicks(1) : TimeSpan.FromMilliseconds(1), () =>
        {
            if (_wakeAt != due)
                return;
            _wakeAt = null;
            Apply(_lease.Tick(Local));
        });
    }

    private AgentLease Mutated(AgentLease lease) => World.Mutation switch
    {
        Mutation.PromiseNotHonoured => lease with { Peer = lease.Peer with { Promises = lease.Peer.Promises.Clear() } },
        Mutation.NoQuietAgent => lease with { Peer = lease.Peer with { QuietUntil = TimeSpan.Zero } },
        _ => lease,
    };
}
