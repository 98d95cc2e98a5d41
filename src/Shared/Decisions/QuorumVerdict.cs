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
    /// <summary>A vantage's word counts: fresh, with a network of its own, and configured as this node is.</summary>
    public static bool Counts(VantageSight v, ClusterState s) =>
        s.At - v.ReceivedAt <= s.Settings.SightTimeout && v.Report.NetworkOk
        && (s.Fingerprint is null || v.Report.Fingerprint is null || v.Report.Fingerprint == s.Fingerprint);

    /// <summary>Judges every check of every host at <c>state.At</c>.</summary>
    public static ClusterState Judge(ClusterState state)
    {
        var sights = state.Sights.ToBuilder();
        foreach ((string host, HostSight sight) in state.Sights)
        {
            var checks = sight.Checks.ToBuilder();
            foreach (CheckKind kind in CheckNames.All)
                checks[kind] = kind is CheckKind.Ping or CheckKind.Mysql ? JudgeReach(state, host, kind) : JudgeReplication(state, host, kind);
            sights[host] = sight with { Checks = checks.ToImmutable() };
        }

        return state with { Sights = sights.ToImmutable() };
    }

    private static CheckState JudgeReach(ClusterState s, string host, CheckKind kind)
    {
        CheckState before = s.Sights[host].Checks[kind];
        TimeSpan trap = s.Checks[kind].TrapPeriod;
        bool agentSaysDead = s.AgentReachable(host) && s.Sights[host].Agent?.Facts.Mysqld == AgentProtocol.MysqldState.Down;
        int down = 0, ok = 0, unknown = 0;
        string? downMessage = null, okMessage = null, unknownMessage = null;
        foreach (VantageSight v in s.Vantages.Values.Where(v => Counts(v, s)))
        {
            ServerSight? server = v.Report.Servers.FirstOrDefault(x => x.Host == host);
            if (server is null)
                continue;
            CheckSight c = kind == CheckKind.Ping ? server.Ping : server.Mysql;
            switch (c.Outcome)
            {
                case Outcome.Ok:
                    ok++;
                    okMessage ??= c.Message;
                    break;
                case Outcome.Unknown:
                    unknown++;
                    unknownMessage ??= c.Message;
                    break;
                // The trap is on the observer's clock, carried on here. A refused connection that the host's own agent explains (mysqld is gone) needs no trap.
                case Outcome.Failing when FailedFor(c, v, s.At) >= trap || (kind == CheckKind.Mysql && c.Refused && agentSaysDead):
                    down++;
                    downMessage ??= c.Message;
                    break;
            }
        }

        if (down >= s.Quorum)
            return Changed(before, CheckVerdict.Failed, downMessage!, s.At);
        if (ok >= s.Quorum)
            return Changed(before, CheckVerdict.Ok, okMessage!, s.At);
        // Neither side has a quorum: what was held true stays, so that one lost observer changes nothing. Only a quorum that cannot tell makes it unknown.
        return unknown >= s.Quorum ? Changed(before, CheckVerdict.Unknown, unknownMessage!, s.At) : before;
    }

    private static CheckState JudgeReplication(ClusterState s, string host, CheckKind kind)
    {
        HostSight sight = s.Sights[host];
        CheckState before = sight.Checks[kind];
        if (sight.Replication is not { } seen || sight.ReplicationAt is not { } at)
            return before;
        // A probe that moves between monitors is silent for a moment: what was held true stays. Longer silence is not knowledge.
        if (s.At - at > 3 * s.Settings.SightTimeout)
            return Changed(before, CheckVerdict.Unknown, "No monitor has probed this server's replication lately", s.At);
        CheckSight c = kind == CheckKind.RepThreads ? seen.RepThreads : seen.RepBacklog;
        return c.Outcome switch
        {
            Outcome.Ok => Changed(before, CheckVerdict.Ok, c.Message, s.At),
            Outcome.Unknown => Changed(before, CheckVerdict.Unknown, c.Message, s.At),
            _ when c.FailingForMs + (s.At - at).TotalMilliseconds >= s.Checks[kind].TrapPeriod.TotalMilliseconds => Changed(before, CheckVerdict.Failed, c.Message, s.At),
            _ => before,
        };
    }

    private static TimeSpan FailedFor(CheckSight c, VantageSight v, DateTimeOffset at) => TimeSpan.FromMilliseconds(c.FailingForMs) + (at - v.ReceivedAt);

    private static CheckState Changed(CheckState before, CheckVerdict verdict, string message, DateTimeOffset at) =>
        before.Verdict == verdict ? before with { Message = message } : new CheckState(verdict, at, message);
}
