using System.Collections.Immutable;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>What the looks at the network have found so far: the latest for each address that is not on this host. Owned by the agent actor.</summary>
/// <param name="settings">How often is looked.</param>
/// <param name="time">Clock.</param>
internal sealed class NetworkView(AddressSettings settings, TimeProvider time)
{
    /// <summary>A look that was not repeated for two intervals and this long says nothing any more.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    private ImmutableSortedDictionary<RoleAddress, (ImmutableArray<AgentProtocol.Answerer> Answers, long At)> _looks =
        ImmutableSortedDictionary<RoleAddress, (ImmutableArray<AgentProtocol.Answerer>, long)>.Empty;

    private ImmutableSortedSet<string> _macs = [];

    public void Take(AddressLooks looks)
    {
        long now = time.GetTimestamp();
        _macs = looks.OwnMacs;
        _looks = _looks.SetItems(looks.Answers.Select(a => KeyValuePair.Create(a.Key, (a.Value, now))));
    }

    /// <summary>For the report.</summary>
    /// <param name="shown">Addresses on this host: of them it knows itself.</param>
    public AgentProtocol.NetworkFacts? Facts(ImmutableSortedSet<RoleAddress> shown)
    {
        _looks = _looks.RemoveRange(_looks.Where(l => shown.Contains(l.Key) || time.GetElapsedTime(l.Value.At) > (2 * settings.CheckInterval) + s_grace).Select(l => l.Key));
        return _macs.IsEmpty ? null : new AgentProtocol.NetworkFacts(
            [.. _macs], [.. _looks.Select(l => new AgentProtocol.AddressLook(l.Key, (long)time.GetElapsedTime(l.Value.At).TotalMilliseconds, l.Value.Answers))]);
    }
}
