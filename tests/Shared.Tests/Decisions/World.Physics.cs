using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.LeaseProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Tests.Decisions;

internal sealed partial class World
{
    /// <summary>Hosts on which clients' writes to the writer address succeed.</summary>
    public IEnumerable<ModelHost> EffectiveWriters => Hosts.Values.Where(h => h.EffectiveWriter);

    /// <summary>Transactions acknowledged to clients.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>The test begins with two.</summary>
    public bool TwoWritersFound { get; set; }

    private void Flow()
    {
        foreach (ModelHost h in EffectiveWriters.Where(h => Writes && h.Linked))
            Acknowledged = h.Received = ++h.Applied;
        foreach (ModelHost h in Hosts.Values.Where(h => h is { Power: true, Mysqld: MysqldState.Up, ReplicationStopped: false, Linked: true }))
        {
            if (h.Source is { } s && Hosts[s] is { Power: true, Linked: true, Mysqld: MysqldState.Up } source && !h.IoBroken && !h.ReceiverHeld)
                h.Received = Math.Max(h.Received, source.Applied);
            if (!h.SqlBroken)
                h.Applied = Math.Max(h.Applied, h.Received);
        }
    }

    private ReplicationSight Probe(ModelHost h)
    {
        Host host = Topology.Hosts[h.Name];
        bool up = h is { Power: true, Linked: true, Mysqld: MysqldState.Up };
        bool io = h.Source is { } s && Hosts[s] is { Power: true, Linked: true, Mysqld: MysqldState.Up };
        CheckSight threads = !up ? Unknown(host) : RepSight(h.Name, CheckKind.RepThreads, io && !h.SqlBroken && !h.ReplicationStopped && !h.ReceiverHeld, "Replication is broken");
        CheckSight backlog = !up ? Unknown(host) : RepSight(h.Name, CheckKind.RepBacklog, !h.IoBroken, "Backlog is too big");
        return new ReplicationSight("C1", h.Name, threads, backlog, up && h.Source is not null ? Topology.Hosts[h.Source].Ip : null, 0, up ? h.ReadOnly : null, null);
    }

    private static CheckSight Unknown(Host h) => new(Outcome.Unknown, 0, false, $"Connect error (host = {h.Ip}:3306, user = mmm)!");

    private CheckSight RepSight(string host, CheckKind kind, bool ok, string bad)
    {
        if (ok)
        {
            _repFailingSince.Remove((host, kind));
            return new CheckSight(Outcome.Ok, 0, false, kind == CheckKind.RepBacklog ? "Backlog is null" : "");
        }

        _repFailingSince.TryAdd((host, kind), At);
        return new CheckSight(Outcome.Failing, (long)(At - _repFailingSince[(host, kind)]).TotalMilliseconds, false, bad);
    }

    private void CarryOut(Effect effect)
    {
        Effects.Add((At, effect));
        switch (effect)
        {
            case StoreDocument s:
                Assert.Equal(StoredVersion + 1, s.Version);
                (Stored, StoredVersion, StoredId) = (DocumentJson.Write(s.Document), s.Version, new DecisionId(State.Epoch, s.Version));
                Assert.True(DocumentJson.Read(Stored).SameAs(s.Document), "the stored text does not read back as the same document");
                OnStored?.Invoke(Stores);
                break;
            case SendOrder o:
                // No effect before its document is stored.
                Assert.True(o.Order.Id.Version <= StoredVersion, "an order left before its decision was stored");
                Send(() =>
                {
                    if (Hosts[o.Order.Host].MonitorsReach)
                        Hosts[o.Order.Host].Receive(o.Order);
                });
                break;
            case RelayOrder r:
                Assert.True(r.Order.Id.Version <= StoredVersion, "an order left before its decision was stored");
                Send(() => Relay(Hosts[r.Via], Hosts[r.Order.Host], r.Order));
                break;
            case SendWithdraw w:
                Assert.True(w.Withdraw.Id.Version <= StoredVersion, "a withdrawal left before its decision was stored");
                foreach (ModelMonitor m in Monitors)
                    Send(() => Confirm(m.Receive(w.Withdraw)));
                break;
            case TellVoters t:
                Assert.Equal(StoredVoters.Generation, t.Decided.Generation);
                foreach (ModelMonitor m in Monitors)
                    Send(() => m.Receive(t.Decided));
                break;
            case LookAgain:
                foreach (ModelMonitor m in Monitors.Where(m => !m.Silent))
                    Look(m);
                break;
        }
    }

    private void Confirm(Withdrawn? confirmed)
    {
        if (confirmed is not null)
            Send(() => Feed(new WithdrawalConfirmed(At, confirmed)));
    }

    /// <summary>A host that can be reached passes the order on, and learns from the other whether it has let go.</summary>
    private void Relay(ModelHost via, ModelHost to, HostOrder order)
    {
        if (!via.Reachable || !via.MonitorsReach || via.AgentHung)
            return;
        Send(() =>
        {
            to.Receive(order);
            if (to.Reachable && !to.AgentHung && to.LetGoOf(order))
                Send(() => via.ReleasedBy(to.Name));
        });
    }

    /// <summary>A host asks for its leases: of the monitors, or of the other hosts that may carry its addresses.</summary>
    public void Ask(ModelHost asking, Messages.LeaseProtocol.IMessage request)
    {
        switch (request)
        {
            case Renew renew:
                foreach (ModelMonitor m in Monitors)
                {
                    Send(() =>
                    {
                        if (asking.MonitorsReach && m.Receive(renew) is { } reply)
                        {
                            Send(() =>
                            {
                                if (asking.MonitorsReach)
                                    asking.Receive(reply);
                            });
                        }
                    });
                }

                break;
            case Hold hold:
                foreach (ModelHost peer in Hosts.Values.Where(h => h != asking && hold.Addresses.Any(a => Topology.MayCarry(a.Role, h.Name))))
                {
                    Send(() =>
                    {
                        if (asking.Linked)
                            peer.Receive(hold, reply => Send(() => asking.Receive(reply)));
                    });
                }

                break;
        }
    }

    private void AssertInstant()
    {
        string[] writers = [.. EffectiveWriters.Select(h => h.Name)];
        // Found by hand at the first start; once there is one, there is one.
        TwoWritersFound &= writers.Length > 1;
        if (!TwoWritersFound && writers.Length > 1)
            Assert.Fail($"two effective writers: {string.Join(", ", writers)}\n{Describe()}");
        if (Stored is { Length: > 20_000 })
            Assert.Fail($"the document grows: {Stored.Length} characters");
    }
}
