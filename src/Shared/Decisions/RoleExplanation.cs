using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Checks;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>Why a role is where it is, and why it does not move: what <c>mmm explain ROLE</c> prints, a sentence per line; a line that begins with a blank belongs to the one before.</summary>
public static class RoleExplanation
{
    /// <summary>Of every role, the active master's first.</summary>
    public static ImmutableArray<ExplainedRole> All(ClusterState state) => state.Document is null ? []
        : [.. state.Topology.Roles.Values.OrderBy(r => r.Name != state.Topology.ActiveMasterRole).Select(r => new ExplainedRole(r.Name, [.. Of(state, r)]))];

    private static IEnumerable<string> Of(ClusterState state, Role role)
    {
        bool writer = role.Name == state.Topology.ActiveMasterRole;
        foreach (RoleSlot slot in state.Document!.Slots.Where(s => s.Address.Role == role.Name))
            yield return Placed(state, slot, writer);
        if (writer && state.Document.Slot(state.Writer).Owner is { } owner)
            yield return "  " + LeaseOf(state, owner);
        if (writer && state.Document.Move is { } move)
            yield return MoveOf(state, move);
        foreach (string line in Standstill(state, role, writer))
            yield return line;
        yield return "The hosts that may have it:";
        foreach (string host in role.Hosts)
            yield return $"  {host}: {(writer ? AsMaster(state, host) : AsReader(state, role, host))}.";
        if (writer && WriterPlacement.WhyNotPreferred(state) is { } why)
            yield return $"Not on its preferred host: {why}.";
    }

    private static string Placed(ClusterState state, RoleSlot slot, bool writer)
    {
        string waits = slot.ReleasingFrom is { } from ? $", which waits for {from} to let go: {Release.Of(state, slot).Why}" : "";
        if (slot.Owner is not { } owner)
            return slot.ReleasingFrom is { } old ? $"{slot.Address} is being taken from {old}: {Release.Of(state, slot).Why}." : $"{slot.Address} is with nobody.";
        return writer && state.Document!.ActiveMaster is { } master && master.Host == owner
            ? $"{slot.Address} is with {owner}, the active master since {master.Since:yyyy-MM-dd HH:mm:ss} UTC{waits}."
            : $"{slot.Address} is with {owner}{waits}.";
    }

    /// <summary>By each monitor that votes; what its agent holds by them is less, for as long as that takes to arrive.</summary>
    internal static string LeaseOf(ClusterState state, string host)
    {
        string left = !state.AgentReachable(host) ? "its agent is not heard"
            : state.Sights[host].Agent?.Lease is { } lease ? Format($"its agent reported {lease.LeftMs / 1000.0:0.0} s of lease left{(lease.ByPeers ? ", by the word of the other hosts (failsafe)" : "")}")
            : "its agent has not asked for one";
        return $"Its lease: {left}; granted by {string.Join(", ", state.Voters.Names.Select(m => Granted(state, m, host)))}; {state.Quorum} of {state.Monitors} are needed.";
    }

    private static string Granted(ClusterState state, string monitor, string host)
    {
        if (!state.LeaseAges.TryGetValue(monitor, out AgesSight? sight) || state.At - sight.ReceivedAt > state.Settings.SightTimeout)
            return $"{monitor} (not heard)";
        return sight.Ages.Hosts.FirstOrDefault(h => h.Host == host) is { } age
            ? Format($"{monitor} {(TimeSpan.FromMilliseconds(age.AgeMs) + (state.At - sight.ReceivedAt)).TotalSeconds:0.0} s ago")
            : $"{monitor} (not lately)";
    }

    private static string MoveOf(ClusterState state, RoleMove move) =>
        $"It is being moved{(move.From is null ? "" : $" from {move.From}")} to {move.To} since {move.StartedAt:yyyy-MM-dd HH:mm:ss} UTC ({move.Cause.ToString().ToLowerInvariant()}): {Snapshots.SentenceOf(state, move)}.";

