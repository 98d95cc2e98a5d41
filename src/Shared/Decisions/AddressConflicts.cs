using System.Collections.Immutable;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// What follows from what the agents see of role addresses on the network. A machine that is none of the cluster's is reported. A host of the cluster that answers for what it
/// should not have is sent its order again, through the agents that see it when its own cannot be reached. Nothing of this changes a decision.
/// </summary>
public static class AddressConflicts
{
    /// <summary>The network and the agents' reports may still show the old holder for this long after an address has changed hands; also the least time between two looks that count as two.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(1);

    /// <summary>A host that goes on answering is told again this often.</summary>
    private static readonly TimeSpan s_tellAgain = TimeSpan.FromSeconds(1);

    /// <summary>Takes in what an agent that has just reported sees.</summary>
    internal static ClusterState Absorb(ClusterState state, Report report)
    {
        ImmutableArray<AddressLook> looks = report.Network?.Looks ?? [];
        foreach (AddressConflict known in state.AddressConflicts.Where(c => c.SeenBy.Contains(report.Host)))
        {
            if (!looks.Any(l => l.Address == known.Address && l.Answers.Any(a => a.Mac == known.Mac)))
                state = Unseen(state, known, report.Host);
        }

        foreach (AddressLook look in looks)
        {
            DateTimeOffset seenAt = state.At - TimeSpan.FromMilliseconds(look.AgeMs);
            foreach (Answerer answer in look.Answers)
                state = Seen(state, report.Host, look.Address, answer, seenAt);
        }

        return state;
    }

    /// <summary>After a step's decisions: addresses that changed hands, witnesses that fell silent, machines that may have the address now.</summary>
    internal static ClusterState Watch(ClusterState state)
    {
        if (state.Document is not { } document)
            return state;
        if (!ReferenceEquals(state.TenuresOf, document))
        {
            state = state with
            {
                TenuresOf = document,
                Tenures = document.Slots.ToImmutableSortedDictionary(s => s.Address, s =>
                    state.Tenures.TryGetValue(s.Address, out AddressTenure? t) && t.Owner == s.Owner && t.ReleasingFrom == s.ReleasingFrom
                        ? t : new AddressTenure(s.Owner, s.ReleasingFrom, state.Tenures.IsEmpty ? state.StartedAt : state.At)),
            };
        }

        foreach (AddressConflict conflict in state.AddressConflicts)
        {
            if (HostOf(state, conflict.Mac, conflict.Host) is { } host && MayAnswer(state, conflict.Address, host))
                state = Over(state, conflict);
            else
                state = conflict.SeenBy.Where(state.AgentLost).Aggregate(state, (s, witness) => Unseen(s, s.AddressConflicts.First(c => Same(c, conflict)), witness));
        }

        return state;
    }

    /// <summary>Hosts of the cluster that answer for what they should not have are told their order again.</summary>
    internal static ClusterState TellAgain(ClusterState state, ImmutableArray<Effect>.Builder effects)
    {
        foreach (AddressConflict conflict in state.AddressConflicts)
        {
            if (conflict.Host is not { } host || !conflict.Confirmed || !state.Orders.TryGetValue(host, out IssuedOrder? issued)
                || (conflict.ToldAt is { } told && state.At - told < s_tellAgain))
                continue;
            effects.Add(new SendOrder(issued.Order));
            if (!state.AgentReachable(host))
                effects.AddRange(Relays(state, conflict).Select(via => new RelayOrder(via, issued.Order)));
            state = Replace(state, conflict, conflict with { ToldAt = state.At });
        }

        return state;
    }

    /// <summary>For <c>show</c> and <c>status</c>.</summary>
    internal static IEnumerable<string> Warnings(ClusterState state)
    {
        foreach (AddressConflict c in state.AddressConflicts.Where(c => c.Confirmed))
        {
            string whose = state.Tenures.GetValueOrDefault(c.Address)?.Owner is { } owner ? $"it belongs to host {owner}" : "no host has it";
            yield return c.Host is { } host
                ? $"host {host} answers for {c.Address} (MAC {c.Mac}, seen by {string.Join(", ", c.SeenBy)}), but {whose}; {Told(state, c, host)}"
                : $"a machine that is no host of this cluster answers for {c.Address} (MAC {c.Mac}, seen by {string.Join(", ", c.SeenBy)}), but {whose}: find that machine by its MAC and take the address off it";
        }
    }

