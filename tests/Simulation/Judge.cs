using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Mmm.Simulation.Machines;

namespace Mmm.Simulation;

/// <summary>Knows everything, at every moment, and says when an invariant (docs/safety.md) is broken. Nobody under test can ask it.</summary>
internal sealed class Judge(World world)
{
    private readonly SortedDictionary<DecisionId, string> _chosen = [];
    private readonly Dictionary<(string Monitor, string Host), DecisionId> _rules = [];
    private readonly Dictionary<string, AgentProtocol.HostOrder> _takingOver = [];
    private string? _lastWriter;

    /// <summary>What was broken first; null = nothing.</summary>
    public string? Violation { get; private set; }

    public int Failovers { get; private set; }

    /// <summary>Writes that clients were told to be safe.</summary>
    public TransactionLog Acknowledged { get; private set; } = new();

    public void Fail(string invariant, string what)
    {
        if (Violation is not null)
            return;
        Violation = $"{invariant} at {world.Now.TotalSeconds:0.000} s: {what}";
        world.Log("judge", Violation);
    }

    /// <summary>Somewhere an address or a mysqld changed.</summary>
    public void Look()
    {
        DbHost[] writers = [.. world.Hosts.Where(h => h.IsWriter)];
        if (writers.Length > 1)
            Fail("I1", $"{string.Join(" and ", writers.Select(w => w.Name))} take writes at {world.Setup.Topology.WriterAddress}");
        if (world.Profile.OneMonitor && world.Begun && writers.Length == 0)
            Fail("I5", "there is no writer, although only one monitor was ever in trouble");
        if (writers.Length == 1)
            Writes(writers[0]);
    }

    public void Shown(DbHost host, RoleAddress address)
    {
        foreach (DbHost other in world.Hosts.Where(h => h != host && h.Kernel.Has(address)))
        {
            // Two hosts may answer for a reader address while one holds on to it without a quorum (failsafe.balanced = keep).
            if (!host.Kernel.IsKept(address) && !other.Kernel.IsKept(address))
                Fail("I2", $"{address} is on {other.Name} and on {host.Name}");
        }

        Look();
    }

    public void Gone(DbHost host, RoleAddress address)
    {
        if (world.Profile.OneMonitor && world.Begun)
            Fail("I5", $"{host.Name} shows {address} no more, although only one monitor was ever in trouble");
        Look();
    }

    public void AgentStores(string host, DecisionId before, DecisionId now)
    {
        if (now < before)
            Fail("I3", $"the agent of {host} goes back from {before} to {now}");
    }

    public void KeeperStores(string keeper, KeeperRecord before, KeeperRecord now)
    {
        if (now.Promised < before.Promised || now.Held < before.Held)
            Fail("I3", $"the keeper of {keeper} goes back from {before.Promised} {before.Held} to {now.Promised} {now.Held}");
    }

    public void GranterRules(string monitor, LeaseGranter before, LeaseGranter now)
    {
        // One that has just started and has not read the decisions yet may take in a withdrawal that was long under way: it grants nothing.
        if (!now.Ready || (before.Ready && ReferenceEquals(before.Rules, now.Rules)))
            return;
        foreach ((string host, GrantRule rule) in now.Rules)
        {
            // Not less than in its earlier lives either: what it confirmed was stored by a quorum before. (One that it read from a keeper, and that never came to
            // be chosen, may be gone with that keeper's disk.)
            if (_rules.TryGetValue((monitor, host), out DecisionId? last) && rule.Id < last && _chosen.ContainsKey(last))
                Fail("I3", $"the granter of {monitor} goes back from {last} to {rule.Id} for {host}");
            _rules[(monitor, host)] = rule.Id;
        }
    }

    /// <summary>A coordinator acts on a decision.</summary>
    public void Chosen(DecisionId id, string path, string by)
    {
        if (_chosen.TryGetValue(id, out string? other) && other != path)
            Fail("I4", $"two decisions {id}: {other} and {path} ({by})");
        _chosen[id] = path;
        foreach ((DecisionId known, string was) in _chosen)
        {
            bool sound = known < id ? Documents.Descends(path, was) : known <= id || Documents.Descends(was, path);
            if (!sound)
                Fail("I4", $"decision {(known < id ? known : id)} is not in the history of {(known < id ? id : known)}: {was}, {path} ({by})");
        }
    }

    public void WillTakeOver(DbHost host, AgentProtocol.HostOrder order) => _takingOver[host.Name] = order;

    /// <summary>
    /// I7, as far as the product goes: a planned move, and any move with semi-sync. That a dead master's binlog is read by its living agent is not
    /// asked for, and with asynchronous replication what the others have not received is lost.
    /// </summary>
    private void Writes(DbHost writer)
    {
        if (_lastWriter == writer.Name)
            return;
        bool first = _lastWriter is null;
        string? last = _lastWriter;
        _lastWriter = writer.Name;
        if (first)
            return;
        Failovers++;
        world.Log("judge", $"clients write on {writer.Name} now, {last} was before");
        if (writer.Mysqld.Applied.Contains(Acknowledged))
            return;
        _takingOver.TryGetValue(writer.Name, out AgentProtocol.HostOrder? order);
        string lost = $"{writer.Name} has {writer.Mysqld.Applied}, acknowledged were {Acknowledged}";
        if (order?.CatchUp is { Force: false, UpTo: not null } c && c.From == last)
            Fail("I7", $"planned move from {last}: {lost}");
        else if (world.Setup.SemiSync && order?.CatchUp is not { Force: true })
            Fail("I7", $"semi-sync: {lost}");
        world.Count("lossy failover");
        // Lost once is lost; what matters from here on is what is acknowledged from here on.
        Acknowledged = writer.Mysqld.Applied.Copy();
    }
}