    private static IEnumerable<string> Standstill(ClusterState state, Role role, bool writer)
    {
        if (state.Broken.Length > 0)
            yield return "Nothing is decided: an internal rule is broken, see the warnings of 'mmm show'.";
        if (state.Blind)
            yield return $"Nothing is decided: {state.Quorum} of {state.Monitors} monitors must see the hosts, and of these do not count: {string.Join(", ", NotCounted(state).DefaultIfEmpty("none"))}.";
        switch (state.Document!.Mode)
        {
            case ClusterMode.Passive:
                yield return "Mode PASSIVE: nothing is changed by itself; 'mmm set_active' ends that.";
                break;
            case ClusterMode.Manual when role.Mode == RoleMode.Exclusive:
                yield return "Mode MANUAL: it is not taken from a host that fails, and moves by 'mmm move_role' only; 'mmm set_active' ends that.";
                break;
            case ClusterMode.Manual:
                yield return "Mode MANUAL: addresses are not taken from a host that fails; 'mmm set_active' ends that.";
                break;
            case ClusterMode.Wait:
                yield return "Mode WAIT: the other master is waited for (wait_for_other_master); 'mmm set_active' ends that.";
                break;
        }

        if (!state.Settled)
            yield return "This coordinator has just begun: nobody is given a role before the agents have been heard, or had the time (agent_timeout).";
        if (writer && state.Document.RetryMoveAfter is { } after && state.At < after)
            yield return Format($"A move failed: it is not begun again by itself for {(after - state.At).TotalSeconds:0} s (master_connect_retry).");
    }

    /// <summary>The monitors whose word does not count at the moment, each with why.</summary>
    internal static IEnumerable<string> NotCounted(ClusterState state)
    {
        foreach (string monitor in state.Voters.Names)
        {
            if (!state.Vantages.TryGetValue(monitor, out VantageSight? v))
                yield return $"{monitor} (not heard since this coordinator began)";
            else if (!QuorumVerdict.Counts(v, state))
                yield return state.At - v.ReceivedAt > state.Settings.SightTimeout ? Format($"{monitor} (not heard for {(state.At - v.ReceivedAt).TotalSeconds:0} s)")
                    : !v.Report.NetworkOk ? $"{monitor} (its own network does not work)" : $"{monitor} (it is configured differently)";
        }
    }

    private static string AsMaster(ClusterState state, string host)
    {
        ImmutableArray<Candidates.Candidate> ranked = Candidates.Of(state, state.Document!.Slot(state.Writer).Owner);
        if (state.Document.Slot(state.Writer).Owner == host)
        {
            return ranked.IsEmpty ? "has it; if it failed now, nobody could take over"
                : $"has it; if it failed now, {ranked[0].Host} would take over{(Candidates.WhyFirst(ranked) is { } why ? $" ({why})" : "")}";
        }

        if (WhyNot(state, host) is { } not)
            return not;
        int rank = ranked.Select(c => c.Host).ToList().IndexOf(host);
        if (rank < 0)
            return DiskRules.Failing(state, host) is { } disk ? $"cannot, as {DiskRules.SentenceOf(disk)}" : "cannot";
        string planned = Preflight.Of(state, host) is [{ } inTheWay, ..]
            ? inTheWay.Passes ? $"a planned move would wait, as {inTheWay.Sentence}" : $"a planned move would be refused, as {inTheWay.Sentence}"
            : "a planned move could begin at once";
        return $"would be number {rank + 1} after a failure; {planned}";
    }

    private static string AsReader(ClusterState state, Role role, string host)
    {
        RoleAddress[] has = [.. state.Document!.Slots.Where(s => s.Owner == host && s.Address.Role == role.Name).Select(s => s.Address)];
        return has.Length > 0 ? $"has {string.Join(", ", has)}" : WhyNot(state, host) ?? "may have one, and has none: there are enough hosts for all addresses";
    }

    /// <summary>Null = it may be given a role.</summary>
    private static string? WhyNot(ClusterState state, string host)
    {
        HostRecord record = state.Document!.Hosts[host];
        if (record.State != HostState.Online)
            return $"cannot, as it is {StateNames.NameOf(record.State)} since {record.Since:yyyy-MM-dd HH:mm:ss} UTC ({record.Reason})";
        return state.AgentReachable(host) ? null : "cannot, as its agent is not reachable";
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