    private static string Told(ClusterState state, AddressConflict c, string host) =>
        state.Document!.Mode == ClusterMode.Passive ? "in PASSIVE mode it is not told to let go of it"
        : state.AgentReachable(host) ? $"{host} is told to let go of it"
        : Relays(state, c).ToList() is { Count: > 0 } through ? $"{host} is told to let go of it through {string.Join(", ", through)}"
        : $"{host} cannot be told to let go of it, as no agent is reachable";

    /// <summary>A machine that is no host of the cluster answers for the address; null = none that is known.</summary>
    internal static string? ForeignMac(ClusterState state, RoleAddress address) =>
        state.AddressConflicts.FirstOrDefault(c => c.Address == address && c is { Confirmed: true, Host: null })?.Mac;

    private static ClusterState Seen(ClusterState state, string witness, RoleAddress address, Answerer answer, DateTimeOffset seenAt)
    {
        string? host = HostOf(state, answer.Mac, answer.Host);
        // By whatever network interface: a host never holds itself for somebody else.
        if (host == witness || (host is not null && MayAnswer(state, address, host)) || !state.Tenures.TryGetValue(address, out AddressTenure? tenure))
            return state;
        // The last sight of the host that had it before, or a machine that nobody can name before the agents have been heard.
        if (seenAt - tenure.Since < s_settle || (host is null && !state.Settled))
            return state;
        AddressConflict? known = state.AddressConflicts.FirstOrDefault(c => c.Address == address && c.Mac == answer.Mac);
        AddressConflict now = known is null
            ? new AddressConflict(address, answer.Mac, host, seenAt, [witness], false, null)
            : known with { Host = host, SeenBy = known.SeenBy.Add(witness) };
        state = known is null ? state with { AddressConflicts = state.AddressConflicts.Add(now) } : Replace(state, known, now);
        // A host that should not have it is told at once: that is harmless. Of a stranger one lost or late packet is not enough.
        bool confirmed = host is not null || seenAt - now.FirstSeenAt >= s_settle;
        return now.Confirmed || !confirmed ? state : Noted(Replace(state, now, now with { Confirmed = true }), now);
    }

    private static ClusterState Noted(ClusterState state, AddressConflict c) => c.Host is { } host
        ? state.Noted("address_stray", host, $"Host '{host}' answers for '{c.Address}' (MAC {c.Mac}, seen by {string.Join(", ", c.SeenBy)}), which it should not have")
        : state.Noted("address_foreign", null, $"A machine that is no host of this cluster answers for '{c.Address}' (MAC {c.Mac}, seen by {string.Join(", ", c.SeenBy)})");

    private static ClusterState Unseen(ClusterState state, AddressConflict conflict, string witness)
    {
        AddressConflict left = conflict with { SeenBy = conflict.SeenBy.Remove(witness) };
        return left.SeenBy.IsEmpty ? Over(state, conflict) : Replace(state, conflict, left);
    }

    private static ClusterState Over(ClusterState state, AddressConflict conflict)
    {
        state = state with { AddressConflicts = [.. state.AddressConflicts.Where(c => !Same(c, conflict))] };
        return conflict.Confirmed
            ? state.Noted("address_clear", conflict.Host, $"{(conflict.Host is { } host ? $"Host '{host}'" : "The machine")} with MAC {conflict.Mac} does not answer for '{conflict.Address}' any more")
            : state;
    }

    private static bool MayAnswer(ClusterState state, RoleAddress address, string host) =>
        state.Document?.Slot(address) is { } slot && (slot.Owner == host || slot.ReleasingFrom == host);

    /// <summary>The host whose interface it is. By its own word before another's; of two that say so (cloned machines) the first.</summary>
    private static string? HostOf(ClusterState state, string mac, string? seenAs) =>
        state.Sights.FirstOrDefault(s => s.Value.Agent?.Network?.Macs.Contains(mac) == true).Key ?? seenAs;

    /// <summary>The witnesses can surely reach it; without one that can be reached, everybody is asked.</summary>
    private static IEnumerable<string> Relays(ClusterState state, AddressConflict conflict)
    {
        string[] witnesses = [.. conflict.SeenBy.Where(state.AgentReachable)];
        return witnesses.Length > 0 ? witnesses : state.Topology.Hosts.Keys.Where(h => h != conflict.Host && state.AgentReachable(h));
    }

    private static bool Same(AddressConflict a, AddressConflict b) => a.Address == b.Address && a.Mac == b.Mac;

    private static ClusterState Replace(ClusterState state, AddressConflict old, AddressConflict by) =>
        state with { AddressConflicts = [.. state.AddressConflicts.Select(c => Same(c, old) ? by : c)] };
}
