using Akka.Actor;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <content>What the lease must know of mysqld.</content>
public sealed partial class AgentActor
{
    private LeaseActor.MysqldNow? _toldLease;
    private bool? _lastReadOnly;

    /// <summary>What the lease must know to end a mysqld that takes writes it may not take.</summary>
    private void TellLease()
    {
        FoundMysqld m = _found.Mysqld;
        bool harmless = m.State == AgentProtocol.MysqldState.Down || (m.ReadOnly ?? _lastReadOnly) == true || NeverAnswered(m);
        bool mayWrite = _order is null || !_setup.Topology.MayBeActiveMaster(_setup.Host.Name)
            || LeasedOrder.Of(_order, _cover, _found, _setup.Topology).Order.Writable
            // Giving up while the host is sound is a planned move: it is undone rather than forced.
            || (!_order.Writable && _order.State == HostState.Online);
        string? why = mayWrite ? null : _order!.Writable ? "it has no lease" : $"the host is {StateNames.NameOf(_order.State)}";
        var now = new LeaseActor.MysqldNow(mayWrite, harmless, m.PidFile ?? _toldLease?.PidFile, why);
        if (now == _toldLease)
            return;
        _toldLease = now;
        _lease.Tell(now);
    }

    /// <summary>
    /// It has been started since mysqld last answered this agent, or the one before this start. No agent has made it writable, as that is only done to a process that is stored as one that has
    /// answered; it came up read-only (my.cnf), and may still be recovering. Killed for not answering, it would never come up on a busy machine.
    /// </summary>
    private bool NeverAnswered(FoundMysqld m) =>
        m is { ReadOnly: null, Process: { } process } && _keeper.Memory?.Answered is { } answered && process != answered && process != _lastUp?.Process;
}
