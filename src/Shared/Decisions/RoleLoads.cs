using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>How much of a role each host that may receive it has now; counted once, then kept up to date, as clusters may have hundreds of hosts.</summary>
internal sealed class RoleLoads
{
    private readonly List<string> _eligible;
    private readonly Dictionary<string, (decimal OfRole, int InAll)> _loads = new(StringComparer.Ordinal);

    public RoleLoads(ClusterState state, Role role)
    {
        _eligible = [.. role.Hosts.Where(state.MayReceive)];
        foreach (string host in _eligible)
            _loads[host] = default;
        foreach (RoleSlot slot in state.Document!.Slots)
        {
            if (slot.Owner is not { } owner || !_loads.TryGetValue(owner, out var l))
                continue;
            // MMM: the active master role weighs half a role, so its host gets the fewer readers where the number is uneven.
            decimal weight = slot.Address.Role == role.Name ? 1m : slot.Address == state.Writer ? 0.5m : 0m;
            _loads[owner] = (l.OfRole + weight, l.InAll + 1);
        }
    }

    /// <summary>The host with least of the role, then with the fewest addresses, then as configured; null = nobody may receive it.</summary>
    public string? Least() => _eligible.Count == 0 ? null : _eligible.MinBy(h => _loads[h]);

    /// <summary>From whom to whom one address must move; null = no host has two more than another.</summary>
    public (string From, string To)? Uneven()
    {
        if (_eligible.Count < 2)
            return null;
        string to = _eligible.MinBy(h => _loads[h].OfRole)!, from = _eligible.MaxBy(h => _loads[h].OfRole)!;
        return _loads[from].OfRole - _loads[to].OfRole <= 1m ? null : (from, to);
    }

    public void Add(string host, int addresses)
    {
        if (_loads.TryGetValue(host, out var l))
            _loads[host] = (l.OfRole + addresses, l.InAll + addresses);
    }
}
