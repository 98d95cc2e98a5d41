using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Xunit;
using static Mmm.Shared.Checks.CheckKind;
using static Mmm.Shared.Checks.CheckVerdict;
using static Mmm.Shared.Decisions.HostState;
using DiskState = Mmm.Shared.Messages.AgentProtocol.DiskState;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Each rule fires in its case, and does not when any one of its conditions is taken away.</summary>
public sealed class HostRulesTests
{
    internal sealed record Case(string Code, string Host, HostState From, HostState To, Action<Still> When, params (string Without, Action<Still> Change)[] Not);

    private static readonly Case[] Cases =
    [
        .. new[] { Online, ReplicationFail, ReplicationDelay, AwaitingRecovery }.SelectMany(from => new[] { Ping, Mysql }.Select(check =>
            new Case("host_down", "db2", from, HardOffline, s => s.Set("db2", Failed, check),
                ("a failed check", s => s.Set("db2", Ok, check)), ("a check that is known to have failed", s => s.Set("db2", Unknown, check))))),

        .. new[] { Online, ReplicationFail, ReplicationDelay, AwaitingRecovery }.Select(from =>
            new Case("disk_failed", "db2", from, HardOffline, s => { s.Settings = DiskTests.Settings(DiskReaction.Failover); s.Disks["db2"] = (DiskState.Full, 2); s.Flapping.Add("db2"); s.Set("db2", Failed, RepThreads); },
                ("a disk that fails", s => s.Disks["db2"] = (DiskState.Unknown, 2)),
                ("having failed for a check_interval", s => s.Disks["db2"] = (DiskState.Full, 1.9)),
                ("a configuration that wants it", s => s.Settings = DiskTests.Settings(DiskReaction.Warn)),
                ("anybody looking", s => s.Settings = Worlds.Settings))),
        new("disk_failed", "db1", Online, HardOffline, s => { s.Settings = DiskTests.Settings(DiskReaction.Failover); s.Disks["db1"] = (DiskState.Full, 2); },
            ("another host for the writer", s => s.States["db2"] = AwaitingRecovery),
            ("another host whose disk works", s => s.Disks["db2"] = (DiskState.Stalled, 0)),
            ("another host whose agent is there", s => s.SilentAgents.Add("db2"))),

        new("replication_failed", "db2", Online, ReplicationFail, s => s.Set("db2", Failed, RepThreads),
            ("failed threads", s => s.Set("db2", Unknown, RepThreads)),
            ("another host as the active master", s => (s.Writer, s.ActiveMaster) = ("db2", "db2")),
            ("having let go of the active master role", s => (s.Writer, s.WriterReleasing) = ("db1", "db2")),
            ("an ONLINE peer", s => s.States["db1"] = AwaitingRecovery),
            ("a peer that answers pings", s => s.Set("db1", Unknown, Ping)),
            ("a peer that answers queries", s => s.Set("db1", Unknown, Mysql)),
            ("a peer that was ONLINE for master-connect-retry", s => s.InState["db1"] = 59)),
        new("replication_failed", "db3", Online, ReplicationFail, s => s.Set("db3", Failed, RepThreads),
            ("an active master", s => s.Writer = null),
            ("an active master that was ONLINE for master-connect-retry", s => s.InState["db1"] = 59),
            ("having followed it for master-connect-retry", s => s.MasterFor = 59),
            ("having been told to follow it", s => s.ActiveMaster = "db2"),
            ("an active master that is not just being moved", s => s.Move = new RoleMove("db2", "db1", MoveCause.Command, false, MovePhase.TakingOver, s.At, s.At, null, null))),
        new("replication_failed", "db2", Online, ReplicationFail, s => s.Set("db2", Failed, RepThreads, RepBacklog)),
        new("replication_delayed", "db2", Online, ReplicationDelay, s => s.Set("db2", Failed, RepBacklog),
            ("a failed backlog", s => s.Set("db2", Unknown, RepBacklog)),
            ("working threads: failure wins over delay", s => s.Set("db2", Failed, RepThreads)),
            ("another host as the active master", s => (s.Writer, s.ActiveMaster) = ("db2", "db2")),
            ("a sound peer", s => s.States["db1"] = AdminOffline),
            ("a peer that was ONLINE for master-connect-retry", s => s.InState["db1"] = 59)),

        new("delay_became_failure", "db2", ReplicationDelay, ReplicationFail, s => s.Set("db2", Failed, RepThreads),
            ("failed threads", s => s.Set("db2", Unknown, RepThreads)), ("an ONLINE peer", s => s.States["db1"] = AwaitingRecovery)),
        new("failure_became_delay", "db2", ReplicationFail, ReplicationDelay, s => s.Set("db2", Failed, RepBacklog),
            ("a failed backlog", s => s.Set("db2", Unknown, RepBacklog)), ("working threads", s => s.Set("db2", Failed, RepThreads)),
            ("an ONLINE peer", s => s.States["db1"] = AwaitingRecovery)),

        new("replication_recovered", "db2", ReplicationFail, Online, _ => { },
            ("working threads", s => s.Set("db2", Unknown, RepThreads)), ("no backlog", s => s.Set("db2", Unknown, RepBacklog)),
            ("an answered ping", s => s.Set("db2", Unknown, Ping)), ("an answered query", s => s.Set("db2", Unknown, Mysql)),
            ("not flapping", s => s.Flapping.Add("db2")), ("being compared", s => s.Unproven.Add("db2"))),
        new("replication_recovered", "db2", ReplicationDelay, Online, s => { s.States["db1"] = HardOffline; s.Set("db2", Failed, RepThreads, RepBacklog); s.Writer = null; s.Set("db1", Failed, Ping, Mysql); },
            ("a peer that is not ONLINE", s => { s.States["db1"] = Online; s.Writer = "db1"; s.Set("db1", Ok, Ping, Mysql); })),
        new("recovered_while_flapping", "db2", ReplicationFail, AwaitingRecovery, s => s.Flapping.Add("db2"),
            ("flapping", s => s.Flapping.Clear()), ("replication that is well", s => s.Set("db2", Failed, RepThreads))),

        new("up_to_be_compared", "db2", HardOffline, AwaitingRecovery, s => { s.Unproven.Add("db2"); s.Set("db2", Failed, RepThreads); },
            ("having failed as active master", s => s.Unproven.Clear()), ("an answered ping", s => s.Set("db2", Unknown, Ping)), ("an answered query", s => s.Set("db2", Unknown, Mysql))),
        new("up_but_replication_failed", "db2", HardOffline, ReplicationFail, s => s.Set("db2", Failed, RepThreads),
            ("failed threads", s => s.Set("db2", Unknown, RepThreads)), ("an answered ping", s => s.Set("db2", Unknown, Ping)),
            ("an answered query", s => s.Set("db2", Unknown, Mysql)), ("an active master to replicate from", s => { s.Writer = null; s.States["db1"] = AwaitingRecovery; s.Set("db1", Unknown, RepThreads); })),
        // A slave cannot be the active master: its replication matters even while there is none. (With no server to be judged by it returns at once.)
        new("up_but_replication_failed", "db3", HardOffline, Online, s => { s.Set("db3", Failed, RepThreads); NoActiveMaster(s); }),
        new("up_but_replication_delayed", "db2", HardOffline, ReplicationDelay, s => s.Set("db2", Failed, RepBacklog),
            ("a failed backlog", s => s.Set("db2", Unknown, RepBacklog)), ("working threads", s => s.Set("db2", Failed, RepThreads)),
            ("an active master to replicate from", s => { s.Writer = null; s.States["db1"] = AwaitingRecovery; s.Set("db1", Unknown, RepThreads); })),
        new("up_again", "db2", HardOffline, AwaitingRecovery, _ => { },
            ("an answered ping", s => s.Set("db2", Unknown, Ping)), ("an answered query", s => s.Set("db2", Unknown, Mysql))),
        new("up_again", "db2", HardOffline, AwaitingRecovery, s => { s.Set("db2", Failed, RepThreads, RepBacklog); NoActiveMaster(s); }),

        new("quick_recovery", "db2", AwaitingRecovery, Online, s => s.DownFor["db2"] = 59,
            [("a short absence", s => s.DownFor["db2"] = 60), ("an agent that has spoken since", s => s.SilentAgents.Add("db2")),
            ("an agent that was ever heard", s => s.NeverHeard.Add("db2")), ("the same boot", s => s.Uptime["db2"] = 30), .. ChecksOfDb2]),
        new("auto_set_online", "db2", AwaitingRecovery, Online, s => { s.Settings = s.Settings with { AutoSetOnline = TimeSpan.FromSeconds(30) }; s.InState["db2"] = 30; },
            [("auto_set_online", s => s.Settings = s.Settings with { AutoSetOnline = TimeSpan.Zero }), ("the time", s => s.InState["db2"] = 29), .. ChecksOfDb2]),
        new("flapping_ended", "db2", AwaitingRecovery, Online, s => { s.Settings = s.Settings with { AutoSetOnline = TimeSpan.FromSeconds(30) }; s.Flapping.Add("db2"); s.InState["db2"] = 3600; s.DownFor["db2"] = 10; },
            [("auto_set_online", s => s.Settings = s.Settings with { AutoSetOnline = TimeSpan.Zero }), ("flap_duration", s => s.InState["db2"] = 3599),
            .. ChecksOfDb2.Where(c => c.Without != "not flapping")]),
    ];

