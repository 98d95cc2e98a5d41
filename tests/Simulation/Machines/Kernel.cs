using Mmm.Shared.Topology;

namespace Mmm.Simulation.Machines;

/// <summary>
/// The part of a DB host that needs nobody to be alive: role addresses with a lifetime in whole seconds. They go by themselves on the true
/// time, up to 0.13 s late, whatever the agent is doing.
/// </summary>
internal sealed class Kernel(World world, DbHost host)
{
    private const double MostLate = 0.13;
    private readonly SortedDictionary<RoleAddress, Shown> _shown = [];

    public IEnumerable<RoleAddress> Addresses => _shown.Keys;

    public int Count => _shown.Count;

    public bool Has(RoleAddress address) => _shown.ContainsKey(address);

    /// <summary>On by its agent's own word while no monitor answers (failsafe.balanced = keep): its lease proper is over before its lifetime.</summary>
    public bool IsKept(RoleAddress address) => _shown.TryGetValue(address, out Shown? s) && s.Kept;

    /// <summary><c>ip addr replace … valid_lft</c>; a shorter lifetime than the present one is not set.</summary>
    public void Show(RoleAddress address, int seconds, bool kept)
    {
        TimeSpan until = world.Now + TimeSpan.FromSeconds(seconds);
        bool there = _shown.TryGetValue(address, out Shown? s);
        if (there && until <= s!.Until)
            return;
        var now = new Shown(until, kept);
        _shown[address] = now;
        world.At(until + world.Between(0, MostLate), () => Expire(address, now));
        if (there)
            return;
        world.Log(host.Name, $"shows {address} for {seconds} s");
        world.Judge.Shown(host, address);
    }

    public void Remove(RoleAddress address)
    {
        if (!_shown.Remove(address))
            return;
        world.Log(host.Name, $"takes {address} off");
        world.Judge.Gone(host, address);
    }

    public void Clear()
    {
        foreach (RoleAddress a in _shown.Keys.ToArray())
            Remove(a);
    }

    private void Expire(RoleAddress address, Shown meant)
    {
        if (!_shown.TryGetValue(address, out Shown? now) || !ReferenceEquals(now, meant))
            return;
        _shown.Remove(address);
        world.Log(host.Name, $"kernel: the lifetime of {address} is over");
        world.Judge.Gone(host, address);
    }

    private sealed record Shown(TimeSpan Until, bool Kept);
}
