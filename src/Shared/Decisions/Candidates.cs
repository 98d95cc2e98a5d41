using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// The hosts that the active master role may go to now, the best first. What is already safe on another server decides before what an operator would like: a host with transactions of its own
/// spreads them when it takes over, and one that has received less has to fetch the rest first, if that can be had.
/// </summary>
internal static class Candidates
{
    /// <summary>A host and what is looked at, in the order in which it is.</summary>
    /// <param name="Host">Its name.</param>
    /// <param name="WasLast">It was the last active master: nobody has newer data. (From there the role goes to the preferred host by a planned move, which loses nothing.)</param>
    /// <param name="DiskFails">It is taken only for want of another.</param>
    /// <param name="Errant">Transactions that the last active master had not, in the servers' notation; empty = none are known.</param>
    /// <param name="Received">How far it has received what the last active master wrote; null = it does not follow it, or is not heard.</param>
    /// <param name="Current">It had received what the last active master had a second before its last report: what two such hosts report differs by when they did, and is fetched from the other.</param>
    /// <param name="Preferred">The role's preferred host.</param>
    /// <param name="SameSite">It stands where the last active master does.</param>
    /// <param name="Priority">As configured.</param>
    public sealed record Candidate(string Host, bool WasLast, bool DiskFails, string Errant, BinlogPosition? Received, bool Current, bool Preferred, bool SameSite, int Priority);

    /// <param name="state">Now.</param>
    /// <param name="besides">Left out; null = nobody.</param>
    public static ImmutableArray<Candidate> Of(ClusterState state, string? besides = null)
    {
        Role role = state.Topology.Roles[state.Topology.ActiveMasterRole];
        string? last = state.Document!.ActiveMaster?.Host;
        // The sort is stable: what is equal stays as configured.
        return [.. role.Hosts.Where(h => h != besides && state.MayReceive(h) && !DiskRules.Disqualifies(state, h)).Select(h => Look(state, role, h, last)).Order(Comparer<Candidate>.Create((a, b) => Compare(a, b).Order))];
    }

    /// <summary>Why the first comes before the second, and what comes with it, for people, without a full stop; null = there is nothing to say.</summary>
    public static string? WhyFirst(ImmutableArray<Candidate> candidates)
    {
        if (candidates.IsEmpty)
            return null;
        string? before = candidates is [var first, var second, ..] && Compare(first, second) is { Why: { } why } ? $"before {second.Host}, as {why}" : null;
        string? spreads = candidates[0] is { Errant: { Length: > 0 } own, Host: var host } ? $"the others get the transactions that only {host} has ({own})" : null;
        return before is null && spreads is null ? null : string.Join("; ", new[] { before, spreads }.OfType<string>());
    }

    private static Candidate Look(ClusterState state, Role role, string host, string? last)
    {
        string? site = last is not null && state.Topology.Hosts.TryGetValue(last, out Host? old) ? old.Site : null;
        HostFacts? facts = state.AgentReachable(host) ? state.Sights[host].Agent?.Facts : null;
        BinlogPosition? received = facts?.Replication is { } r && r.SourceHost == last ? r.Received : null;
        Host configured = state.Topology.Hosts[host];
        return new Candidate(
            host, host == last, DiskRules.Failing(state, host) is not null, Errant(state, host, last, facts),
            received, last is not null && MasterMark.IsCurrent(state, last, received),
            host == role.Prefer, site is not null && configured.Site == site, configured.Priority);
    }

    /// <summary>By the last report of the last active master in which it was up. What it wrote itself after that is nobody else's.</summary>
    private static string Errant(ClusterState state, string host, string? last, HostFacts? facts) =>
        last is not null && last != host && facts?.History is { } ours && state.Sights.TryGetValue(last, out HostSight? sight) && sight.LastUp is { Facts: { History: { } theirs } known }
            ? GtidHistory.Missing(ours, theirs, known.WritesAs) ?? "" : "";

    /// <summary>Negative: <paramref name="a"/> comes first, and why.</summary>
    private static (int Order, string? Why) Compare(Candidate a, Candidate b)
    {
        if (a.DiskFails != b.DiskFails)
            return (a.DiskFails ? 1 : -1, $"the disk of {b.Host} fails");
        if (a.WasLast != b.WasLast)
            return (a.WasLast ? -1 : 1, $"{a.Host} was the active master before, and nobody has newer data");
        if (a.Errant.Length > 0 != b.Errant.Length > 0)
            return (a.Errant.Length > 0 ? 1 : -1, $"{b.Host} has transactions of its own ({b.Errant})");
        if (!(a.Current && b.Current) && Received(a.Received, b.Received) is not 0 and var received)
            return (received, $"{a.Host} has received more ({a.Received}; {b.Host}: {b.Received?.ToString() ?? "it does not follow the last active master"})");
        if (a.Preferred != b.Preferred)
            return (a.Preferred ? -1 : 1, $"{a.Host} is the role's preferred host");
        if (a.SameSite != b.SameSite)
            return (a.SameSite ? -1 : 1, $"{a.Host} is at the site of the last active master");
        return a.Priority != b.Priority ? (b.Priority.CompareTo(a.Priority), $"its priority is higher ({a.Priority}; {b.Host}: {b.Priority})") : (0, "it is configured first");
    }

    private static int Received(BinlogPosition? a, BinlogPosition? b) =>
        a == b ? 0 : b is null ? -1 : a is null ? 1 : BinlogPositions.Passes(a, b) ? -1 : BinlogPositions.Passes(b, a) ? 1 : 0;
}