    private static (string Without, Action<Still> Change)[] ChecksOfDb2 =>
    [
        .. CheckNames.All.Select(k => ($"an ok {CheckNames.NameOf(k)}", (Action<Still>)(s => s.Set("db2", Unknown, k)))),
        ("not flapping", s => s.Flapping.Add("db2")),
        ("being compared", s => s.Unproven.Add("db2")),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Cases.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Rule_fires_in_its_case_only(int number)
    {
        Case c = Cases[number];
        Still Moment(Action<Still> change)
        {
            var s = new Still();
            s.States[c.Host] = c.From;
            c.When(s);
            change(s);
            return s;
        }

        ClusterState after = HostRules.Apply(Moment(_ => { }).State());
        Assert.Contains(after.Notes, n => n.Code == c.Code && n.Host == c.Host);
        Assert.Equal(c.To, after.Document!.Hosts[c.Host].State);
        foreach ((string without, Action<Still> change) in c.Not)
        {
            ClusterState other = HostRules.Apply(Moment(change).State());
            Assert.False(other.Notes.Any(n => n.Code == c.Code && n.Host == c.Host), $"{c.Code} fires without {without}");
        }
    }

    [Fact]
    public void Every_rule_has_a_case() => Assert.Empty(HostRules.All.Select(r => r.Code).Except(Cases.Select(c => c.Code)));

    [Fact]
    public void Admin_offline_host_stays_so_whatever_its_checks_say()
    {
        foreach (CheckVerdict v in new[] { Ok, Failed, Unknown })
        {
            var s = new Still();
            s.States["db2"] = AdminOffline;
            s.Set("db2", v, CheckNames.All);
            Assert.Equal(AdminOffline, HostRules.Apply(s.State()).Document!.Hosts["db2"].State);
        }
    }

    /// <summary>Ours: MMM leaves the only master that is left AWAITING_RECOVERY, as its replication from the dead peer cannot work.</summary>
    [Theory]
    [InlineData("db1", HardOffline, true)]
    [InlineData("db1", Online, false)]
    [InlineData("db2", HardOffline, false)]
    public void Last_active_master_returns_without_replication_only_while_its_peer_is_not_online(string lastMaster, HostState peer, bool returns)
    {
        var s = new Still { Writer = null, ActiveMaster = lastMaster };
        s.States["db1"] = AwaitingRecovery;
        s.DownFor["db1"] = 10;
        s.Set("db1", Failed, RepThreads, RepBacklog);
        s.States["db2"] = peer;
        if (peer != Online)
            s.Set("db2", Failed, Ping, Mysql);
        Assert.Equal(returns ? Online : AwaitingRecovery, HostRules.Apply(s.State()).Document!.Hosts["db1"].State);
    }

    [Theory]
    [InlineData("db2", "ping: not OK, mysql: OK; ping message", Ping)]
    [InlineData("db2", "ping: OK, mysql: not OK; mysql message", Mysql)]
    public void Going_down_is_told_in_MMMs_words_with_the_cause(string host, string words, CheckKind check)
    {
        ClusterState after = HostRules.Apply(new Still().Set(host, Failed, check).State());
        Assert.Equal($"State of host '{host}' changed from ONLINE to HARD_OFFLINE ({words})", Assert.Single(after.Notes).Sentence);
    }

    private static void NoActiveMaster(Still s)
    {
        s.Writer = null;
        s.States["db1"] = HardOffline;
        s.Set("db1", Failed, Ping, Mysql);
    }
}
