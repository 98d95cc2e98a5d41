using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Messages;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>
/// Makes one verdict per check out of what the observers see. "Down" is the judgement of a quorum of the configured monitors at
/// the same moment; one monitor's failure, pause or lost network is never a host's failure.
/// </summary>
public static class QuorumVerdict
{
    private const string ReplicatesFromNobody = "It is the active master, and replicates from nobody";

    /// <summary>A vantage's word counts: a voter's, fresh, with a network of its own, and configured as this node is.</summary>
    public static bool Counts(VantageSight v, ClusterState s) =>
        s.Voters.Contains(v.Report.Monitor) && s.At - v.ReceivedAt <= s.Settings.SightTimeout && v.Report.NetworkOk
        && s.Agrees(v.Report.Fingerprint);

    /// <summary>Judges every check of every host at <c>state.At</c>.</summary>
    public static ClusterState Judge(ClusterState state)
    {
        // One pass over each report, not one search per host: this runs with every event.
        Dictionary<string, Tally> ping = [], mysql = [];
        foreach (VantageSight v in state.Vantages.Values.Where(v => Counts(v, state)))
        {
            foreach (ServerSight server in v.Report.Servers)
            {
                Count(ping, server.Host, v, server.Ping, state, CheckKind.Ping);
                Count(mysql, server.Host, v, server.Mysql, state, CheckKind.Mysql);
            }
        }

        ImmutableSortedDictionary<string, HostSight>.Builder sights = state.Sights.ToBuilder();
        foreach ((string host, HostSight sight) in state.Sights)
        {
            ImmutableSortedDictionary<CheckKind, CheckState> checks = sight.Checks;
            foreach ((CheckKind kind, CheckState before) in sight.Checks)
            {
                CheckState now = kind switch
                {
                    CheckKind.Ping => Verdict(state, before, ping.GetValueOrDefault(host)),
                    CheckKind.Mysql => Verdict(state, before, mysql.GetValueOrDefault(host)),
                    _ => JudgeReplication(state, host, sight, kind, before),
                };
                if (!ReferenceEquals(now, before))
                    checks = checks.SetItem(kind, now);
            }

            if (!ReferenceEquals(checks, sight.Checks))
                sights[host] = sight with { Checks = checks };
        }

        return state with { Sights = sights.ToImmutable() };
    }

    private static void Count(Dictionary<string, Tally> tallies, string host, VantageSight v, CheckSight c, ClusterState s, CheckKind kind)
    {
        if (!tallies.TryGetValue(host, out Tally? t))
            tallies[host] = t = new Tally();
        switch (c.Outcome)
        {
            case Outcome.Ok:
                t.Ok++;
                // Plain OK says less than whatever another one adds.
                t.OkMessage = t.OkMessage is { Length: > 0 } said ? said : c.Message;
                break;
            case Outcome.Unknown:
                t.Unknown++;
                t.UnknownMessage ??= c.Message;
                break;
            // The trap is on the observer's clock. A refused connection that the host's own agent explains (mysqld is gone) needs no trap.
            case Outcome.Failing when FailedFor(c, v.ReceivedAt, v.SoundSince, s, kind) >= s.Checks[kind].TrapPeriod || (kind == CheckKind.Mysql && c.Refused && AgentSaysDead(s, host)):
                t.Down++;
                t.DownMessage ??= c.Message;
                break;
        }
    }

    private static CheckState Verdict(ClusterState s, CheckState before, Tally? t)
    {
        if (t is null)
            return before;
        if (t.Down >= s.Quorum)
            return Changed(before, CheckVerdict.Failed, t.DownMessage!, s.At);
        if (t.Ok >= s.Quorum)
            return Changed(before, CheckVerdict.Ok, t.OkMessage!, s.At);
        // Neither side has a quorum: what was held true stays, so that one lost observer changes nothing. Only a quorum that cannot tell makes it unknown.
        return t.Unknown >= s.Quorum ? Changed(before, CheckVerdict.Unknown, t.UnknownMessage!, s.At) : before;
    }

    private static CheckState JudgeReplication(ClusterState s, string host, HostSight sight, CheckKind kind, CheckState before)
    {
        if (sight.Replication is not { } seen || sight.ReplicationAt is not { } at)
            return before;
        // A probe that moves between monitors is silent for a moment: what was held true stays. Longer silence is not knowledge.
        if (s.At - at > 3 * s.Settings.SightTimeout)
            return Changed(before, CheckVerdict.Unknown, "No monitor has probed this server's replication lately", s.At);
        CheckSight c = kind == CheckKind.RepThreads ? seen.RepThreads : seen.RepBacklog;
        MasterRecord? master = s.Topology.IsOneOfMany(host) ? s.Document?.ActiveMaster : null;
        if (master?.Host == host)
            return Changed(before, CheckVerdict.Ok, ReplicatesFromNobody, s.At);
        return c.Outcome switch
        {
            // The server knows of no backlog, as it does not know of what has not come.
            Outcome.Ok when kind == CheckKind.RepBacklog && sight.Lacks is { } lacks && s.AgentReachable(host) => Changed(before, CheckVerdict.Failed, $"Backlog is too big: {lacks} (the server's own word: {c.Message})", s.At),
            Outcome.Ok => Changed(before, CheckVerdict.Ok, c.Message, s.At),
            Outcome.Unknown => Changed(before, CheckVerdict.Unknown, c.Message, s.At),
            // The one that was the active master until then had nobody to replicate from.
            _ when FailedFor(c, at, master?.Since, s, kind) >= s.Checks[kind].TrapPeriod => Changed(before, CheckVerdict.Failed, c.Message, s.At),
            // What was true of the active master says nothing of the replica that it is to be; and of what is not known, the latest is said.
            _ when before.Verdict == CheckVerdict.Unknown || before.Message == ReplicatesFromNobody => Changed(before, CheckVerdict.Unknown, c.Message, s.At),
            _ => before,
        };
    }

    /// <summary>
    /// How long a check has failed. Carried on from the last report for one check period, until the next is due: an observer that has fallen silent
    /// has not seen the failure last. What failed while it had no network of its own counts from when that was back.
    /// </summary>
    private static TimeSpan FailedFor(CheckSight c, DateTimeOffset received, DateTimeOffset? soundSince, ClusterState s, CheckKind kind)
    {
        TimeSpan age = s.At - received, period = s.Checks[kind].CheckPeriod;
        TimeSpan failed = TimeSpan.FromMilliseconds(c.FailingForMs) + (age < period ? age : period);
        return soundSince is { } sound && s.At - sound < failed ? s.At - sound : failed;
    }

    private static bool AgentSaysDead(ClusterState s, string host) =>
        s.Sights.TryGetValue(host, out HostSight? sight) && sight.Agent?.Facts.Mysqld == AgentProtocol.MysqldState.Down && s.AgentReachable(host);

    private static CheckState Changed(CheckState before, CheckVerdict verdict, string message, DateTimeOffset at) =>
        before.Verdict != verdict ? new CheckState(verdict, at, message)
        : before.Message != message ? before with { Message = message }
        : before;

    private sealed class Tally
    {
        public int Down, Ok, Unknown;
        public string? DownMessage, OkMessage, UnknownMessage;
    }
}
