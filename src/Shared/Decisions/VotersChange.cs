using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Status;

namespace Mmm.Shared.Decisions;

/// <summary>
/// Which monitors' word counts, changed by one at a time and only when the last change is in force everywhere it matters (<see cref="InForce"/>). Configuration files say
/// who the monitors are and where; only a decision makes one count, or no longer.
/// </summary>
public static class VotersChange
{
    /// <summary>Granters that do not know of the change are told again after this long.</summary>
    private static readonly TimeSpan s_resendAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// A quorum of the voters' granters has refused claims by earlier lists for as long as a lease can run: so no lease counts by a list before this one's
    /// predecessor, and the quorums of two lists that follow each other always meet.
    /// </summary>
    public static bool InForce(ClusterState state) => Missing(state) is null;

    /// <summary>The document that changed the voters is stored: the next one says that it need not be doubted.</summary>
    internal static ClusterState Settle(ClusterState state) =>
        state.Document?.Voters is { Before: not null } changed ? state.Deciding(d => d with { Voters = changed.Settled }) : state;

    /// <summary><c>monitors add NAME</c>, <c>monitors remove NAME</c>.</summary>
    internal static (ClusterState State, string Answer) Run(ClusterState s, string change, string monitor, string by) => change switch
    {
        "add" => Add(s, monitor, by),
        "remove" => Remove(s, monitor, by),
        _ => (s, $"ERROR: Invalid command 'monitors {change} {monitor}'. It is 'monitors add NAME' or 'monitors remove NAME'."),
    };

    /// <summary>Tells the granters that do not know the voters yet.</summary>
    internal static ClusterState Tell(ClusterState state, ImmutableArray<Effect>.Builder effects)
    {
        Voters voters = state.Voters;
        if (voters.Generation == 0 || (state.VotersToldAt is { } told && state.At - told < s_resendAfter) || voters.Names.All(v => Knows(state, v)))
            return state;
        effects.Add(new TellVoters(new LeaseProtocol.VotersDecided(state.Topology.Name, voters.Generation)));
        return state with { VotersToldAt = state.At };
    }

    private static (ClusterState, string) Add(ClusterState s, string monitor, string by)
    {
        if (s.Voters.Contains(monitor))
            return (s, $"OK: Monitor '{monitor}' votes already. Skipping command.");
        if (!s.Configured.Contains(monitor))
        {
            return (s, $"ERROR: Unknown monitor '{monitor}'! Monitor '{s.Coordinator}' is configured with: {string.Join(", ", s.Configured)}. "
                + $"Add '{monitor}' to monitors {{ }} in the configuration of every monitor and agent, restart them one after the other, and start '{monitor}'.");
        }

        if (s.Voters.Names.Length == Voters.Most)
            return (s, $"ERROR: {Voters.Most} monitors vote already, more are not allowed. Remove one first.");
        if (Missing(s) is { } missing)
            return (s, missing);
        if (!Answers(s, monitor))
            return (s, $"ERROR: Monitor '{monitor}' has not been heard of, or has not read the decisions yet. Start it, look at 'monitors', and try again.");
        return Decide(s, s.Voters.With(monitor), $"Admin added monitor '{monitor}' ({by})", $"OK: Monitor '{monitor}' votes from now on.");
    }

    private static (ClusterState, string) Remove(ClusterState s, string monitor, string by)
    {
        if (!s.Voters.Contains(monitor))
        {
            return (s, s.Configured.Contains(monitor)
                ? $"OK: Monitor '{monitor}' does not vote. Skipping command."
                : $"ERROR: Unknown monitor '{monitor}'! It is none of those that vote ({s.Voters}) and none of those that are configured ({string.Join(", ", s.Configured)}).");
        }

        if (s.Voters.Names.Length == 1)
            return (s, $"ERROR: '{monitor}' is the only monitor that votes. Add another one first.");
        if (Missing(s) is { } missing)
            return (s, missing);
        Voters next = s.Voters.Without(monitor);
        string[] heard = [.. next.Names.Where(v => Answers(s, v))];
        return next.HasQuorum(heard)
            ? Decide(s, next, $"Admin removed monitor '{monitor}' ({by})", $"OK: Monitor '{monitor}' does not vote any more.")
            : (s, $"ERROR: Without '{monitor}' {next.Quorum} of {next.Names.Length} monitors ({next}) would have to agree, and only "
                + $"{(heard.Length == 0 ? "none" : string.Join(", ", heard))} can at the moment. Nothing is changed.");
    }

    private static (ClusterState, string) Decide(ClusterState s, Voters next, string note, string answer)
    {
        s = s.Deciding(d => d with { Voters = next }).Noted("monitors_changed", null, $"{note}: {next} vote, {next.Quorum} must agree") with { VotersToldAt = null };
        string even = next.Names.Length % 2 == 0 ? $" {next.Names.Length} monitors survive the loss of no more of them than {next.Names.Length - 1} would." : "";
        return (s, $"{answer} Now {next} vote, and {next.Quorum} of them must agree.{even}");
    }

    /// <summary>Why the next change must wait; null = it need not.</summary>
    private static string? Missing(ClusterState s)
    {
        // Before the first change there is no earlier list to count by.
        if (s.Voters.Generation == 0)
            return null;
        TimeSpan promise = new LeaseTerms(s.Settings.LeaseTtl).Promise;
        string[] sure = [.. s.Voters.Names.Where(v => Knows(s, v) && s.LeaseAges[v] is var a && TimeSpan.FromMilliseconds(a.Ages.GenerationAgeMs) + (s.At - a.ReceivedAt) >= promise)];
        return s.Voters.HasQuorum(sure)
            ? null
            : MmmAnswers.WaitsForLastChange(
                $"{s.Voters.Quorum} of {s.Voters} must have counted by it for {promise.TotalSeconds:0.0} s, and so far "
                + $"{(sure.Length == 0 ? "none has" : string.Join(", ", sure) + (sure.Length == 1 ? " has" : " have"))}. Please, wait some time.");
    }

    private static bool Knows(ClusterState s, string monitor) => Fresh(s, monitor) is { } ages && ages.Generation >= s.Voters.Generation;

    /// <summary>It sees the servers, and its granter has read the decisions of a quorum.</summary>
    private static bool Answers(ClusterState s, string monitor) =>
        Fresh(s, monitor) is { Ready: true } && s.Vantages.TryGetValue(monitor, out VantageSight? v) && s.At - v.ReceivedAt <= s.Settings.SightTimeout;

    private static LeaseProtocol.Ages? Fresh(ClusterState s, string monitor) =>
        s.LeaseAges.TryGetValue(monitor, out AgesSight? a) && s.At - a.ReceivedAt <= s.Settings.SightTimeout ? a.Ages : null;
}
