using System.Collections.Immutable;
using Mmm.Shared.Checks;
using static Mmm.Shared.Decisions.HostState;

namespace Mmm.Shared.Decisions;

/// <summary>One transition of a host's state.</summary>
/// <param name="Code">Reason code: stable, for scripts and tests.</param>
/// <param name="From">States it leaves.</param>
/// <param name="To">State it enters.</param>
/// <param name="Guard">When.</param>
/// <param name="Why">The reason, for people.</param>
public sealed record HostRule(string Code, ImmutableArray<HostState> From, HostState To, Func<HostContext, bool> Guard, Func<HostContext, string> Why);

/// <summary>
/// Every transition a host makes by itself (operators' set_online and set_offline are in <see cref="OperatorCommands"/>), in the order
/// they are tried: the first that matches applies. Guards are MySQL-MMM's, except where a comment says otherwise.
/// </summary>
public static class HostRules
{
    public static readonly ImmutableArray<HostRule> All =
    [
        new("host_down", [Online, ReplicationFail, ReplicationDelay, AwaitingRecovery], HardOffline,
            c => c.Down,
            c => $"{c.CheckWords}{Detail(c)}"),

        // Ours: mysqld answers, and every commit fails or hangs.
        new("disk_failed", [Online, ReplicationFail, ReplicationDelay, AwaitingRecovery], HardOffline,
            c => c.DiskKeepsOut,
            c => c.DiskWords),

        new("replication_failed", [Online], ReplicationFail,
            c => c.RepThreadsFailed && !c.HoldsWriter && c.PeerIsSound,
            c => $"rep_threads: {c.MessageOf(CheckKind.RepThreads)}"),

        new("replication_delayed", [Online], ReplicationDelay,
            c => c.RepBacklogFailed && !c.HoldsWriter && c.PeerIsSound,
            c => $"rep_backlog: {c.MessageOf(CheckKind.RepBacklog)}"),

        new("delay_became_failure", [ReplicationDelay], ReplicationFail,
            c => c.RepThreadsFailed && c.PeerOnline,
            c => $"rep_threads: {c.MessageOf(CheckKind.RepThreads)}"),

        new("failure_became_delay", [ReplicationFail], ReplicationDelay,
            c => !c.RepThreadsFailed && c.RepBacklogFailed && c.PeerOnline,
            c => $"rep_backlog: {c.MessageOf(CheckKind.RepBacklog)}"),

        new("recovered_while_flapping", [ReplicationFail, ReplicationDelay], AwaitingRecovery,
            c => c.Up && c.Record.Flapping && (c.ReplicationOk || !c.PeerOnline),
            _ => "because it's flapping"),

        // With a peer that is not ONLINE the replication checks say nothing of this host, and it may be the last one left.
        new("replication_recovered", [ReplicationFail, ReplicationDelay], Online,
            c => c.Up && !c.Unproven && !c.Record.Flapping && (c.ReplicationOk || !c.PeerOnline),
            c => c.ReplicationOk ? "replication is well again" : $"its replication source {c.Peer ?? "(none)"} is not ONLINE"),

        // Its replication is stopped until then.
        new("up_to_be_compared", [HardOffline], AwaitingRecovery,
            c => c.Up && c.Unproven,
            _ => "it is up again, and its data are compared with the active master's first"),

        new("up_but_replication_failed", [HardOffline], ReplicationFail,
            c => c.Up && c.RepThreadsFailed && ReplicationMatters(c),
            c => $"it is up again, rep_threads: {c.MessageOf(CheckKind.RepThreads)}"),

        new("up_but_replication_delayed", [HardOffline], ReplicationDelay,
            c => c.Up && c.RepBacklogFailed && ReplicationMatters(c),
            c => $"it is up again, rep_backlog: {c.MessageOf(CheckKind.RepBacklog)}"),

        new("up_again", [HardOffline], AwaitingRecovery,
            c => c.Up,
            _ => "it is up again"),

        new("quick_recovery", [AwaitingRecovery], Online,
            c => c.ChecksOk && !c.Unproven && !c.Record.Flapping && c.DownFor < c.Settings.QuickRecovery && !c.MayHaveRebooted,
            c => $"because it was down for only {Seconds(c.DownFor!.Value)} seconds"),

        new("auto_set_online", [AwaitingRecovery], Online,
            c => c.ChecksOk && !c.Unproven && !c.Record.Flapping && c.Settings.AutoSetOnline > TimeSpan.Zero && c.InState >= c.Settings.AutoSetOnline,
            c => $"because of auto_set_online({Seconds(c.Settings.AutoSetOnline)} seconds). It was in state AWAITING_RECOVERY for {Seconds(c.InState)} seconds"),

        new("flapping_ended", [AwaitingRecovery], Online,
            c => c.ChecksOk && !c.Unproven && c.Record.Flapping && c.Settings.AutoSetOnline > TimeSpan.Zero && c.InState >= c.Settings.FlapDuration,
            c => $"because it was without failure for {Seconds(c.InState)} seconds after flapping"),
    ];

