using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>
/// Looks at the network that begin as soon as an order comes, so that they are over when the address is to be added: meanwhile the order is stored, the lease is asked for, the
/// server catches up and becomes writable. Owned by the agent actor.
/// </summary>
/// <param name="looker">Asks.</param>
/// <param name="settings">Whether and how long.</param>
/// <param name="time">Clock.</param>
internal sealed class EarlyLooks(AddressLooker looker, AddressSettings settings, TimeProvider time)
{
    /// <summary>Longer ago, and a machine may have come since: then it is asked again, after a catch-up that took seconds anyhow.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(2);

    private readonly Dictionary<RoleAddress, (Task<AddressLooks> Look, long Began)> _looks = [];

    public void Begin(IEnumerable<RoleAddress> addresses)
    {
        RoleAddress[] asked = [.. addresses.Where(a => !IsFresh(a))];
        if (settings.Probe == TimeSpan.Zero || asked.Length == 0)
            return;
        Task<AddressLooks> look = looker.LookAsync(asked, settings.Probe, first: true, CancellationToken.None);
        foreach (RoleAddress address in asked)
            _looks[address] = (look, time.GetTimestamp());
    }

    /// <summary>The look for an address that is about to be added; null = none that still counts. Each counts once.</summary>
    public Task<AddressLooks>? Take(RoleAddress address)
    {
        bool fresh = IsFresh(address);
        return _looks.Remove(address, out (Task<AddressLooks> Look, long) begun) && fresh ? begun.Look : null;
    }

    private bool IsFresh(RoleAddress address) => _looks.TryGetValue(address, out (Task<AddressLooks>, long Began) begun) && time.GetElapsedTime(begun.Began) < s_fresh;
}
