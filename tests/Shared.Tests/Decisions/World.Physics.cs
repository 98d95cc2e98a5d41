using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
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

    /// <summary>
    /// Hosts whose role was given on after release_timeout although nobody could tell them: without leases they may go on (or wake up and go
    /// on), until they are told.
    /// </summary>
    public HashSet<string> GivenUpOn { get; } = [];

    private void Flow()
    {
        foreach (ModelHost h in EffectiveWriters.Where(h => Writes && h.Linked))
            Acknowledged = h.Received = ++h.Applied;
        foreach (ModelHost h in Hosts.Values.Where(h => h is { Power: true, Mysqld: MysqldState.Up, ReplicationStopped: false, Linked: true }))
        {
            if (h.Source is { } s && Hosts[s] is { Power: true, Linked: true, Mysqld: MysqldState.Up } source && !h.IoBroken)
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
        CheckSight threads = !up ? Unknown(host) : RepSight(h.Name, CheckKind.RepThreads, io && !h.SqlBroken && !h.ReplicationStopped, "Replication is broken");
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
                (Stored, StoredVersion) = (DocumentJson.Write(s.Document), s.Version);
                Assert.True(DocumentJson.Read(Stored).SameAs(s.Document), "the stored text does not read back as the same document");
                OnStored?.Invoke(Stores);
                break;
            case SendOrder o:
                // No effect before its document is stored.
                Assert.True(o.Order.Id.Version <= StoredVersion, "an order left before its decision was stored");
                Send(() => Hosts[o.Order.Host].Receive(o.Order));
                break;
            case LookAgain:
                foreach (ModelMonitor m in Monitors.Where(m => !m.Silent))
                    Look(m);
                break;
        }
    }

    private void AssertInstant()
    {
        string[] writers = [.. EffectiveWriters.Select(h => h.Name)];
        GivenUpOn.RemoveWhere(h => Hosts[h] is { Order.Writable: false, EffectiveWriter: false });
        if (!TwoWritersFound && writers.Count(w => !GivenUpOn.Contains(w)) > 1)
            Assert.Fail($"two effective writers: {string.Join(", ", writers)}\n{Describe()}");
        if (Stored is { Length: > 20_000 })
            Assert.Fail($"the document grows: {Stored.Length} characters");
    }
}
