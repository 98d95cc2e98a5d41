using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;
using Mmm.Simulation.Machines;

namespace Mmm.Simulation;

/// <summary>What a cluster is like in which nothing is left to do, and how soon it must be (I6).</summary>
internal static class Rest
{
    /// <summary>It must stay so.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(1);

    /// <summary>
    /// ttl + margin; detection: the trap of the checks, or agent_timeout; a coordinator elsewhere (5 s); auto_set_online after everything has booted;
    /// a catch-up that fails once; and one second.
    /// </summary>
    public static TimeSpan WriterWithin(SimSetup s) => s.Terms.Promise + s.AgentTimeout + TimeSpan.FromSeconds(2 + 5 + 2 + 3 + 1);

    /// <summary>All roles, moves and host states: a planned move may time out and be undone before.</summary>
    public static TimeSpan Within(SimSetup s) => WriterWithin(s) + TimeSpan.FromSeconds(20);

    public static void Watch(World w)
    {
        string? missing = Missing(w);
        w.Rests(missing, w.Hosts.Any(h => h.IsWriter));
        w.After(TimeSpan.FromSeconds(0.2), () => Watch(w));
    }

    /// <summary>Null = it is at rest.</summary>
    private static string? Missing(World w)
    {
        DbHost[] writers = [.. w.Hosts.Where(h => h.IsWriter)];
        if (writers.Length != 1)
            return $"{writers.Length} effective writers";
        if (w.Seat.Coordinator?.State is not { Document: { } d } state)
            return "nobody coordinates";
        if (d.Move is { } move)
            return $"a move to {move.To} is {move.Phase}: {move.Trouble}";
        foreach ((string host, HostRecord record) in d.Hosts)
        {
            if (record.State != HostState.Online)
                return $"{host} is {record.State}";
        }

        foreach (RoleSlot slot in d.Slots)
        {
            if (slot.Holder is not { } holder)
                return $"{slot.Address} is on its way from {slot.ReleasingFrom} to {slot.Owner}";
            DbHost[] showing = [.. w.Hosts.Where(h => h.Kernel.Has(slot.Address))];
            if (showing.Length != 1 || showing[0].Name != holder)
                return $"{slot.Address} is decided for {holder}, and shown by {string.Join(' ', showing.Select(h => h.Name))}";
        }

        string writer = writers[0].Name;
        foreach (DbHost h in w.Hosts)
        {
            if (h.Host.Mode == HostMode.Slave && h.Mysqld.Source != writer)
                return $"{h.Name} replicates from {h.Mysqld.Source}";
            if (h.Mysqld.TakesWrites && h.Name != writer)
                return $"{h.Name} is writable";
        }

        // One that was outbid and has had nothing to decide since does not know yet, and need not; but the agents must take its word.
        return w.Hosts.Any(h => h.Agent.Highest.Epoch > state.Epoch) ? "the agents obey another coordinator" : null;
    }
}
