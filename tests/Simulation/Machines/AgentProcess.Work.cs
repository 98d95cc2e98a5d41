using System.Collections.Immutable;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Simulation.Machines;

/// <content>What the order wants, one step at a time, as far as the leases cover it. Planned anew after every step from what is there.</content>
internal sealed partial class AgentProcess
{
    /// <summary>What is under way: a statement cannot be called back.</summary>
    private object? _running;
    private TimeSpan? _retryAt;
    private TimeSpan _catchUpSince;

    private void Work()
    {
        if (_order is not { } order || _heldBack || _running is not null || (_retryAt is { } retry && Local < retry))
            return;
        ImmutableSortedDictionary<RoleAddress, TimeSpan> cover = _lease.Cover(Local);
        RoleAddress writer = World.Setup.Topology.WriterAddress;
        bool writable = order.Writable && cover.ContainsKey(writer);
        foreach (RoleAddress a in host.Kernel.Addresses.Where(a => !order.Roles.Contains(a) || !cover.ContainsKey(a)).ToArray())
        {
            // Clients of a server that goes on must find it read-only before the address is gone; one that does not answer is left at once.
            if (a == writer && host.Mysqld.TakesWrites)
            {
                GiveUp();
                return;
            }

            host.Kernel.Remove(a);
        }

        if (!writable && host.Mysqld is { ReadOnly: false, State: not MysqldState.Down })
        {
            GiveUp();
            return;
        }

        if (Replicate(order) || (writable && TakeOver(order)))
            return;
        foreach (RoleAddress a in order.Roles)
        {
            if (!host.Kernel.Has(a) && cover.TryGetValue(a, out TimeSpan left) && World.Rules.KernelSeconds(left) > 0 && (a != writer || host.Mysqld.TakesWrites))
            {
                Begin("add_address");
                After(World.Between(0.001, 0.01), () => Add(order, a));
                return;
            }
        }

        bool whole = order.Roles.All(host.Kernel.Has) && (!order.Writable || host.Mysqld.TakesWrites);
        Progress(whole ? OrderStatus.Done : OrderStatus.Working, whole ? null : "lease");
    }

    private void Add(HostOrder order, RoleAddress address)
    {
        // Looked at in the same moment: between the plan and this the process may have slept.
        if (ReferenceEquals(_order, order) && _lease.Cover(Local).TryGetValue(address, out TimeSpan left) && World.Rules.KernelSeconds(left) is > 0 and var seconds)
            host.Kernel.Show(address, seconds, IsKept(address, seconds));
        Ended();
        Wake();
    }

    private void GiveUp()
    {
        Begin("read_only");
        host.Mysqld.SetReadOnly(true, World.Chance(0.1) ? World.Between(0.1, 0.8) : World.Between(0.001, 0.03), DoneLater());
    }

    private bool Replicate(HostOrder order)
    {
        Mysqld m = host.Mysqld;
        if (m.State != MysqldState.Up)
            return false;
        bool stop = order.Replication.Action is ReplicationAction.Stop or ReplicationAction.Hold or ReplicationAction.Drop;
        if (stop != m.ReplicationStopped)
        {
            Begin("replication");
            m.Run(World.Between(0.001, 0.03), () => m.ReplicationStopped = stop, DoneLater());
            return true;
        }

        if (order.Replication is not { Action: ReplicationAction.Follow, Source: { } source } || m.Source == source.Host)
            return false;
        Begin("repoint");
        m.Run(World.Between(0.005, 0.1), () =>
        {
            m.Applied.TakeAll(m.Received);
            m.Source = source.Host;
        }, DoneLater());
        return true;
    }

    /// <returns>Something is to be done, or waited for, before the address may be shown.</returns>
    private bool TakeOver(HostOrder order)
    {
        Mysqld m = host.Mysqld;
        if (m.State != MysqldState.Up)
        {
            Progress(OrderStatus.Failed, "mysqld");
            return true;
        }

        if (!m.ReadOnly)
            return false;
        if (CatchesUp(order, m))
            return true;
        if (_takeOver?.Id != order.Id)
        {
            // On disk before it happens.
            Begin("note_position");
            After(World.Between(0.001, 0.02), () =>
            {
                _takeOver = new TakeOver(order.Id, m.Position());
                Ended();
            });
            return true;
        }

        Begin("writable");
        World.Judge.WillTakeOver(host, order);
        m.SetReadOnly(false, World.Between(0.001, 0.03), DoneLater());
        return true;
    }

    private bool CatchesUp(HostOrder order, Mysqld m)
    {
        if (order.CatchUp is not { Force: false } c || World.Mutation == Mutation.NoCatchUp)
            return false;
        if (_progress.Step != "catch_up")
            _catchUpSince = Local;
        bool all = m.Applied.Contains(m.Received);
        if (all && (c.UpTo is not { } upTo || m.Applied.Contains(World.HostOf(upTo.File).Mysqld.At(upTo))))
            return false;
        if (!all && !World.Faults.Lags(host))
        {
            Begin("catch_up");
            m.Run(World.Between(0.005, 0.3), () => m.Applied.TakeAll(m.Received), DoneLater());
            return true;
        }

        bool late = Local - _catchUpSince >= TimeSpan.FromMilliseconds(c.TimeoutMs);
        Progress(late ? OrderStatus.Failed : OrderStatus.Working, "catch_up");
        After(TimeSpan.FromMilliseconds(100), Work);
        return true;
    }

    private void Begin(string step)
    {
        var token = new object();
        _running = token;
        Progress(OrderStatus.Working, step);
        // A statement that is not answered in time is given up; the server may carry it out later all the same.
        After(TimeSpan.FromSeconds(1), () =>
        {
            if (!ReferenceEquals(_running, token))
                return;
            _running = null;
            _retryAt = Local + TimeSpan.FromSeconds(1);
            Progress(OrderStatus.Failed, step);
            After(TimeSpan.FromMilliseconds(1001), Work);
        });
    }

    /// <summary>For a statement: its end is news to this life of the agent only.</summary>
    private Action DoneLater()
    {
        object? token = _running;
        int life = Life;
        return () => World.After(TimeSpan.FromMilliseconds(1), () =>
        {
            if (Life == life)
            {
                Deliver(() =>
                {
                    if (ReferenceEquals(_running, token))
                        Ended();
                });
            }
        });
    }

    private void Ended()
    {
        _running = null;
        Work();
        Say(onlyIfChanged: true);
    }

    private void Progress(OrderStatus status, string? step)
    {
        if (_order is null || (_progress.Id == _order.Id && _progress.Status == status && _progress.Step == step))
            return;
        _progress = new OrderProgress(_order.Id, status, step, null, []);
        Say(onlyIfChanged: true);
    }
}
