using System.Collections.Immutable;
using Mmm.Shared.Checks;

namespace Mmm.Shared.Settings;

/// <summary>Relations between timings: each alone may be fine and together they fail. <c>hocon/mmm.reference.conf</c> says why beside each key.</summary>
internal static class TimingRules
{
    private static readonly TimeSpan _publishedLocalWatch = TimeSpan.FromMilliseconds(100);

    /// <summary>About what a takeover needs before it comes to the address; a longer probe is waited for.</summary>
    private static readonly TimeSpan _freeProbe = TimeSpan.FromMilliseconds(100);

    /// <summary>Shorter, and a busy machine's answer comes too late.</summary>
    private static readonly TimeSpan _shortestProbe = TimeSpan.FromMilliseconds(20);

    /// <summary>Each look is a few packets to everybody on the link.</summary>
    private static readonly TimeSpan _shortestCheck = TimeSpan.FromSeconds(1);

    public static void Check(MembershipDraft membership, AgentDraft agent, ImmutableArray<ClusterDraft> clusters, SettingsProblems problems)
    {
        var rules = new Rules(problems);
        rules.More(membership.AcceptableHeartbeatPause, membership.HeartbeatInterval, 1, "the first late heartbeat would count as a death");
        rules.AtLeast(membership.StableAfter, membership.GossipInterval, 2, "the members would not have heard of each other in between");
        if (agent.LocalWatchInterval is { Valid: true } watch && watch.Value > _publishedLocalWatch)
            problems.Warn(watch, $"'{DurationText.Of(watch.Value)}' delays every failover after a crash; published failover times assume at most {DurationText.Of(_publishedLocalWatch)}");
        foreach (ClusterDraft cluster in clusters)
            CheckCluster(cluster.Timing, agent, rules);
    }

    private static void CheckCluster(ClusterTimingDraft cluster, AgentDraft agent, Rules rules)
    {
        foreach (CheckDraft check in cluster.Checks)
        {
            rules.AtLeast(check.TrapPeriod, check.CheckPeriod, 1, "it could not be told from a single failure");
            rules.AtMost(check.Timeout, check.CheckPeriod, 5, "a check that hangs would be repeated too seldom");
            if (check.Kind is CheckKind.Ping or CheckKind.Mysql)
                rules.AtLeastSum(cluster.SightTimeout, [check.CheckPeriod, check.CheckPeriod, check.Timeout], "a healthy monitor's word would lapse between two checks");
        }

        rules.More(cluster.AgentTimeout, agent.HeartbeatInterval, 2, "one lost heartbeat would make an agent unreachable");
        rules.More(cluster.StartupTimeout, agent.HeartbeatInterval, 1, "no agent would have been heard of");
        rules.AtLeastSum(cluster.MoveTimeout, [cluster.LeaseTtl, cluster.CatchUpTimeout], "a move could never use the time its steps are given");
        rules.KernelSeconds(cluster.LeaseTtl);
        CheckAddresses(cluster.Addresses, rules);
        rules.OffOrAtLeast(cluster.Disk.CheckInterval, _shortestCheck, "the disk would be written to all the time");
    }

    private static void CheckAddresses(AddressDraft addresses, Rules rules)
    {
        rules.OffOrAtLeast(addresses.Probe, _shortestProbe, "the answer of a busy machine would come too late");
        rules.OffOrAtLeast(addresses.CheckInterval, _shortestCheck, "everybody on the network would be asked all the time");
        if (addresses.Probe is { Valid: true } probe && probe.Value > _freeProbe)
            rules.Warn(probe, $"'{DurationText.Of(probe.Value)}' delays every failover: a takeover has other work for well below {DurationText.Of(_freeProbe)} only");
    }

    private sealed class Rules(SettingsProblems problems)
    {
        public void More(Setting<TimeSpan> value, Setting<TimeSpan> than, int times, string otherwise)
        {
            if (value.Valid && than.Valid && value.Value <= times * than.Value)
                Refuse(value, "short", $"more than {Product(than, times)}", otherwise, than);
        }

        public void AtLeast(Setting<TimeSpan> value, Setting<TimeSpan> least, int times, string otherwise)
        {
            if (value.Valid && least.Valid && value.Value < times * least.Value)
                Refuse(value, "short", $"at least {Product(least, times)}", otherwise, least);
        }

        public void AtMost(Setting<TimeSpan> value, Setting<TimeSpan> most, int times, string otherwise)
        {
            if (value.Valid && most.Valid && value.Value > times * most.Value)
                Refuse(value, "long", $"at most {Product(most, times)}", otherwise, most);
        }

        public void AtLeastSum(Setting<TimeSpan> value, Setting<TimeSpan>[] parts, string otherwise)
        {
            TimeSpan sum = parts.Aggregate(TimeSpan.Zero, (total, part) => total + part.Value);
            if (value.Valid && parts.All(p => p.Valid) && value.Value < sum)
                Refuse(value, "short", $"at least {string.Join(" + ", parts.Select(p => p.Path))} = {DurationText.Of(sum)}", otherwise, parts);
        }

        public void OffOrAtLeast(Setting<TimeSpan> value, TimeSpan least, string otherwise)
        {
            if (value.Valid && value.Value != TimeSpan.Zero && value.Value < least)
                Refuse(value, "short", $"0s (off) or at least {DurationText.Of(least)}", otherwise);
        }

        public void Warn(Setting<TimeSpan> value, string sentence) => problems.Warn(value, sentence);

        /// <summary>The kernel counts an address's lifetime in whole seconds, rounded down from what is left of the lease when the monitors have answered.</summary>
        public void KernelSeconds(Setting<TimeSpan> ttl)
        {
            double rest = ttl.Value.TotalMilliseconds % 1000;
            if (ttl.Valid && rest < 100)
                problems.Warn(ttl, $"'{DurationText.Of(ttl.Value)}' leaves the kernel {(int)ttl.Value.TotalSeconds - 1} s: it counts whole seconds, and the monitors' answer takes some of them; add 200ms");
        }

        /// <summary>Reported where the operator wrote something: a default that no longer fits is not what he has to mend.</summary>
        private void Refuse(Setting<TimeSpan> value, string too, string allowed, string otherwise, params Setting<TimeSpan>[] others)
        {
            Setting<TimeSpan> written = others.Prepend(value).FirstOrDefault(s => s.Origin.File != ReferenceConfiguration.Name, value);
            string what = written.Path == value.Path ? $"'{DurationText.Of(value.Value)}' is" : $"makes {value.Path} = {DurationText.Of(value.Value)}";
            problems.Error(written, $"{what} too {too}: {otherwise}", allowed);
        }

        private static string Product(Setting<TimeSpan> setting, int times) =>
            (times == 1 ? setting.Path : $"{times} * {setting.Path}") + $" = {DurationText.Of(times * setting.Value)}";
    }
}
