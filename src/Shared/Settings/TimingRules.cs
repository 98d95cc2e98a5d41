using System.Collections.Immutable;
using Mmm.Shared.Checks;

namespace Mmm.Shared.Settings;

/// <summary>Relations between timings: each alone may be fine and together they fail. <c>hocon/mmm.reference.conf</c> says why beside each key.</summary>
internal static class TimingRules
{
    private static readonly TimeSpan _publishedLocalWatch = TimeSpan.FromMilliseconds(100);

    public static void Check(MembershipDraft membership, AgentTimingDraft agent, ImmutableArray<ClusterDraft> clusters, SettingsProblems problems)
    {
        var rules = new Rules(problems);
        rules.More(membership.AcceptableHeartbeatPause, membership.HeartbeatInterval, 1, "the first late heartbeat would count as a death");
        rules.AtLeast(membership.StableAfter, membership.GossipInterval, 2, "the members would not have heard of each other in between");
        if (agent.LocalWatchInterval is { Valid: true } watch && watch.Value > _publishedLocalWatch)
            problems.Warn(watch, $"'{DurationText.Of(watch.Value)}' delays every failover after a crash; published failover times assume at most {DurationText.Of(_publishedLocalWatch)}");
        foreach (ClusterDraft cluster in clusters)
            CheckCluster(cluster.Timing, agent, rules);
    }

    private static void CheckCluster(ClusterTimingDraft cluster, AgentTimingDraft agent, Rules rules)
    {
        foreach (CheckDraft check in cluster.Checks)
        {
            rules.AtLeast(check.TrapPeriod, check.CheckPeriod, 1, "it could not be told from a single failure");
            rules.AtMost(check.Timeout, check.CheckPeriod, 5, "a check that hangs would be repeated too seldom");
            if (check.Kind is CheckKind.Ping or CheckKind.Mysql)
                rules.AtLeastSum(cluster.SightTimeout, check.CheckPeriod, check.CheckPeriod, check.Timeout, "a healthy monitor's word would lapse between two checks");
        }

        rules.More(cluster.AgentTimeout, agent.HeartbeatInterval, 2, "one lost heartbeat would make an agent unreachable");
        rules.More(cluster.StartupTimeout, agent.HeartbeatInterval, 1, "no agent would have been heard of");
        rules.AtLeastSum(cluster.MoveTimeout, cluster.ReleaseTimeout, cluster.CatchUpTimeout, null, "a move could never use the time its steps are given");
        rules.LettingGo(cluster.ReleaseTimeout, agent);
    }

    private sealed class Rules(SettingsProblems problems)
    {
        public void More(Setting<TimeSpan> value, Setting<TimeSpan> than, int times, string otherwise)
        {
            if (value.Valid && than.Valid && value.Value <= times * than.Value)
                Refuse(value, $"more than {Product(than, times)}", otherwise);
        }

        public void AtLeast(Setting<TimeSpan> value, Setting<TimeSpan> least, int times, string otherwise)
        {
            if (value.Valid && least.Valid && value.Value < times * least.Value)
                Refuse(value, $"at least {Product(least, times)}", otherwise);
        }

        public void AtMost(Setting<TimeSpan> value, Setting<TimeSpan> most, int times, string otherwise)
        {
            if (value.Valid && most.Valid && value.Value > times * most.Value)
                Refuse(value, $"at most {Product(most, times)}", otherwise);
        }

        public void AtLeastSum(Setting<TimeSpan> value, Setting<TimeSpan> a, Setting<TimeSpan> b, Setting<TimeSpan>? c, string otherwise)
        {
            TimeSpan sum = a.Value + b.Value + (c?.Value ?? TimeSpan.Zero);
            if (value.Valid && a.Valid && b.Valid && c is not { Valid: false } && value.Value < sum)
                Refuse(value, $"at least {a.Path} + {b.Path}{(c is null ? string.Empty : " + " + c.Value.Path)} = {DurationText.Of(sum)}", otherwise);
        }

        /// <summary>A live agent must have had the time to make its host let go, or two hosts take writes at once.</summary>
        public void LettingGo(Setting<TimeSpan> release, AgentTimingDraft agent)
        {
            TimeSpan needed = agent.StatementTimeout.Value + agent.WriterGrace.Value + (agent.MaxKillRetries.Value * agent.KillRetryInterval.Value);
            bool valid = release.Valid && agent.StatementTimeout.Valid && agent.WriterGrace.Valid && agent.MaxKillRetries.Valid && agent.KillRetryInterval.Valid;
            if (valid && release.Value <= needed)
            {
                Refuse(
                    release,
                    $"more than agent.statement_timeout + agent.writer_grace + agent.max_kill_retries * agent.kill_retry_interval = {DurationText.Of(needed)}",
                    "a role would be given on while its old host is still letting go of it, and two hosts would take writes");
            }
        }

        private void Refuse(Setting<TimeSpan> value, string allowed, string otherwise) =>
            problems.Error(value, $"'{DurationText.Of(value.Value)}' is too {(allowed.StartsWith("at most", StringComparison.Ordinal) ? "long" : "short")}: {otherwise}", allowed);

        private static string Product(Setting<TimeSpan> setting, int times) =>
            (times == 1 ? setting.Path : $"{times} * {setting.Path}") + $" = {DurationText.Of(times * setting.Value)}";
    }
}