    /// <summary>Applies the first matching rule to every host, repeatedly until none matches; masters first, as slaves are judged by them.</summary>
    public static ClusterState Apply(ClusterState state)
    {
        string[] hosts = [.. state.Topology.Hosts.Values.OrderBy(h => h.Mode).Select(h => h.Name)];
        // States change here, roles do not.
        RoleSlot writer = state.Document!.Slot(state.Writer);
        // No chain of rules is longer than the states a host can pass in one look at the world.
        for (int pass = 0; pass < 4; pass++)
        {
            ClusterState before = state;
            foreach (string host in hosts)
                state = ApplyOne(state, host, writer);
            if (ReferenceEquals(before, state))
                break;
        }

        return state;
    }

    /// <summary>Puts a host into a state, keeping the books of departures and down time.</summary>
    public static ClusterState Enter(ClusterState state, string host, HostState to, string code, string why)
    {
        HostRecord r = state.Document!.Hosts[host];
        HostState from = r.State;
        if (from == to)
            return state;
        if (from == Online && to != AdminOffline)
            r = FlapDetector.Departed(r, state.At, state.Settings);
        if (code == "flapping_ended")
            r = FlapDetector.Cleared(r);
        r = r with
        {
            State = to,
            Since = state.At,
            Reason = why,
            DownSince = to == Online ? null : from == Online ? state.At : r.DownSince,
        };
        state = state.Deciding(d => d.With(host, r))
            .Noted(code, host, $"State of host '{host}' changed from {StateNames.NameOf(from)} to {StateNames.NameOf(to)}{Because(to, why)}",
                new NoteAbout(StateNames.NameOf(from), StateNames.NameOf(to)));
        bool flapsNow = r.Flapping && from == Online && to != AdminOffline;
        return flapsNow
            ? state.Noted("host_flapping", host, $"Host '{host}' is flapping: it left ONLINE more than {state.Settings.FlapCount} times within {Seconds(state.Settings.FlapDuration)} seconds. It stays out until 'set_online {host}'")
            : state;
    }

    private static ClusterState ApplyOne(ClusterState state, string host, RoleSlot writer)
    {
        var c = new HostContext(state, host, writer);
        foreach (HostRule rule in All)
        {
            if (rule.From.Contains(c.Record.State) && rule.Guard(c))
                return Enter(state, host, rule.To, rule.Code, rule.Why(c));
        }

        return state;
    }

    // MMM: a returning host that can be the active master, while there is none, must not be held back by replication from a dead peer.
    private static bool ReplicationMatters(HostContext c) => c.ActiveMaster is not null || !c.CanBeActiveMaster;

    private static string Detail(HostContext c)
    {
        string? message = c.CheckWords.Contains("mysql: not OK", StringComparison.Ordinal) ? c.MessageOf(CheckKind.Mysql)
            : c.CheckWords.Contains("ping: not OK", StringComparison.Ordinal) ? c.MessageOf(CheckKind.Ping) : null;
        return string.IsNullOrEmpty(message) ? "" : $"; {message}";
    }

    // MMM's wording: a return reads on ("to ONLINE because it was down for only 3 seconds"), anything else stands in brackets.
    private static string Because(HostState to, string why) => to == Online && why.StartsWith("because", StringComparison.Ordinal) ? $" {why}" : $" ({why})";

    private static long Seconds(TimeSpan t) => (long)t.TotalSeconds;
}
