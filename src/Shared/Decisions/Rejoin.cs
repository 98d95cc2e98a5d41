using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// The return of a server that had failed as active master. It may have transactions that the one after it never received: until both are compared, by their GTIDs, or without any by what its
/// binary log holds behind the place up to which the other one has applied it, nothing of it is replicated to anybody (<see cref="ReplicationAction.Hold"/>), it replicates from nobody, and it stays AWAITING_RECOVERY. With nothing of its own it comes back by itself; else an
/// operator decides what is to become of that.
/// </summary>
public static class Rejoin
{
    /// <summary>How a comparison came out.</summary>
    public abstract record Outcome
    {
        /// <summary>Not possible yet.</summary>
        /// <param name="Why">One sentence, without a full stop.</param>
        /// <param name="Ask">Its agent has to be asked this for it; null = nothing.</param>
        public sealed record NotYet(string Why, LogCheck? Ask = null) : Outcome;

        /// <summary>Never possible: one of the servers has GTIDs, the other has none.</summary>
        /// <param name="Why">One sentence, without a full stop.</param>
        public sealed record CannotTell(string Why) : Outcome;

        /// <summary>Compared.</summary>
        /// <param name="Missing">What the active master lacks, in the server's notation; empty = nothing.</param>
        public sealed record Told(string Missing) : Outcome;
    }

    /// <summary>Compares a host with the active master.</summary>
    public static Outcome Compare(ClusterState state, string host)
    {
        if (state.Document?.ActiveMaster?.Host is not { } master || master == host || !state.Topology.Hosts.ContainsKey(master))
            return new Outcome.NotYet("there is no active master to compare it with");
        foreach (string side in new[] { host, master })
        {
            if (!state.AgentReachable(side))
                return new Outcome.NotYet($"the agent on '{side}' is not reachable");
            if (state.Sights[side].Agent!.Facts.Mysqld != MysqldState.Up)
                return new Outcome.NotYet($"mysqld on '{side}' is not up");
        }

        // Until it is read-only for good, what it has may grow.
        if (OrderReports.OfPresent(state, host) is not { LetGo: true, Facts.ReadOnly: true })
            return new Outcome.NotYet($"'{host}' has not become read-only yet");
        HostFacts ours = state.Sights[host].Agent!.Facts;
        HostFacts theirs = state.Sights[master].Agent!.Facts;
        if (ours.History is null && theirs.History is null && theirs.Replication is not { UsesGtid: true } && !state.Topology.IsOneOfMany(host))
            return CompareLogs(state, host, master);
        if (ours.History is null || theirs.History is null)
            return new Outcome.CannotTell($"'{(ours.History is null ? host : master)}' has no GTIDs");
        return GtidHistory.Missing(ours.History, theirs.History, theirs.WritesAs) is { } missing
            ? new Outcome.Told(missing) : new Outcome.CannotTell($"the GTIDs of '{host}' and '{master}' are of different kinds");
    }

    /// <summary>The active master's channel from the host stands still, so where it is tells what it has of the host's log.</summary>
    private static Outcome CompareLogs(ClusterState state, string host, string master)
    {
        if (state.Sights[master].Agent!.Facts.Replication is not { Applied: { } applied } channel || channel.SourceHost != host)
            return new Outcome.NotYet($"'{master}' does not replicate from it, so how much it has of what '{host}' wrote is not known");
        if (channel.IoState != "No")
            return new Outcome.NotYet($"'{master}' has not stopped receiving from it yet");
        if (channel.SqlRunning && BinlogPositions.Passes(channel.Received, applied))
            return new Outcome.NotYet($"'{master}' has not applied all that it had received from it");
        var check = new LogCheck(applied, state.Document!.ActiveMaster!.Since);
        return state.Sights[host].Agent!.Facts.Checked is { } found && found.Of == check
            ? new Outcome.Told(found.Own == 0 ? "" : $"{found.Own} in its binary log, from {found.First} to {found.Last}")
            : new Outcome.NotYet($"its agent looks through its binary log behind {applied}", check);
    }

    /// <summary>Another server has become the active master without proof that it has everything.</summary>
    internal static ClusterState Begin(ClusterState state, string host) =>
        state.Document!.Hosts.TryGetValue(host, out HostRecord? record) ? state.Deciding(d => d.With(host, record with { Rejoin = new PendingRejoin(null) })) : state;

    /// <summary>The server is the truth itself, or what it has is to go to the others.</summary>
    internal static ClusterState End(ClusterState state, string host) =>
        state.Document!.Hosts.TryGetValue(host, out HostRecord? record) && record.Rejoin is not null ? state.Deciding(d => d.With(host, record with { Rejoin = null })) : state;

    /// <summary>Compares what can be compared.</summary>
    public static ClusterState Progress(ClusterState state)
    {
        ClusterDocument document = state.Document!;
        string master = document.ActiveMaster?.Host ?? "";
        foreach ((string host, HostRecord record) in document.Hosts)
        {
            if (record.Rejoin is not { } pending)
                continue;
            state = Compare(state, host) switch
            {
                Outcome.Told { Missing: "" } => End(state, host).Noted("rejoin_compared", host, $"Host '{host}' has no transactions that '{master}' lacks"),
                Outcome.CannotTell c => End(state, host).Noted("rejoin_not_compared", host, $"Host '{host}' was not compared with '{master}': {c.Why}. What only it has {(state.Topology.IsOneOfMany(host) ? "stays there" : "is replicated to the others")}"),
                Outcome.Told t when t.Missing != pending.Errant => state.Deciding(d => d.With(host, record with { Rejoin = pending with { Errant = t.Missing } }))
                    .Noted("rejoin_errant", host, $"Host '{host}' has transactions that '{master}' lacks: {t.Missing}. It stays out, and they are replicated to nobody; 'mmm explain {host}' says what can be done"),
                Outcome.NotYet { Ask: { } ask } when ask != pending.Check => state.Deciding(d => d.With(host, record with { Rejoin = pending with { Check = ask } })),
                _ => state,
            };
        }

        return state;
    }
}
